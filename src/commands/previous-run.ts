/** `align --check_exists`: what an earlier run has finished is taken over from its manifest. */
import { rename, rm } from 'node:fs/promises';
import { type CropFiles, cropPath, fileExists } from '../output/crops.js';
import {
  indexPreviousManifest,
  mergePreviousManifest,
  type PreviousManifest,
} from '../output/manifest.js';
import type { FinishedFile } from '../pipelines/decoded.js';
import type { Input } from './inputs.js';

export class PreviousRun {
  private constructor(
    private readonly manifests: readonly PreviousManifest[],
    private readonly interrupted: string,
  ) {}

  /**
   * Looks at the manifest of the last finished run and at that of a later one that was cut off. To be
   * opened before the new manifest is, which would take the latter's place.
   *
   * @param listed the order of inputs is a list's, not the walk's
   */
  static async open(manifest: string, listed: boolean): Promise<PreviousRun> {
    const interrupted = `${manifest}.interrupted`;
    await rename(`${manifest}.partial`, interrupted).catch(ignoreMissing);
    const open = listed ? indexPreviousManifest : mergePreviousManifest;
    return new PreviousRun([await open(interrupted), await open(manifest)], interrupted);
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
    await rm(this.interrupted, { force: true });
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

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
