/**
 * The shares of the true classes under which the shares of the predicted ones are most likely: the pi on the
 * simplex that maximises sum_j q_j log sum_i pi_i P_ij. Where it lies inside the simplex it is the adjusted count
 * (Forman, Quantifying counts and costs via classification, DMKD 17, 2008).
 */

/** Bounds how far the mean log-likelihood is below the largest one: for an estimate, and for a draw. */
export const EXACT = 1e-13;
export const GOOD_FOR_A_DRAW = 1e-9;

/**
 * Ten times what the worst of 24,000 random problems took. The log-likelihood is then below the largest by at most
 * log(size) / MOST_STEPS, as it is after so many plain steps.
 */
const MOST_STEPS = 100_000;
/** An extrapolated share keeps at least this part of what the plain step gives, so that it stays above 0. */
const KEPT = 0.1;
/** A share below, which every step multiplies by less than SHRINKING, is on its way to 0. */
const VANISHING = 1e-6;
const SHRINKING = 1 - 1e-6;

/** Solves one problem after another of the same number of classes, without allocating. */
export class LikelyShares {
  private readonly size: number;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private readonly further: Float64Array;
  private readonly gains: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.first = new Float64Array(size);
    this.second = new Float64Array(size);
    this.further = new Float64Array(size);
    this.gains = new Float64Array(size);
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
    if (inverse !== null && this.apply(inverse, at, predicted, this.first)) {
      shares.set(this.first);
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
   * Expectation-maximisation (Dempster, Laird and Rubin 1977), two steps at a time extrapolated as in SQUAREM
   * (Varadhan and Roland, Scandinavian Journal of Statistics 35, 2008) where that is more likely than the steps.
   * Ends where the gain of moving towards any one class is at most `tolerance`: the log-likelihood is concave, so
   * no shares are better by more than that.
   */
  private maximize(
    predicted: Float64Array,
    errors: Float64Array,
    at: number,
    shares: Float64Array,
    tolerance: number,
  ): void {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      if (this.step(predicted, errors, at, shares, this.first) <= tolerance) break;
      this.step(predicted, errors, at, this.first, this.second);
      const isBetter =
        this.extrapolate(shares) &&
        this.logLikelihood(predicted, errors, at, this.further) >=
          this.logLikelihood(predicted, errors, at, this.second);
      shares.set(isBetter ? this.further : this.second);
    }
    this.dropVanishing(shares);
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

  /**
   * One step from `shares` to `out`.
   *
   * @returns by how much, at most, the mean log-likelihood of `shares` is below the largest one
   */
  private step(
    predicted: Float64Array,
    errors: Float64Array,
    at: number,
    shares: Float64Array,
    out: Float64Array,
  ): number {
    const { size, gains } = this;
    gains.fill(0);
    for (let j = 0; j < size; j++) {
      if (predicted[j] === 0) continue;
      let expected = 0;
      for (let i = 0; i < size; i++) expected += shares[i] * errors[at + i * size + j];
      const ratio = predicted[j] / expected;
      for (let i = 0; i < size; i++) gains[i] += ratio * errors[at + i * size + j];
    }
    let most = 0;
    for (let i = 0; i < size; i++) {
      out[i] = shares[i] * gains[i];
      if (gains[i] > most) most = gains[i];
    }
    return most - 1;
  }

  /** From `shares` beyond `second`, on the simplex; false where the steps do not slow down. */
  private extrapolate(shares: Float64Array): boolean {
    const { size, first, second, further } = this;
    let change = 0;
    let curve = 0;
    for (let i = 0; i < size; i++) {
      const r = first[i] - shares[i];
      const v = second[i] - first[i] - r;
      change += r * r;
      curve += v * v;
    }
    // With the length 1 this would be `second` itself.
    if (curve === 0 || change <= curve) return false;
    const length = Math.sqrt(change / curve);
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const r = first[i] - shares[i];
      const v = second[i] - first[i] - r;
      const value = shares[i] + 2 * length * r + length * length * v;
      further[i] = Math.max(value, KEPT * second[i]);
      sum += further[i];
    }
    for (let i = 0; i < size; i++) further[i] /= sum;
    return true;
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
