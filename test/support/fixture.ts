/** Finding test data: compiled tests lie in dist/test, fixtures stay in test/fixtures. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageFile } from '../../src/files/package.js';

export function fixture(name: string): string {
  return packageFile(`test/fixtures/${name}`);
}

// biome-ignore lint/suspicious/noExplicitAny: fixtures are checked by the assertions made on them
export function jsonFixture(name: string): any {
  return JSON.parse(readFileSync(fixture(name), 'utf8'));
}

/** Folder of the six sample photographs (sample1.jpg ... sample6.jpg) of @vladmandic/face-api. */
export function samplePhotographs(): string {
  const entry = createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json');
  return path.join(path.dirname(entry), 'demo');
}
