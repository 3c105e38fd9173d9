/** Crops of a run whose results are replaced: those that the new run has not written again are removed. */
import { type FileHandle, lstat, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { joinPath, parsePathLine, realPath } from '../files/paths.js';
import { MANIFEST_NAME } from '../outputs/manifest.js';
import { recordName } from './results.js';

const CROP_NAME = /_\d+\.(?:jpg|png)$/;

export class OldCrops {
  private constructor(
    private readonly manifest: FileHandle,
    /** Begin of the crops' paths as that run wrote them. */
    private readonly prefixes: readonly Buffer[],
    private readonly folder: Buffer,
    private readonly takenAt: number,
  ) {}

  /**
   * Opens the manifest that is about to be replaced.
   *
   * @param results the folder of the manifest
   * @param folder where crops lie
   * @param takenAt when this run began: a file that is older was not written by it
   */
  static async open(results: string, folder: Buffer, takenAt: number): Promise<OldCrops> {
    const prefixes = [joinPath(folder, Buffer.alloc(0))];
    for (const command of ['align', 'run'] as const) {
      const given = await givenOutput(path.join(results, recordName(command)));
      if (given === undefined) continue;
      const place = command === 'align' ? given : path.join(given, 'crops');
      prefixes.push(joinPath(Buffer.from(place), Buffer.alloc(0)));
    }
    return new OldCrops(await open(path.join(results, MANIFEST_NAME)), prefixes, folder, takenAt);
  }

  /** Removes them; a manifest is not trusted: only crops by name, in the folder itself. */
  async remove(): Promise<void> {
    try {
      const root = await realPath(this.folder).catch(() => undefined);
      if (root === undefined) return;
      for await (const line of this.manifest.readLines()) {
        const relative = this.relativeOf(line);
        if (relative !== undefined) await this.removeOne(relative, root);
      }
    } finally {
      await this.manifest.close().catch(() => {});
    }
  }

  private relativeOf(line: string): Buffer | undefined {
    let crop: unknown;
    try {
      crop = JSON.parse(line).crop;
    } catch {
      return undefined;
    }
    if (typeof crop !== 'string' || !CROP_NAME.test(crop)) return undefined;
    const file = parsePathLine(crop);
    const prefix = this.prefixes.find((begin) => file.subarray(0, begin.length).equals(begin));
    const relative = prefix && file.subarray(prefix.length);
    return relative?.toString('latin1').split('/').includes('..') ? undefined : relative;
  }

  private async removeOne(relative: Buffer, root: Buffer): Promise<void> {
    const file = joinPath(this.folder, relative);
    try {
      const parent = await realPath(file.subarray(0, file.lastIndexOf('/')));
      const inside = joinPath(root, Buffer.alloc(0));
      if (!joinPath(parent, Buffer.alloc(0)).subarray(0, inside.length).equals(inside)) return;
      const found = await lstat(file);
      if (found.isFile() && found.mtimeMs < this.takenAt) await rm(file);
    } catch {
      // Gone already, or not to be had: nothing of this run depends on it.
    }
  }
}

async function givenOutput(record: string): Promise<string | undefined> {
  try {
    const output = JSON.parse(await readFile(record, 'utf8'))?.given?.output;
    return typeof output === 'string' ? output : undefined;
  } catch {
    return undefined;
  }
}
