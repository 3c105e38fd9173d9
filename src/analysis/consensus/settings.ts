import type { Fraction } from './rule.js';

/** How identities are decided. */
export interface ConsensusSettings {
  readonly threshold: Fraction;
  readonly maxPerIdentity: number;
  readonly seed: number;
  readonly minImages: number;
}
