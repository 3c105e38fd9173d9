/** `composition.json`: the shares of the classes, raw and corrected, in all and by group. */

import type { Omitted } from '../results/left-out.js';
import type { Correction, Estimate } from './correction.js';
import type { CompositionCounts } from './counts.js';
import type { Cutting } from './cutting.js';

export interface ClassComposition {
  /** Faces with this label. */
  readonly n: number;
  /** Of the labels, with Wilson's interval; null where there is no face. */
  readonly raw: Estimate | null;
  /** Null where shares are not corrected, or there is no face. */
  readonly corrected: Estimate | null;
}

export interface PhotographCounts {
  readonly seen: number;
  readonly with_face: number;
  readonly no_face: number;
  readonly unreadable: number;
}

export interface GroupComposition {
  /** Null for the whole. */
  readonly group: string | null;
  /** Faces. */
  readonly n: number;
  /** Photographs; null where they are not known. */
  readonly no_face: number | null;
  readonly photographs: PhotographCounts | null;
  /** Share of the photographs without a face or unreadable; null where there are none. */
  readonly missed: Estimate | null;
  readonly classes: Readonly<Record<string, ClassComposition>>;
  /** Faces by tenth of the confidence; null where it is not known. */
  readonly confidences: readonly number[] | null;
}

export interface CompositionRecord {
  readonly command: 'composition';
  readonly version: string;
  /** Faces. */
  readonly n: number;
  readonly photographs: PhotographCounts | null;
  readonly class_names: readonly string[];
  readonly known_errors: {
    readonly source: string;
    readonly date: string | null;
    /** Labelled faces. */
    readonly n: number;
    readonly condition_number: number | null;
  } | null;
  /** The reason; null where shares are corrected. */
  readonly not_corrected: string | null;
  /** Level of all intervals. */
  readonly interval: number;
  readonly samples: number;
  readonly seed: number;
  readonly correct_detection: boolean;
  /** Share of the labelled photographs of each class in which a face was found, where it is known. */
  readonly detection: Readonly<Record<string, Estimate | null>> | null;
  readonly left_out: Readonly<Record<Omitted, number>>;
  readonly group_by: string | null;
  readonly ungrouped: { readonly faces: number; readonly photographs: number };
  /** Sentences: what the shares assume, and what makes them doubtful. */
  readonly notes: readonly string[];
  /** The whole, then the groups, the one with the most faces first. */
  readonly groups: readonly GroupComposition[];
}

/** The known errors, or why there are none. */
export type Errors =
  | { readonly kind: 'known'; readonly correction: Correction }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface CompositionInput {
  readonly version: string;
  readonly counts: CompositionCounts;
  readonly errors: Errors;
  /** As given, though no share may be corrected. */
  readonly interval: number;
  readonly samples: number;
  readonly seed: number;
  /** Whether a manifest told what came of the photographs. */
  readonly photographsKnown: boolean;
  /** How the faces of the predictions were cut out; null where that is not known. */
  readonly cutting: Cutting | null;
  /** What the groups are of: `folder`, or a column; null where there are none. */
  readonly groupBy: string | null;
  /** What else makes the counts doubtful, a sentence each. */
  readonly warnings: readonly string[];
}
