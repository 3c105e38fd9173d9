/**
 * Progress of a run, for people, on standard error: a bar on a terminal, a line every ten seconds
 * in a log. No colours.
 */
import type { SingleBar } from 'cli-progress';
import { integer } from '../files/text/plural.js';
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
/** A shorter bar says less than the room it takes. */
const LEAST_BAR_WIDTH = 6;
const DEFAULT_COLUMNS = 80;
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
  const timer = setInterval(() => printText(`${name}: ${tally.logLine()}`, stream), interval);
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
    format: () => tally.drawn(stream.columns || DEFAULT_COLUMNS),
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

  /** `1,200 of 5,000 images (24%), 3 failed, 41.2/s, 1:32 left` */
  logLine(): string {
    const share = this.total === undefined ? '' : ` (${this.percent()}%)`;
    return [`${this.counted()}${share}`, ...this.failures(), ...this.rate(), ...this.left()].join(
      ', ',
    );
  }

  /** `[=====     ]  24% 1,200 of 5,000 images, ...` in at most `columns`: what does not fit is left out, the time last. */
  drawn(columns: number): string {
    const share = this.total === undefined ? '' : `${String(this.percent()).padStart(3)}% `;
    const lines = [
      [this.counted(), ...this.failures(), ...this.rate(), ...this.left()],
      [this.counted(), ...this.failures(), ...this.left()],
      [this.counted(), ...this.left()],
      this.left(),
    ].map((parts) => share + parts.join(', '));
    // The terminal's last column is not written to: some go to the next line when it is.
    const fitting = lines.find((line) => line.length < columns) ?? '';
    const room = Math.min(BAR_WIDTH, columns - 1 - fitting.length - '[] '.length);
    return this.total === undefined || room < LEAST_BAR_WIDTH
      ? fitting
      : `${this.bar(room)} ${fitting}`;
  }

  private counted(): string {
    const { done, total, unit } = this;
    return `${integer(done)}${total === undefined ? '' : ` of ${integer(total)}`} ${unit}`;
  }

  private failures(): string[] {
    return this.failed > 0 ? [`${integer(this.failed)} failed`] : [];
  }

  private rate(): string[] {
    return this.done > 0 ? [`${this.perSecond().toFixed(1)}/s`] : [];
  }

  private left(): string[] {
    const { done, total } = this;
    if (total === undefined || done === 0 || done >= total) return [];
    return [`${duration((total - done) / this.perSecond())} left`];
  }

  private perSecond(): number {
    const seconds = (Date.now() - this.startTime) / 1000;
    return seconds > 0 ? this.done / seconds : 0;
  }

  /** Inputs that come while the run goes on can make it more than all. */
  private share(): number {
    const { done, total = 0 } = this;
    return total > 0 ? Math.min(done / total, 1) : 1;
  }

  private percent(): number {
    return Math.floor(this.share() * 100);
  }

  private bar(width: number): string {
    return `[${'='.repeat(Math.floor(this.share() * width)).padEnd(width)}]`;
  }
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
