/** What `infer` and `run` have in common: counts by class, run.json and the summary. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PreviousRun, Results } from '../batch/earlier-run.js';
import { givenPaths } from '../batch/provenance.js';
import { RECORD_NAME, timing, versions } from '../batch/record.js';
import { resultsFolder } from '../batch/results-folder.js';
import type { CommandResult } from '../cli/command.js';
import { deviceRecord } from '../cli/device.js';
import { classCounts, linkCounts, linkRecord, plural } from '../cli/summary.js';
import type { Tally } from '../cli/tally.js';
import { writeFileAtomic } from '../files/atomic.js';
import type { WalkCounts } from '../inputs/folder.js';
import type { ClassifierSource } from '../models/models.js';
import type {
  ClassifierOptions,
  CommonOptions,
  InputOptions,
  ResumeOptions,
} from '../options/options.js';
import { predictionFileNames } from '../outputs/predictions.js';
import type { DeviceChoice } from '../runtime/choose-device.js';

export type ClassCounts = Record<string, number>;

export function newClassCounts(classNames: readonly string[]): ClassCounts {
  return Object.fromEntries(classNames.map((name) => [name, 0]));
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
 * Where the results go, and what there has to be of them.
 *
 * @param files of a finished run, besides the predictions
 */
export function predictionResults(
  inputDir: string | undefined,
  outputDir: string,
  options: ClassifierOptions & InputOptions & ResumeOptions,
  { files, crops, madeWith }: Pick<Results, 'files' | 'crops' | 'madeWith'>,
): Results {
  return {
    folderOption: '--output_dir',
    folder: resultsFolder(outputDir, options),
    files: [...predictionFileNames(options.format), ...files],
    record: RECORD_NAME,
    crops,
    madeWith,
    given: givenPaths(inputDir, outputDir, options),
    resumeOption: '--resume',
    options,
  };
}

export interface Finished {
  readonly command: 'infer' | 'run';
  readonly options: object;
  readonly classifier: ClassifierSource;
  readonly results: Results;
  readonly previous: PreviousRun;
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

/** What is to be said where an earlier run has done everything. */
export async function completed(
  command: Finished['command'],
  folder: string,
): Promise<CommandResult> {
  const record = JSON.parse(await readFile(path.join(folder, RECORD_NAME), 'utf8'));
  return {
    summary: `${command}: finished before, nothing to do; results in ${folder}`,
    record: { ...record, results: folder },
    failed: record.counts.failed,
  };
}

/** Writes run.json, after the results have their names; with it they are finished. */
export async function finishPredictions(finished: Finished): Promise<CommandResult> {
  const {
    command,
    options,
    classifier: { model, classNames },
    results,
    previous,
    device,
    start,
    tally,
    links,
    notes,
    counts,
    classes,
  } = finished;
  const { folder } = results;
  const { seen, failed, finishedBefore } = tally;
  const predicted = Object.values(classes).reduce((sum, count) => sum + count, 0);
  const times = timing(start, seen - finishedBefore);
  const record = {
    command,
    options,
    versions: await versions(),
    model,
    class_names: classNames,
    made_with: results.madeWith,
    given: results.given,
    ...deviceRecord(device),
    counts: {
      seen,
      predicted,
      failed,
      finished_before: finishedBefore,
      ...counts,
      ...linkRecord(links),
      classes,
    },
    ...times,
  };
  await writeFileAtomic(path.join(folder, RECORD_NAME), `${JSON.stringify(record, null, 2)}\n`);
  await previous.finish(failed);
  const parts = [
    plural(seen, 'image'),
    ...notes,
    classCounts(classes),
    ...(finishedBefore > 0 ? [`${finishedBefore} finished before`] : []),
    `${failed} failed${failed > 0 ? ' (failed.txt)' : ''}`,
    ...linkCounts(links),
    `${times.seconds} s (${times.images_per_second}/s)`,
    `model ${path.basename(model.path)} (sha256 ${model.sha256.slice(0, 12)})`,
  ];
  return {
    summary: `${command}: ${parts.join(', ')}; results in ${folder}`,
    record: { ...record, results: folder },
    failed,
  };
}
