/** `facecls align`: photographs in, aligned faces out. */
import { Counts } from '../batch/counts.js';
import { EarlierRun } from '../batch/earlier-run.js';
import { detectorSha256, givenPaths, provenanceOf } from '../batch/provenance.js';
import { deviceRecord, timing, versions } from '../batch/record.js';
import { earlierResults, type Results } from '../batch/results.js';
import type { CommandResult } from '../cli/command.js';
import { takeDevice } from '../cli/device-note.js';
import { runWithProgress } from '../cli/run-progress.js';
import { linkCounts, linkRecord, plural } from '../cli/summary.js';
import { refuseSameFolder } from '../files/output-folder.js';
import { openInputs } from '../inputs/open-inputs.js';
import { resultsFolder } from '../inputs/shard.js';
import { detectorNetworks, findDetector } from '../models/detectors.js';
import { alignOptions, detectorRequest } from '../options/options.js';
import { effectiveOptions } from '../options/settle.js';
import type { OptionsOf } from '../options/table.js';
import type { CropFiles } from '../outputs/crops.js';
import { MANIFEST_NAME, Manifest } from '../outputs/manifest.js';
import { mapped } from '../outputs/sink.js';
import type { AlignSetup } from '../tasks/align.js';
import type { Job } from '../tasks/job.js';
import { manifestRows } from '../tasks/rows.js';
import { startWorkerAhead } from '../tasks/worker-pool.js';

type Options = OptionsOf<'align'>;

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { in_dir: inDir, out_dir: outDir } = options;
  const request = detectorRequest(options);
  await refuseSameFolder(inDir, '--out_dir', outDir);
  const inputs = await openInputs('--in_dir', inDir, options, outDir);
  startWorkerAhead();
  const crops: CropFiles = {
    folder: Buffer.from(outDir),
    format: options.crop_format,
    quality: options.crop_quality,
  };
  const detector = await findDetector(request);
  const device = await takeDevice(options, detectorNetworks(detector));
  const folder = resultsFolder(outDir, options.shard);
  const alignment = alignOptions(options);
  const sink = mapped(new Manifest(folder), manifestRows);
  const results: Results = {
    command: 'align',
    folderOption: '--out_dir',
    folder,
    owns: sink.owns,
    files: [MANIFEST_NAME],
    crops,
    provenance: await provenanceOf('align', options, device.device, {
      detector_sha256: await detectorSha256(detector),
    }),
    given: givenPaths(inDir, outDir, options),
    resumeOption: '--check_exists',
    earlier: earlierResults(options, options.check_exists),
  };
  const earlier = await EarlierRun.open(results);
  const job: Job<AlignSetup> = {
    task: 'align',
    setup: { device: device.device, detector, options: alignment },
    crops,
    pixels: undefined,
  };
  const counts = new Counts([]);
  const made = await versions();
  const countsRecord = () => ({
    seen: counts.seen,
    faces: counts.faces,
    no_face: counts.noFace,
    failed: counts.failed,
    finished_before: counts.finishedBefore,
    ...linkRecord(inputs.links),
  });
  await runWithProgress(
    {
      ...{ job, device: device.device, workers: options.n_threads, inputs, results, earlier },
      ...{ sink, counts },
      record: (files) => ({
        ...{
          command: 'align',
          options: effectiveOptions('align', options),
          versions: made,
          made_with: results.provenance,
        },
        given: results.given,
        ...deviceRecord(device),
        counts: countsRecord(),
        ...timing(start, counts.seen - counts.finishedBefore),
        files,
      }),
    },
    options.quiet ?? false,
  );

  const times = timing(start, counts.seen - counts.finishedBefore);
  const parts = [
    `align: ${plural(counts.seen, 'image')}`,
    plural(counts.faces, 'face'),
    `${counts.noFace} without a face`,
    ...(options.check_exists ? [`${counts.finishedBefore} finished before`] : []),
    `${counts.failed} unreadable`,
    ...linkCounts(inputs.links),
    `${times.seconds} s (${times.images_per_second}/s)`,
  ];
  return {
    summary: `${parts.join(', ')}; results in ${outDir}`,
    record: {
      command: 'align',
      counts: countsRecord(),
      ...times,
      ...deviceRecord(device),
      results: outDir,
    },
    failed: counts.failed,
  };
}
