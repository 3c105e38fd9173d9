/**
 * Seeded random numbers, the same on every machine: whole-number arithmetic, and logarithms and roots that
 * V8 computes in software (fdlibm) or that IEEE 754 rounds correctly.
 */
import { xxh32 } from '../../files/xxh32.js';

/** Below this many trials a binomial number is counted trial by trial. */
const FEW_TRIALS = 32;

/**
 * xoshiro128** 1.1 of Blackman and Vigna (Scrambled linear pseudorandom number generators, ACM TOMS 47, 2021):
 * 32 bits a step, period 2^128 - 1. Its state is four XXH32 hashes of the stream's name, keyed with the seed:
 * streams of different names are independent, and what one draws does not depend on the others.
 */
export class Random {
  private readonly state: Int32Array;
  private spareNormal: number | undefined;

  /** @param state four words, not all zero */
  constructor(state: Int32Array) {
    this.state = state;
  }

  /**
   * @param seed whole number, 0 .. 2^32 - 1
   * @param stream any text
   */
  static stream(seed: number, stream: string): Random {
    const words = Array.from({ length: 4 }, (_, word) =>
      xxh32(Buffer.from(`${word} ${stream}`), 0, seed),
    );
    // The one state from which the generator would never leave.
    if (Math.max(...words) === 0) words[0] = 1;
    return new Random(Int32Array.from(words));
  }

  /** A whole number, 0 .. 2^32 - 1. */
  next(): number {
    const { state } = this;
    const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9) >>> 0;
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 11);
    return result;
  }

  /** Uniform between 0 and 1, never either: the middle of one of 2^52 steps. */
  uniform(): number {
    const high = this.next() >>> 6;
    const low = this.next() >>> 6;
    return (high * 0x4000000 + low + 0.5) / 0x10000000000000;
  }

  /** Standard normal: the polar method of Marsaglia and Bray, SIAM Review 6 (1964). */
  normal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.spareNormal = y * scale;
      return x * scale;
    }
  }

  /**
   * Gamma of this shape (above 0) and scale 1: Marsaglia and Tsang, A simple method for generating gamma
   * variables, ACM TOMS 26 (2000); for shapes below 1 with their factor U^(1/shape).
   */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * this.uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const cube = (1 + c * x) ** 3;
      if (cube <= 0) continue;
      const log = Math.log(this.uniform());
      if (log < 0.5 * x * x + d - d * cube + d * Math.log(cube)) return d * cube;
    }
  }

  /** Beta, both parameters above 0. */
  beta(a: number, b: number): number {
    const x = this.gamma(a);
    return x / (x + this.gamma(b));
  }

  /**
   * Shares that sum to 1: one draw of a Dirichlet distribution with parameters `counts` + `prior`.
   *
   * @param counts at least 0 each
   * @param out written from `at` on, one value a count
   */
  dirichlet(counts: ArrayLike<number>, prior: number, out: Float64Array, at = 0): void {
    let sum = 0;
    for (let i = 0; i < counts.length; i++) {
      out[at + i] = this.gamma(counts[i] + prior);
      sum += out[at + i];
    }
    for (let i = 0; i < counts.length; i++) out[at + i] /= sum;
  }

  /**
   * Hits among `trials`, each with this probability. Many trials are halved at the beta-distributed place of
   * their median, as Ahrens and Dieter do (Computing 12, 1974): time grows with the logarithm of the trials.
   */
  binomial(trials: number, probability: number): number {
    let hits = 0;
    let n = trials;
    let p = probability;
    while (n > FEW_TRIALS) {
      const a = 1 + Math.floor(n / 2);
      const b = n + 1 - a;
      const median = this.beta(a, b);
      if (median >= p) {
        n = a - 1;
        p /= median;
      } else {
        hits += a;
        n = b - 1;
        p = (p - median) / (1 - median);
      }
    }
    for (let i = 0; i < n; i++) if (this.uniform() < p) hits += 1;
    return hits;
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
