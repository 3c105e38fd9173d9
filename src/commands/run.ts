/** `facecls run`: photographs in, predictions out. */
import path from 'node:path';
import { Counts } from '../batch/counts.js';
import { provenanceOf } from '../batch/provenance.js';
import { modelRecord } from '../batch/record.js';
import { resultsGiven } from '../batch/results.js';
import type { CommandResult } from '../cli/command.js';
import { takeDevice } from '../cli/device-note.js';
import { reportSink } from '../cli/report-sink.js';
import { type Plan, runCommand } from '../cli/run-command.js';
import { faceCounts, plural, predictionSummary, tellConversion } from '../cli/summary.js';
import { refuseSameFolder } from '../files/output-folder.js';
import { openInputs } from '../inputs/open-inputs.js';
import { detectorNetworks, detectorSha256, findDetector } from '../models/detectors.js';
import { classifierNetworks, findClassifier } from '../models/models.js';
import { alignOptions, classifierChoice, detectorRequest, gridLayout } from '../options/options.js';
import type { OptionsOf } from '../options/table.js';
import type { CropFiles } from '../outputs/crops.js';
import { type GridLayout, Grids } from '../outputs/grid.js';
import { MANIFEST_NAME, Manifest } from '../outputs/manifest.js';
import { PredictionFiles, predictionFileNames } from '../outputs/predictions.js';
import { composite, mapped } from '../outputs/sink.js';
import { gridFaces, manifestRows, predictionRows } from '../tasks/rows.js';
import { startWorkerAhead } from '../tasks/worker-pool.js';

type Options = OptionsOf<'run'>;

export async function execute(options: Options): Promise<CommandResult> {
  const { input_dir: inputDir, output_dir: outputDir } = options;
  const layout = gridLayout(options);
  await refuseSameFolder(inputDir, '--output_dir', outputDir);
  const inputs = await openInputs('--input_dir', inputDir, options, outputDir);
  startWorkerAhead();
  const place = { option: '--output_dir', folder: outputDir };
  return runCommand('run', options, place, inputs, (folder) => plan(options, folder, layout));
}

async function plan(
  options: Options,
  folder: string,
  layout: GridLayout | undefined,
): Promise<Plan> {
  const classifier = await findClassifier(options.ckpt, classifierChoice(options));
  tellConversion(classifier, options);
  const detector = await findDetector(detectorRequest(options));
  const networks = [...detectorNetworks(detector), ...classifierNetworks(classifier)];
  const device = await takeDevice(options, networks);
  const { classNames, model } = classifier;
  const crops = cropFiles(options);
  const provenance = await provenanceOf('run', options, device.device, {
    detector_sha256: await detectorSha256(detector),
    model_sha256: model.sha256,
  });
  const report = await reportSink('run', options, folder, classifier, provenance);
  const sink = composite([
    mapped(new Manifest(folder), manifestRows),
    mapped(new PredictionFiles(folder, classNames, options.format, 'faces'), predictionRows),
    ...(layout ? [mapped(new Grids(folder, layout), gridFaces)] : []),
    ...(report ? [report] : []),
  ]);
  const counts = new Counts(classNames);
  return {
    device,
    sink,
    counts,
    job: {
      task: 'run',
      setup: {
        ...{ device: device.device, detector, classifier },
        options: { ...alignOptions(options), batchSize: options.batch_size },
      },
      crops,
      pixels: layout || report ? options.out_res : undefined,
    },
    results: {
      ...resultsGiven('run', options),
      folder,
      owns: sink.owns,
      files: [
        ...[...predictionFileNames(options.format), MANIFEST_NAME],
        ...(report ? ['report.html'] : []),
      ],
      crops,
      provenance,
    },
    about: { model: modelRecord(model), class_names: classNames },
    countsRecord: () => ({
      faces: counts.faces,
      overlapping: counts.overlapping,
      no_face: counts.noFace,
      predicted: counts.predicted,
      classes: counts.classes,
    }),
    summary() {
      const single = plural(counts.faces - counts.overlapping, 'face');
      const counted = ` of ${single} in ${plural(counts.withFaces, 'photograph')}`;
      return predictionSummary(counts, model, faceCounts(counts), counted);
    },
  };
}

function cropFiles(options: Options): CropFiles | undefined {
  if (!options.save_crops) return undefined;
  return {
    folder: Buffer.from(path.join(options.output_dir, 'crops')),
    format: options.crop_format,
    quality: options.crop_quality,
  };
}
