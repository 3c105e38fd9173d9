import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Cores that this process may use, at least 1: those it may be scheduled on, and no more than its control
 * group's share of processor time (how containers and batch systems limit it), which Node does not look at.
 *
 * @param read for tests: the text of a file
 */
export function usableCores(
  schedulable = availableParallelism(),
  read: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): number {
  const quota = cgroupQuota(read);
  return Math.max(1, Math.min(schedulable, quota === undefined ? schedulable : Math.ceil(quota)));
}

/**
 * The control group's limit in cores; undefined where there is none. Inside a container its own group is
 * mounted at the top. Source: Linux, Documentation/admin-guide/cgroup-v2.rst, cpu.max, and
 * Documentation/scheduler/sched-bwc.rst for version 1.
 */
function cgroupQuota(read: (file: string) => string): number | undefined {
  const limits = groupFolders(read).map((folder) => {
    const [quota, period] = text(read, `/sys/fs/cgroup${folder}/cpu.max`).trim().split(/\s+/);
    return Number(quota) / Number(period);
  });
  const quota = Number(text(read, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const period = Number(text(read, '/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  // No file, the word "max" and version 1's -1 all stand for no limit.
  const set = [...limits, quota / period].filter((limit) => limit > 0 && Number.isFinite(limit));
  return set.length > 0 ? Math.min(...set) : undefined;
}

/** The process's group and those above it, which limit it too. */
function groupFolders(read: (file: string) => string): string[] {
  const line = /^0::(\/.*)$/m.exec(text(read, '/proc/self/cgroup'));
  const folders: string[] = [];
  for (let folder = line?.[1] ?? ''; folder.length > 1; ) {
    folders.push(folder);
    folder = folder.slice(0, folder.lastIndexOf('/'));
  }
  return [...folders, ''];
}

function text(read: (file: string) => string, file: string): string {
  try {
    return read(file);
  } catch {
    // Other systems, and groups without a limit, have no such file.
    return '';
  }
}
