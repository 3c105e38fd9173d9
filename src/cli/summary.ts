/** The summary line of a command, and pieces of it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Counts } from '../batch/counts.js';
import { type Results, recordName } from '../batch/results.js';
import { isCount } from '../files/text/json.js';
import { plural } from '../files/text/plural.js';
import { shown } from '../files/text/shown.js';
import { shownPath } from '../files/text/shown-path.js';
import { endingsText, type Found } from '../inputs/found.js';
import type { ClassifierSource, ModelRecord } from '../models/models.js';
import type { CommonOptions } from '../options/options.js';
import type { CommandResult } from './command.js';
import { printText } from './terminal.js';

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
    ...unfitIndexNote(found),
  ];
}

function unfitIndexNote({ unfitIndexes, firstUnfitIndex: first }: Found): string[] {
  if (first === undefined) return [];
  const { archive, entries, records } = first;
  const says =
    entries === undefined
      ? 'it is no index'
      : entries === records
        ? 'it names other places'
        : `it names ${plural(entries, 'record')}, and ${records} were read`;
  const isLonger = entries !== undefined && entries > records;
  const remedy = isLonger ? 'see whether the file was cut' : 'the headers in the file were taken';
  const others = unfitIndexes > 1 ? `; so it is with ${unfitIndexes - 1} more` : '';
  const named = `the index (.idx) beside ${shownPath(archive)}`;
  return [`${named} does not fit it: ${says}; ${remedy}${others}`];
}

/** What is to be said of images that are nearly black for want of bits. */
export function twelveBitNote({ twelveBit }: Counts): string | undefined {
  if (twelveBit === 0) return undefined;
  return `${plural(twelveBit, 'image')} with 16-bit samples below 4096, as of 12 bits, taken as they are and so nearly black: multiply them by 16`;
}

/** What is to be said of crops whose photographs are gone: what reads the folder takes them for faces of this run. */
export function leftCropsNote({ leftCrops }: Counts): string | undefined {
  if (leftCrops === 0) return undefined;
  return `${plural(leftCrops, 'crop')} left of photographs that are gone or could not be read now: move them away, or replace all results by --overwrite`;
}

/** With --debug, says how long a checkpoint took to convert. */
export function tellConversion(
  { conversionTime, model }: ClassifierSource,
  { debug }: CommonOptions,
): void {
  if (!debug || conversionTime === undefined) return;
  printText(`${shownPath(model.path)}: converted in ${Math.round(conversionTime)} ms`);
}

/** What is to be said of the faces that `align` and `run` found. */
export function faceCounts({ faces, overlapping, noFace }: Counts): string[] {
  return [
    plural(faces, 'face'),
    ...(overlapping > 0 ? [`${overlapping} of them overlap a better one`] : []),
    `${noFace} without a face`,
  ];
}

/** The parts of the summary of `infer` and `run`. */
export function predictionSummary(
  { seen, failed, finishedBefore, classes }: Counts,
  model: ModelRecord,
  /** Of one command alone. */
  notes: readonly string[] = [],
  /** What the counts of classes are of, where it is not the images. */
  counted = '',
): { before: string[]; after: string[] } {
  return {
    before: [
      plural(seen, 'image'),
      ...notes,
      classCounts(classes) + counted,
      ...(finishedBefore > 0 ? [`${finishedBefore} finished before`] : []),
      `${failed} failed${failed > 0 ? ' (failed.txt)' : ''}`,
    ],
    after: [`model ${shownPath(path.basename(model.path))} (${modelFacts(model).join(', ')})`],
  };
}

function modelFacts({ sha256, outputKind, dividedBySum, ...chosen }: ModelRecord): string[] {
  return [
    `sha256 ${sha256.slice(0, 12)}`,
    ...(outputKind === 'probabilities' ? ['outputs taken as probabilities'] : []),
    ...(dividedBySum ? ['divided by their sum'] : []),
    ...weightsTaken(chosen),
  ];
}

/** How many networks that were passed over a line names. */
const MOST_NAMES = 3;

/** `weights model, not model_ema`; nothing where a checkpoint holds one network. */
export function weightsTaken({
  weights,
  passedOver = [],
}: Pick<ModelRecord, 'weights' | 'passedOver'>): string[] {
  if (weights === undefined) return [];
  const names = passedOver.slice(0, MOST_NAMES).map(shown);
  const more = passedOver.length - names.length;
  const others = names.length > 0 ? `, not ${names.join(' or ')}` : '';
  return [`weights ${shown(weights)}${others}${more > 0 ? ` or ${more} more` : ''}`];
}

/** What is to be said where an earlier run has done everything. */
export async function finishedBefore({ command, folder }: Results): Promise<CommandResult> {
  const record = JSON.parse(await readFile(path.join(folder, recordName(command)), 'utf8'));
  const counts = record.counts ?? {};
  const parts = recordedCounts(counts).join(', ');
  return {
    summary: `${command}: finished before, nothing to do: ${parts}; the inputs were not compared with those of that run; results in ${shownPath(folder)}`,
    record: { ...record, results: folder, inputs_compared: false },
    failed: isCount(counts.failed) ? counts.failed : 0,
  };
}

/** What a record says of counts, in words. It is not trusted: what is no count is left out. */
function recordedCounts({ seen, faces, no_face: noFace, classes, failed }: RecordedCounts) {
  const ofClasses = Object.entries(classes ?? {}).filter(([, count]) => isCount(count));
  return [
    ...(isCount(seen) ? [plural(seen, 'image')] : []),
    ...(isCount(faces) ? [plural(faces, 'face')] : []),
    ...(isCount(noFace) ? [`${noFace} without a face`] : []),
    ...ofClasses.slice(0, MOST_CLASSES).map(([name, count]) => `${shown(name)} ${count}`),
    ...(isCount(failed) ? [`${failed} failed`] : []),
  ];
}

type RecordedCounts = Readonly<
  Partial<Record<'seen' | 'faces' | 'no_face' | 'classes' | 'failed', unknown>>
>;

/** No results have more. */
const MOST_CLASSES = 100;
