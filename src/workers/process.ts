/** The processes of a pool: how they are started, and that none outlives this process. */
import { type ChildProcess, fork } from 'node:child_process';

/** Decoder threads of a worker: one image can be decoded while the networks run on another. */
const DECODER_THREADS = 2;

/** Processes that run; those that still do when this one ends are ended with it. */
const running = new Set<ChildProcess>();

/** Worker processes that wait for a pool, by file. */
const startedAhead = new Map<string, ChildProcess>();

/**
 * Starts a worker process that the next pool of the file takes for its first: it loads its modules while this
 * process still finds out what there is to do. One that no pool takes ends with this process.
 */
export function startAhead(file: URL): void {
  if (startedAhead.has(file.href)) return;
  let child: ChildProcess;
  try {
    child = startProcess(file);
  } catch {
    // The pool starts another, and tells what is wrong with it.
    return;
  }
  startedAhead.set(file.href, child);
  const forget = () => {
    if (startedAhead.get(file.href) === child) startedAhead.delete(file.href);
  };
  child.on('error', forget);
  child.on('exit', forget);
  child.unref();
  child.channel?.unref();
}

/** @throws Error of the system where no process can be started; others come as the process's 'error' */
export function takeProcess(file: URL): ChildProcess {
  const child = startedAhead.get(file.href);
  if (child === undefined) return startProcess(file);
  startedAhead.delete(file.href);
  child.ref();
  child.channel?.ref();
  return child;
}

function startProcess(file: URL): ChildProcess {
  // The worker watches the process of this number (watch-parent.ts).
  const child = fork(file, [String(process.pid)], {
    serialization: 'advanced',
    // Options such as --inspect are for the process they were given to. serve.ts turns the optimizing compiler on.
    execArgv: ['--no-opt'],
    // Standard output is the command's alone.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: workerEnvironment(),
  });
  if (running.size === 0) process.on('exit', endAll);
  running.add(child);
  const forget = () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', endAll);
  };
  child.on('exit', forget);
  child.on('error', () => {
    if (child.pid === undefined) forget();
  });
  return child;
}

/** On every way out that JavaScript hears of; of others the workers notice by themselves. */
function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * Settings of glibc's allocator; systems without glibc ignore them. Page faults are dear on virtual machines,
 * and both networks and photographs are large pieces of memory: huge pages (loading the classifier took 0.2 s
 * instead of 0.9 s), and memory of up to 64 MB a piece kept for the next photograph instead of being given
 * back and fetched again (a tenth of the time that align takes). What is kept is bounded by what was in use.
 */
const ALLOCATOR = [
  'glibc.malloc.hugetlb=1',
  `glibc.malloc.mmap_threshold=${2 ** 26}`,
  `glibc.malloc.trim_threshold=${2 ** 28}`,
];

function workerEnvironment(): NodeJS.ProcessEnv {
  // Node reads the certificates of this name when a process starts (0.04 s); a worker connects to nothing.
  const { GLIBC_TUNABLES: given, NODE_EXTRA_CA_CERTS: _, ...others } = process.env;
  return {
    ...others,
    UV_THREADPOOL_SIZE: String(DECODER_THREADS),
    // Of a setting given twice, the last counts.
    GLIBC_TUNABLES: (given ? [...ALLOCATOR, given] : ALLOCATOR).join(':'),
  };
}
