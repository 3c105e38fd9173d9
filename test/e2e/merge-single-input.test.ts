/** Shards of an input that is a single archive or image: its own name is a part of the paths. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { DATASETS, tarOf } from '../support/datasets.js';

const scratch = temporaryFolder();
const RESULTS = ['pred_ethnicities.txt', 'failed.txt'];

async function assertMergedAsWhole(input: string): Promise<void> {
  const out = path.join(scratch, 'out');
  rmSync(out, { recursive: true, force: true });
  const args = ['infer', '--input_dir', input, '--output_dir', out];
  const whole = await facecls(args);
  const texts = () =>
    RESULTS.map((name) => {
      try {
        return readFileSync(path.join(out, name), 'utf8');
      } catch {
        return undefined;
      }
    });
  const expected = texts();
  rmSync(out, { recursive: true });
  for (const shard of ['0/2', '1/2']) await facecls([...args, '--shard', shard]);
  const merged = await facecls(['merge', '--inputs', out, '--output_dir', out]);
  assert.equal(merged.code, whole.code, merged.stderr);
  assert.deepEqual(texts(), expected);
  assert.ok(expected[0]);
}

test('shards of an archive, whole or cut off, are merged', async () => {
  const input = path.join(scratch, 'many.tar');
  writeFileSync(input, tarOf(30));
  await assertMergedAsWhole(input);
  truncateSync(input, Math.floor(readFileSync(input).length / 2));
  await assertMergedAsWhole(input);
});

test('shards of an image are merged', async () => {
  const input = path.join(scratch, 'a.jpg');
  copyFileSync(path.join(DATASETS, 'folder/000/125.jpg'), input);
  await assertMergedAsWhole(input);
});
