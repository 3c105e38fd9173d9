/** A file of predictions against a file of labels: figures, and files of results. */
import type { AtomicFile } from '../../files/atomic.js';
import { csvRecord } from '../../files/text/csv.js';
import { shownPath } from '../../files/text/shown-path.js';
import { readManifest } from '../../outputs/read-manifest.js';
import { openPredictions, type PredictionsFile } from '../../outputs/read-predictions.js';
import { cuttingOf } from '../composition/cutting.js';
import type { AnalysisEvents } from '../events.js';
import type { ResultKind } from '../own-results.js';
import { ResultFiles, type ResultPlace } from '../result-files.js';
import {
  type FoundManifest,
  findManifest,
  findPredictions,
  predictionsFile,
} from '../results/find-predictions.js';
import { DetectionCounts } from './detection.js';
import { type Evaluation, evaluate } from './evaluation.js';
import { fittedTemperature } from './fitted-temperature.js';
import { LabelMeanings } from './labels/label-map.js';
import { type LabelColumns, type LabelTable, parseLabels } from './labels/labels.js';
import { readLabelMap } from './labels/read-label-map.js';
import { labelsName, readLabels } from './labels/read-labels.js';
import { type Matched, Matcher, type PredictedFace, type Unmatched } from './match.js';
import { type Compared, labelWarnings, nothingInCommon } from './no-match.js';
import { calibrationPicture, confusionPicture } from './pictures.js';
import { confusionCsv, metricsRecord, type Origin } from './record.js';
import type { TemperatureFit } from './temperature.js';

const NAMES = ['unmatched.csv', 'confusion.csv', 'confusion_matrix.png', 'calibration.png'];

/** The results of `facecls evaluate`. */
const EVALUATE_RESULTS: ResultKind = {
  command: 'evaluate',
  record: 'metrics.json',
  namesOf: () => NAMES,
};

/** What is compared. */
export interface EvaluateRequest {
  /** Files; `-` is standard input, for one of them. */
  readonly predictions: string;
  readonly labels: string;
  readonly columns: LabelColumns;
  /** `White=Caucasian,...`, `fairface` or a file; undefined where classes stand for themselves alone. */
  readonly labelMap: string | undefined;
  readonly fitTemperature: boolean;
  /** Of the photographs; by default the one that goes with the predictions. */
  readonly manifest: string | undefined;
}

/** What came of it. */
export interface Evaluated {
  readonly matched: Matched;
  readonly evaluation: Evaluation;
  /** Where it was asked for. */
  readonly fit: TemperatureFit | undefined;
  /** `metrics.json` */
  readonly record: object;
}

/** Predictions and labels that can be read, not compared yet. */
export class EvaluateInputs {
  private constructor(
    private readonly request: EvaluateRequest,
    private readonly table: LabelTable,
    private readonly meanings: LabelMeanings,
    private readonly predictions: PredictionsFile,
  ) {}

  /** @throws UserError for a file that cannot be read, or lacks a column */
  static async open(asked: EvaluateRequest): Promise<EvaluateInputs> {
    const request = { ...asked, predictions: await predictionsFile(asked.predictions) };
    const { labelMap } = request;
    const mappings = labelMap === undefined ? [] : await readLabelMap(labelMap);
    const labels = await readLabels(request.labels);
    const predictions = await openPredictions(request.predictions);
    try {
      const name = labelsName(request.labels);
      const meanings = new LabelMeanings(predictions.classNames, mappings);
      const table = parseLabels(labels, name, request.columns, predictions.classNames);
      return new EvaluateInputs(request, table, meanings, predictions);
    } catch (error) {
      await predictions.close();
      throw error;
    }
  }

  /**
   * Writes `unmatched.csv`, `confusion.csv`, the pictures and `metrics.json`. To be called once.
   *
   * @throws UserError where no label matches a prediction, a line is malformed, or other files are in the way; then no
   *   file is changed
   */
  async writeResults(place: ResultPlace, events: AnalysisEvents): Promise<Evaluated> {
    const { classNames } = this.predictions;
    return ResultFiles.write(place, EVALUATE_RESULTS, async (files) => {
      await files.claim(NAMES);
      const matched = await this.match(await files.open('unmatched.csv'), events);
      const groups = this.request.columns.groups.map(
        (column, k): [string, (string | undefined)[]] => [
          column,
          matched.rows.map((row) => row.groups[k]),
        ],
      );
      const evaluation = evaluate(matched.samples, new Map(groups), classNames);
      const { table } = this;
      const fit = this.request.fitTemperature
        ? fittedTemperature(this.request.predictions, matched)
        : undefined;
      const origin = await this.origin(events);
      const record = metricsRecord({
        ...{ ...this.request, labelMap: this.meanings.record },
        ...{ classNames, table, matched, evaluation, fit, origin },
      });
      await files.put('confusion.csv', confusionCsv(evaluation, classNames));
      await files.put('confusion_matrix.png', await confusionPicture(evaluation, classNames));
      const plot = await calibrationPicture(evaluation);
      if (plot !== undefined) await files.put('calibration.png', plot);
      return { matched, evaluation, fit, record };
    });
  }

  close(): Promise<void> {
    return this.predictions.close();
  }

  /** What goes with the predictions: how they were made, and in which photographs a face was found. */
  private async origin(events: AnalysisEvents): Promise<Origin> {
    const found = await findPredictions(this.request.predictions);
    const manifest = await findManifest(this.request.manifest, found);
    return {
      modelSha256: found.record?.modelSha256 ?? null,
      cutting: cuttingOf(found.record?.madeWith) ?? cuttingOf(manifest?.record?.madeWith) ?? null,
      manifest: manifest?.file ?? null,
      detection: manifest === undefined ? null : await this.detection(manifest, events),
    };
  }

  private async detection(
    { file }: FoundManifest,
    events: AnalysisEvents,
  ): Promise<Origin['detection']> {
    const counts = new DetectionCounts(this.table.rows, this.predictions.classNames, this.meanings);
    for await (const photograph of readManifest(file)) counts.add(photograph);
    const detection = counts.finish();
    if (detection === null) {
      events.warn(
        `${shownPath(file)}: no label is of a photograph in it, so how often faces are found is not known`,
      );
    }
    return detection;
  }

  /** Reads the predictions, and lists what has no counterpart. */
  private async match(listing: AtomicFile, events: AnalysisEvents): Promise<Matched> {
    const { classNames, batches } = this.predictions;
    const labels = labelsName(this.request.labels);
    const matcher = new Matcher(this.table.rows, labels, classNames, this.meanings);
    const list = (row: Unmatched) =>
      listing.write(csvRecord([row.source, row.line, row.path, row.label, row.reason]));
    await listing.write(csvRecord(['source', 'line', 'path', 'label', 'reason']));
    let first: PredictedFace | undefined;
    let count = 0;
    for await (const batch of batches) {
      first ??= batch[0];
      for (const face of batch) {
        const unmatched = matcher.add(face);
        if (unmatched !== undefined) await list(unmatched);
      }
      count += batch.length;
      events.progress(count);
    }
    const matched = matcher.finish();
    for (const row of matched.unmatched) await list(row);
    const compared: Compared = { labels, predictions: this.request.predictions, classNames };
    if (matched.samples.length === 0) {
      throw nothingInCommon(compared, this.table.rows, matched, first);
    }
    for (const warning of labelWarnings(compared, this.table, matched)) events.warn(warning);
    return matched;
  }
}
