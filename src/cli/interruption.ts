/** Ctrl-C and SIGTERM: the work in flight is finished and kept, then the command ends. */
import type { Interrupted } from '../batch/batch.js';
import { ExitCode } from '../files/errors.js';
import { printText } from './terminal.js';

const EXIT_CODES = { SIGINT: ExitCode.interrupted, SIGTERM: ExitCode.terminated } as const;
type Signal = keyof typeof EXIT_CODES;

export class Interruption {
  private readonly controller = new AbortController();
  private readonly onSignal = (signal: NodeJS.Signals) => this.interrupt(signal as Signal);

  constructor() {
    for (const signal of Object.keys(EXIT_CODES)) process.on(signal, this.onSignal);
  }

  /** Aborted by the first signal, with an `Interrupted` for its reason. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(): void {
    for (const signal of Object.keys(EXIT_CODES)) process.off(signal, this.onSignal);
  }

  /** A second signal ends the process at once. */
  private interrupt(signal: Signal): void {
    if (this.signal.aborted) process.exit(EXIT_CODES[signal]);
    this.controller.abort({ exitCode: EXIT_CODES[signal] } satisfies Interrupted);
    printText('facecls: finishing the work in flight; once more to leave at once');
  }
}
