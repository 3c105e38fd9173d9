import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ExitCode, UserError } from '../../../src/files/errors.js';
import { parseShard, refuseOtherShards } from '../../../src/inputs/shard.js';
import { temporaryFolder } from '../../support/cli.js';

/** What Slurm sets for a task of `--array=...` (man sbatch, SLURM_ARRAY_TASK_*). */
function task(id: number, ids: readonly number[], step = 1): NodeJS.ProcessEnv {
  return {
    SLURM_ARRAY_TASK_ID: `${id}`,
    SLURM_ARRAY_TASK_MIN: `${Math.min(...ids)}`,
    SLURM_ARRAY_TASK_MAX: `${Math.max(...ids)}`,
    SLURM_ARRAY_TASK_COUNT: `${ids.length}`,
    SLURM_ARRAY_TASK_STEP: `${step}`,
  };
}

function refused(text: string, environment: NodeJS.ProcessEnv): string {
  try {
    parseShard(text, environment);
  } catch (error) {
    assert.ok(error instanceof UserError);
    assert.equal(error.exitCode, ExitCode.usage);
    return error.message;
  }
  assert.fail(`${text} was not refused`);
}

test('slurm/N takes the task ID for the number of the shard, whatever else the array has', () => {
  assert.deepEqual(parseShard('slurm/16', task(2, [2])), { index: 2, count: 16 });
  assert.deepEqual(parseShard('slurm/16', task(0, [0])), { index: 0, count: 16 });
  assert.deepEqual(parseShard('slurm/16', task(9, [3, 9, 10])), { index: 9, count: 16 });
  assert.deepEqual(parseShard('slurm/16', task(15, [0, 15], 15)), { index: 15, count: 16 });
  assert.deepEqual(parseShard('slurm/1', task(0, [0])), { index: 0, count: 1 });
});

test('slurm/N refuses an ID outside of 0 to N - 1, and keeps the number in what it says', () => {
  const outside = refused('slurm/16', task(16, [16]));
  assert.match(outside, /^--shard slurm\/16: .*task 16, .* 16 shards are 0 to 15; .*--array=0-15/);
  // Counted from 1: task 16 would find no shard, and shard 0 no task. Every task says so.
  assert.match(refused('slurm/16', task(1, [1, 2, 16])), /^--shard slurm\/16: .*16/);
  const unset = refused('slurm/16', {});
  assert.match(unset, /^--shard slurm\/16: SLURM_ARRAY_TASK_ID is not set; .*--array=0-15/);
  assert.match(refused('slurm/16', { SLURM_ARRAY_TASK_ID: 'x\u001b[2J' }), /is "x\\u001b\[2J";/);
});

test('slurm/N refuses an N that is no number of shards', () => {
  for (const text of ['slurm/0', 'slurm/', 'slurm/x', 'slurm/100001', 'slurm/4/4', 'slurm 4']) {
    assert.match(refused(text, task(0, [0])), /^--shard: expected I\/N .*slurm\/N/);
  }
});

test('slurm refuses a lone task that is not task 0, and names the remedy', () => {
  const alone = refused('slurm', task(2, [2]));
  assert.match(alone, /^--shard slurm: task 2 is the only one .*--shard slurm\/N/);
  assert.deepEqual(parseShard('slurm', task(0, [0])), { index: 0, count: 1 });
});

test('a folder refuses shards of another number', async () => {
  const folder = mkdtempSync(path.join(temporaryFolder(), 'out-'));
  const refuse = (count: number) => refuseOtherShards('--output_dir', folder, { index: 0, count });
  await refuseOtherShards('--output_dir', path.join(folder, 'none'), { index: 0, count: 2 });
  await refuse(16);
  mkdirSync(path.join(folder, 'shard-02-of-16'));
  // No folders of shards: a file, and other names.
  writeFileSync(path.join(folder, 'shard-0-of-4'), '');
  mkdirSync(path.join(folder, 'my-shard-0-of-8'));
  await refuse(16);
  for (const count of [1, 8, 160]) {
    await assert.rejects(refuse(count), (error: UserError) => {
      assert.equal(error.exitCode, ExitCode.usage);
      assert.match(error.message, /^--output_dir .*: holds shard-02-of-16, .*16/);
      return true;
    });
  }
  // Without --shard there is nothing to compare.
  await refuseOtherShards('--output_dir', folder, undefined);
});
