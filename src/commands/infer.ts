/** `facecls infer`: aligned faces in, predictions out. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { type Outputs, processInputs } from '../batch/batch.js';
import { PreviousRun } from '../batch/earlier-run.js';
import { inputsMadeWith, listMadeWith } from '../batch/provenance.js';
import { versions } from '../batch/record.js';
import { refuseSameFolder } from '../batch/results-folder.js';
import { CROP_SIZE } from '../classify/preprocess.js';
import type { CommandResult } from '../cli/command.js';
import { takeDevice } from '../cli/device.js';
import { openInputs } from '../inputs/open-inputs.js';
import { type ClassifierSource, classifierNetworks, findClassifier } from '../models/models.js';
import {
  addClassifierOptions,
  addCommonOptions,
  addComputeOptions,
  addGridOptions,
  addInputOptions,
  addReportOptions,
  addResumeOptions,
  type ClassifierOptions,
  type CommonOptions,
  type ComputeOptions,
  decodeOptions,
  type GridOptions,
  gridLayout,
  type InputOptions,
  type ReportOptions,
  type ResumeOptions,
  reportImages,
} from '../options/options.js';
import { FACES_IN_A_RUN } from '../options/ranges.js';
import { drawnSide, type GridLayout, GridWriter } from '../outputs/grid.js';
import { PredictionFiles, type PredictionFormat } from '../outputs/predictions.js';
import type { Report } from '../outputs/report/report.js';
import { finishedPrediction } from '../tasks/entry.js';
import type { FailedInput } from '../tasks/failed-input.js';
import type { Prediction } from '../tasks/infer.js';
import { startWorkerAhead } from '../tasks/worker-pool.js';
import {
  type ClassCounts,
  completed,
  finishPredictions,
  newClassCounts,
  predictionResults,
  tellConversion,
} from './predicted.js';

const REPORT_NAME = 'report.html';

interface Options
  extends CommonOptions,
    InputOptions,
    ClassifierOptions,
    GridOptions,
    ReportOptions,
    ResumeOptions,
    ComputeOptions {
  readonly input_dir?: string;
  readonly output_dir: string;
}

export function define(command: Command): void {
  command
    .optionsGroup('Folders:')
    .option('--input_dir <dir>', 'aligned faces, with all sub-folders; or give --in_list')
    .requiredOption('--output_dir <dir>', 'where predictions and run.json go');
  addClassifierOptions(command, FACES_IN_A_RUN);
  addGridOptions(command);
  addReportOptions(command);
  addInputOptions(command);
  addResumeOptions(command, '--resume');
  addComputeOptions(command);
  addCommonOptions(command);
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { input_dir: inputDir, output_dir: outputDir } = options;
  const layout = gridLayout(options);
  const reportSize = reportImages(options);
  if (layout) await refuseSameFolder(inputDir, '--output_dir', outputDir);
  const inputs = await openInputs('--input_dir', inputDir, options, outputDir);
  startWorkerAhead();
  const classifier = await findClassifier(options.ckpt);
  tellConversion(classifier, options);
  const device = await takeDevice(options, classifierNetworks(classifier));
  const madeWith = {
    ...(await inputsMadeWith('infer', '--input_dir', inputDir, options, device.device)),
    ...(await listMadeWith(options)),
    '--batch_size': options.batch_size,
    'model of SHA-256': classifier.model.sha256,
  };
  const results = predictionResults(inputDir, outputDir, options, {
    files: options.report ? [REPORT_NAME] : [],
    crops: undefined,
    madeWith,
  });
  const { folder } = results;
  const previous = await PreviousRun.open(results);
  if (previous.isComplete) return completed('infer', folder);
  const report =
    reportSize === undefined ? undefined : await createReport(options, classifier, reportSize);
  const outputs = new InferOutputs(folder, classifier.classNames, options.format, layout, report);
  const tally = await processInputs<Prediction>({
    job: {
      kind: 'infer',
      device: device.device,
      classifier,
      options: {
        ...decodeOptions(options),
        batchSize: options.batch_size,
        keptSide: keptSide(layout, report !== undefined),
      },
    },
    groupSize: options.batch_size,
    inputs,
    options,
    results,
    previous,
    restore: (image) => finishedPrediction(image, classifier.classNames),
    needsPixels: layout !== undefined || report !== undefined,
    open: () => outputs.open(),
  });
  if (outputs.otherSizes > 0 && !options.quiet) {
    process.stderr.write(
      `facecls: ${outputs.otherSizes} of ${tally.seen} images are not ${CROP_SIZE}x${CROP_SIZE}, the size of the faces this classifier knows: cut faces out of photographs with \`facecls align\`, or use \`facecls run\`\n`,
    );
  }
  return finishPredictions({
    command: 'infer',
    options,
    classifier,
    results,
    previous,
    device,
    start,
    tally,
    links: inputs.links,
    notes: [],
    counts: { other_sizes: outputs.otherSizes },
    classes: outputs.classes,
  });
}

class InferOutputs implements Outputs<Prediction> {
  readonly classes: ClassCounts;
  otherSizes = 0;
  private readonly grids: GridWriter | undefined;
  private files: PredictionFiles | undefined;

  constructor(
    private readonly folder: string,
    private readonly classNames: readonly string[],
    private readonly formats: readonly PredictionFormat[],
    layout: GridLayout | undefined,
    private readonly report: Report | undefined,
  ) {
    this.classes = newClassCounts(classNames);
    this.grids = layout && new GridWriter(folder, layout);
  }

  async open(): Promise<this> {
    this.files = await PredictionFiles.open(this.folder, this.classNames, this.formats);
    return this;
  }

  async write(result: Prediction | FailedInput): Promise<void> {
    if ('reason' in result) {
      await this.files?.fail(result.path, result.reason);
      this.report?.addFailure(result.path, result.reason);
      return;
    }
    const { label, probabilities, width, height, image } = result;
    this.classes[label] += 1;
    if (width !== CROP_SIZE || height !== CROP_SIZE) this.otherSizes += 1;
    await this.files?.write(result);
    if (image === undefined) return;
    await this.grids?.add({ image, label, confidence: Math.max(...probabilities) });
    await this.report?.add({ ...result, image });
  }

  async commit(): Promise<void> {
    await this.grids?.commit();
    await this.files?.commit();
    const page = path.join(this.folder, REPORT_NAME);
    if (this.report) await this.report.write(page);
    else await rm(page, { force: true });
  }

  async suspend(): Promise<void> {
    await this.grids?.discard();
    await this.files?.suspend();
  }

  async discard(): Promise<void> {
    await this.grids?.discard();
    await this.files?.discard();
  }
}

/** The report's thumbnails are no larger than a crop. */
function keptSide(layout: GridLayout | undefined, hasReport: boolean): number | undefined {
  const sides = [...(layout ? [drawnSide(layout)] : []), ...(hasReport ? [CROP_SIZE] : [])];
  return sides.length > 0 ? Math.max(...sides) : undefined;
}

async function createReport(
  { input_dir, in_list }: Options,
  { model, classNames }: ClassifierSource,
  maxImages: number,
): Promise<Report> {
  const { Report } = await import('../outputs/report/report.js');
  const all = Object.entries(await versions()).map(([name, version]) => `${name} ${version}`);
  return new Report({
    classNames,
    facts: {
      Input: input_dir ?? in_list ?? '',
      Model: model.path,
      'Model SHA-256': model.sha256,
      Date: new Date().toISOString().slice(0, 10),
      Versions: all.join(', '),
    },
    maxImages,
  });
}
