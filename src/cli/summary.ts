/** The summary line of a command, and pieces of it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Counts } from '../batch/counts.js';
import { type Results, recordName } from '../batch/results.js';
import { plural } from '../files/plural.js';
import { endingsText, type Found } from '../inputs/found.js';
import type { ClassifierSource, ModelRecord } from '../models/models.js';
import type { CommonOptions } from '../options/options.js';
import type { CommandResult } from './command.js';

export { plural };

/** What is to be said of links that were not followed; nothing where there were none. */
export function linkCounts({ linksOutside, linkLoops }: Found): string[] {
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

/** What is to be said of the inputs when all are through: what was passed over, and what is odd in archives. */
export function foundNotes(found: Found): string[] {
  const { otherFiles, hidden, indexRecords, archiveLinks, repeatedNames, inexactLabels } = found;
  const closed = found.hasClosedArchives && found.archives === 0;
  const passedOver = [
    ...(otherFiles > 0 ? [`${plural(otherFiles, 'other file')} (${endingsText(found)})`] : []),
    ...(hidden > 0 ? [`${hidden} hidden`] : []),
    ...(indexRecords > 0 ? [plural(indexRecords, 'index record')] : []),
    ...(archiveLinks > 0 ? [`${plural(archiveLinks, 'link')} in archives`] : []),
  ].join(', ');
  return [
    ...(passedOver === ''
      ? []
      : [`passed over: ${passedOver}${closed ? '; --archives reads archives' : ''}`]),
    ...(repeatedNames > 0
      ? [
          `${plural(repeatedNames, 'image')} in archives with the name of an earlier one: NAME;2, ...`,
        ]
      : []),
    ...(inexactLabels > 0
      ? [
          `${plural(inexactLabels, 'label')} of 2^24 and more, which float32 does not hold exactly: each may stand for several identities`,
        ]
      : []),
  ];
}

/** With --debug, says how long a checkpoint took to convert. */
export function tellConversion(
  { conversionTime, model }: ClassifierSource,
  { debug }: CommonOptions,
): void {
  if (!debug || conversionTime === undefined) return;
  process.stderr.write(`${model.path}: converted in ${Math.round(conversionTime)} ms\n`);
}

/** The parts of the summary of `infer` and `run`. */
export function predictionSummary(
  { seen, failed, finishedBefore, classes }: Counts,
  { path: file, sha256 }: ModelRecord,
  /** Of one command alone. */
  notes: readonly string[] = [],
): { before: string[]; after: string[] } {
  return {
    before: [
      plural(seen, 'image'),
      ...notes,
      classCounts(classes),
      ...(finishedBefore > 0 ? [`${finishedBefore} finished before`] : []),
      `${failed} failed${failed > 0 ? ' (failed.txt)' : ''}`,
    ],
    after: [`model ${path.basename(file)} (sha256 ${sha256.slice(0, 12)})`],
  };
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
