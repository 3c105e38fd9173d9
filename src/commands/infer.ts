/** `facecls infer`: aligned faces in, predictions out. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { CLASS_NAMES } from '../classify/labels.js';
import { CROP_SIZE } from '../classify/preprocess.js';
import { drawnSide, type GridLayout, GridWriter } from '../output/grid.js';
import { PredictionFiles } from '../output/predictions.js';
import { versions } from '../output/record.js';
import { Report } from '../output/report.js';
import { classifierNetworks, findClassifier, type ModelRecord } from '../pipelines/models.js';
import { type InferResult, workersFor } from '../pipelines/workers/jobs.js';
import { inParallel, startWorkers } from '../pipelines/workers/parallel.js';
import type { CommandResult } from './command.js';
import { takeDevice } from './device.js';
import { type Input, lostInput, openInputs } from './inputs.js';
import { Interruption } from './interruption.js';
import {
  addClassifierOptions,
  addCommonOptions,
  addComputeOptions,
  addGridOptions,
  addInputOptions,
  addReportOptions,
  type ClassifierOptions,
  type CommonOptions,
  type ComputeOptions,
  decodeOptions,
  type GridOptions,
  gridLayout,
  type InputOptions,
  type ReportOptions,
  reportImages,
} from './options.js';
import { createOutputFolder, refuseSameFolder } from './output-folder.js';
import { abandon, finishPredictions, newClassCounts, tellConversion } from './predicted.js';
import { Tally } from './tally.js';

interface Options
  extends CommonOptions,
    InputOptions,
    ClassifierOptions,
    GridOptions,
    ReportOptions,
    ComputeOptions {
  readonly input_dir?: string;
  readonly output_dir: string;
}

export function define(command: Command): void {
  command
    .optionsGroup('Folders:')
    .option('--input_dir <dir>', 'aligned faces, with all sub-folders; or give --in_list')
    .requiredOption('--output_dir <dir>', 'where predictions and run.json go');
  addClassifierOptions(command);
  addGridOptions(command);
  addReportOptions(command);
  addInputOptions(command);
  addComputeOptions(command);
  addCommonOptions(command);
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { input_dir: inputDir, output_dir: outputDir } = options;
  const layout = gridLayout(options);
  const maxImages = reportImages(options);
  if (layout) await refuseSameFolder(inputDir, '--output_dir', outputDir);
  const inputs = await openInputs('--input_dir', inputDir, options, outputDir);
  const classifier = await findClassifier(options.ckpt);
  tellConversion(classifier, options);
  const device = await takeDevice(options, classifierNetworks(classifier));
  const report =
    maxImages === undefined ? undefined : await createReport(options, classifier.model, maxImages);
  const pool = await startWorkers<Input, InferResult>(
    {
      kind: 'infer',
      device: device.device,
      classifier,
      options: {
        ...decodeOptions(options),
        batchSize: options.batch_size,
        keptSide: keptSide(layout, maxImages !== undefined),
      },
    },
    workersFor(device.device, options.n_threads),
  );

  const interruption = new Interruption();
  const tally = await Tally.start('infer', inputs, options);
  const classes = newClassCounts();
  const grids = layout && new GridWriter(outputDir, layout);
  let files: PredictionFiles | undefined;
  let otherSizes = 0;
  try {
    await createOutputFolder('--output_dir', outputDir);
    files = await PredictionFiles.open(outputDir, CLASS_NAMES, options.format);
    const going = interruption.until(inputs.files);
    const results = inParallel(pool, going, options.batch_size, lostInput);
    for await (const result of results) {
      if ('reason' in result) {
        tally.add(result);
        await files.fail(result.path, result.reason);
        report?.addFailure(result.path, result.reason);
        continue;
      }
      tally.add();
      classes[result.label] += 1;
      const { label, probabilities, width, height, image } = result;
      if (width !== CROP_SIZE || height !== CROP_SIZE) otherSizes += 1;
      await files.write(result);
      if (image === undefined) continue;
      await grids?.add({ image, label, confidence: Math.max(...probabilities) });
      await report?.add({ ...result, image });
    }
    if (otherSizes > 0) {
      tally.warn(
        `${otherSizes} of ${tally.seen} images are not ${CROP_SIZE}x${CROP_SIZE}, the size of the faces this classifier knows: cut faces out of photographs with \`facecls align\`, or use \`facecls run\``,
      );
    }
    interruption.check(
      `predictions for ${tally.seen} images are in ${outputDir}/pred_ethnicities.txt.partial`,
    );
    await grids?.commit();
    await files.commit();
    const page = path.join(outputDir, 'report.html');
    if (report) await report.write(page);
    else await rm(page, { force: true });
  } catch (error) {
    await grids?.discard();
    await abandon(files, tally.seen);
    throw error;
  } finally {
    interruption.stop();
    pool.close();
    tally.stop();
  }
  return finishPredictions({
    command: 'infer',
    options,
    outputDir,
    model: classifier.model,
    device,
    start,
    tally,
    links: inputs.links,
    notes: [],
    counts: { other_sizes: otherSizes },
    classes,
  });
}

/** The report's thumbnails are no larger than a crop. */
function keptSide(layout: GridLayout | undefined, hasReport: boolean): number | undefined {
  const sides = [...(layout ? [drawnSide(layout)] : []), ...(hasReport ? [CROP_SIZE] : [])];
  return sides.length > 0 ? Math.max(...sides) : undefined;
}

async function createReport(
  { input_dir, in_list }: Options,
  model: ModelRecord,
  maxImages: number,
): Promise<Report> {
  const all = Object.entries(await versions()).map(([name, version]) => `${name} ${version}`);
  return new Report({
    classNames: CLASS_NAMES,
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
