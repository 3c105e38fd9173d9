/** Sentences on labels and predictions that do not fit each other. */
import { UserError } from '../../files/errors.js';
import { parsePathLine } from '../../files/paths.js';
import { plural } from '../../files/plural.js';
import { quoted } from '../../files/shown.js';
import { shownPath } from '../../files/shown-path.js';
import type { LabelRow } from './labels.js';
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
      `--labels ${labels}: no label that matches a prediction is one of ${classNames.join(', ')}, but ${unknown(matched, classNames)}; choose another column with --label_column, or rename them`,
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

export function unknownLabelWarning({ labels, classNames }: Compared, matched: Matched): string {
  const rows = plural(matched.labels.unknown_label, 'row');
  return `${labels}: ${rows} left out, whose label is not one of ${classNames.join(', ')}: ${unknown(matched, classNames)}`;
}

/** `"Middle Eastern" 1209, "asian" 3 (Asian but for its case), ...`, most frequent first. */
function unknown({ unknownLabels }: Matched, classNames: readonly string[]): string {
  const sorted = [...unknownLabels].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 5).map(([name, count]) => {
    const meant = classNames.find((known) => known.toLowerCase() === name.toLowerCase());
    const hint = meant === undefined ? '' : ` (${meant} but for its case)`;
    return `${quoted(name)} ${count}${hint}`;
  });
  return shown.join(', ') + (sorted.length > 5 ? ', ...' : '');
}
