/**
 * Progress of a run, for people, on standard error: a bar on a terminal, a line every ten seconds
 * in a log. No colours.
 */
import type { SingleBar } from 'cli-progress';
import { printText } from './terminal.js';

export interface ProgressOptions {
  /** Print nothing, warnings included. */
  quiet: boolean;
  /** What is counted, in the plural: `images`. */
  unit: string;
  /** The command, which begins a line in a log. */
  name?: string;
  stream?: NodeJS.WriteStream;
  /** Milliseconds between lines in a log. */
  interval?: number;
}

export interface Progress {
  /** How many are through, those that failed among them. */
  update(done: number, failed: number): void;
  /** Makes a share and the time left known. */
  setTotal(total: number): void;
  /** Prints a line, above the bar. */
  warn(text: string): void;
  /** Takes the bar away. To be called however the run ends. */
  stop(): void;
}

const LOG_INTERVAL = 10_000;
const BAR_WIDTH = 24;
const REDRAWS_A_SECOND = 5;

export async function createProgress(options: ProgressOptions): Promise<Progress> {
  const {
    quiet,
    unit,
    name = 'facecls',
    stream = process.stderr,
    interval = LOG_INTERVAL,
  } = options;
  if (quiet) return { update() {}, setTotal() {}, warn() {}, stop() {} };
  const tally = new Tally(unit);
  const isTerminal = stream.isTTY && process.env.TERM !== 'dumb';
  return isTerminal ? barProgress(tally, stream) : logProgress(tally, stream, name, interval);
}

function logProgress(
  tally: Tally,
  stream: NodeJS.WritableStream,
  name: string,
  interval: number,
): Progress {
  const timer = setInterval(() => printText(`${name}: ${tally.describe()}`, stream), interval);
  timer.unref();
  return {
    update(done, failed) {
      tally.done = done;
      tally.failed = failed;
    },
    setTotal(total) {
      tally.total = total;
    },
    warn(text) {
      printText(text, stream);
    },
    stop() {
      clearInterval(timer);
    },
  };
}

async function barProgress(tally: Tally, stream: NodeJS.WriteStream): Promise<Progress> {
  // Loaded here: most runs in scripts draw no bar.
  const { default: cliProgress } = await import('cli-progress');
  const bar: SingleBar = new cliProgress.SingleBar({
    stream,
    format: () => `${tally.drawBar()}${tally.describe()}`,
    fps: REDRAWS_A_SECOND,
    clearOnComplete: true,
    // Nothing of the terminal is changed that a killed run would leave changed, and Ctrl-C is
    // the command's to handle.
    linewrap: true,
    hideCursor: false,
    gracefulExit: false,
  });
  const start = () => bar.start(tally.total ?? 0, tally.done);
  start();
  return {
    update(done, failed) {
      tally.done = done;
      tally.failed = failed;
      bar.update(done);
    },
    setTotal(total) {
      tally.total = total;
      bar.setTotal(total);
    },
    warn(text) {
      bar.stop();
      printText(text, stream);
      start();
    },
    stop() {
      bar.stop();
    },
  };
}

/** The counts of a run, in words. */
class Tally {
  done = 0;
  failed = 0;
  total: number | undefined;
  private readonly unit: string;
  private readonly startTime = Date.now();

  constructor(unit: string) {
    this.unit = unit;
  }

  /** `1,200 of 5,000 images, 3 failed, 41.2/s, 1:32 left` */
  describe(): string {
    const { done, failed, total, unit } = this;
    const seconds = (Date.now() - this.startTime) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const parts = [`${count(done)}${total === undefined ? '' : ` of ${count(total)}`} ${unit}`];
    if (failed > 0) parts.push(`${count(failed)} failed`);
    if (done > 0) parts.push(`${rate.toFixed(1)}/s`);
    if (total !== undefined && done > 0 && done < total) {
      parts.push(`${duration((total - done) / rate)} left`);
    }
    return parts.join(', ');
  }

  /** `[=====>    ]  41% `, or nothing while the total is unknown. */
  drawBar(): string {
    if (this.total === undefined) return '';
    const share = this.total > 0 ? Math.min(this.done / this.total, 1) : 1;
    const bar = '='.repeat(Math.floor(share * BAR_WIDTH)).padEnd(BAR_WIDTH);
    return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)}% `;
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `0:07`, `12:00`, `3:04:05` */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const time = `${minutes % 60}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes % 60)}:${two(whole % 60)}` : time;
}
