/**
 * Work done by several processes. Processes and not threads: onnxruntime or the image decoder may take their
 * whole process down (out of memory, a fault in native code), and then only one worker is lost; and each has
 * decoder threads of its own, whose number Node fixes when a process starts.
 */
import type { ChildProcess } from 'node:child_process';
import { AtWork } from './at-work.js';
import { type Request, type Response, revive } from './messages.js';
import { takeProcess } from './process.js';
import { cannotSpawn, cannotStart, cannotStartAgain } from './start-errors.js';

/** How a worker came to its end. */
export type Ending =
  /** A signal's name or an exit code, in words. */
  | { readonly kind: 'ended'; readonly how: string }
  /** The pool ended it, for an input that took longer than so many seconds. */
  | { readonly kind: 'timed_out'; readonly limit: number };

/** The worker ended while it held the task. */
export class WorkerCrash extends Error {
  override readonly name = 'WorkerCrash';

  /** @param suspects the inputs it was at work on, by their names; none where it named none */
  constructor(
    readonly ending: Ending,
    readonly suspects: ReadonlySet<string>,
  ) {
    super(ending.kind === 'ended' ? ending.how : `longer than ${ending.limit} s at work`);
  }
}

export interface PoolLimits {
  /** How long a worker may take to be set up, milliseconds. */
  readonly setup: number;
  /** How long it may be at work on an input, seconds; 0 for any time. */
  readonly input: number;
}

/** Loading networks takes a second, on a GPU several; what takes 300 seconds is stuck. */
const DEFAULT_LIMITS: PoolLimits = { setup: 300_000, input: 0 };

/** Starts that fail one after the other until no more are tried. */
const FAILED_STARTS = 2;

/** Milliseconds between two looks at how long inputs take. */
const LOOK_INTERVAL = 500;

interface Order {
  readonly task: unknown;
  /** For a worker that has nothing else. */
  readonly isAlone: boolean;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface Worker {
  readonly process: ChildProcess;
  readonly pending: Map<number, Order>;
  readonly atWork: AtWork;
  isReady: boolean;
  /** What the pool ended it for. */
  verdict: WorkerCrash | undefined;
}

export class WorkerPool<Task, Result> {
  private readonly workers = new Set<Worker>();
  /** Orders that no worker has yet; those that want one alone come first. */
  private readonly waiting: Order[] = [];
  private readonly limits: PoolLimits;
  private nextId = 0;
  private isClosed = false;
  /** Less than `size` where the system does not give more. */
  private mostWorkers: number;
  private failedStarts = 0;
  private wasReady = false;
  private look: NodeJS.Timeout | undefined;

  /**
   * @param file module that calls `serve` (serve.ts)
   * @param size workers at most; one is started when all others are busy
   * @param setup sent to each worker first
   */
  constructor(
    private readonly file: URL,
    readonly size: number,
    private readonly setup: unknown,
    limits: Partial<PoolLimits> = {},
  ) {
    this.mostWorkers = size;
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    if (this.limits.input > 0) this.watchInputs();
  }

  /**
   * Lets the least busy worker do the task.
   *
   * @throws WorkerCrash where the worker ended, UserError or ModelError where none could be set up (native
   *   code that ends or never comes back from loading a hostile network included), and whatever the task threw
   */
  run(task: Task): Promise<Result> {
    return this.order(task, false);
  }

  /**
   * The same by a worker that has nothing else, and gets nothing else meanwhile: if it ends, the task is why.
   */
  runAlone(task: Task): Promise<Result> {
    return this.order(task, true);
  }

  /** Ends the workers; tasks still under way are rejected, and no more are taken. */
  close(): void {
    this.isClosed = true;
    clearInterval(this.look);
    this.rejectWaiting(closedError());
    for (const worker of this.workers) {
      const isBusy = worker.pending.size > 0;
      this.reject(worker, closedError());
      this.release(worker);
      if (isBusy) worker.process.kill('SIGKILL');
    }
  }

  private order(task: Task, isAlone: boolean): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.isClosed) throw closedError();
      this.queue([{ task, isAlone, resolve, reject }]);
      this.dispatch();
    });
  }

  private queue(orders: Iterable<Order>): void {
    for (const order of orders) {
      if (order.isAlone) this.waiting.unshift(order);
      else this.waiting.push(order);
    }
  }

  /** Gives out orders as far as there are workers for them. */
  private dispatch(): void {
    for (;;) {
      const [order] = this.waiting;
      if (order === undefined) return;
      const worker = this.workerFor(order);
      // While one waits for a worker alone the others wait too, or no worker would ever be free.
      if (worker === undefined) return;
      this.waiting.shift();
      const id = this.nextId++;
      worker.pending.set(id, order);
      send(worker, { kind: 'task', id, task: order.task });
    }
  }

  private workerFor({ isAlone }: Order): Worker | undefined {
    let best: Worker | undefined;
    for (const worker of this.workers) {
      if (isReserved(worker) || worker.verdict !== undefined) continue;
      if (best === undefined || worker.pending.size < best.pending.size) best = worker;
    }
    if (best?.pending.size === 0) return best;
    if (this.workers.size < this.mostWorkers) return this.start() ?? best;
    return isAlone ? undefined : best;
  }

  /** @returns undefined where the system refuses at once */
  private start(): Worker | undefined {
    let child: ChildProcess;
    try {
      child = takeProcess(this.file);
    } catch (error) {
      this.refused(error as NodeJS.ErrnoException);
      return undefined;
    }
    const worker: Worker = {
      process: child,
      pending: new Map(),
      atWork: new AtWork(),
      isReady: false,
      verdict: undefined,
    };
    this.workers.add(worker);
    const { setup } = this.limits;
    const patience = setTimeout(() => {
      if (worker.isReady) return;
      const how = `no answer in ${setup / 1000} s`;
      end(worker, new WorkerCrash({ kind: 'ended', how }, new Set()));
    }, setup);
    patience.unref();
    child.on('message', (response: Response) => this.receive(worker, response));
    child.on('exit', (code, signal) => {
      clearTimeout(patience);
      this.lose(worker, signal === null ? `exit code ${code}` : signal);
    });
    child.on('error', (error) => {
      if (child.pid !== undefined) return this.lose(worker, error.message);
      clearTimeout(patience);
      if (!this.workers.delete(worker)) return;
      this.queue(worker.pending.values());
      this.refused(error);
    });
    send(worker, { kind: 'setup', setup: this.setup });
    return worker;
  }

  private receive(worker: Worker, response: Response): void {
    switch (response.kind) {
      case 'ready':
        worker.isReady = true;
        this.wasReady = true;
        this.failedStarts = 0;
        return;
      case 'setup_failed':
        this.reject(worker, revive(response.error));
        this.release(worker);
        this.dispatch();
        return;
      case 'at_work':
        worker.atWork.report(response.names, response.isAtWork);
        return;
      default: {
        const order = worker.pending.get(response.id);
        worker.pending.delete(response.id);
        if (response.kind === 'failed') order?.reject(revive(response.error));
        else order?.resolve(response.result as never);
        this.dispatch();
      }
    }
  }

  /** The worker has ended. */
  private lose(worker: Worker, ended: string): void {
    if (!this.workers.delete(worker)) return;
    const crash =
      worker.verdict ?? new WorkerCrash({ kind: 'ended', how: ended }, worker.atWork.all());
    if (worker.isReady) this.reject(worker, crash);
    else this.lostAtStart(worker, crash.message);
    this.dispatch();
  }

  /** Its orders go to another; when starts keep failing, to those that are there. */
  private lostAtStart(worker: Worker, how: string): void {
    this.queue(worker.pending.values());
    // One that was waited for in vain is not tried again.
    this.failedStarts += worker.verdict === undefined ? 1 : FAILED_STARTS;
    if (this.failedStarts < FAILED_STARTS) return;
    this.mostWorkers = Math.max(1, this.workers.size);
    if (this.workers.size > 0) return;
    this.rejectWaiting(this.wasReady ? cannotStartAgain(how) : cannotStart(how));
  }

  /** The system gives no more processes. */
  private refused(error: NodeJS.ErrnoException): void {
    this.mostWorkers = Math.max(1, this.workers.size);
    if (this.workers.size === 0) this.rejectWaiting(cannotSpawn(error));
    else this.dispatch();
  }

  private reject(worker: Worker, error: Error): void {
    for (const order of worker.pending.values()) order.reject(error);
    worker.pending.clear();
  }

  private rejectWaiting(error: Error): void {
    for (const order of this.waiting.splice(0)) order.reject(error);
  }

  /** Lets a worker go: what is left for it to do is to end, and nobody has to wait for that. */
  private release(worker: Worker): void {
    this.workers.delete(worker);
    if (worker.process.connected) worker.process.disconnect();
    worker.process.unref();
  }

  /** Ends workers that take too long for an input. */
  private watchInputs(): void {
    const { input } = this.limits;
    let looked = performance.now();
    this.look = setInterval(() => {
      const late = performance.now() - looked - LOOK_INTERVAL;
      looked += late + LOOK_INTERVAL;
      for (const worker of this.workers) {
        // Ctrl-Z stops the workers too.
        if (late > LOOK_INTERVAL) worker.atWork.forgive(late);
        const name = worker.atWork.overdue(input * 1000);
        if (name === undefined || worker.verdict !== undefined) continue;
        end(worker, new WorkerCrash({ kind: 'timed_out', limit: input }, new Set([name])));
      }
    }, LOOK_INTERVAL);
    this.look.unref();
  }
}

function isReserved({ pending }: Worker): boolean {
  for (const { isAlone } of pending.values()) if (isAlone) return true;
  return false;
}

function end(worker: Worker, verdict: WorkerCrash): void {
  worker.verdict = verdict;
  worker.process.kill('SIGKILL');
}

function closedError(): Error {
  return new Error('the pool of workers was closed');
}

function send(worker: Worker, request: Request): void {
  // A worker that is gone is noticed by its 'exit', which rejects what it held. One that the system refused has no
  // channel.
  worker.process.send?.(request, () => {});
}
