/** How many identities came out how. */
import type { Identity } from './draw.js';
import { BANDS, type UndecidedReason, type Verdict } from './rule.js';

/** Counts of all identities of a run. */
export class Totals {
  identities = 0;
  images = 0;
  /** Images that were drawn. */
  drawn = 0;
  repeated = 0;
  /** Predictions left out: faces of a photograph besides its main one. */
  furtherFaces = 0;
  /** Identities of each class, by the size of the share, in the order of BANDS. */
  readonly decided: Readonly<Record<string, number[]>>;
  /** Identities below the threshold by the class that leads. */
  readonly leading: Record<string, number>;
  /** Identities below the threshold where classes are level. */
  level = 0;
  tooFewImages = 0;

  constructor(classNames: readonly string[]) {
    this.decided = Object.fromEntries(classNames.map((name) => [name, BANDS.map(() => 0)]));
    this.leading = Object.fromEntries(classNames.map((name) => [name, 0]));
  }

  add({ images, drawn, repeated }: Identity, verdict: Verdict): void {
    this.identities += 1;
    this.images += images;
    this.drawn += drawn;
    this.repeated += repeated;
    if (verdict.kind === 'decided') this.decided[verdict.label][BANDS.indexOf(verdict.band)] += 1;
    else this.addUndecided(verdict.reason, verdict.leading);
  }

  /** Identities of each class. */
  get classes(): Record<string, number> {
    const entries = Object.entries(this.decided);
    return Object.fromEntries(entries.map(([name, counts]) => [name, sum(counts)]));
  }

  get undecided(): number {
    return sum(Object.values(this.leading)) + this.level + this.tooFewImages;
  }

  private addUndecided(reason: UndecidedReason, leading: string | undefined): void {
    if (reason === 'too_few_images') this.tooFewImages += 1;
    else if (leading === undefined) this.level += 1;
    else this.leading[leading] += 1;
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
