/** `facecls merge`: the results of shards joined into those of one run. */
import type { Command } from 'commander';
import { mergeShards } from '../batch/merge.js';
import { timing } from '../batch/record.js';
import type { CommandResult } from '../cli/command.js';
import { plural } from '../cli/summary.js';
import { addCommonOptions, type CommonOptions } from '../options/options.js';

interface Options extends CommonOptions {
  readonly inputs: readonly string[];
  readonly output_dir: string;
  readonly overwrite?: true;
}

export function define(command: Command): void {
  command
    .requiredOption('--inputs <dir...>', 'folders of shards, or folders that hold shard-I-of-N')
    .requiredOption('--output_dir <dir>', 'where the joined results go')
    .option('--overwrite', 'replace results that are there');
  addCommonOptions(command);
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { inputs, output_dir: folder, overwrite = false } = options;
  const { command, shards, files, counts } = await mergeShards(inputs, folder, overwrite);
  const failed = Number(counts?.failed ?? 0);
  const { seconds } = timing(start, 0);
  return {
    summary: `merge: ${plural(shards, 'shard')} of ${command}, ${files.join(', ')}${failed > 0 ? `, ${failed} failed` : ''}, ${seconds} s; results in ${folder}`,
    record: { command: 'merge', merged: command, shards, files, counts, seconds, results: folder },
    failed,
  };
}
