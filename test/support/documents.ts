import { readdirSync } from 'node:fs';
import { packageFile } from '../../src/files/package.js';

/** The texts for users and contributors, by their names in the package. */
export const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(packageFile('docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));
