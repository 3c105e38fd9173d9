/** `facecls run`: photographs in, predictions out. */
import path from 'node:path';
import { Counts } from '../batch/counts.js';
import { EarlierRun } from '../batch/earlier-run.js';
import { detectorSha256, givenPaths, provenanceOf } from '../batch/provenance.js';
import { deviceRecord, timing, versions } from '../batch/record.js';
import { earlierResults, type Results } from '../batch/results.js';
import type { CommandResult } from '../cli/command.js';
import { takeDevice } from '../cli/device-note.js';
import { runWithProgress } from '../cli/run-progress.js';
import {
  finishedBefore,
  linkRecord,
  plural,
  predictionSummary,
  tellConversion,
} from '../cli/summary.js';
import { refuseSameFolder } from '../files/output-folder.js';
import { openInputs } from '../inputs/open-inputs.js';
import { resultsFolder } from '../inputs/shard.js';
import { detectorNetworks, findDetector } from '../models/detectors.js';
import { classifierNetworks, findClassifier } from '../models/models.js';
import { alignOptions, detectorRequest, gridLayout } from '../options/options.js';
import { effectiveOptions } from '../options/settle.js';
import type { OptionsOf } from '../options/table.js';
import type { CropFiles } from '../outputs/crops.js';
import { Grids } from '../outputs/grid.js';
import { MANIFEST_NAME, Manifest } from '../outputs/manifest.js';
import { PredictionFiles, predictionFileNames } from '../outputs/predictions.js';
import { composite, mapped } from '../outputs/sink.js';
import type { Job } from '../tasks/job.js';
import { gridFaces, manifestRows, predictionRows } from '../tasks/rows.js';
import type { RunSetup } from '../tasks/run.js';
import { startWorkerAhead } from '../tasks/worker-pool.js';

type Options = OptionsOf<'run'>;

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
  const { classNames, model } = classifier;
  const crops: CropFiles | undefined = options.save_crops
    ? {
        folder: Buffer.from(path.join(outputDir, 'crops')),
        format: options.crop_format,
        quality: options.crop_quality,
      }
    : undefined;
  const folder = resultsFolder(outputDir, options.shard);
  const alignment = alignOptions(options);
  const sink = composite([
    mapped(new Manifest(folder), manifestRows),
    mapped(new PredictionFiles(folder, classNames, options.format), predictionRows),
    ...(layout ? [mapped(new Grids(folder, layout), gridFaces)] : []),
  ]);
  const results: Results = {
    command: 'run',
    folderOption: '--output_dir',
    folder,
    owns: sink.owns,
    files: [...predictionFileNames(options.format), MANIFEST_NAME],
    crops,
    provenance: await provenanceOf('run', options, device.device, {
      detector_sha256: await detectorSha256(detector),
      model_sha256: model.sha256,
    }),
    given: givenPaths(inputDir, outputDir, options),
    resumeOption: '--resume',
    earlier: earlierResults(options, options.resume),
  };
  const earlier = await EarlierRun.open(results);
  if (earlier.isComplete) return finishedBefore(results);
  const job: Job<RunSetup> = {
    task: 'run',
    setup: {
      device: device.device,
      detector,
      classifier,
      options: { ...alignment, batchSize: options.batch_size },
    },
    crops,
    pixels: layout && options.out_res,
  };
  const counts = new Counts(classNames);
  const made = await versions();
  let record: object = {};
  await runWithProgress(
    {
      ...{ job, device: device.device, workers: options.n_threads, inputs, results, earlier },
      ...{ sink, counts },
      record(files) {
        record = {
          ...{
            command: 'run',
            options: effectiveOptions('run', options),
            versions: made,
            model,
            class_names: classNames,
          },
          ...{ made_with: results.provenance, given: results.given },
          ...deviceRecord(device),
          counts: {
            seen: counts.seen,
            predicted: counts.predicted,
            failed: counts.failed,
            finished_before: counts.finishedBefore,
            no_face: counts.noFace,
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
  const notes = [plural(counts.faces, 'face'), `${counts.noFace} without a face`];
  const times = timing(start, counts.seen - counts.finishedBefore);
  return {
    summary: predictionSummary(counts, { results, model, links: inputs.links, notes, times }),
    record: { ...record, results: folder },
    failed: counts.failed,
  };
}
