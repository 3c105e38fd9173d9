/*
 * Damages files the way that finds faults: at any byte, and at the fields of zip archives, pickles and
 * protocol buffers, whose numbers get values that such readers trip over.
 */
import { seededRandom } from '../bytes.js';

/** Chances that are the same in every run. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A whole number of 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** Sizes, counts and offsets at the edges of the types that hold them; the last is -1. */
export const EXTREMES = [
  0n,
  1n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];

/** A number in a file, little-endian. */
export interface Field {
  readonly at: number;
  /** Bytes, 1 to 8. */
  readonly width: number;
}

/** A change of a file. */
export type Mutation = (whole: Buffer, dice: Dice) => Buffer;

/** One field to an extreme, as many of its bits as fit. */
export function setField(whole: Buffer, { at, width }: Field, dice: Dice): Buffer {
  const copy = Buffer.from(whole);
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(dice.pick(EXTREMES));
  value.copy(copy, at, 0, width);
  return copy;
}

export function splice(whole: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer {
  return Buffer.concat([whole.subarray(0, at), inserted, whole.subarray(at + removed)]);
}

/** Changes that know nothing of the format. `donors` are other files, of which pieces are put in. */
export function blindMutations(donors: readonly Buffer[]): Record<string, Mutation> {
  const run = (whole: Buffer, dice: Dice) => 1 + dice.below(Math.min(whole.length, 300));
  return {
    'bytes flipped': (whole, dice) => {
      const copy = Buffer.from(whole);
      for (let i = 0; i <= dice.below(4); i++) {
        copy[dice.below(copy.length)] ^= 1 << dice.below(8);
      }
      return copy;
    },
    'run overwritten': (whole, dice) => {
      const copy = Buffer.from(whole);
      const filler = dice.pick([Buffer.of(0), Buffer.of(255), dice.noise(64)]);
      const at = dice.below(copy.length);
      copy.fill(filler, at, Math.min(copy.length, at + run(whole, dice)));
      return copy;
    },
    truncated: (whole, dice) => whole.subarray(0, dice.below(whole.length)),
    'range removed': (whole, dice) =>
      splice(whole, dice.below(whole.length), run(whole, dice), Buffer.alloc(0)),
    'range inserted': (whole, dice) =>
      splice(whole, dice.below(whole.length), 0, dice.noise(run(whole, dice))),
    'range repeated': (whole, dice) => {
      const at = dice.below(whole.length);
      return splice(whole, at, 0, whole.subarray(at, at + run(whole, dice)));
    },
    spliced: (whole, dice) => {
      const donor = dice.pick(donors);
      return Buffer.concat([
        whole.subarray(0, dice.below(whole.length)),
        donor.subarray(dice.below(donor.length)),
      ]);
    },
    'number set': (whole, dice) => {
      const width = dice.pick([2, 4, 8]);
      return setField(whole, { at: dice.below(Math.max(1, whole.length - 8)), width }, dice);
    },
  };
}
