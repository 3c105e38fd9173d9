/**
 * The shares of the true classes under which the shares of the predicted ones are most likely: the pi on the
 * simplex that maximises sum_j q_j log sum_i pi_i P_ij. Where it lies inside the simplex it is the adjusted count
 * (Forman, Quantifying counts and costs via classification, DMKD 17, 2008).
 */
import { solvePositive } from './matrix.js';

/** Bounds how far the mean log-likelihood is below the largest one: for an estimate, and for a draw. */
export const EXACT = 1e-13;
export const GOOD_FOR_A_DRAW = 1e-9;

/** The log-likelihood is then below the largest by at most log(size) / MOST_STEPS, as after so many plain steps. */
const MOST_STEPS = 10_000;
const MOST_HALVINGS = 30;
const ROUNDING = 1e-14;
const NEAR_ZERO = 1e-3;
const REVIVED = 1e-6;
/** A share below, which every step multiplies by less than SHRINKING, is on its way to 0. */
const VANISHING = 1e-6;
const SHRINKING = 1 - 1e-6;

/** Solves one problem after another of the same number of classes, without allocating. */
export class LikelyShares {
  private readonly size: number;
  private readonly expected: Float64Array;
  private readonly gains: Float64Array;
  private readonly stepped: Float64Array;
  private readonly jumped: Float64Array;
  private readonly curvature: Float64Array;
  private readonly free: Int32Array;
  private readonly matrix: Float64Array;
  private readonly change: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.expected = new Float64Array(size);
    this.gains = new Float64Array(size);
    this.stepped = new Float64Array(size);
    this.jumped = new Float64Array(size);
    this.curvature = new Float64Array(size * size);
    this.free = new Int32Array(size);
    this.matrix = new Float64Array(size * size);
    this.change = new Float64Array(size);
  }

  /**
   * @param predicted q: shares of the predicted classes, sum 1
   * @param errors P, size x size from `at` on: row i the shares of the predicted classes among faces of class i
   * @param inverse of P, likewise from `at` on; null where there is none
   * @param shares the result; what it holds is where expectation-maximisation starts (all above 0)
   * @param tolerance EXACT or GOOD_FOR_A_DRAW
   */
  solve(
    predicted: Float64Array,
    errors: Float64Array,
    inverse: Float64Array | null,
    at: number,
    shares: Float64Array,
    tolerance: number,
  ): void {
    // Shares that give exactly the predicted ones: none are more likely.
    if (inverse !== null && this.apply(inverse, at, predicted, this.stepped)) {
      shares.set(this.stepped);
      return;
    }
    this.maximize(predicted, errors, at, shares, tolerance);
  }

  /** @returns whether the result lies on the simplex */
  private apply(
    inverse: Float64Array,
    at: number,
    predicted: Float64Array,
    out: Float64Array,
  ): boolean {
    const { size } = this;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += predicted[j] * inverse[at + j * size + i];
      if (!(sum >= 0)) return false;
      out[i] = sum;
    }
    return true;
  }

  /**
   * Expectation-maximisation (Dempster, Laird and Rubin 1977), with a step of Newton's method in place of its own
   * where that is at least as likely. Ends where the gain of moving towards any one class is at most `tolerance`: the
   * log-likelihood is concave, so no shares are better by more than that.
   */
  private maximize(
    predicted: Float64Array,
    errors: Float64Array,
    at: number,
    shares: Float64Array,
    tolerance: number,
  ): void {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      if (this.step(predicted, errors, at, shares) <= tolerance) break;
      const isBetter =
        this.jump(predicted, errors, at, shares) && this.shorten(predicted, errors, at, shares);
      shares.set(isBetter ? this.jumped : this.stepped);
    }
    this.dropVanishing(shares);
  }

  /** Halves the jump until it is at least as likely as the step; false where it has become too short. */
  private shorten(
    predicted: Float64Array,
    errors: Float64Array,
    at: number,
    shares: Float64Array,
  ): boolean {
    const { size, jumped, stepped } = this;
    // Near the end both differ by less than rounding does.
    const least = this.logLikelihood(predicted, errors, at, stepped) - ROUNDING;
    for (let halvings = 0; halvings < MOST_HALVINGS; halvings++) {
      if (this.logLikelihood(predicted, errors, at, jumped) >= least) return true;
      for (let i = 0; i < size; i++) jumped[i] = (jumped[i] + shares[i]) / 2;
    }
    return false;
  }

  /**
   * The step of expectation-maximisation from `shares` to `stepped`.
   *
   * @returns by how much, at most, the mean log-likelihood of `shares` is below the largest one
   */
  private step(
    predicted: Float64Array,
    errors: Float64Array,
    at: number,
    shares: Float64Array,
  ): number {
    const { size, gains, expected, stepped } = this;
    gains.fill(0);
    for (let j = 0; j < size; j++) {
      if (predicted[j] === 0) continue;
      let sum = 0;
      for (let i = 0; i < size; i++) sum += shares[i] * errors[at + i * size + j];
      expected[j] = sum;
      const ratio = predicted[j] / sum;
      for (let i = 0; i < size; i++) gains[i] += ratio * errors[at + i * size + j];
    }
    let most = 0;
    for (let i = 0; i < size; i++) {
      // A jump may have made it 0 too early, and the next step makes the sum 1 again.
      stepped[i] = (gains[i] > 1 ? Math.max(shares[i], REVIVED) : shares[i]) * gains[i];
      if (gains[i] > most) most = gains[i];
    }
    return most - 1;
  }

  /**
   * Newton's step from `shares` to `jumped` for sum_j q_j log p_j - sum_i pi_i, whose maximum among pi >= 0 is that
   * on the simplex. Shares near 0 that shrink become 0, and so do those that the step would make negative, after
   * which it is solved again for the others (projected Newton, Bertsekas, SIAM J. Control Optim. 20, 1982).
   *
   * @returns whether there is one
   */
  private jump(
    predicted: Float64Array,
    errors: Float64Array,
    at: number,
    shares: Float64Array,
  ): boolean {
    const { size, gains, jumped, free, change } = this;
    this.curve(predicted, errors, at);
    jumped.fill(0);
    let count = 0;
    for (let i = 0; i < size; i++) {
      if (shares[i] > NEAR_ZERO || gains[i] > 1) free[count++] = i;
    }
    for (let kept = -1; kept !== count; ) {
      if (kept >= 0) count = kept;
      if (count === 0 || !this.solveFree(count, shares)) return false;
      kept = 0;
      for (let k = 0; k < count; k++) {
        const i = free[k];
        jumped[i] = Math.max(shares[i] + change[k], 0);
        if (jumped[i] > 0) free[kept++] = i;
      }
    }
    let sum = 0;
    for (let i = 0; i < size; i++) sum += jumped[i];
    for (let i = 0; i < size; i++) jumped[i] /= sum;
    return true;
  }

  /** The negative second derivatives, where `expected` is; the lower triangle. */
  private curve(predicted: Float64Array, errors: Float64Array, at: number): void {
    const { size, expected, curvature } = this;
    curvature.fill(0);
    for (let j = 0; j < size; j++) {
      if (predicted[j] === 0) continue;
      const weight = predicted[j] / expected[j] ** 2;
      for (let i = 0; i < size; i++) {
        const scaled = weight * errors[at + i * size + j];
        for (let k = 0; k <= i; k++) curvature[i * size + k] += scaled * errors[at + k * size + j];
      }
    }
  }

  /** The change of the first `count` free shares, where all others become 0. */
  private solveFree(count: number, shares: Float64Array): boolean {
    const { size, gains, curvature, free, matrix, change } = this;
    for (let k = 0; k < count; k++) {
      const i = free[k];
      let right = gains[i] - 1;
      let next = 0;
      for (let other = 0; other < size; other++) {
        const value = curvature[Math.max(i, other) * size + Math.min(i, other)];
        if (next < count && free[next] === other) matrix[k * count + next++] = value;
        else right += value * shares[other];
      }
      change[k] = right;
    }
    return solvePositive(matrix, count, change);
  }

  /** Steps approach a share of 0 and never reach it; an interval has to, or it would not hold the 0. */
  private dropVanishing(shares: Float64Array): void {
    let sum = 0;
    for (let i = 0; i < this.size; i++) {
      if (shares[i] < VANISHING && this.gains[i] < SHRINKING) shares[i] = 0;
      sum += shares[i];
    }
    for (let i = 0; i < this.size; i++) shares[i] /= sum;
  }

  /** Per prediction. */
  private logLikelihood(
    predicted: Float64Array,
    errors: Float64Array,
    at: number,
    shares: Float64Array,
  ): number {
    const { size } = this;
    let sum = 0;
    for (let j = 0; j < size; j++) {
      if (predicted[j] === 0) continue;
      let expected = 0;
      for (let i = 0; i < size; i++) expected += shares[i] * errors[at + i * size + j];
      sum += predicted[j] * Math.log(expected);
    }
    return sum;
  }
}
