/** What `summary.json` says. */
import { packageVersion } from '../../files/package.js';
import { toNumber, usedBands } from './bands.js';
import { DRAW_METHOD } from './draw.js';
import { BANDS } from './rule.js';
import type { ConsensusSettings } from './settings.js';
import type { Totals } from './totals.js';

/** The file of predictions, as it was given. */
export interface ReadFile {
  readonly path: string;
  /** Null where it is no file that can be read again. */
  readonly sha256: string | null;
}

/** `summary.json`. Nothing in it differs between two runs on the same file. */
export function summaryRecord(
  predictions: ReadFile,
  { threshold, maxPerIdentity, seed, minImages }: ConsensusSettings,
  totals: Totals,
) {
  const bands = usedBands(threshold);
  return {
    command: 'consensus',
    versions: { facecls: packageVersion() },
    predictions,
    threshold: toNumber(threshold),
    max_per_identity: maxPerIdentity,
    seed,
    min_images: minImages,
    draw: DRAW_METHOD,
    counts: {
      identities: totals.identities,
      images: totals.images,
      drawn: totals.drawn,
      repeated: totals.repeated,
      further_faces: totals.furtherFaces,
      classes: totals.classes,
      undecided: totals.undecided,
    },
    decided_by_share: Object.fromEntries(
      Object.entries(totals.decided).map(([name, counts]) => [
        name,
        bands.map(({ band, from, below }) => ({
          from,
          ...(below === undefined ? {} : { below }),
          identities: counts[BANDS.indexOf(band)],
        })),
      ]),
    ),
    undecided_by_reason: {
      below_threshold: { leading: totals.leading, tie: totals.level },
      too_few_images: totals.tooFewImages,
    },
  };
}
