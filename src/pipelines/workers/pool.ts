/**
 * Work done by several processes. Processes and not threads: onnxruntime or the image decoder may take their
 * whole process down (out of memory, a fault in native code), and then only one worker is lost; and each has
 * decoder threads of its own, whose number Node fixes when a process starts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { type ExitCode, ModelError, UserError } from '../../errors.js';

/** The worker ended while it held the task. */
export class WorkerCrash extends Error {
  override readonly name = 'WorkerCrash';
}

/** Decoder threads of a worker: one image can be decoded while the networks run on another. */
const DECODER_THREADS = 2;

/** What the pool sends to a worker: how to set itself up, once, then tasks. */
export type Request = { readonly setup: unknown } | { readonly id: number; readonly task: unknown };

/** What a worker sends: that it is set up, and what came of a task. */
export type Response =
  | { readonly ready: true }
  | { readonly setupError: ThrownError }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ThrownError };

/** An error as it travels between processes. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a UserError. */
  readonly exitCode: ExitCode | undefined;
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface Worker {
  readonly process: ChildProcess;
  readonly pending: Map<number, Pending>;
  isReady: boolean;
  /** Told when the worker is set up, or why it cannot be. */
  readonly waiting: Pending[];
}

export class WorkerPool<Task, Result> {
  private readonly workers = new Set<Worker>();
  private nextId = 0;

  /**
   * @param file module that calls `serve` (serve.ts)
   * @param size workers at most; one is started when all others are busy
   * @param setup sent to each worker first
   */
  constructor(
    private readonly file: URL,
    readonly size: number,
    private readonly setup: unknown,
  ) {}

  /** Starts the first worker, so that what keeps it from being set up is known before there are results. */
  async open(): Promise<void> {
    const worker = this.start();
    await new Promise<void>((resolve, reject) => worker.waiting.push({ resolve, reject }));
  }

  /**
   * Lets the least busy worker do the task.
   *
   * @throws WorkerCrash where the worker ended, UserError or ModelError where it could not be set up, and
   *   whatever the task threw
   */
  run(task: Task): Promise<Result> {
    const worker = this.leastBusy();
    const id = this.nextId++;
    return new Promise<Result>((resolve, reject) => {
      worker.pending.set(id, { resolve, reject });
      send(worker, { id, task });
    });
  }

  /** Ends the workers; tasks still under way are rejected. */
  close(): void {
    for (const { process } of this.workers) {
      if (process.connected) process.disconnect();
      // What is left for it to do is to end; nobody has to wait for that.
      process.unref();
    }
    this.workers.clear();
  }

  private leastBusy(): Worker {
    let best: Worker | undefined;
    for (const worker of this.workers) {
      if (best === undefined || worker.pending.size < best.pending.size) best = worker;
    }
    const isFull = this.workers.size >= this.size;
    return best !== undefined && (isFull || best.pending.size === 0) ? best : this.start();
  }

  private start(): Worker {
    const child = fork(this.file, [], {
      serialization: 'advanced',
      // Options such as --inspect are for the process they were given to.
      execArgv: [],
      // Standard output is the command's alone.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: workerEnvironment(),
    });
    const worker: Worker = { process: child, pending: new Map(), isReady: false, waiting: [] };
    this.workers.add(worker);
    child.on('message', (response: Response) => this.receive(worker, response));
    child.on('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : signal;
      this.lose(worker, new WorkerCrash(how));
    });
    child.on('error', (error) => this.lose(worker, new WorkerCrash(error.message)));
    send(worker, { setup: this.setup });
    return worker;
  }

  private receive(worker: Worker, response: Response): void {
    if ('ready' in response) {
      worker.isReady = true;
      for (const { resolve } of worker.waiting.splice(0)) resolve(undefined as never);
    } else if ('setupError' in response) {
      this.lose(worker, revive(response.setupError));
      worker.process.kill();
    } else {
      const pending = worker.pending.get(response.id);
      worker.pending.delete(response.id);
      if ('error' in response) pending?.reject(revive(response.error));
      else pending?.resolve(response.result as never);
    }
  }

  private lose(worker: Worker, error: Error): void {
    this.workers.delete(worker);
    const cause =
      worker.isReady || !(error instanceof WorkerCrash)
        ? error
        : new Error(`a worker process could not start (${error.message})`);
    for (const { reject } of [...worker.waiting, ...worker.pending.values()]) reject(cause);
    worker.pending.clear();
  }
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
  const given = process.env.GLIBC_TUNABLES;
  return {
    ...process.env,
    UV_THREADPOOL_SIZE: String(DECODER_THREADS),
    // Of a setting given twice, the last counts.
    GLIBC_TUNABLES: (given ? [...ALLOCATOR, given] : ALLOCATOR).join(':'),
  };
}

function send(worker: Worker, request: Request): void {
  // A worker that is gone is noticed by its 'exit', which rejects what it held.
  worker.process.send(request, () => {});
}

function revive({ name, message, stack, exitCode }: ThrownError): Error {
  const error =
    name === 'ModelError'
      ? new ModelError(message)
      : exitCode === undefined
        ? new Error(message)
        : new UserError(message, exitCode);
  if (stack !== undefined) error.stack = stack;
  return error;
}
