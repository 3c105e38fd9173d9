import { Worker } from 'node:worker_threads';

/** Ends the process, with the name of the case, when a case takes longer than `limit` milliseconds. */
export class Watchdog {
  readonly #beat = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;

  constructor(title: string, limit: number) {
    const code = `
      const { workerData: { beat, title, limit } } = require('node:worker_threads');
      for (let seen; Atomics.wait(beat, 0, (seen = Atomics.load(beat, 0)), limit) !== 'timed-out'; );
      require('node:fs').writeSync(2, title + ': case ' + beat[0] + ' takes more than ' + limit + ' ms\\n');
      process.kill(process.pid, 'SIGKILL');`;
    this.#worker = new Worker(code, { eval: true, workerData: { beat: this.#beat, title, limit } });
  }

  /** Begins a case. */
  next(index: number): void {
    Atomics.store(this.#beat, 0, index);
    Atomics.notify(this.#beat, 0);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
