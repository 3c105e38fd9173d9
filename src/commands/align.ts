/** `facecls align`: photographs in, aligned faces out. */
import path from 'node:path';
import { type Outputs, processInputs } from '../batch/batch.js';
import { PreviousRun, type Results } from '../batch/earlier-run.js';
import { cropsMadeWith, facesMadeWith, givenPaths, inputsMadeWith } from '../batch/provenance.js';
import { timing } from '../batch/record.js';
import { refuseSameFolder, resultsFolder } from '../batch/results-folder.js';
import type { CommandResult } from '../cli/command.js';
import { deviceRecord, takeDevice } from '../cli/device.js';
import { linkCounts, linkRecord, plural } from '../cli/summary.js';
import { openInputs } from '../inputs/open-inputs.js';
import { detectorNetworks, findDetector } from '../models/detectors.js';
import { alignOptions, detectorRequest } from '../options/options.js';
import { PHOTOGRAPHS_A_GROUP } from '../options/ranges.js';
import type { OptionsOf } from '../options/table.js';
import type { CropFiles } from '../outputs/crops.js';
import { MANIFEST_NAME, ManifestWriter } from '../outputs/manifest.js';
import { finishedFaces } from '../tasks/entry.js';
import type { FailedInput } from '../tasks/failed-input.js';
import { manifestRows } from '../tasks/manifest-rows.js';
import type { SavedPhotograph } from '../tasks/save-crops.js';
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
  const folder = resultsFolder(outDir, options);
  const results: Results = {
    folderOption: '--out_dir',
    folder,
    files: [MANIFEST_NAME],
    record: undefined,
    crops,
    madeWith: {
      ...(await inputsMadeWith('align', '--in_dir', inDir, options, device.device)),
      ...(await facesMadeWith(options, detector)),
      ...cropsMadeWith(options),
    },
    given: givenPaths(inDir, outDir, options),
    resumeOption: '--check_exists',
    options: { ...options, ...(options.check_exists && { resume: true }) },
  };
  const previous = await PreviousRun.open(results);
  const outputs = new AlignOutputs(folder);
  const tally = await processInputs<SavedPhotograph>({
    job: {
      kind: 'align',
      device: device.device,
      detector,
      options: alignOptions(options),
      crops,
      keepPixels: false,
    },
    groupSize: PHOTOGRAPHS_A_GROUP,
    inputs,
    options,
    results,
    previous,
    restore: (image) => finishedFaces(image, crops),
    needsPixels: false,
    open: () => outputs.open(),
  });
  await previous.finish(tally.failed);

  const { seen, failed, finishedBefore } = tally;
  const { faces, withoutFace } = outputs;
  const times = timing(start, seen - finishedBefore);
  const parts = [
    `align: ${plural(seen, 'image')}`,
    plural(faces, 'face'),
    `${withoutFace} without a face`,
    ...(options.check_exists ? [`${finishedBefore} finished before`] : []),
    `${failed} unreadable`,
    ...linkCounts(inputs.links),
    `${times.seconds} s (${times.images_per_second}/s)`,
  ];
  return {
    summary: `${parts.join(', ')}; results in ${outDir}`,
    record: {
      command: 'align',
      counts: {
        seen,
        faces,
        no_face: withoutFace,
        failed,
        finished_before: finishedBefore,
        ...linkRecord(inputs.links),
      },
      ...times,
      ...deviceRecord(device),
      results: outDir,
    },
    failed,
  };
}

class AlignOutputs implements Outputs<SavedPhotograph> {
  faces = 0;
  withoutFace = 0;
  private manifest: ManifestWriter | undefined;

  constructor(private readonly folder: string) {}

  async open(): Promise<this> {
    this.manifest = await ManifestWriter.open(path.join(this.folder, MANIFEST_NAME));
    return this;
  }

  async write(result: SavedPhotograph | FailedInput): Promise<void> {
    if ('faces' in result) {
      this.faces += result.faces.length;
      if (result.faces.length === 0) this.withoutFace += 1;
    }
    await this.manifest?.write(manifestRows(result));
  }

  async commit(): Promise<void> {
    await this.manifest?.commit();
  }

  async suspend(): Promise<void> {
    await this.manifest?.suspend();
  }

  async discard(): Promise<void> {
    await this.manifest?.discard();
  }
}
