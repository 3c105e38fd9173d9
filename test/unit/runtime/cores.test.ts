import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { usableCores } from '../../../src/runtime/cores.js';

function withFiles(schedulable: number, files: Record<string, string>): number {
  return usableCores(schedulable, (file) => {
    if (!(file in files)) throw new Error('ENOENT');
    return files[file];
  });
}

test('a process without a limit has the cores it may be scheduled on', () => {
  assert.equal(withFiles(8, {}), 8);
  assert.equal(withFiles(8, { '/sys/fs/cgroup/cpu.max': 'max 100000\n' }), 8);
  assert.equal(
    withFiles(8, {
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    }),
    8,
  );
});

test('a quota of processor time limits them, rounded up, and never below one', () => {
  assert.equal(withFiles(8, { '/sys/fs/cgroup/cpu.max': '250000 100000\n' }), 3);
  assert.equal(withFiles(8, { '/sys/fs/cgroup/cpu.max': '20000 100000\n' }), 1);
  assert.equal(withFiles(2, { '/sys/fs/cgroup/cpu.max': '800000 100000\n' }), 2);
  assert.equal(
    withFiles(8, {
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    }),
    4,
  );
});

test('the tightest limit of the groups around the process counts', () => {
  const files = {
    '/proc/self/cgroup': '0::/system.slice/slurm/job_1\n',
    '/sys/fs/cgroup/system.slice/slurm/job_1/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/system.slice/slurm/cpu.max': '400000 100000\n',
    '/sys/fs/cgroup/system.slice/cpu.max': '600000 100000\n',
  };
  assert.equal(withFiles(64, files), 4);
});

test('the limit on this machine is a number of cores', () => {
  const cores = usableCores();
  assert.ok(Number.isInteger(cores) && cores >= 1 && cores <= availableParallelism());
});
