/** The summary line of a command, and pieces of it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Counts } from '../batch/counts.js';
import type { timing } from '../batch/record.js';
import { type Results, recordName } from '../batch/results.js';
import type { WalkCounts } from '../inputs/folder.js';
import type { ClassifierSource, ModelRecord } from '../models/models.js';
import type { CommonOptions } from '../options/options.js';
import type { CommandResult } from './command.js';

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What is to be said of links that were not followed; nothing where there were none. */
export function linkCounts({ linksOutside, linkLoops }: WalkCounts): string[] {
  const parts: string[] = [];
  if (linksOutside > 0) {
    parts.push(`${plural(linksOutside, 'link')} out of the folder not followed`);
  }
  if (linkLoops > 0) parts.push(`${plural(linkLoops, 'link')} in a loop not followed`);
  return parts;
}

/** `African 8, Asian 6, ...` */
export function classCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** The same for programs. */
export function linkRecord({ linksOutside, linkLoops }: WalkCounts) {
  return { links_outside: linksOutside, link_loops: linkLoops };
}

/** With --debug, says how long a checkpoint took to convert. */
export function tellConversion(
  { conversionTime, model }: ClassifierSource,
  { debug }: CommonOptions,
): void {
  if (!debug || conversionTime === undefined) return;
  process.stderr.write(`${model.path}: converted in ${Math.round(conversionTime)} ms\n`);
}

/** What `infer` and `run` have done, in a line. */
export function predictionSummary(
  counts: Counts,
  {
    results: { command, folder },
    model,
    links,
    notes = [],
    times,
  }: {
    readonly results: Results;
    readonly model: ModelRecord;
    readonly links: WalkCounts;
    /** Parts of one command alone. */
    readonly notes?: readonly string[];
    readonly times: ReturnType<typeof timing>;
  },
): string {
  const { seen, failed, finishedBefore, classes } = counts;
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
  return `${command}: ${parts.join(', ')}; results in ${folder}`;
}

/** What is to be said where an earlier run has done everything. */
export async function finishedBefore({ command, folder }: Results): Promise<CommandResult> {
  const record = JSON.parse(await readFile(path.join(folder, recordName(command)), 'utf8'));
  return {
    summary: `${command}: finished before, nothing to do; results in ${folder}`,
    record: { ...record, results: folder },
    failed: record.counts.failed,
  };
}
