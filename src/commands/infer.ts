/** `facecls infer`: aligned faces in, predictions out. */
import { Counts, isOtherSize } from '../batch/counts.js';
import { type Provenance, provenanceOf } from '../batch/provenance.js';
import { modelRecord } from '../batch/record.js';
import { resultsGiven } from '../batch/results.js';
import { CROP_SIZE } from '../classify/preprocess.js';
import type { CommandResult } from '../cli/command.js';
import { takeDevice } from '../cli/device-note.js';
import { reportSink } from '../cli/report-sink.js';
import { type Plan, runCommand } from '../cli/run-command.js';
import { predictionSummary, tellConversion } from '../cli/summary.js';
import { refuseSameFolder } from '../files/output-folder.js';
import { shownPath } from '../files/text/shown-path.js';
import { openInputs } from '../inputs/open-inputs.js';
import { type ClassifierSource, classifierNetworks, findClassifier } from '../models/models.js';
import { classifierChoice, decodeOptions, gridLayout } from '../options/options.js';
import type { OptionsOf } from '../options/table.js';
import { drawnSide, type GridLayout, Grids } from '../outputs/grid.js';
import { PredictionFiles, predictionFileNames } from '../outputs/predictions.js';
import { composite, mapped, type Sink } from '../outputs/sink.js';
import type { TaskResult } from '../tasks/job.js';
import { gridFaces, predictionRows } from '../tasks/rows.js';
import { startWorkerAhead } from '../tasks/worker-pool.js';

type Options = OptionsOf<'infer'>;

export async function execute(options: Options): Promise<CommandResult> {
  const { input_dir: inputDir, output_dir: outputDir } = options;
  const layout = gridLayout(options);
  if (layout) await refuseSameFolder(inputDir, '--output_dir', outputDir);
  const inputs = await openInputs('--input_dir', inputDir, options, outputDir);
  startWorkerAhead();
  const place = { option: '--output_dir', folder: outputDir };
  return runCommand('infer', options, place, inputs, (folder) => plan(options, folder, layout));
}

async function plan(
  options: Options,
  folder: string,
  layout: GridLayout | undefined,
): Promise<Plan> {
  const classifier = await findClassifier(options.ckpt, classifierChoice(options));
  tellConversion(classifier, options);
  const device = await takeDevice(options, classifierNetworks(classifier));
  const { model, classNames } = classifier;
  const provenance = await provenanceOf('infer', options, device.device, {
    model_sha256: model.sha256,
  });
  const sink = await openSink(options, folder, layout, classifier, provenance);
  const counts = new Counts(classNames);
  return {
    device,
    sink,
    counts,
    job: {
      task: 'infer',
      setup: {
        ...{ device: device.device, classifier },
        options: { ...decodeOptions(options), batchSize: options.batch_size },
      },
      crops: undefined,
      pixels: keptSide(layout, options.report ?? false),
    },
    results: {
      ...resultsGiven('infer', options),
      folder,
      owns: sink.owns,
      files: [...predictionFileNames(options.format), ...(options.report ? ['report.html'] : [])],
      crops: undefined,
      provenance,
    },
    about: { model: modelRecord(model), class_names: classNames },
    countsRecord: () => ({
      predicted: counts.predicted,
      other_sizes: counts.otherSizes,
      classes: counts.classes,
    }),
    summary: () => predictionSummary(counts, model),
    earlyWarning: (result) =>
      result.kind === 'prediction' && isOtherSize(result)
        ? `${shownPath(result.path)} is ${result.width}x${result.height}, not ${OTHER_SIZE}; how many are is said at the end`
        : undefined,
    warning: () =>
      counts.otherSizes > 0
        ? `${counts.otherSizes} of ${counts.seen} images are not ${OTHER_SIZE}`
        : undefined,
  };
}

const OTHER_SIZE = `${CROP_SIZE}x${CROP_SIZE}, the size of the faces this classifier knows: cut faces out of photographs with \`facecls align\`, or use \`facecls run\``;

async function openSink(
  options: Options,
  folder: string,
  layout: GridLayout | undefined,
  classifier: ClassifierSource,
  provenance: Provenance,
): Promise<Sink<TaskResult>> {
  const files = new PredictionFiles(folder, classifier.classNames, options.format);
  const report = await reportSink('infer', options, folder, classifier, provenance);
  return composite([
    mapped(files, predictionRows),
    ...(layout ? [mapped(new Grids(folder, layout), gridFaces)] : []),
    ...(report ? [report] : []),
  ]);
}

/** The report's thumbnails are no larger than a crop. */
function keptSide(layout: GridLayout | undefined, hasReport: boolean): number | undefined {
  const sides = [...(layout ? [drawnSide(layout)] : []), ...(hasReport ? [CROP_SIZE] : [])];
  return sides.length > 0 ? Math.max(...sides) : undefined;
}
