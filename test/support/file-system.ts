/** What the tests of file systems share. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { packageFile } from '../../src/files/package.js';
import { parsePathLine } from '../../src/files/paths.js';
import { fixture, samplePhotographs } from './fixture.js';

export const LINUX = { skip: process.platform === 'linux' ? false : 'needs Linux' };
/** A command that hangs is ended, and its test fails. */
export const HANG = { timeout: 120_000, killSignal: 'SIGKILL' } as const;
/** Options with which the small photograph is quickly searched. */
export const SMALL_FACES = ['--min_face_size', '40'];

export const bin = packageFile('bin/facecls.js');
export const crops = fixture('align/crops/upstream');
export const crop = path.join(crops, 'sample2.jpg_0.png');

/** A photograph with one face, made small. */
export async function writeSmallPhotograph(file: string): Promise<void> {
  await sharp(path.join(samplePhotographs(), 'sample2.jpg')).resize(320).toFile(file);
}

export function lines(...file: string[]): string[] {
  const text = readFileSync(path.join(...file), 'utf8');
  assert.ok(text.endsWith('\n'), file.join('/'));
  return text.slice(0, -1).split('\n');
}

/** Predicted files and failed ones with their reasons, by their paths below `input`. */
export function readResults(out: string, input: string): { predicted: string[]; failed: object } {
  const below = (line: string) => path.relative(input, parsePathLine(line).toString());
  const failures = existsSync(path.join(out, 'failed.txt')) ? lines(out, 'failed.txt') : [];
  return {
    predicted: lines(out, 'pred_ethnicities.txt').map((line) => below(line.replace(/ \w+$/, ''))),
    failed: Object.fromEntries(
      failures.map((line) => line.split('\t')).map(([file, reason]) => [below(file), reason]),
    ),
  };
}

/** One sentence, and nothing else but the progress that a run tells every ten seconds where the machine is slow. */
export function assertSentence(stderr: string, pattern: RegExp): void {
  const said = stderr.replace(/^[a-z]+: \d+ (?:of \d+ )?images\b.*\n/gm, '');
  assert.match(said, /^facecls: [^\n]+\n$/);
  assert.match(said, pattern);
}
