/** Sentences on labels and predictions that do not fit each other. */
import { UserError } from '../../files/errors.js';
import { parsePathLine } from '../../files/paths.js';
import { plural } from '../../files/text/plural.js';
import { quoted, shown } from '../../files/text/shown.js';
import { shownPath } from '../../files/text/shown-path.js';
import type { LabelRow, LabelTable } from './labels/labels.js';
import { isSpreadsheetDate } from './labels/spreadsheet-date.js';
import type { Matched, PredictedFace } from './match.js';

/** The files that were compared, and the classes of the predictions. */
export interface Compared {
  /** What messages call the labels. */
  readonly labels: string;
  readonly predictions: string;
  readonly classNames: readonly string[];
}

/** @param face the first prediction */
export function nothingInCommon(
  { labels, predictions, classNames }: Compared,
  rows: readonly LabelRow[],
  matched: Matched,
  face: PredictedFace | undefined,
): UserError {
  if (face === undefined) {
    return new UserError(
      `--predictions ${shownPath(predictions)}: holds no prediction; give another file`,
    );
  }
  if (matched.predictions.unknown_label > 0) {
    return new UserError(
      `--labels ${labels}: no label that matches a prediction is one of ${classNames.join(', ')}, but ${frequent(matched.unknownLabels)}; choose another column with --label_column, or say with --label_map which classes they stand for`,
    );
  }
  if (matched.predictions.left_out > 0) {
    return new UserError(
      `--label_map: leaves out all labels that match a prediction: ${frequent(matched.leftOutLabels)}; map one to a class`,
    );
  }
  if (matched.predictions.empty_label > 0) {
    return new UserError(
      `--labels ${labels}: all labels that match a prediction are empty; choose another column with --label_column`,
    );
  }
  const [label, prediction] = matched.unmatched.filter(({ reason }) => reason === 'ambiguous');
  if (label !== undefined && prediction !== undefined) {
    return new UserError(
      `--labels ${labels}: the only labels that match, like ${shownPath(parsePathLine(label.path))}, match several predictions each; give their folders too, as in ${shownPath(parsePathLine(prediction.path))}`,
    );
  }
  return new UserError(
    `no label matches a prediction: ${labels} has ${shownPath(rows[0].path)}, ${shownPath(predictions)} has ${shownPath(face.path)}; ` +
      'a label needs the path of a prediction or the end of it, from a folder on: choose its column with --path_column, or correct the paths',
  );
}

/** What is to be said of labels that were read otherwise than they stand there, or not used. */
export function labelWarnings(
  { labels, classNames }: Compared,
  table: LabelTable,
  matched: Matched,
): string[] {
  const warnings: string[] = [];
  if (matched.unknownLabels.size > 0) {
    const rows = plural(matched.labels.unknown_label, 'row');
    warnings.push(
      `${labels}: ${rows} left out, whose label is not one of ${classNames.join(', ')}: ${frequent(matched.unknownLabels)}; --label_map says which classes they stand for`,
    );
  }
  const trimmed = [
    [matched.trimmedPaths, 'path'],
    [table.trimmedLabels, 'label'],
  ] as const;
  const spaces = trimmed.flatMap(([count, noun]) => (count > 0 ? [plural(count, noun)] : []));
  if (spaces.length > 0) {
    warnings.push(`${labels}: spaces around ${spaces.join(' and ')} do not count`);
  }
  for (const [column, values] of Object.entries(table.unknownGroups)) {
    warnings.push(datesWarning(labels, column, new Map(Object.entries(values))));
  }
  return warnings;
}

/** @param counts how often each value of the column occurs that was another before */
export function datesWarning(
  file: string,
  column: string,
  counts: ReadonlyMap<string, number>,
): string {
  const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return `${file}: ${plural(rows, 'row')} left out of the groups of ${shown(column)}, whose value a spreadsheet has turned into a date: ${frequent(counts)}; take the file as it was before`;
}

/** Share of the labels that may be of no class. */
const UNKNOWN_LABELS_ALLOWED = 0.1;

/** Labels that are of no class, and are not left out on purpose. */
export interface UnknownLabels {
  readonly unknown: number;
  /** Labels that are there: neither empty nor repeated. */
  readonly of: number;
  /** Whether they are more than a tenth: figures of the rest say little about these labels. */
  readonly tooMany: boolean;
}

export function unknownLabels({ labels }: Matched): UnknownLabels {
  const { evaluated, no_prediction, unknown_label: unknown, left_out, ambiguous } = labels;
  const of = evaluated + no_prediction + unknown + left_out + ambiguous;
  return { unknown, of, tooMany: unknown > of * UNKNOWN_LABELS_ALLOWED };
}

/** `"Middle Eastern" 1209, "9-March" 3 (a date that a spreadsheet made), ...`, most frequent first. */
function frequent(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const first = sorted.slice(0, 5).map(([name, count]) => {
    const hint = isSpreadsheetDate(name) ? ' (a date that a spreadsheet made)' : '';
    return `${quoted(name)} ${count}${hint}`;
  });
  return first.join(', ') + (sorted.length > 5 ? ', ...' : '');
}
