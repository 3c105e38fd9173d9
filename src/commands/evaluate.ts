/**
 * `facecls evaluate`: predictions against labels.
 *
 * Labels without a prediction and predictions without a label do not make the run incomplete: the
 * exit code is 0, they are counted in the summary and in `metrics.json`, and listed in
 * `unmatched.csv`. Labels and predictions that have nothing in common are exit code 2.
 */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { drawCalibration } from '../analysis/evaluate/calibration-picture.js';
import { drawConfusion } from '../analysis/evaluate/confusion-picture.js';
import { type Evaluation, evaluate } from '../analysis/evaluate/evaluation.js';
import { type LabelTable, parseLabels } from '../analysis/evaluate/labels.js';
import {
  type Matched,
  Matcher,
  type PredictedFace,
  type Unmatched,
} from '../analysis/evaluate/match.js';
import type { ClassMetrics, Metrics } from '../analysis/evaluate/metrics.js';
import {
  classTable,
  figure,
  groupTable,
  temperatureTable,
  withInterval,
} from '../analysis/evaluate/table.js';
import {
  fitTemperature,
  PROBABILITY_FLOOR,
  TEMPERATURE_RANGE,
  type TemperatureFit,
} from '../analysis/evaluate/temperature.js';
import { wilsonInterval } from '../analysis/wilson.js';
import { CLASS_NAMES } from '../classify/labels.js';
import type { CommandResult } from '../cli/command.js';
import { createProgress } from '../cli/progress.js';
import { plural } from '../cli/summary.js';
import { AtomicFile, commitAll, writeFileAtomic } from '../files/atomic.js';
import { csvRecord } from '../files/csv.js';
import { UserError } from '../files/errors.js';
import { fileErrorReason } from '../files/file-errors.js';
import { createOutputFolder } from '../files/output-folder.js';
import { packageVersion } from '../files/package.js';
import { pathLine } from '../files/paths.js';
import type { OptionsOf } from '../options/table.js';
import { readPredictionBatches } from '../outputs/read-predictions.js';

type Options = OptionsOf<'evaluate'>;

export async function execute(options: Options): Promise<CommandResult> {
  if (options.predictions === '-' && options.labels === '-') {
    throw new UserError(
      '--predictions and --labels: both are standard input; give the name of a file for one of them',
    );
  }
  const groupColumns = [...new Set(options.group_column ?? [])];
  const table = parseLabels(
    await readLabels(options.labels),
    labelsName(options),
    { path: options.path_column, label: options.label_column, groups: groupColumns },
    CLASS_NAMES,
  );
  await createOutputFolder('--output_dir', options.output_dir);
  const inFolder = (name: string) => path.join(options.output_dir, name);
  const listing = await AtomicFile.create(inFolder('unmatched.csv'));
  try {
    const matched = await match(table, options, listing);
    const groups = groupColumns.map((column, k): [string, string[]] => [
      column,
      matched.rows.map((row) => row.groups[k]),
    ]);
    const evaluation = evaluate(matched.samples, new Map(groups), CLASS_NAMES);
    const fit = options.fit_temperature ? fitted(options, matched) : undefined;
    const record = recordOf(options, table, matched, evaluation, fit);
    await writeFileAtomic(inFolder('confusion.csv'), confusionCsv(evaluation));
    await drawPictures(evaluation, inFolder);
    await writeFileAtomic(inFolder('metrics.json'), `${JSON.stringify(record, null, 2)}\n`);
    await commitAll([listing]);
    return { summary: summaryOf(options, matched, evaluation, fit), record, failed: 0 };
  } catch (error) {
    await listing.discard();
    throw error;
  }
}

async function readLabels(file: string): Promise<Buffer> {
  try {
    return await (file === '-' ? buffer(process.stdin) : readFile(file));
  } catch (error) {
    throw new UserError(
      `--labels ${file}: ${fileErrorReason(error)}; give a CSV file with a header, \`path,label\``,
    );
  }
}

/** What messages call the file. */
function labelsName({ labels }: Options): string {
  return labels === '-' ? 'standard input' : labels;
}

/** Reads the predictions, and lists what has no counterpart. @throws UserError where nothing has one */
async function match(
  { rows }: LabelTable,
  options: Options,
  listing: AtomicFile,
): Promise<Matched> {
  const matcher = new Matcher(rows, labelsName(options), CLASS_NAMES);
  const list = (row: Unmatched) =>
    listing.write(csvRecord([row.source, row.line, row.path, row.label, row.reason]));
  await listing.write(csvRecord(['source', 'line', 'path', 'label', 'reason']));
  const progress = await createProgress({
    quiet: options.quiet ?? false,
    unit: 'predictions',
    name: 'evaluate',
  });
  let first: PredictedFace | undefined;
  let count = 0;
  try {
    for await (const batch of readPredictionBatches(options.predictions, CLASS_NAMES)) {
      first ??= batch[0];
      for (const face of batch) {
        const unmatched = matcher.add(face);
        if (unmatched !== undefined) await list(unmatched);
      }
      count += batch.length;
      progress.update(count, 0);
    }
    const matched = matcher.finish();
    for (const row of matched.unmatched) await list(row);
    if (matched.samples.length === 0) throw nothingInCommon(options, rows, matched, first);
    if (matched.unknownLabels.size > 0) progress.warn(unknownLabelWarning(options, matched));
    return matched;
  } finally {
    progress.stop();
  }
}

function nothingInCommon(
  options: Options,
  rows: LabelTable['rows'],
  matched: Matched,
  face: PredictedFace | undefined,
): UserError {
  const { predictions } = options;
  const labels = labelsName(options);
  if (face === undefined) {
    return new UserError(`--predictions ${predictions}: holds no prediction; give another file`);
  }
  if (matched.predictions.unknown_label > 0) {
    return new UserError(
      `--labels ${labels}: no label that matches a prediction is one of ${CLASS_NAMES.join(', ')}, but ${names(matched)}; choose another column with --label_column, or rename them`,
    );
  }
  const [label, prediction] = matched.unmatched.filter(({ reason }) => reason === 'ambiguous');
  if (label !== undefined && prediction !== undefined) {
    return new UserError(
      `--labels ${labels}: the only labels that match, like ${label.path}, match several predictions each; give their folders too, as in ${prediction.path}`,
    );
  }
  return new UserError(
    `no label matches a prediction: ${labels} has ${pathLine(rows[0].path)}, ${predictions} has ${pathLine(face.path)}; ` +
      'a label needs the path of a prediction or the end of it, from a folder on: choose its column with --path_column, or correct the paths',
  );
}

function unknownLabelWarning(options: Options, matched: Matched): string {
  return `${labelsName(options)}: ${plural(matched.labels.unknown_label, 'row')} left out, whose label is not one of ${CLASS_NAMES.join(', ')}: ${names(matched)}`;
}

/** `"Middle Eastern" 1209, "asian" 3 (Asian but for its case), ...`, most frequent first. */
function names({ unknownLabels }: Matched): string {
  const sorted = [...unknownLabels].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 5).map(([name, count]) => {
    const meant = CLASS_NAMES.find((known) => known.toLowerCase() === name.toLowerCase());
    const hint = meant === undefined ? '' : ` (${meant} but for its case)`;
    return `${JSON.stringify(name)} ${count}${hint}`;
  });
  return shown.join(', ') + (sorted.length > 5 ? ', ...' : '');
}

/** @throws UserError where the predictions have no probabilities, or no temperature suits them */
function fitted({ predictions }: Options, { samples, probabilities }: Matched): TemperatureFit {
  const scaled = samples.map(({ truth, predicted }, i) => {
    const shares = probabilities[i];
    if (shares !== undefined) return { truth, predicted, probabilities: shares };
    throw new UserError(
      `--fit_temperature: ${predictions} has no probabilities; give predictions.csv or predictions.jsonl`,
    );
  });
  const fit = fitTemperature(scaled);
  if (fit.kind === 'fitted') return fit;
  const { least, most } = TEMPERATURE_RANGE;
  const why = {
    too_low: `the best would be below ${least}, as where all predictions are right`,
    too_high: `the best would be above ${most}, as where predictions are no better than chance`,
  };
  throw new UserError(
    `--fit_temperature: no temperature suits ${plural(samples.length, 'face')}: ${why[fit.kind]}; give more labels, or leave it out`,
  );
}

function recordOf(
  options: Options,
  table: LabelTable,
  matched: Matched,
  evaluation: Evaluation,
  fit: TemperatureFit | undefined,
): object {
  return {
    command: 'evaluate',
    version: packageVersion(),
    predictions: options.predictions,
    labels: options.labels,
    path_column: table.pathColumn,
    label_column: table.labelColumn,
    class_names: CLASS_NAMES,
    counts: {
      labels: matched.labels,
      predictions: matched.predictions,
      unknown_labels: Object.fromEntries(matched.unknownLabels),
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
function confusionCsv({ confusion }: Metrics): string {
  const rows = confusion.map((counts, k) => csvRecord([CLASS_NAMES[k], ...counts]));
  return csvRecord(['label', ...CLASS_NAMES]) + rows.join('');
}

async function drawPictures(
  { n, accuracy, confusion, calibration }: Metrics,
  inFolder: (name: string) => string,
): Promise<void> {
  const faces = `${n.toLocaleString('en-US')} ${n === 1 ? 'face' : 'faces'}`;
  const heatMap = await drawConfusion({
    title: `Confusion matrix: ${faces}, accuracy ${(100 * (accuracy ?? 0)).toFixed(1)} %`,
    classNames: CLASS_NAMES,
    counts: confusion,
  });
  await writeFileAtomic(inFolder('confusion_matrix.png'), heatMap);
  if (calibration === null) {
    // One of an earlier run would speak of this one.
    await rm(inFolder('calibration.png'), { force: true });
    return;
  }
  const plot = await drawCalibration({
    title: `Calibration: ${faces}, expected calibration error ${figure(calibration.ece)}`,
    bins: calibration.bins.map((bin) => ({
      ...bin,
      interval: wilsonInterval(bin.correct, bin.count),
    })),
  });
  await writeFileAtomic(inFolder('calibration.png'), plot);
}

function summaryOf(
  options: Options,
  { labels, predictions }: Matched,
  evaluation: Evaluation,
  fit: TemperatureFit | undefined,
): string {
  const { n, accuracy, accuracyInterval, balancedAccuracy, calibration, groups } = evaluation;
  const figures = [
    `accuracy                    ${withInterval(accuracy, accuracyInterval)}`,
    `balanced accuracy           ${figure(balancedAccuracy)}`,
  ];
  if (calibration) figures.push(`expected calibration error  ${figure(calibration.ece)}`);
  const leftOut = [
    [labels.no_prediction, 'label', ' without a prediction'],
    [labels.unknown_label, 'unknown label', ''],
    [labels.ambiguous, 'ambiguous label', ''],
    [labels.repeated, 'repeated label', ''],
    [predictions.no_label, 'prediction', ' without a label'],
    [predictions.further_face, 'further face', ''],
    [predictions.repeated, 'repeated prediction', ''],
  ] as const;
  const line = [
    `evaluate: ${plural(n, 'face')}`,
    `accuracy ${(accuracy ?? 0).toFixed(4)}`,
    ...leftOut
      .filter(([count]) => count > 0)
      .map(([count, noun, rest]) => plural(count, noun) + rest),
    `results in ${options.output_dir}`,
  ].join(', ');
  const tables = Object.entries(groups).map(([column, grouping]) => groupTable(column, grouping));
  const temperature = fit === undefined ? [] : [temperatureTable(fit)];
  return [classTable(evaluation), figures.join('\n'), ...temperature, ...tables, line].join('\n\n');
}
