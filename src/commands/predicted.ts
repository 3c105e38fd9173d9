/** What `infer` and `run` have in common: counts by class, run.json and the summary. */
import path from 'node:path';
import { CLASS_NAMES, type ClassName } from '../classify/labels.js';
import type { WalkCounts } from '../image/listing.js';
import { writeFileAtomic } from '../output/atomic.js';
import type { ManifestWriter } from '../output/manifest.js';
import type { PredictionFiles } from '../output/predictions.js';
import { timing, versions } from '../output/record.js';
import type { DeviceChoice } from '../pipelines/choose-device.js';
import type { ClassifierSource, ModelRecord } from '../pipelines/models.js';
import type { CommandResult } from './command.js';
import { deviceRecord } from './device.js';
import type { CommonOptions } from './options.js';
import { classCounts, linkCounts, linkRecord, plural } from './summary.js';
import type { Tally } from './tally.js';

export type ClassCounts = Record<ClassName, number>;

export function newClassCounts(): ClassCounts {
  return Object.fromEntries(CLASS_NAMES.map((name) => [name, 0])) as ClassCounts;
}

/** With --debug, says how long a checkpoint took to convert. */
export function tellConversion(
  { conversionTime, model }: ClassifierSource,
  { debug }: CommonOptions,
): void {
  if (!debug || conversionTime === undefined) return;
  process.stderr.write(`${model.path}: converted in ${Math.round(conversionTime)} ms\n`);
}

/**
 * After an error: results there are are left under the partial names, and where there are none, nothing is.
 * Never throws: the error that led here is the one to tell.
 */
export async function abandon(
  files: PredictionFiles | ManifestWriter | undefined,
  seen: number,
): Promise<void> {
  const left = seen > 0 ? files?.suspend() : files?.discard();
  await left?.catch(() => {});
}

export interface Finished {
  readonly command: 'infer' | 'run';
  readonly options: object;
  readonly outputDir: string;
  readonly model: ModelRecord;
  readonly device: DeviceChoice;
  /** Of performance.now(). */
  readonly start: number;
  readonly tally: Tally;
  readonly links: WalkCounts;
  /** Parts of the summary of this command alone. */
  readonly notes: readonly string[];
  /** Counts of this command alone. */
  readonly counts: Readonly<Record<string, number>>;
  readonly classes: ClassCounts;
}

/** Writes run.json, after the results have their names. */
export async function finishPredictions(finished: Finished): Promise<CommandResult> {
  const {
    command,
    options,
    outputDir,
    model,
    device,
    start,
    tally,
    links,
    notes,
    counts,
    classes,
  } = finished;
  const { seen, failed } = tally;
  const predicted = Object.values(classes).reduce((sum, count) => sum + count, 0);
  const times = timing(start, seen);
  const record = {
    command,
    options,
    versions: await versions(),
    model,
    ...deviceRecord(device),
    counts: { seen, predicted, failed, ...counts, ...linkRecord(links), classes },
    ...times,
  };
  await writeFileAtomic(path.join(outputDir, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
  const parts = [
    plural(seen, 'image'),
    ...notes,
    classCounts(classes),
    `${failed} failed${failed > 0 ? ' (failed.txt)' : ''}`,
    ...linkCounts(links),
    `${times.seconds} s (${times.images_per_second}/s)`,
    `model ${path.basename(model.path)} (sha256 ${model.sha256.slice(0, 12)})`,
  ];
  return {
    summary: `${command}: ${parts.join(', ')}; results in ${outputDir}`,
    record: { ...record, results: outputDir },
    failed,
  };
}
