/** The faces that count, of a file of predictions. */
import type { PredictionsFile } from '../../outputs/read-predictions.js';
import type { AnalysisEvents } from '../events.js';
import { below } from './find-predictions.js';
import type { LeftOut, LeftOutFaces } from './left-out.js';

export interface CountedFace {
  readonly path: Buffer;
  /** Index of its class. */
  readonly label: number;
  /** Probability of that class, 0..1; null where the predictions hold none. */
  readonly confidence: number | null;
  /** Null where it belongs to none, or faces are not grouped. */
  readonly group: string | null;
}

export interface FaceRules {
  /** As the manifest tells; undefined without one. */
  readonly leftOut: LeftOutFaces | undefined;
  readonly groupOf: (path: Buffer) => string | null;
  /** The input folder as paths begin; may be empty. */
  readonly folder: Buffer;
}

/** @returns how many faces were left out, by the reason */
export async function eachFace(
  { classNames, batches }: PredictionsFile,
  { leftOut, groupOf, folder }: FaceRules,
  visit: (face: CountedFace) => void,
  events: AnalysisEvents,
): Promise<Record<LeftOut, number>> {
  const counts: Record<LeftOut, number> = { overlapping: 0, further_face: 0 };
  const indices = new Map(classNames.map((name, k) => [name, k]));
  let done = 0;
  for await (const batch of batches) {
    for (const { path, label: name, probabilities, overlaps } of batch) {
      const listed = leftOut?.reasonOf(below(path, folder));
      const reason = overlaps === undefined ? listed : 'overlapping';
      if (reason !== undefined) {
        counts[reason] += 1;
        continue;
      }
      const label = indices.get(name)!;
      visit({ path, label, confidence: probabilities?.[label] ?? null, group: groupOf(path) });
    }
    done += batch.length;
    events.progress(done);
  }
  return counts;
}
