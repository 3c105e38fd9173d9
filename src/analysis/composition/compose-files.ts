/** From results on the disk to the composition of their faces, and its files. */
import { packageVersion } from '../../files/package.js';
import { integer } from '../../files/text/plural.js';
import type { AnalysisEvents } from '../events.js';
import type { ResultKind } from '../own-results.js';
import { ResultFiles, type ResultPlace } from '../result-files.js';
import { type AuditedResults, type AuditRequest, findAudited } from '../results/audited-results.js';
import { eachFace } from '../results/each-face.js';
import { checkManifestForLargest, type FacesCounted, LeftOutFaces } from '../results/left-out.js';
import { compositionRecord } from './compose.js';
import { Correction } from './correction.js';
import { CompositionCounts } from './counts.js';
import type { Cutting } from './cutting.js';
import { compositionPage } from './page.js';
import { drawComposition } from './picture.js';
import type { CompositionRecord, Errors } from './record.js';
import { compositionTable } from './table.js';
import { faces as facesText } from './words.js';

export interface CompositionRequest extends AuditRequest {
  readonly faces: FacesCounted;
  /** Level of the intervals, above 0 and below 1. */
  readonly interval: number;
  readonly samples: number;
  readonly seed: number;
  readonly correct_detection?: boolean | undefined;
}

const NAMES = ['composition.csv', 'composition.png', 'composition.html'];

/** The results of `facecls composition`. */
const COMPOSITION_RESULTS: ResultKind = {
  command: 'composition',
  record: 'composition.json',
  namesOf: () => NAMES,
};

/** Results that can be read, with their known errors, not counted yet. */
export class CompositionInputs {
  private constructor(
    private readonly request: CompositionRequest,
    private readonly results: AuditedResults,
    private readonly errors: Errors,
  ) {}

  /** @throws UserError for what is missing, cannot be read or does not fit together */
  static async open(request: CompositionRequest): Promise<CompositionInputs> {
    const results = await findAudited(request);
    checkManifestForLargest(request.faces, results.manifest);
    return new CompositionInputs(request, results, errorsOf(results, request));
  }

  /**
   * Writes the files of NAMES and `composition.json`. To be called once.
   *
   * @throws UserError for files in the way, and for a malformed line; then no file is changed
   */
  async writeResults(place: ResultPlace, events: AnalysisEvents): Promise<CompositionRecord> {
    const { record } = await ResultFiles.write(place, COMPOSITION_RESULTS, async (files) => {
      await files.claim(NAMES);
      const made = await this.count(events);
      const table = await files.open('composition.csv');
      for (const line of compositionTable(made)) await table.write(line);
      await files.put('composition.png', await drawComposition(made));
      await files.put('composition.html', compositionPage(made, this.facts()));
      return { record: made };
    });
    return record;
  }

  private async count(events: AnalysisEvents): Promise<CompositionRecord> {
    const { results, request } = this;
    const { found, manifest, grouping } = results;
    const counts = new CompositionCounts(results.classNames);
    const groupOf = grouping.of('predictions', found.folder);
    const leftOut = await this.readManifest(counts);
    const predictions = await results.open();
    try {
      const rules = { leftOut, groupOf, folder: found.folder };
      const omitted = await eachFace(predictions, rules, (face) => counts.addFace(face), events);
      Object.assign(counts.leftOut, omitted);
    } finally {
      await predictions.close();
    }
    const { interval, samples, seed } = request;
    return compositionRecord({
      ...{ version: packageVersion(), counts, errors: this.errors, interval, samples, seed },
      photographsKnown: manifest !== undefined,
      cutting: cuttingCounted(results.cutting, request.faces),
      groupBy: grouping.by,
      warnings: warningsOf(results, leftOut),
    });
  }

  private async readManifest(counts: CompositionCounts): Promise<LeftOutFaces | undefined> {
    const { manifest, grouping } = this.results;
    if (manifest === undefined) return undefined;
    const groupOf = grouping.of('manifest', manifest.folder);
    return LeftOutFaces.read(manifest, this.request.faces, ({ source, outcome }) =>
      counts.addPhotograph({ outcome, group: groupOf(source) }),
    );
  }

  private facts(): Record<string, string> {
    const { found, manifest } = this.results;
    return {
      Predictions: found.file === '-' ? 'standard input' : found.file,
      Manifest: manifest?.file ?? 'none',
      ...(found.record?.modelSha256 === undefined
        ? {}
        : { 'Model SHA-256': found.record.modelSha256 }),
      facecls: packageVersion(),
    };
  }
}

/** With the draws of the correction made, in which all intervals share. */
function errorsOf(
  { errors }: AuditedResults,
  { interval, samples, seed, correct_detection: byDetection = false }: CompositionRequest,
): Errors {
  if (errors.kind === 'unknown') return errors;
  const correction = new Correction(errors.known, { interval, samples, seed, byDetection });
  return { kind: 'known', correction };
}

/** Where only the largest face of a photograph counts, it is as if only it had been kept. */
function cuttingCounted(cutting: Cutting | null, faces: FacesCounted): Cutting | null {
  return cutting === null || faces === 'all' ? cutting : { ...cutting, faces };
}

/** What makes results and known errors doubtful that were found to go together. */
export function warningsOf(
  { found: { record }, errors, grouping }: AuditedResults,
  leftOut: LeftOutFaces | undefined,
): string[] {
  const warnings = [...grouping.warnings];
  const model = record?.modelSha256;
  const known = errors.kind === 'known' ? errors.known.modelSha256 : null;
  if (known !== null && model !== undefined && known !== model) {
    warnings.push(
      `The known errors are of another model (SHA-256 ${known.slice(0, 12)}) than the predictions (${model.slice(0, 12)}). Corrected shares hold for the model whose errors are known.`,
    );
  }
  if (record?.command === 'infer' && record.failed > 0) {
    warnings.push(
      `${facesText(record.failed)} could not be read when labels were predicted (failed.txt), and count nowhere.`,
    );
  }
  if (leftOut?.isOfOtherFaces) {
    warnings.push(
      `The manifest leaves out ${integer(leftOut.size)} faces of which none is among the predictions: it is perhaps of other photographs.`,
    );
  }
  return warnings;
}
