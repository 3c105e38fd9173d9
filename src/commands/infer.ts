/** `facecls infer`: aligned faces in, predictions out. */
import type { Command } from 'commander';
import { CLASS_NAMES } from '../classify/labels.js';
import { CROP_SIZE } from '../classify/preprocess.js';
import { GridWriter } from '../output/grid.js';
import { PredictionFiles } from '../output/predictions.js';
import { infer } from '../pipelines/infer.js';
import { loadClassifier } from '../pipelines/models.js';
import type { CommandResult } from './command.js';
import { openInputs } from './inputs.js';
import {
  addClassifierOptions,
  addCommonOptions,
  addComputeOptions,
  addGridOptions,
  addInputOptions,
  type ClassifierOptions,
  type CommonOptions,
  type ComputeOptions,
  decodeOptions,
  type GridOptions,
  gridLayout,
  type InputOptions,
} from './options.js';
import { createOutputFolder, refuseSameFolder } from './output-folder.js';
import { finishPredictions, newClassCounts, tellConversion } from './predicted.js';
import { Tally } from './tally.js';

interface Options
  extends CommonOptions,
    InputOptions,
    ClassifierOptions,
    GridOptions,
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
  addInputOptions(command);
  addComputeOptions(command);
  addCommonOptions(command);
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { input_dir: inputDir, output_dir: outputDir } = options;
  const layout = gridLayout(options);
  await createOutputFolder('--output_dir', outputDir);
  if (layout) await refuseSameFolder(inputDir, '--output_dir', outputDir);
  const inputs = await openInputs('--input_dir', inputDir, options, outputDir);
  const loaded = await loadClassifier(options.ckpt, { threads: options.n_threads });
  tellConversion(loaded, options);

  const files = await PredictionFiles.open(outputDir, CLASS_NAMES, options.format);
  const tally = await Tally.start('infer', inputs, options);
  const classes = newClassCounts();
  const grids = layout && new GridWriter(outputDir, layout);
  let otherSizes = 0;
  try {
    const results = infer(inputs.files, loaded.classifier, {
      ...decodeOptions(options),
      batchSize: options.batch_size,
    });
    for await (const result of results) {
      if ('reason' in result) {
        tally.add(result);
        await files.fail(result.path, result.reason);
        continue;
      }
      tally.add();
      classes[result.label] += 1;
      const { label, probabilities, image } = result;
      if (image.width !== CROP_SIZE || image.height !== CROP_SIZE) otherSizes += 1;
      await files.write(result);
      await grids?.add({ image, label, confidence: Math.max(...probabilities) });
    }
    if (otherSizes > 0) {
      tally.warn(
        `${otherSizes} of ${tally.seen} images are not ${CROP_SIZE}x${CROP_SIZE}, the size of the faces this classifier knows: cut faces out of photographs with \`facecls align\`, or use \`facecls run\``,
      );
    }
    await grids?.finish();
    await files.commit();
  } finally {
    tally.stop();
  }
  return finishPredictions({
    command: 'infer',
    options,
    outputDir,
    model: loaded.model,
    start,
    tally,
    links: inputs.links,
    notes: [],
    counts: { other_sizes: otherSizes },
    classes,
  });
}
