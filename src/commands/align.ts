/** `facecls align`: photographs in, aligned faces out. */
import { Counts } from '../batch/counts.js';
import { provenanceOf } from '../batch/provenance.js';
import { resultsGiven } from '../batch/results.js';
import type { CommandResult } from '../cli/command.js';
import { takeDevice } from '../cli/device-note.js';
import { type Plan, runCommand } from '../cli/run-command.js';
import { faceCounts, plural } from '../cli/summary.js';
import { refuseSameFolder } from '../files/output-folder.js';
import { openInputs } from '../inputs/open-inputs.js';
import { detectorNetworks, detectorSha256, findDetector } from '../models/detectors.js';
import { alignOptions, detectorRequest } from '../options/options.js';
import type { OptionsOf } from '../options/table.js';
import type { CropFiles } from '../outputs/crops.js';
import { MANIFEST_NAME, Manifest } from '../outputs/manifest.js';
import { mapped } from '../outputs/sink.js';
import { manifestRows } from '../tasks/rows.js';
import { startWorkerAhead } from '../tasks/worker-pool.js';

type Options = OptionsOf<'align'>;

export async function execute(options: Options): Promise<CommandResult> {
  const { in_dir: inDir, out_dir: outDir } = options;
  await refuseSameFolder(inDir, '--out_dir', outDir);
  const inputs = await openInputs('--in_dir', inDir, options, outDir);
  startWorkerAhead();
  const place = { option: '--out_dir', folder: outDir };
  return runCommand('align', options, place, inputs, (folder) => plan(options, folder));
}

async function plan(options: Options, folder: string): Promise<Plan> {
  const crops: CropFiles = {
    folder: Buffer.from(options.out_dir),
    format: options.crop_format,
    quality: options.crop_quality,
  };
  const detector = await findDetector(detectorRequest(options));
  const device = await takeDevice(options, detectorNetworks(detector));
  const sink = mapped(new Manifest(folder), manifestRows);
  const counts = new Counts([]);
  return {
    device,
    sink,
    counts,
    job: {
      task: 'align',
      setup: { ...{ device: device.device, detector }, options: alignOptions(options) },
      crops,
      pixels: undefined,
    },
    results: {
      ...resultsGiven('align', options),
      folder,
      owns: sink.owns,
      files: [MANIFEST_NAME],
      crops,
      provenance: await provenanceOf('align', options, device.device, {
        detector_sha256: await detectorSha256(detector),
      }),
    },
    about: {},
    countsRecord: () => ({
      faces: counts.faces,
      overlapping: counts.overlapping,
      no_face: counts.noFace,
    }),
    summary: () => ({
      before: [
        plural(counts.seen, 'image'),
        ...faceCounts(counts),
        ...(options.check_exists ? [`${counts.finishedBefore} finished before`] : []),
        `${counts.failed} unreadable`,
      ],
      after: [],
    }),
  };
}
