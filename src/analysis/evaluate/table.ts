/** Figures as text for people: aligned columns, three decimals, `-` for what is not defined. */

import { shown } from '../../files/text/shown.js';
import type { Interval } from '../wilson.js';
import { type Grouping, SMALL_GROUP } from './groups.js';
import type { Metrics } from './metrics.js';
import { PROBABILITY_FLOOR, type TemperatureFit } from './temperature.js';

/** More groups are only in metrics.json: a column of names would fill the screen. */
const MOST_GROUPS = 40;

/** Precision, recall and F1 of each class; the last line has no newline. */
export function classTable({ classes }: Metrics): string {
  return aligned([
    ['class', 'precision', 'recall', 'F1', 'support', 'predicted'],
    ...Object.entries(classes).map(([name, c]) => [
      name,
      withInterval(c.precision, c.precisionInterval),
      withInterval(c.recall, c.recallInterval),
      figure(c.f1),
      String(c.support),
      String(c.predicted),
    ]),
  ]);
}

/** Accuracy and recalls of each group, and the gaps between them. */
export function groupTable(column: string, { groups, gaps }: Grouping): string {
  const all = Object.entries(groups);
  const first = all.slice(0, MOST_GROUPS);
  const classNames = Object.keys(first[0]?.[1].classes ?? {});
  const table = aligned([
    [shown(column), 'n', 'accuracy', 'balanced', ...classNames],
    ...first.map(([name, group]) => [
      (name === '' ? '(empty)' : shown(name)) + (group.small ? ' *' : ''),
      String(group.n),
      withInterval(group.accuracy, group.accuracyInterval),
      figure(group.balancedAccuracy),
      ...classNames.map((label) => figure(group.classes[label].recall)),
    ]),
  ]);
  const notes: string[] = [];
  if (all.length > first.length) notes.push(`${all.length - first.length} more in metrics.json`);
  if (all.some(([, { small }]) => small)) {
    notes.push(`* fewer than ${SMALL_GROUP}: too few to rely on, left out of the gap`);
  }
  for (const [name, gap] of [
    ['accuracy', gaps.accuracy],
    ['balanced accuracy', gaps.balancedAccuracy],
  ] as const) {
    if (gap)
      notes.push(
        `gap in ${name} ${figure(gap.gap)}: best ${shown(gap.best)}, worst ${shown(gap.worst)}`,
      );
  }
  return [`by ${shown(column)}, with the recall of each class`, table, ...notes].join('\n');
}

/** The temperature, and what it does to the samples that it was found on. */
export function temperatureTable(fit: TemperatureFit): string {
  const { negativeLogLikelihood, expectedCalibrationError } = fit;
  const table = aligned([
    [`temperature ${fit.temperature.toFixed(4)}`, 'before', 'after'],
    ...Object.entries({
      'negative log-likelihood': negativeLogLikelihood,
      'expected calibration error': expectedCalibrationError,
    }).map(([name, { before, after }]) => [name, before.toFixed(4), after.toFixed(4)]),
  ]);
  if (fit.floored === 0) return table;
  return `${table}\n${fit.floored} probabilities below ${PROBABILITY_FLOOR} were taken for it`;
}

/** `0.782 [0.737, 0.820]` */
export function withInterval(value: number | null, interval: Interval | null): string {
  if (interval === null) return figure(value);
  return `${figure(value)} [${interval.map(figure).join(', ')}]`;
}

export function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

/** The first column to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows
    .map((row) =>
      row
        .map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k])))
        .join('  '),
    )
    .join('\n');
}
