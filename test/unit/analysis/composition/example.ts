/** A composition for tests of what is made of one: three groups, one of a hostile name. */
import { compositionRecord } from '../../../../src/analysis/composition/compose.js';
import { Correction } from '../../../../src/analysis/composition/correction.js';
import { CompositionCounts } from '../../../../src/analysis/composition/counts.js';
import { Random } from '../../../../src/analysis/composition/random.js';
import type {
  CompositionInput,
  CompositionRecord,
} from '../../../../src/analysis/composition/record.js';
import { CONFUSION, knownErrors } from './known.js';

export const CLASS_NAMES = ['African', 'Asian', 'Caucasian', 'Indian'];
export const HOSTILE = '</summary><script>alert(1)</script>\u001b[2J';

/** Faces of labels by group, and photographs of which every tenth has no face. */
export function exampleCounts(groups: Readonly<Record<string, readonly number[]>>) {
  const counts = new CompositionCounts(CLASS_NAMES);
  const random = Random.stream(0, 'confidences');
  for (const [group, labels] of Object.entries(groups)) {
    let seen = 0;
    for (const [label, n] of labels.entries()) {
      for (let i = 0; i < n; i++) {
        counts.addFace({ label, confidence: Math.max(0.3, random.beta(5, 1)), group });
        counts.addPhotograph({ outcome: 'with_face', group });
        seen += 1;
        if (seen % 9 === 0) counts.addPhotograph({ outcome: 'no_face', group });
      }
    }
  }
  return counts;
}

export const GROUPS = {
  train: [520, 410, 480, 330],
  [HOSTILE]: [20, 60, 5, 0],
  validation: [60, 40, 70, 30],
};

export function exampleInput(changes: Partial<CompositionInput> = {}): CompositionInput {
  const known = knownErrors({
    class_names: CLASS_NAMES,
    confusion: CONFUSION,
    source: 'a labelled sample',
    date: '2026-01-31',
    detection: { African: [900, 1000], Asian: [980, 1000] },
    made_with: { detector: 'mtcnn', min_face_size: 20 },
  });
  const options = { interval: 0.95, samples: 400, seed: 0, byDetection: false };
  return {
    version: '0.0.0',
    counts: exampleCounts(GROUPS),
    errors: { kind: 'known', correction: new Correction(known, options) },
    ...{ interval: 0.95, samples: 400, seed: 0 },
    photographsKnown: true,
    cutting: { detector: 'mtcnn', min_face_size: '20' },
    groupBy: 'folder',
    warnings: [],
    ...changes,
  };
}

export function exampleRecord(changes: Partial<CompositionInput> = {}): CompositionRecord {
  return compositionRecord(exampleInput(changes));
}
