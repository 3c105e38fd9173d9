/** `facecls merge`: the results of shards joined into those of one run. */
import { mergeShards } from '../batch/merge/merge.js';
import { timing } from '../batch/record.js';
import type { CommandResult } from '../cli/command.js';
import { plural } from '../cli/summary.js';
import { shown } from '../files/text/shown.js';
import { shownPath } from '../files/text/shown-path.js';
import type { OptionsOf } from '../options/table.js';

type Options = OptionsOf<'merge'>;

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { inputs, output_dir: folder, overwrite = false } = options;
  const { command, shards, files, counts } = await mergeShards(inputs, folder, overwrite);
  const failed = counts.failed;
  const { seconds } = timing(start, 0);
  return {
    summary: `merge: ${plural(shards, 'shard')} of ${shown(command)}, ${files.join(', ')}${failed > 0 ? `, ${failed} failed` : ''}, ${seconds} s; results in ${shownPath(folder)}`,
    record: { command: 'merge', merged: command, shards, files, counts, seconds, results: folder },
    failed,
  };
}
