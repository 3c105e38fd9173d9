/** `facecls infer`: aligned faces in, predictions out. */
import { Counts } from '../batch/counts.js';
import { EarlierRun } from '../batch/earlier-run.js';
import { givenPaths, provenanceOf } from '../batch/provenance.js';
import { deviceRecord, timing, versions } from '../batch/record.js';
import { earlierResults, type Results } from '../batch/results.js';
import { CROP_SIZE } from '../classify/preprocess.js';
import type { CommandResult } from '../cli/command.js';
import { takeDevice } from '../cli/device-note.js';
import { runWithProgress } from '../cli/run-progress.js';
import { finishedBefore, linkRecord, predictionSummary, tellConversion } from '../cli/summary.js';
import { refuseSameFolder } from '../files/output-folder.js';
import { openInputs } from '../inputs/open-inputs.js';
import { resultsFolder } from '../inputs/shard.js';
import { type ClassifierSource, classifierNetworks, findClassifier } from '../models/models.js';
import { decodeOptions, gridLayout, reportImages } from '../options/options.js';
import { effectiveOptions } from '../options/settle.js';
import type { OptionsOf } from '../options/table.js';
import { drawnSide, type GridLayout, Grids } from '../outputs/grid.js';
import { PredictionFiles, predictionFileNames } from '../outputs/predictions.js';
import { composite, mapped, type Sink } from '../outputs/sink.js';
import type { InferSetup } from '../tasks/infer.js';
import type { Job, TaskResult } from '../tasks/job.js';
import { gridFaces, predictionRows, reportRows } from '../tasks/rows.js';
import { startWorkerAhead } from '../tasks/worker-pool.js';

type Options = OptionsOf<'infer'>;

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { input_dir: inputDir, output_dir: outputDir } = options;
  const layout = gridLayout(options);
  const shown = reportImages(options);
  if (layout) await refuseSameFolder(inputDir, '--output_dir', outputDir);
  const inputs = await openInputs('--input_dir', inputDir, options, outputDir);
  startWorkerAhead();
  const classifier = await findClassifier(options.ckpt);
  tellConversion(classifier, options);
  const device = await takeDevice(options, classifierNetworks(classifier));
  const folder = resultsFolder(outputDir, options.shard);
  const sink = await openSink(folder, options, classifier, layout, shown);
  const results: Results = {
    command: 'infer',
    folderOption: '--output_dir',
    folder,
    owns: sink.owns,
    files: [...predictionFileNames(options.format), ...(options.report ? ['report.html'] : [])],
    crops: undefined,
    provenance: await provenanceOf('infer', options, device.device, {
      model_sha256: classifier.model.sha256,
    }),
    given: givenPaths(inputDir, outputDir, options),
    resumeOption: '--resume',
    earlier: earlierResults(options, options.resume),
  };
  const earlier = await EarlierRun.open(results);
  if (earlier.isComplete) return finishedBefore(results);
  const job: Job<InferSetup> = {
    task: 'infer',
    setup: {
      device: device.device,
      classifier,
      options: { ...decodeOptions(options), batchSize: options.batch_size },
    },
    crops: undefined,
    pixels: keptSide(layout, shown !== undefined),
  };
  const counts = new Counts(classifier.classNames);
  const { model } = classifier;
  const made = await versions();
  let record: object = {};
  await runWithProgress(
    {
      ...{ job, device: device.device, workers: options.n_threads, inputs, results, earlier },
      ...{ sink, counts },
      record(files) {
        record = {
          ...{
            command: 'infer',
            options: effectiveOptions('infer', options),
            versions: made,
            model,
          },
          ...{ class_names: classifier.classNames, made_with: results.provenance },
          given: results.given,
          ...deviceRecord(device),
          counts: {
            seen: counts.seen,
            predicted: counts.predicted,
            failed: counts.failed,
            finished_before: counts.finishedBefore,
            other_sizes: counts.otherSizes,
            ...linkRecord(inputs.links),
            classes: counts.classes,
          },
          ...timing(start, counts.seen - counts.finishedBefore),
          files,
        };
        return record;
      },
    },
    options.quiet ?? false,
  );
  if (counts.otherSizes > 0 && !options.quiet) {
    process.stderr.write(
      `facecls: ${counts.otherSizes} of ${counts.seen} images are not ${CROP_SIZE}x${CROP_SIZE}, the size of the faces this classifier knows: cut faces out of photographs with \`facecls align\`, or use \`facecls run\`\n`,
    );
  }
  const times = timing(start, counts.seen - counts.finishedBefore);
  return {
    summary: predictionSummary(counts, { results, model, links: inputs.links, times }),
    record: { ...record, results: folder },
    failed: counts.failed,
  };
}

async function openSink(
  folder: string,
  options: Options,
  { model, classNames }: ClassifierSource,
  layout: GridLayout | undefined,
  shown: number | undefined,
): Promise<Sink<TaskResult>> {
  const sinks = [mapped(new PredictionFiles(folder, classNames, options.format), predictionRows)];
  if (layout) sinks.push(mapped(new Grids(folder, layout), gridFaces));
  if (shown !== undefined) {
    // Loaded only here, as it draws thumbnails.
    const { Report } = await import('../outputs/report/report.js');
    const facts = await reportFacts(options, model);
    sinks.push(mapped(new Report(folder, { classNames, facts, maxImages: shown }), reportRows));
  }
  return composite(sinks);
}

async function reportFacts(
  { input_dir, in_list }: Options,
  model: ClassifierSource['model'],
): Promise<Record<string, string>> {
  const all = Object.entries(await versions()).map(([name, version]) => `${name} ${version}`);
  return {
    Input: input_dir ?? in_list ?? '',
    Model: model.path,
    'Model SHA-256': model.sha256,
    Date: new Date().toISOString().slice(0, 10),
    Versions: all.join(', '),
  };
}

/** The report's thumbnails are no larger than a crop. */
function keptSide(layout: GridLayout | undefined, hasReport: boolean): number | undefined {
  const sides = [...(layout ? [drawnSide(layout)] : []), ...(hasReport ? [CROP_SIZE] : [])];
  return sides.length > 0 ? Math.max(...sides) : undefined;
}
