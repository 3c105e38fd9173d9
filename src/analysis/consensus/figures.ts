import { integer, plural } from '../../files/text/plural.js';
import { toNumber, usedBands } from './bands.js';
import type { ConsensusFigures } from './consensus-picture.js';
import { BANDS } from './rule.js';
import type { ConsensusSettings } from './settings.js';
import type { Totals } from './totals.js';

/** What the picture shows. */
export function consensusFigures(
  { threshold, maxPerIdentity: most, seed, minImages }: ConsensusSettings,
  totals: Totals,
): ConsensusFigures {
  const bands = usedBands(threshold);
  const classes = Object.entries(totals.decided).map(([name, counts]) => ({
    name,
    segments: bands.map(({ band, from, below }) => ({
      name: below === undefined ? percent(from) : `${hundredths(from)} to <${percent(below)}`,
      count: counts[BANDS.indexOf(band)],
    })),
  }));
  const undecided = Object.entries(totals.leading).map(([name, count]) => ({
    name: `${name} leads`,
    count,
  }));
  undecided.push({ name: 'a tie', count: totals.level });
  if (minImages > 1) {
    undecided.push({ name: `fewer than ${minImages} images`, count: totals.tooFewImages });
  }
  return {
    title: `Identities by class: at least ${percent(toNumber(threshold))} of at most ${plural(most, 'image')}`,
    subtitle: `identities: ${integer(totals.identities)}, images: ${integer(totals.images)}, of which drawn with seed ${seed}: ${integer(totals.drawn)}`,
    classes,
    undecided,
  };
}

function percent(share: number): string {
  return `${hundredths(share)} %`;
}

/** `80`, `66.67` */
function hundredths(share: number): number {
  return Number((share * 100).toFixed(2));
}
