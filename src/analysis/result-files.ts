import { rm } from 'node:fs/promises';
import { AtomicFile, discardStaged, publish, type StagedFile, stageFile } from '../files/atomic.js';
import { joinPath } from '../files/paths.js';

/** The files of results of one analysis in one folder. Names are given once all of them are on the disk. */
export class ResultFiles {
  private readonly growing: AtomicFile[] = [];
  private readonly whole: StagedFile[] = [];
  private readonly stale: Buffer[] = [];

  private constructor(readonly folder: string) {}

  /**
   * Does `make`, and then gives the files their names, first those that grow, in the order they were opened or put. A record is put last: with it the results are there. Where it throws,
   * what was written is removed, and results of an earlier run stay.
   */
  static async write<T>(folder: string, make: (files: ResultFiles) => Promise<T>): Promise<T> {
    const files = new ResultFiles(folder);
    try {
      const result = await make(files);
      await files.commit();
      return result;
    } catch (error) {
      for (const file of files.growing) await file.discard();
      await discardStaged(files.whole);
      throw error;
    }
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

  /** A file that these results lack: one of an earlier run would speak of this one. */
  lack(name: string): void {
    this.stale.push(this.pathOf(name));
  }

  private async commit(): Promise<void> {
    const staged: StagedFile[] = [];
    for (const file of this.growing) staged.push(await file.seal());
    await publish([...staged, ...this.whole]);
    for (const path of this.stale) await rm(path, { force: true });
  }

  private pathOf(name: string): Buffer {
    return joinPath(Buffer.from(this.folder), Buffer.from(name));
  }
}
