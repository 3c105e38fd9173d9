/** This package, and those it needs. Compiled code is in `dist/src/files`, three levels below the package's root. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { firstLine } from './text/shown.js';

/** Absolute path of a file of this package. */
export function packageFile(relative: string): string {
  return fileURLToPath(new URL(`../../../${relative}`, import.meta.url));
}

export function packageVersion(): string {
  return JSON.parse(readFileSync(packageFile('package.json'), 'utf8')).version;
}

/** What is said where a package that this one needs is missing, or was installed for another system. */
export function cannotBeLoaded(name: string, error: unknown): string {
  return `${name} cannot be loaded (${firstLine(error)}); install facecls again, on the system that runs it`;
}
