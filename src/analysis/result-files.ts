import { rm } from 'node:fs/promises';
import path from 'node:path';
import { AtomicFile, discardStaged, publish, type StagedFile, stageFile } from '../files/atomic.js';
import { type FileRecord, fileName, fileRecord } from '../files/file-record.js';
import { ownResults, type ResultKind, refuseInTheWay } from './own-results.js';

/** The folder that an analysis writes into. */
export interface ResultPlace {
  readonly folder: string;
  /** The option that gave it. */
  readonly option: string;
  /** Whether results of an earlier analysis of this kind may be replaced. */
  readonly overwrite: boolean;
  /** Called before files take their names. @throws UserError where they may not */
  readonly verify: () => Promise<void>;
}

/** The files of results of one analysis in one folder. Names are given once all of them are on the disk. */
export class ResultFiles {
  private readonly growing: AtomicFile[] = [];
  private readonly whole: StagedFile[] = [];
  private claimed: readonly string[] = [];
  private own: readonly string[] = [];

  private constructor(
    private readonly place: ResultPlace,
    private readonly kind: ResultKind,
  ) {}

  /**
   * Does `make`, and then gives the files their names: first those that grow, in the order they were opened or put, and
   * last the record, which lists them. Files of an earlier analysis that this one has not made are removed. Where it
   * throws, what was written is removed, and results of an earlier analysis stay.
   *
   * @param make what it returns has the record, still without `files`
   * @returns what `make` returned, the record with `files`
   */
  static async write<T extends { readonly record: object }>(
    place: ResultPlace,
    kind: ResultKind,
    make: (files: ResultFiles) => Promise<T>,
  ): Promise<T> {
    const files = new ResultFiles(place, kind);
    try {
      const result = await make(files);
      return { ...result, record: await files.commit(result.record) };
    } catch (error) {
      for (const file of files.growing) await file.discard();
      await discardStaged(files.whole);
      throw error;
    }
  }

  /**
   * Says which files there may be, before work begins.
   *
   * @throws UserError where a file of somebody else has such a name, or one of an earlier analysis that is to stay
   */
  async claim(names: readonly string[]): Promise<void> {
    const { option, folder, overwrite } = this.place;
    this.own = await ownResults(folder, this.kind);
    this.claimed = [...names, this.kind.record];
    await refuseInTheWay(option, folder, this.claimed, this.own, overwrite);
  }

  /** A text file that grows. */
  async open(name: string): Promise<AtomicFile> {
    const file = await AtomicFile.create(this.pathOf(name));
    this.growing.push(file);
    return file;
  }

  /** A whole file. */
  async put(name: string, content: string | Uint8Array): Promise<void> {
    this.whole.push(await stageFile(this.pathOf(name), content));
  }

  private async commit(made: object): Promise<object> {
    const sealed: StagedFile[] = [];
    for (const file of this.growing) sealed.push(await file.seal());
    const files: FileRecord[] = [...sealed, ...this.whole].map(fileRecord);
    const record = { ...made, files };
    await this.put(this.kind.record, `${JSON.stringify(record, null, 2)}\n`);
    await this.place.verify();
    const staged = [...sealed, ...this.whole];
    await publish(staged);
    await this.removeStale(staged.map((file) => fileName(file.path)));
    return record;
  }

  /** What an earlier analysis made and this one has not would speak of this one. */
  private async removeStale(written: readonly string[]): Promise<void> {
    // Where the file system does not tell case, a name that differs in it alone is one of this analysis.
    const kept = new Set(written.map((name) => name.toLowerCase()));
    for (const name of this.own) {
      if (kept.has(name.toLowerCase())) continue;
      await rm(path.join(this.place.folder, name), { force: true });
    }
  }

  private pathOf(name: string): string {
    if (!this.claimed.includes(name)) throw new Error(`${name} was not claimed`);
    return path.join(this.place.folder, name);
  }
}
