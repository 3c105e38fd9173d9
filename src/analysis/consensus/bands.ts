/** The shares that decided identities can have, in parts. */
import { type Band, type Fraction, halfWayToOne } from './rule.js';

/** The bands of shares that there can be, as numbers from 0 to 1; `from` 1 is the share 1 alone. */
export function usedBands(threshold: Fraction): { band: Band; from: number; below?: number }[] {
  const least = toNumber(threshold);
  const middle = toNumber(halfWayToOne(threshold));
  return least === 1
    ? [{ band: 'all', from: 1 }]
    : [
        { band: 'all', from: 1 },
        { band: 'upper', from: middle, below: 1 },
        { band: 'lower', from: least, below: middle },
      ];
}

export function toNumber({ numerator, denominator }: Fraction): number {
  return Number(numerator) / Number(denominator);
}
