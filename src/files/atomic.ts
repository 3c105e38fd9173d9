/**
 * Files that are whole when they exist: written under another name, put on the disk, and renamed into place. What a
 * command leaves behind goes this way; only crops do without the wait for the disk.
 */
import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { ExitCode, InputError, UserError } from './errors.js';
import { fileErrorReason, isFileError, writeRemedy } from './file-errors.js';
import { makeFolders } from './make-folders.js';
import { sha256OfBytes } from './sha256.js';
import { shownPath } from './text/shown-path.js';

/** Waiting text is handed to the system in pieces of at least this many characters. */
const WRITE_SIZE = 65536;
/** It waits no longer than this, milliseconds, while more is written. */
const WRITE_INTERVAL = 1000;

/** A file that is on the disk under another name, and gets its own from `publish`. */
export interface StagedFile {
  readonly path: Buffer;
  readonly partial: Buffer;
  /** Line ends in a text; null of a picture. */
  readonly lines: number | null;
  /** Of its bytes, lower-case hexadecimal. */
  readonly sha256: string;
}

/** A text file that grows as `<path>.partial` and, once sealed, takes its name with `publish`. */
export class AtomicFile {
  private waiting = '';
  private flushedAt = performance.now();
  /** The writes under way, one after the other. */
  private written: Promise<void> = Promise.resolve();
  private lines = 0;
  private readonly hash = createHash('sha256');

  private constructor(
    readonly path: Buffer,
    private readonly partial: Buffer,
    private readonly handle: FileHandle,
  ) {}

  /** Creates the parent folders and the empty partial file; an older partial file is lost. The caller holds the folder's lock. */
  static async create(path: Buffer | string): Promise<AtomicFile> {
    const final = Buffer.from(path);
    const partial = partialName(final);
    try {
      const handle = await inExistingFolder(partial, () => createPartial(partial));
      return new AtomicFile(final, partial, handle);
    } catch (error) {
      throw writeError(final, error);
    }
  }

  /**
   * Appends `text`. Text of one call is handed over in one piece. Resolves at once while little
   * is waiting, and not for long, otherwise when the system has taken it, so that awaiting it
   * bounds the memory, and what a killed process takes with it.
   */
  write(text: string): Promise<void> {
    this.waiting += text;
    const isDue =
      this.waiting.length >= WRITE_SIZE || performance.now() - this.flushedAt > WRITE_INTERVAL;
    return isDue ? this.flush() : Promise.resolve();
  }

  /** Removes the partial file; an older file of the final name stays. Never throws. */
  async discard(): Promise<void> {
    await this.written.catch(() => {});
    await this.handle.close().catch(() => {});
    await rm(this.partial, { force: true }).catch(() => {});
  }

  /** Writes out and closes the partial file; on disk for good when this resolves. */
  async seal(): Promise<StagedFile> {
    try {
      await this.flush();
      await this.handle.sync();
      await this.handle.close();
    } catch (error) {
      throw writeError(this.path, error);
    }
    const { path, partial, lines, hash } = this;
    return { path, partial, lines, sha256: hash.digest('hex') };
  }

  private flush(): Promise<void> {
    const bytes = Buffer.from(this.waiting);
    this.waiting = '';
    this.hash.update(bytes);
    this.lines += lineEnds(bytes);
    this.flushedAt = performance.now();
    this.written = this.written
      .then(() => this.handle.writeFile(bytes))
      .catch((error) => {
        throw writeError(this.path, error);
      });
    // A caller that does not wait meets the error when it seals the file.
    this.written.catch(() => {});
    return this.written;
  }
}

/** Gives all files their final names, once all of them are written out. */
export async function commitAll(files: readonly AtomicFile[]): Promise<void> {
  const staged: StagedFile[] = [];
  for (const file of files) staged.push(await file.seal());
  await publish(staged);
}

/** Puts a whole file on the disk under its partial name. The caller holds the folder's lock. */
export async function stageFile(
  path: Buffer | string,
  data: string | Uint8Array,
): Promise<StagedFile> {
  const final = Buffer.from(path);
  return stageAs(final, partialName(final), data);
}

/** Puts a whole file on the disk under a name that no other process uses, in the folder of its own. */
export async function stageBeside(path: string, data: string | Uint8Array): Promise<StagedFile> {
  const final = Buffer.from(path);
  const name = `facecls-${process.pid}-${randomBytes(4).toString('hex')}.partial`;
  return stageAs(final, Buffer.concat([folderOf(final), Buffer.from(name)]), data);
}

async function stageAs(
  final: Buffer,
  partial: Buffer,
  data: string | Uint8Array,
): Promise<StagedFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await inExistingFolder(partial, () => createPartial(partial));
    await handle.writeFile(data);
    await handle.sync();
    await handle.close();
    const bytes = Buffer.from(data);
    const lines = typeof data === 'string' ? lineEnds(bytes) : null;
    return { path: final, partial, lines, sha256: sha256OfBytes(bytes) };
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(partial, { force: true }).catch(() => {});
    throw writeError(final, error);
  }
}

/**
 * Gives staged files their names, in this order. When it resolves the names are on the disk too, so that what they
 * replace (the journals of a run) may go.
 */
export async function publish(staged: readonly StagedFile[]): Promise<void> {
  const folders = new Map<string, Buffer>();
  for (const { path, partial } of staged) {
    try {
      await rename(partial, path);
    } catch (error) {
      throw writeError(path, error);
    }
    const folder = folderOf(path);
    folders.set(folder.toString('latin1'), folder);
  }
  for (const folder of folders.values()) await syncFolder(folder);
}

/** Writes one whole file and gives it its name. */
export async function writeFileAtomic(
  path: Buffer | string,
  data: string | Uint8Array,
): Promise<void> {
  await publish([await stageFile(path, data)]);
}

export async function discardStaged(staged: readonly StagedFile[]): Promise<void> {
  for (const { partial } of staged) await rm(partial, { force: true }).catch(() => {});
}

function lineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) count += 1;
  return count;
}

const LINE_END = 0x0a;

function partialName(path: Buffer): Buffer {
  return Buffer.concat([path, Buffer.from('.partial')]);
}

/** A new file in the place of one that was left there: a link that was planted there is not written through. */
async function createPartial(partial: Buffer): Promise<FileHandle> {
  await rm(partial, { force: true });
  return open(partial, 'wx');
}

async function syncFolder(folder: Buffer): Promise<void> {
  // Windows opens no folders, and some network file systems do not sync them: there the names have to do without.
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/**
 * Writes one crop and creates its parent folders. Until it is complete it has a hidden name, which no walk takes for
 * an image. The name follows from the final one, so that whoever writes a file again after a crash takes what was
 * left of it away. It is not forced to the disk: that would cost more than making a crop; one of zero bytes is cut
 * again on resume.
 *
 * @param replaceable last time, of the folder's file system and in milliseconds, at which a file may have been
 *   written that is replaced; undefined where none is
 * @throws InputError where only this name is at fault: it is too long, or something else has it; UserError otherwise
 */
export async function writeCropFile(
  path: Buffer,
  data: Uint8Array,
  replaceable?: number,
): Promise<void> {
  // The name does not hold the final one, or it could be too long where that one is not.
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const partial = Buffer.concat([folderOf(path), Buffer.from(`.${hash}.partial`)]);
  try {
    // Crops are many and small: handing each step over to another thread takes longer than the step itself.
    await inExistingFolder(partial, async () => writeNew(partial, data));
    nameCrop(partial, path, data, replaceable);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && FAULTS_OF_A_NAME.includes(code)) {
      throw new InputError(`the result cannot be written: ${cropReason(code, error)}`);
    }
    throw writeError(path, error);
  }
}

/** What is wrong with one name, or with what stands in its place; others can be written all the same. */
const FAULTS_OF_A_NAME = ['ENAMETOOLONG', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY'];

function cropReason(code: string, error: unknown): string {
  if (code === 'ENAMETOOLONG') return fileErrorReason(error);
  return 'something else, which this run may not replace, has its name or that of its folder';
}

function writeNew(partial: Buffer, data: Uint8Array): void {
  try {
    writeFileSync(partial, data, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    unlinkSync(partial);
    writeFileSync(partial, data, { flag: 'wx' });
  }
}

/**
 * Gives the crop its name. What has the name already is replaced only where it is a file of an earlier run, or holds
 * the same bytes: a worker that outlives its run may still write what this one writes too.
 */
function nameCrop(
  partial: Buffer,
  path: Buffer,
  data: Uint8Array,
  replaceable: number | undefined,
): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  const isFree =
    there === undefined ||
    (there.isFile() && (isAtMost(there.mtimeMs, replaceable) || readFileSync(path).equals(data)));
  if (!isFree) throw Object.assign(new Error('the name is taken'), { code: 'EEXIST' });
  renameSync(partial, path);
}

function isAtMost(time: number, last: number | undefined): boolean {
  return last !== undefined && time <= last;
}

/**
 * Does `write`, which creates the file `path`. Folders are made only when it fails for their lack:
 * nearly always they are there.
 */
async function inExistingFolder<T>(path: Buffer, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeFolders(folderOf(path).subarray(0, -1));
    return write();
  }
}

/** The folder part of `path`, with its slash. */
function folderOf(path: Buffer): Buffer {
  const end = path.lastIndexOf('/') + 1;
  return end === 0 ? Buffer.from('./') : path.subarray(0, end);
}

/** The sentence for a file that cannot be written; what is no file error is passed on. */
export function writeError(path: Buffer, error: unknown): unknown {
  if (!isFileError(error)) return error;
  const remedy = writeRemedy(error) ?? 'check the output folder and run the command again';
  return new UserError(
    `cannot write ${shownPath(path)}: ${fileErrorReason(error)}; ${remedy}`,
    ExitCode.failure,
    { cause: error },
  );
}
