/**
 * `facecls evaluate`: predictions against labels.
 *
 * Labels without a prediction and predictions without a label do not make the run incomplete: the
 * exit code is 0, they are counted in the summary and in `metrics.json`, and listed in
 * `unmatched.csv`. Labels of which more than a tenth are of no class are exit code 3, labels and predictions that have
 * nothing in common 2.
 */
import { type Evaluated, EvaluateInputs } from '../analysis/evaluate/evaluate-files.js';
import { unknownLabels } from '../analysis/evaluate/no-match.js';
import {
  classTable,
  figure,
  groupTable,
  temperatureTable,
  withInterval,
} from '../analysis/evaluate/table.js';
import type { CommandResult } from '../cli/command.js';
import { runAnalysis } from '../cli/run-analysis.js';
import { plural } from '../cli/summary.js';
import { UserError } from '../files/errors.js';
import { shownPath } from '../files/text/shown-path.js';
import type { OptionsOf } from '../options/table.js';

type Options = OptionsOf<'evaluate'>;

export async function execute(options: Options): Promise<CommandResult> {
  const { predictions, labels, output_dir: folder } = options;
  if (predictions === '-' && labels === '-') {
    throw new UserError(
      '--predictions and --labels: both are standard input; give the name of a file for one of them',
    );
  }
  const columns = {
    path: options.path_column,
    label: options.label_column,
    groups: [...new Set(options.group_column ?? [])],
  };
  const inputs = await EvaluateInputs.open({
    ...{ predictions, labels, columns, labelMap: options.label_map },
    fitTemperature: options.fit_temperature ?? false,
    manifest: options.manifest,
  });
  try {
    const evaluated = await runAnalysis('evaluate', options, (place, events) =>
      inputs.writeResults(place, events),
    );
    const { record, matched } = evaluated;
    const { unknown, tooMany } = unknownLabels(matched);
    return { summary: summaryOf(folder, evaluated), record, failed: tooMany ? unknown : 0 };
  } finally {
    await inputs.close();
  }
}

function summaryOf(folder: string, { matched, evaluation, fit }: Evaluated): string {
  const { labels, predictions } = matched;
  const { n, accuracy, accuracyInterval, balancedAccuracy, calibration, groups } = evaluation;
  const { unknown, of, tooMany } = unknownLabels(matched);
  const figures = [
    `accuracy                    ${withInterval(accuracy, accuracyInterval)}`,
    `balanced accuracy           ${figure(balancedAccuracy)}`,
  ];
  if (calibration) figures.push(`expected calibration error  ${figure(calibration.ece)}`);
  const leftOut = [
    [labels.no_prediction, 'label', ' without a prediction'],
    [tooMany ? 0 : unknown, 'unknown label', ''],
    [labels.left_out, 'label', ' left out'],
    [labels.empty_label, 'empty label', ''],
    [labels.ambiguous, 'ambiguous label', ''],
    [labels.repeated, 'repeated label', ''],
    [predictions.no_label, 'prediction', ' without a label'],
    [predictions.further_face, 'further face', ''],
    [predictions.repeated, 'repeated prediction', ''],
  ] as const;
  const line = [
    `evaluate: ${plural(n, 'face')}`,
    ...(tooMany ? [`${unknown} of ${plural(of, 'label')} of no class`] : []),
    `accuracy ${(accuracy ?? 0).toFixed(4)}`,
    ...leftOut
      .filter(([count]) => count > 0)
      .map(([count, noun, rest]) => plural(count, noun) + rest),
    `results in ${shownPath(folder)}`,
  ].join(', ');
  const tables = Object.entries(groups).map(([column, grouping]) => groupTable(column, grouping));
  if (fit) tables.push(temperatureTable(fit));
  return [classTable(evaluation), figures.join('\n'), ...tables, line].join('\n\n');
}
