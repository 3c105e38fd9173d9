/** One run of the command line, with what is to be recorded of it. */

/**
 * `all`: exit code, what was printed, files by content. For runs whose details differ by nature:
 * `results` leaves out what was printed, run records and journals, `words` files and every digit of what was
 * printed, `names` what was printed and the content of files, `code` all but the exit code.
 */
export type Recorded = 'all' | 'results' | 'words' | 'names' | 'code';

/** A signal, once a journal has some inputs. */
export interface Stop {
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly journal: string;
  /** After SIGKILL the journal is cut behind this many, within the next one, as a power cut leaves it. */
  readonly inputs: number;
}

/** All paths are relative to the folder of the corpus. */
export interface Run {
  /** Names its record. */
  readonly name: string;
  readonly args: readonly string[];
  /** For standard input. */
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Folders and files of results. */
  readonly out?: readonly string[];
  /** `all` unless given. */
  readonly recorded?: Recorded;
  readonly stop?: Stop;
  /** Changes the corpus before the run. */
  readonly before?: () => void;
}
