/** Ctrl-C and SIGTERM: the work in flight is finished and kept, then the command ends. */
import { ExitCode, UserError } from '../files/errors.js';

const EXIT_CODES = { SIGINT: ExitCode.interrupted, SIGTERM: ExitCode.terminated } as const;
type Signal = keyof typeof EXIT_CODES;

export class Interruption {
  private signal: Signal | undefined;
  private readonly onSignal = (signal: NodeJS.Signals) => this.interrupt(signal as Signal);

  constructor() {
    for (const signal of Object.keys(EXIT_CODES)) process.on(signal, this.onSignal);
  }

  /** The items until a signal comes. */
  async *until<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of items) {
      if (this.signal !== undefined) return;
      yield item;
    }
  }

  /**
   * To be called when the items have ended.
   *
   * @param kept what has become of the work done, and how to go on
   * @throws UserError where a signal ended them
   */
  check(kept: string): void {
    if (this.signal === undefined) return;
    throw new UserError(`interrupted; ${kept}`, EXIT_CODES[this.signal]);
  }

  stop(): void {
    for (const signal of Object.keys(EXIT_CODES)) process.off(signal, this.onSignal);
  }

  /** A second signal ends the process at once. */
  private interrupt(signal: Signal): void {
    if (this.signal !== undefined) process.exit(EXIT_CODES[signal]);
    this.signal = signal;
    process.stderr.write('facecls: finishing the work in flight; once more to leave at once\n');
  }
}
