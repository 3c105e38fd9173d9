/** What `metrics.json` and `confusion.csv` say. */

import { packageVersion } from '../../files/package.js';
import { csvRecord } from '../../files/text/csv.js';
import type { Cutting } from '../composition/cutting.js';
import type { Evaluation } from './evaluation.js';
import type { LabelTable } from './labels/labels.js';
import type { Matched } from './match.js';
import type { ClassMetrics, Metrics } from './metrics.js';
import { PROBABILITY_FLOOR, type TemperatureFit } from './temperature.js';

/** What was compared with what. */
export interface Comparison {
  /** Both files as they were given. */
  readonly predictions: string;
  readonly labels: string;
  /** Labels with the class that they stand for, null where they are left out; null without a map. */
  readonly labelMap: Readonly<Record<string, string | null>> | null;
  readonly classNames: readonly string[];
  readonly table: LabelTable;
  readonly matched: Matched;
  readonly evaluation: Evaluation;
  readonly fit: TemperatureFit | undefined;
  readonly origin: Origin;
}

/** What is known of how the predictions came about. */
export interface Origin {
  /** Null where no record tells. */
  readonly modelSha256: string | null;
  readonly cutting: Cutting | null;
  /** The file; null where there is none. */
  readonly manifest: string | null;
  /** By class [photographs with a face, photographs]. */
  readonly detection: Readonly<Record<string, readonly [number, number]>> | null;
}

export function metricsRecord(comparison: Comparison): object {
  const { predictions, labels, labelMap, classNames, table, matched, evaluation, fit, origin } =
    comparison;
  return {
    command: 'evaluate',
    version: packageVersion(),
    predictions,
    labels,
    manifest: origin.manifest,
    model_sha256: origin.modelSha256,
    made_with: origin.cutting,
    detection: origin.detection,
    path_column: table.pathColumn,
    label_column: table.labelColumn,
    label_map: labelMap,
    class_names: classNames,
    counts: {
      labels: matched.labels,
      predictions: matched.predictions,
      unknown_labels: Object.fromEntries(matched.unknownLabels),
      left_out_labels: Object.fromEntries(matched.leftOutLabels),
      unknown_groups: table.unknownGroups,
      empty_rows: table.emptyRows,
      trimmed_paths: matched.trimmedPaths,
      trimmed_labels: table.trimmedLabels,
    },
    ...figuresRecord(evaluation),
    confusion_by_confidence: evaluation.confusionByConfidence,
    ...(fit === undefined ? {} : { temperature_fit: fitRecord(fit) }),
    groups: mapValues(evaluation.groups, ({ groups, gaps }) => ({
      groups: mapValues(groups, ({ small, ...figures }) => ({ ...figuresRecord(figures), small })),
      gaps: { accuracy: gaps.accuracy, balanced_accuracy: gaps.balancedAccuracy },
    })),
  };
}

/** Figures by their names in `metrics.json`. */
function figuresRecord({ n, accuracy, confusion, classes, calibration, ...rest }: Metrics): object {
  return {
    n,
    accuracy,
    accuracy_interval: rest.accuracyInterval,
    balanced_accuracy: rest.balancedAccuracy,
    classes: mapValues(classes, classRecord),
    confusion,
    expected_calibration_error: calibration?.ece ?? null,
    calibration_bins: calibration?.bins ?? null,
  };
}

function classRecord(figures: ClassMetrics): object {
  const { precision, precisionInterval, recall, recallInterval, ...rest } = figures;
  return {
    precision,
    precision_interval: precisionInterval,
    recall,
    recall_interval: recallInterval,
    ...rest,
  };
}

function mapValues<T>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => object,
): Record<string, object> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function fitRecord(fit: TemperatureFit): object {
  return {
    temperature: fit.temperature,
    n: fit.n,
    floored: fit.floored,
    probability_floor: PROBABILITY_FLOOR,
    negative_log_likelihood: fit.negativeLogLikelihood,
    expected_calibration_error: fit.expectedCalibrationError,
  };
}

/** Rows are the truth, columns the prediction. */
export function confusionCsv({ confusion }: Metrics, classNames: readonly string[]): string {
  const rows = confusion.map((counts, k) => csvRecord([classNames[k], ...counts]));
  return csvRecord(['label', ...classNames]) + rows.join('');
}
