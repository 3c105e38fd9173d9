/**
 * The journal of a run: what came of each input, written down as it comes, so that a run that is cut off can
 * go on. One file a run, `infer_journal-1.jsonl`, `infer_journal-2.jsonl`, ... in the folder of the results.
 *
 * A line is an XXH32 checksum (eight hexadecimal digits), a space and a JSON object: first one that says what
 * the results were made with, then one for each input in the order of the inputs. Whatever a crash, a power cut
 * or a full disk leaves behind the last whole line has no right checksum, and is not read.
 */
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeError } from '../files/atomic.js';
import { UserError } from '../files/errors.js';
import { parsePathLine, pathText } from '../files/paths.js';
import { parseObject } from '../files/text/json.js';
import { LongLineError, readLines } from '../files/text/lines.js';
import { shownPath } from '../files/text/shown-path.js';
import { xxh32 } from '../files/xxh32.js';
import { type Entry, parseEntry } from '../tasks/entry.js';
import type { GivenPaths, Provenance } from './provenance.js';

/** Text that waits for the one write under way, characters; more makes whoever appends wait. */
const MOST_WAITING = 2 ** 18;
/** Time between two requests that the system put on the disk what it was given, milliseconds. */
const SYNC_INTERVAL = 1000;

const NAME = /^([a-z]+)_journal-([1-9]\d{0,8})\.jsonl$/;

/** Form of the lines; 1 was that of facecls 0.1.0. */
const JOURNAL_FORM = 2;

/** What the results are made with, and the names that the run may create. */
export interface JournalHeader {
  readonly made_with: Provenance;
  readonly given: GivenPaths;
  readonly owns: readonly string[];
}

export class Journal {
  private waiting = '';
  private writing: Promise<void> | undefined;
  private failure: unknown;
  private syncedAt = performance.now();
  /** Whether it says nothing of any input. */
  isEmpty = true;

  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
  ) {}

  /**
   * Begins a journal in a folder that exists, numbered after those that are there.
   *
   * @param command whose results lie in the folder; those of another may lie there too
   * @param header what the results are made with
   */
  static async create(folder: string, command: string, header: JournalHeader): Promise<Journal> {
    const last = (await listJournals(folder, command)).at(-1);
    const number = last === undefined ? 1 : numberOf(last) + 1;
    const file = path.join(folder, journalName(command, number));
    try {
      const journal = new Journal(file, await open(file, 'wx'));
      await journal.append({ facecls_journal: JOURNAL_FORM, ...header });
      return journal;
    } catch (error) {
      throw writeError(Buffer.from(file), error);
    }
  }

  /** Writes down what came of an input. */
  add(relative: Buffer, stamp: string | undefined, entry: Entry): Promise<void> {
    this.isEmpty = false;
    return this.append({ input: pathText(relative), stamp, ...entry });
  }

  /** On disk for good when this resolves. */
  async close(): Promise<void> {
    await this.writing;
    try {
      if (this.failure !== undefined) throw this.failure;
      await this.handle.datasync();
    } catch (error) {
      throw writeError(Buffer.from(this.file), error);
    } finally {
      await this.handle.close();
    }
  }

  /** Removes it: nothing was finished. Never throws. */
  async discard(): Promise<void> {
    await this.close().catch(() => {});
    await rm(this.file, { force: true }).catch(() => {});
  }

  /** Hands the line to the system at once, or with those that come while it is busy. */
  private async append(record: object): Promise<void> {
    if (this.failure !== undefined) throw writeError(Buffer.from(this.file), this.failure);
    this.waiting += lineOf(record);
    this.writing ??= this.write();
    if (this.waiting.length > MOST_WAITING) await this.writing;
  }

  /** Never rejects: the failure is told to whoever appends next, or closes. */
  private async write(): Promise<void> {
    try {
      while (this.waiting !== '') {
        const text = this.waiting;
        this.waiting = '';
        await this.handle.appendFile(text);
        if (performance.now() - this.syncedAt < SYNC_INTERVAL) continue;
        await this.handle.datasync();
        this.syncedAt = performance.now();
      }
    } catch (error) {
      this.failure = error;
    }
    this.writing = undefined;
  }
}

export function isJournal(name: string): boolean {
  return NAME.test(name);
}

export function journalName(command: string, number = 1): string {
  return `${command}_journal-${number}.jsonl`;
}

/** The journals of a command in a folder, the oldest first; none where there is no folder. */
export async function listJournals(folder: string, command: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => NAME.exec(name)?.[1] === command)
    .sort((a, b) => numberOf(a) - numberOf(b))
    .map((name) => path.join(folder, name));
}

export async function removeJournals(folder: string, command: string): Promise<void> {
  for (const file of await listJournals(folder, command)) {
    try {
      await rm(file, { force: true });
    } catch (error) {
      throw writeError(Buffer.from(file), error);
    }
  }
}

function numberOf(file: string): number {
  return Number(NAME.exec(path.basename(file))![2]);
}

/** What a journal says of an input. */
export interface JournalRecord {
  readonly relative: Buffer;
  /** Of the input (stamp.ts), or of its archive. */
  readonly stamp: string | undefined;
  readonly entry: Entry;
}

export interface ReadJournal {
  /** Undefined where not even that was written. */
  readonly header: JournalHeader | undefined;
  /** In the order of the inputs. */
  readonly records: AsyncGenerator<JournalRecord, undefined>;
}

/**
 * Reads a journal as far as it is whole.
 *
 * @throws UserError where it is of another version of facecls, whose entries say something else
 */
export async function readJournal(file: string): Promise<ReadJournal> {
  const objects = readObjects(file);
  const { value: header } = await objects.next();
  if (header !== undefined && header.facecls_journal !== JOURNAL_FORM) {
    await objects.return(undefined);
    throw new UserError(
      `${shownPath(file)}: was written by another version of facecls, and cannot be gone on with; finish that run with the version that began it, or start again with --overwrite`,
    );
  }
  return { header: header as JournalHeader | undefined, records: recordsOf(objects) };
}

/** The first line of a journal of any form; undefined where there is none. */
export async function readJournalHeader(
  file: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const objects = readObjects(file);
  const { value } = await objects.next();
  await objects.return(undefined);
  return value;
}

async function* recordsOf(
  objects: AsyncGenerator<Record<string, unknown>, undefined>,
): AsyncGenerator<JournalRecord, undefined> {
  for await (const { input, stamp, ...value } of objects) {
    const entry = parseEntry(value);
    // No line of ours, and so neither are those that follow.
    if (typeof input !== 'string' || entry === undefined) return undefined;
    yield {
      relative: parsePathLine(input),
      stamp: typeof stamp === 'string' ? stamp : undefined,
      entry,
    };
  }
  return undefined;
}

async function* readObjects(file: string): AsyncGenerator<Record<string, unknown>, undefined> {
  try {
    for await (const line of readLines(file)) {
      const json = line.slice(CHECKSUM_LENGTH + 1);
      const object = line === `${checksum(json)} ${json}` ? parseObject(json) : undefined;
      if (object === undefined) return undefined;
      yield object;
    }
  } catch (error) {
    if (!(error instanceof LongLineError)) throw error;
  }
  return undefined;
}

const CHECKSUM_LENGTH = 8;

function lineOf(record: object): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

function checksum(json: string): string {
  return xxh32(Buffer.from(json), 0, 0).toString(16).padStart(CHECKSUM_LENGTH, '0');
}
