/** Whether all shards saw the same inputs: files that come or go between two shards would be in no shard, or in two. */
import { UserError } from '../../files/errors.js';
import { shownPath } from '../../files/text/shown-path.js';
import { FOUND_FIELDS } from '../../inputs/found.js';
import { shardName } from '../../inputs/shard.js';
import { countText, type ShardRecord } from './shard-record.js';

interface Recorded {
  readonly folder: string;
  readonly record: ShardRecord;
}

const REMEDY = 'run all shards again on the same inputs, with --overwrite';

/** What tells of no image: a log or a hidden file that came meanwhile must not cost the work of all shards. */
const OF_OTHER_FILES: ReadonlySet<string> = new Set([
  ...['found', 'other_files', 'other_endings', 'hidden'],
]);

/** Images first, as they are what a user knows the number of. */
const FIELDS = FOUND_FIELDS.filter((field) => !OF_OTHER_FILES.has(field));

/**
 * @param shards all of a run; their counts have the same names
 * @throws UserError where two found something else, or together they did other than what each found
 */
export function refuseOtherInputs(shards: readonly Recorded[]): void {
  const [first] = shards;
  for (const shard of shards) {
    for (const field of FIELDS) {
      const [before, now] = [first, shard].map(({ record }) => countText(record.counts[field]));
      if (before === now) continue;
      throw new UserError(
        `--inputs: ${nameOf(first)} and ${nameOf(shard)} saw different inputs (${field}: ${before} and ${now}); ${REMEDY}`,
      );
    }
  }
  const { images } = first.record.counts;
  // A file that another took the place of leaves the numbers alike.
  const seen = shards.reduce((sum, { record }) => sum + record.counts.seen, 0);
  if (images === undefined || images === seen) return;
  throw new UserError(
    `--inputs: the shards from ${nameOf(first)} to ${nameOf(shards.at(-1)!)} found ${countText(images)} inputs each and did ${seen} together, so their inputs have changed between them; ${REMEDY}`,
  );
}

/** `shard 0/2 (out/shard-0-of-2)` */
function nameOf({ folder, record }: Recorded): string {
  return `shard ${shardName(record.shard)} (${shownPath(folder)})`;
}
