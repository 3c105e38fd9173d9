/** Running infer on damaged files. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { facecls } from './cli.js';
import type { NamedFile } from './damaged-files.js';

/** A new folder with these files. */
export function folderOf(made: string, files: readonly NamedFile[]): string {
  mkdirSync(made);
  for (const { name: file, content } of files) writeFileSync(path.join(made, file), content);
  return made;
}

interface Prediction {
  readonly path: string;
  readonly label: string;
  readonly African: number;
}

interface Inferred {
  readonly code: number | null;
  readonly stderr: string;
  /** By the file's name. */
  readonly predicted: Map<string, Prediction>;
  /** Reasons by the file's name. */
  readonly failed: Map<string, string>;
}

/** What infer makes of a folder in which some files may be damaged, beside it. */
export async function infer(input: string, options: readonly string[] = []): Promise<Inferred> {
  const out = `${input}-out`;
  const { code, stderr } = await facecls([
    ...['infer', '--input_dir', input, '--output_dir', out, '--format', 'txt,jsonl', ...options],
  ]);
  assert.ok(code === 0 || code === 3, `${code}: ${stderr}`);
  const lines = (file: string) => {
    const text = readFileSync(path.join(out, file), 'utf8');
    assert.ok(text === '' || text.endsWith('\n'), file);
    return text.split('\n').slice(0, -1);
  };
  const predictions: Prediction[] = lines('predictions.jsonl').map((line) => JSON.parse(line));
  assert.deepEqual(
    lines('pred_ethnicities.txt'),
    predictions.map(({ path: file, label }) => `${file} ${label}`),
  );
  const failures = code === 3 ? lines('failed.txt').map((line) => line.split('\t')) : [];
  for (const fields of failures) {
    assert.equal(fields.length, 2, fields.join());
    // One line of readable words, and never the loss of a whole process.
    assert.match(fields[1], /^[\x20-\x7e]{6,300}$/);
    assert.doesNotMatch(fields[1], /the process that worked on it ended/, fields[0]);
  }
  const predicted = new Map(predictions.map((row) => [path.basename(row.path), row]));
  const failed = new Map(failures.map(([file, reason]) => [path.basename(file), reason]));
  assert.equal(predicted.size + failed.size, predictions.length + failures.length);
  return { code, stderr, predicted, failed };
}

export function names(files: Iterable<string>): string[] {
  return [...files].sort();
}
