/** `align --check_exists`: what an earlier run has finished is taken over from its manifest. */
import { readFile, rename, rm } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { fileExists } from '../file-exists.js';
import { writeFileAtomic } from '../output/atomic.js';
import { type CropFiles, cropPath } from '../output/crops.js';
import {
  indexPreviousManifest,
  mergePreviousManifest,
  type PreviousManifest,
} from '../output/manifest.js';
import type { FinishedFile } from '../pipelines/decoded.js';
import type { Input } from './inputs.js';

/** Beside the manifest: the options that its rows and crops were made with. */
function optionsFile(manifest: string): string {
  return manifest.replace(/_manifest\.jsonl$/, '_options.json');
}

/** Writes down what the results are made with, before there are any. */
export async function recordOptions(manifest: string, options: object): Promise<void> {
  await writeFileAtomic(optionsFile(manifest), `${JSON.stringify(options, null, 2)}\n`);
}

export class PreviousRun {
  private constructor(
    private readonly manifests: readonly PreviousManifest[],
    private readonly interrupted: readonly string[],
  ) {}

  /**
   * Looks at the manifest of the last finished run and at those of later ones that were cut off. To be opened
   * before the new manifest is, which would take the place of the last of these.
   *
   * @param options what decides the results
   * @param listed the order of inputs is a list's, not the walk's
   * @throws UserError where the earlier results were made with other options
   */
  static async open(manifest: string, options: object, listed: boolean): Promise<PreviousRun> {
    await checkOptions(manifest, options);
    // The latest cut-off run took over from earlier ones only as far as it came: all are kept.
    const interrupted: string[] = [];
    let name = `${manifest}.interrupted`;
    for (let n = 2; await fileExists(name); n++) {
      interrupted.unshift(name);
      name = `${manifest}.interrupted-${n}`;
    }
    if (await renamed(`${manifest}.partial`, name)) interrupted.unshift(name);
    const open = listed ? indexPreviousManifest : mergePreviousManifest;
    const manifests: PreviousManifest[] = [];
    for (const file of [...interrupted, manifest]) manifests.push(await open(file));
    return new PreviousRun(manifests, interrupted);
  }

  /** The inputs, with those that are finished marked so: their rows are known and their crops are there. */
  async *mark(
    inputs: AsyncIterable<Input>,
    crops: CropFiles,
  ): AsyncGenerator<Input | FinishedFile> {
    for await (const input of inputs) {
      const rows = 'reason' in input ? undefined : await this.finishedRows(input, crops);
      yield rows === undefined ? input : { ...input, rows };
    }
  }

  /** To be called when the new manifest has its name. */
  async close(): Promise<void> {
    for (const manifest of this.manifests) await manifest.close();
    for (const file of this.interrupted) await rm(file, { force: true });
  }

  private async finishedRows(input: Input, crops: CropFiles): Promise<string[] | undefined> {
    for (const manifest of this.manifests) {
      const rows = await manifest.take(input.path);
      if (rows !== undefined && (await isFinished(rows, input, crops))) return rows;
    }
    return undefined;
  }
}

/** An image without a face is finished, an unreadable one is tried again. */
async function isFinished(
  rows: readonly string[],
  input: Input,
  crops: CropFiles,
): Promise<boolean> {
  for (const row of rows) {
    const { status, face } = JSON.parse(row);
    if (status === 'no_face') continue;
    if (status !== undefined) return false;
    if (!(await fileExists(cropPath(crops, input.relative, face)))) return false;
  }
  return true;
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function checkOptions(manifest: string, options: object): Promise<void> {
  let recorded: Record<string, unknown>;
  try {
    recorded = JSON.parse(await readFile(optionsFile(manifest), 'utf8'));
  } catch {
    // Nothing was recorded: then there is nothing to take over either, or it is of unknown making.
    if (!(await fileExists(manifest)) && !(await fileExists(`${manifest}.partial`))) return;
    throw new UserError(
      `--check_exists: ${optionsFile(manifest)} is missing or damaged, so how ${manifest} was made is not known; leave out --check_exists, or give another folder`,
    );
  }
  const current = JSON.parse(JSON.stringify(options));
  for (const name of new Set([...Object.keys(recorded), ...Object.keys(current)])) {
    const [before, now] = [recorded[name], current[name]].map((value) => JSON.stringify(value));
    if (before !== now) {
      throw new UserError(
        `--check_exists: the results there were made with ${name} ${before ?? 'not given'}, now it is ${now ?? 'not given'}; give the same options, spelled the same, or another folder`,
      );
    }
  }
}
