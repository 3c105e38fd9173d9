/**
 * Crops that earlier runs made and that are of no result any more: of results that are replaced, of photographs that are
 * done again, and of runs that were cut off. What reads the folder of crops would take them for faces of this run.
 * Manifests and journals are not trusted: of what they name only crops are removed, by name and in the folder itself,
 * and only those that this run has not written.
 */
import { type FileHandle, lstat, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { FaceSet } from '../analysis/results/face-set.js';
import { own } from '../files/own.js';
import { joinPath, parsePathLine, realPath } from '../files/paths.js';
import { cropName } from '../outputs/crops.js';
import { MANIFEST_NAME } from '../outputs/manifest.js';
import { readJournal, readJournalHeader } from './journal.js';
import { recordName } from './results.js';

const CROP_NAME = /_(\d+)\.(jpg|png)$/;

export interface CropPlace {
  /** Folder of the manifest and the journals. */
  readonly results: string;
  /** Where crops lie. */
  readonly folder: Buffer;
  /** Journals of earlier runs. */
  readonly journals: readonly string[];
  /** When this run began: a file that is older was not written by it. */
  readonly takenAt: number;
}

/** The crops that this run has, known by their names below the folder. */
export class KeptCrops {
  private readonly photographs = new FaceSet();

  /** @param faces of which there are crops */
  add(photograph: Buffer, faces: number): void {
    this.photographs.add(keyOf(cropName(photograph, 0, 'jpg')), faces);
  }

  /** `gone` where nothing is known of the photograph of the crop. */
  stateOf(crop: Buffer, format: string): 'kept' | 'stale' | 'gone' {
    const faces = this.photographs.get(keyOf(crop));
    if (faces === undefined) return 'gone';
    const [, face, its] = CROP_NAME.exec(crop.toString('latin1'))!;
    return Number(face) < faces && its === format ? 'kept' : 'stale';
  }
}

/** Whether it is a name that a crop below the folder can have. */
function isCropName(name: Buffer): boolean {
  const text = name.toString('latin1');
  return CROP_NAME.test(text) && !text.split('/').includes('..');
}

/** A crop's name without what is added to that of its photograph. */
function keyOf(crop: Buffer): Buffer {
  return crop.subarray(0, crop.lastIndexOf('_'));
}

export class OldCrops {
  private readonly stale: Buffer[] = [];

  private constructor(
    private readonly place: CropPlace,
    /** That is about to be replaced. */
    private readonly manifest: FileHandle | undefined,
    /** Begin of the crops' paths as the run of the manifest wrote them. */
    private readonly prefixes: readonly Buffer[],
  ) {}

  /** To be closed. */
  static async open(place: CropPlace): Promise<OldCrops> {
    const prefixes = [joinPath(place.folder, Buffer.alloc(0))];
    for (const command of ['align', 'run'] as const) {
      const given = await givenOutput(path.join(place.results, recordName(command)));
      if (given === undefined) continue;
      const crops = command === 'align' ? given : path.join(given, 'crops');
      prefixes.push(joinPath(Buffer.from(crops), Buffer.alloc(0)));
    }
    const manifest = await open(path.join(place.results, MANIFEST_NAME)).catch(() => undefined);
    return new OldCrops(place, manifest, prefixes);
  }

  /**
   * Finds what is not kept of the crops that the manifest and the journals name.
   *
   * @param format of the crops that this run makes
   * @returns how many crops there are of photographs of which nothing is known: these are not stale
   */
  async findStale(kept: KeptCrops, format: string): Promise<number> {
    const seen = new FaceSet();
    let gone = 0;
    for await (const crop of this.named()) {
      if (seen.add(crop, 0) !== undefined) continue;
      const state = kept.stateOf(crop, format);
      if (state === 'kept' || !(await this.isOld(joinPath(this.place.folder, crop)))) continue;
      if (state === 'gone') gone += 1;
      else this.stale.push(crop);
    }
    return gone;
  }

  /** Removes what was found stale. */
  async removeStale(): Promise<void> {
    await this.remove(this.stale);
  }

  /** Removes all that the manifest names. */
  async removeListed(): Promise<void> {
    await this.remove(this.listed());
  }

  /** Removes what only the journals name, that is the crops of runs that never finished. */
  async removeUnlisted(): Promise<void> {
    const listed = new FaceSet();
    for await (const crop of this.listed()) listed.add(crop, 0);
    const others = async function* (crops: AsyncIterable<Buffer>) {
      for await (const crop of crops) if (listed.get(crop) === undefined) yield crop;
    };
    await this.remove(others(this.journaled()));
  }

  async close(): Promise<void> {
    await this.manifest?.close().catch(() => {});
  }

  private async *named(): AsyncGenerator<Buffer> {
    yield* this.listed();
    yield* this.journaled();
  }

  /** Names below the folder, of the manifest. */
  private async *listed(): AsyncGenerator<Buffer> {
    if (this.manifest === undefined) return;
    for await (const line of this.manifest.readLines({ start: 0, autoClose: false })) {
      const crop = this.listedCrop(line);
      if (crop !== undefined) yield crop;
    }
  }

  private listedCrop(line: string): Buffer | undefined {
    let crop: unknown;
    try {
      crop = JSON.parse(line).crop;
    } catch {
      return undefined;
    }
    if (typeof crop !== 'string') return undefined;
    const file = parsePathLine(crop);
    const prefix = this.prefixes.find((begin) => file.subarray(0, begin.length).equals(begin));
    const name = prefix && file.subarray(prefix.length);
    return name !== undefined && isCropName(name) ? name : undefined;
  }

  /** Names below the folder, of the journals of runs that kept crops. */
  private async *journaled(): AsyncGenerator<Buffer> {
    for (const journal of this.place.journals) {
      const format = cropFormat(await readJournalHeader(journal));
      if (format === undefined) continue;
      // Of another version: its entries may say something else.
      const read = await readJournal(journal).catch(() => undefined);
      if (read === undefined) continue;
      for await (const { relative, entry } of read.records) {
        const faces = entry.kind === 'photograph' ? entry.faces : [];
        for (const face of faces.keys()) {
          const name = cropName(relative, face, format);
          if (isCropName(name)) yield name;
        }
      }
    }
  }

  private async remove(crops: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> {
    const root = await realPath(this.place.folder).catch(() => undefined);
    if (root === undefined) return;
    for await (const crop of crops) await this.removeOne(crop, root);
  }

  private async removeOne(crop: Buffer, root: Buffer): Promise<void> {
    const file = joinPath(this.place.folder, crop);
    try {
      const parent = await realPath(file.subarray(0, file.lastIndexOf('/')));
      const inside = joinPath(root, Buffer.alloc(0));
      if (!joinPath(parent, Buffer.alloc(0)).subarray(0, inside.length).equals(inside)) return;
      if (await this.isOld(file)) await rm(file);
    } catch {
      // Gone already, or not to be had: nothing of this run depends on it.
    }
  }

  /** Whether it is a file that this run has not written. */
  private async isOld(file: Buffer): Promise<boolean> {
    const found = await lstat(file).catch(() => undefined);
    return found?.isFile() === true && found.mtimeMs < this.place.takenAt;
  }
}

/** Undefined where the run of the journal kept no crops. */
function cropFormat(header: object | undefined): 'jpg' | 'png' | undefined {
  const madeWith = own(header, 'made_with');
  const keepsCrops = own(madeWith, 'command') === 'align' || own(madeWith, 'save_crops') === true;
  const format = own(madeWith, 'crop_format');
  return keepsCrops && (format === 'jpg' || format === 'png') ? format : undefined;
}

async function givenOutput(record: string): Promise<string | undefined> {
  try {
    const output = JSON.parse(await readFile(record, 'utf8'))?.given?.output;
    return typeof output === 'string' ? output : undefined;
  } catch {
    return undefined;
  }
}
