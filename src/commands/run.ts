/** `facecls run`: photographs in, predictions out. */
import path from 'node:path';
import type { Command } from 'commander';
import { type Outputs, processInputs } from '../batch/batch.js';
import { PreviousRun } from '../batch/earlier-run.js';
import { cropsMadeWith, facesMadeWith, inputsMadeWith, listMadeWith } from '../batch/provenance.js';
import { refuseSameFolder } from '../batch/results-folder.js';
import type { CommandResult } from '../cli/command.js';
import { takeDevice } from '../cli/device.js';
import { plural } from '../cli/summary.js';
import { openInputs } from '../inputs/open-inputs.js';
import { detectorNetworks, findDetector } from '../models/detectors.js';
import { classifierNetworks, findClassifier } from '../models/models.js';
import {
  addClassifierOptions,
  addCommonOptions,
  addComputeOptions,
  addCropFileOptions,
  addDetectionOptions,
  addGridOptions,
  addInputOptions,
  addResumeOptions,
  alignOptions,
  type ClassifierOptions,
  type CommonOptions,
  type ComputeOptions,
  type CropFileOptions,
  type DetectionOptions,
  detectorRequest,
  type GridOptions,
  gridLayout,
  type InputOptions,
  type ResumeOptions,
} from '../options/options.js';
import {
  CLASSIFIED_PHOTOGRAPHS_A_GROUP,
  FACES_OF_PHOTOGRAPHS_IN_A_RUN,
} from '../options/ranges.js';
import type { CropFiles } from '../outputs/crops.js';
import { type GridLayout, GridWriter } from '../outputs/grid.js';
import { MANIFEST_NAME, ManifestWriter } from '../outputs/manifest.js';
import { PredictionFiles, type PredictionFormat } from '../outputs/predictions.js';
import { finishedClassifiedFaces } from '../tasks/entry.js';
import type { FailedInput } from '../tasks/failed-input.js';
import { manifestRows } from '../tasks/manifest-rows.js';
import type { ClassifiedFace } from '../tasks/run.js';
import type { SavedPhotograph } from '../tasks/save-crops.js';
import { startWorkerAhead } from '../tasks/worker-pool.js';
import {
  type ClassCounts,
  completed,
  finishPredictions,
  newClassCounts,
  predictionResults,
  tellConversion,
} from './predicted.js';

interface Options
  extends CommonOptions,
    InputOptions,
    DetectionOptions,
    CropFileOptions,
    ClassifierOptions,
    GridOptions,
    ResumeOptions,
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
  addClassifierOptions(command, FACES_OF_PHOTOGRAPHS_IN_A_RUN);
  addGridOptions(command);
  addDetectionOptions(command);
  addCropFileOptions(command);
  addInputOptions(command);
  addResumeOptions(command, '--resume');
  addComputeOptions(command);
  addCommonOptions(command);
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { input_dir: inputDir, output_dir: outputDir } = options;
  const request = detectorRequest(options);
  const layout = gridLayout(options);
  await refuseSameFolder(inputDir, '--output_dir', outputDir);
  const inputs = await openInputs('--input_dir', inputDir, options, outputDir);
  startWorkerAhead();
  const classifier = await findClassifier(options.ckpt);
  tellConversion(classifier, options);
  const detector = await findDetector(request);
  const networks = [...detectorNetworks(detector), ...classifierNetworks(classifier)];
  const device = await takeDevice(options, networks);
  const crops: CropFiles | undefined = options.save_crops && {
    folder: Buffer.from(path.join(outputDir, 'crops')),
    format: options.crop_format,
    quality: options.crop_quality,
  };
  const madeWith = {
    ...(await inputsMadeWith('run', '--input_dir', inputDir, options, device.device)),
    ...(await listMadeWith(options)),
    ...(await facesMadeWith(options, detector)),
    ...(crops ? { '--save_crops': true, ...cropsMadeWith(options) } : {}),
    '--batch_size': options.batch_size,
    'model of SHA-256': classifier.model.sha256,
  };
  const results = predictionResults(inputDir, outputDir, options, {
    files: [MANIFEST_NAME],
    crops,
    madeWith,
  });
  const { folder } = results;
  const previous = await PreviousRun.open(results);
  if (previous.isComplete) return completed('run', folder);
  const outputs = new RunOutputs(folder, classifier.classNames, options.format, layout);
  const tally = await processInputs<SavedPhotograph<ClassifiedFace>>({
    job: {
      kind: 'run',
      device: device.device,
      detector,
      classifier,
      options: { ...alignOptions(options), batchSize: options.batch_size },
      crops,
      keepPixels: layout !== undefined,
    },
    groupSize: CLASSIFIED_PHOTOGRAPHS_A_GROUP,
    inputs,
    options,
    results,
    previous,
    restore: (image) => finishedClassifiedFaces(image, crops, classifier.classNames),
    needsPixels: layout !== undefined,
    open: () => outputs.open(),
  });
  const { faces, withoutFace, classes } = outputs;
  return finishPredictions({
    command: 'run',
    options,
    classifier,
    results,
    previous,
    device,
    start,
    tally,
    links: inputs.links,
    notes: [plural(faces, 'face'), `${withoutFace} without a face`],
    counts: { no_face: withoutFace },
    classes,
  });
}

class RunOutputs implements Outputs<SavedPhotograph<ClassifiedFace>> {
  readonly classes: ClassCounts;
  faces = 0;
  withoutFace = 0;
  private readonly grids: GridWriter | undefined;
  private files: PredictionFiles | undefined;
  private manifest: ManifestWriter | undefined;

  constructor(
    private readonly folder: string,
    private readonly classNames: readonly string[],
    private readonly formats: readonly PredictionFormat[],
    layout: GridLayout | undefined,
  ) {
    this.classes = newClassCounts(classNames);
    this.grids = layout && new GridWriter(folder, layout);
  }

  async open(): Promise<this> {
    this.manifest = await ManifestWriter.open(path.join(this.folder, MANIFEST_NAME));
    this.files = await PredictionFiles.open(this.folder, this.classNames, this.formats);
    return this;
  }

  async write(result: SavedPhotograph<ClassifiedFace> | FailedInput): Promise<void> {
    await this.manifest?.write(manifestRows(result));
    if ('reason' in result) {
      await this.files?.fail(result.path, result.reason);
      return;
    }
    const { file, faces } = result;
    this.faces += faces.length;
    if (faces.length === 0) this.withoutFace += 1;
    for (const { index, label, probabilities, crop } of faces) {
      this.classes[label] += 1;
      await this.files?.write({ path: facePath(file.path, index), label, probabilities });
      if (crop === undefined) continue;
      await this.grids?.add({ image: crop, label, confidence: Math.max(...probabilities) });
    }
  }

  async commit(): Promise<void> {
    await this.grids?.commit();
    await this.manifest?.commit();
    await this.files?.commit();
  }

  async suspend(): Promise<void> {
    await this.grids?.discard();
    await this.manifest?.suspend();
    await this.files?.suspend();
  }

  async discard(): Promise<void> {
    await this.grids?.discard();
    await this.manifest?.discard();
    await this.files?.discard();
  }
}

/** `photo.jpg#0`: the face has no file of its own. */
function facePath(photograph: Buffer, face: number): Buffer {
  return Buffer.concat([photograph, Buffer.from(`#${face}`)]);
}
