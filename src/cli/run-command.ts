/** What `infer`, `align` and `run` have in common: one batch under the lock of its folder, its record, its summary. */
import type { Counts } from '../batch/counts.js';
import { EarlierRun } from '../batch/earlier-run.js';
import { deviceRecord, timing, versions } from '../batch/record.js';
import type { Results } from '../batch/results.js';
import { withOutputFolder } from '../batch/with-output-folder.js';
import { shownPath } from '../files/text/shown-path.js';
import { archiveRecord, archivesSha256 } from '../inputs/archive-inputs.js';
import { isReadOnce } from '../inputs/list.js';
import type { Inputs } from '../inputs/open-inputs.js';
import { refuseOtherShards, resultsFolder } from '../inputs/shard.js';
import type { InputOptions } from '../options/options.js';
import { effectiveOptions } from '../options/settle.js';
import type { OptionsOf } from '../options/table.js';
import type { Sink } from '../outputs/sink.js';
import type { DeviceChoice } from '../runtime/choose-device.js';
import type { Job, TaskName, TaskResult } from '../tasks/job.js';
import type { CommandResult } from './command.js';
import { runWithProgress } from './run-progress.js';
import { finishedBefore, foundNotes, leftCropsNote, linkCounts, twelveBitNote } from './summary.js';
import { printText } from './terminal.js';

/** A batch, ready to be run, and what is said of it. */
export interface Plan {
  readonly job: Job;
  readonly device: DeviceChoice;
  readonly results: Results;
  readonly sink: Sink<TaskResult>;
  readonly counts: Counts;
  /** Fields of the record of this command alone: its model. */
  readonly about: object;
  /** Counts of the record that come after those of all commands. */
  readonly countsRecord: () => object;
  /** Parts of the summary, before and after the links and the time. */
  readonly summary: () => { readonly before: readonly string[]; readonly after: readonly string[] };
  /** What of a result would make a user stop the run: said of the first that has it, unless --quiet. */
  readonly earlyWarning?: (result: TaskResult) => string | undefined;
  /** Said when the batch has ended, unless --quiet. */
  readonly warning?: () => string | undefined;
}

/** Where a command puts its results. */
export interface OutputPlace {
  /** The option that names the folder. */
  readonly option: string;
  readonly folder: string;
}

/**
 * Locks the folder, plans the batch and runs it.
 *
 * @throws UserError or ModelError where the work cannot be done, or was interrupted; what is done is kept
 */
export async function runCommand<C extends TaskName>(
  command: C,
  options: OptionsOf<C>,
  { option, folder: given }: OutputPlace,
  inputs: Inputs,
  plan: (folder: string) => Promise<Plan>,
): Promise<CommandResult> {
  const start = performance.now();
  const {
    quiet = false,
    n_threads: workers,
    image_timeout: imageTimeout,
    shard,
  } = options as OptionsOf<'infer'>;
  const folder = resultsFolder(given, shard);
  return withOutputFolder(option, folder, command, async (lock) => {
    // Under the lock, in a folder that is there: of two that begin together, one sees the other.
    await refuseOtherShards(option, given, shard);
    if (!quiet) warnOfShardOfPipe(options as InputOptions);
    const planned = withArchives(await plan(folder), inputs);
    const { results, device, counts, job, sink } = planned;
    const earlier = await EarlierRun.open(results);
    if (earlier.isComplete) return finishedBefore(results);
    const effective = effectiveOptions(command, options);
    const head = { command, options: effective, versions: versions() };
    let record: object = {};
    await runWithProgress(
      {
        ...{
          job,
          device: device.device,
          workers,
          imageTimeout,
          inputs,
          results,
          earlier,
          sink,
          counts,
          lock,
        },
        record(files) {
          record = { ...head, ...bodyOf(planned, inputs, start), files };
          return record;
        },
      },
      quiet,
      planned.earlyWarning,
    );
    for (const note of [
      ...foundNotes(inputs.found),
      twelveBitNote(counts),
      leftCropsNote(counts),
      planned.warning?.(),
    ]) {
      if (note !== undefined && !quiet) printText(`facecls: ${note}`);
    }
    return {
      summary: summaryOf(command, planned, inputs, start, given),
      record: { ...record, results: folder },
      failed: counts.failed,
    };
  });
}

/** Said before hours are spent: `merge` refuses such shards for want of an order. One may want them all the same. */
function warnOfShardOfPipe({ shard, in_list: list }: InputOptions): void {
  if (shard === undefined || list === undefined || !isReadOnce(list)) return;
  printText(
    `facecls: --in_list ${shownPath(list)}: is read once, so that merge cannot know its order again and refuses this shard; give a list in a file where the shards are to be merged`,
  );
}

/** The plan, with what its archives are in the provenance. */
function withArchives(plan: Plan, { archives }: Inputs): Plan {
  if (archives.length === 0) return plan;
  const { results } = plan;
  const provenance = { ...results.provenance, archives_sha256: archivesSha256(archives) };
  return { ...plan, results: { ...results, provenance } };
}

function bodyOf(
  { about, results, device, counts, countsRecord }: Plan,
  inputs: Inputs,
  start: number,
) {
  const { seen, failed, finishedBefore } = counts;
  return {
    ...about,
    made_with: results.provenance,
    given: results.given,
    ...(inputs.archives.length > 0 && { archives: inputs.archives.map(archiveRecord) }),
    ...deviceRecord(device),
    counts: {
      seen,
      failed,
      finished_before: finishedBefore,
      replaced: counts.replaced,
      twelve_bit: counts.twelveBit,
      ...(results.crops !== undefined && { left_crops: counts.leftCrops }),
      ...inputs.found.record(),
      ...countsRecord(),
    },
    ...timing(start, seen - finishedBefore),
  };
}

function summaryOf(
  command: string,
  { summary, counts }: Plan,
  inputs: Inputs,
  start: number,
  folder: string,
): string {
  const { seconds, images_per_second } = timing(start, counts.seen - counts.finishedBefore);
  const { before, after } = summary();
  const times = `${seconds} s (${images_per_second}/s)`;
  const replaced = counts.replaced > 0 ? [`${counts.replaced} replaced since and done again`] : [];
  const parts = [...before, ...replaced, ...linkCounts(inputs.found), times, ...after];
  return `${command}: ${parts.join(', ')}; results in ${shownPath(folder)}`;
}
