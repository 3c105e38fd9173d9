/** Small square matrices, row after row in a Float64Array. */

/** A smaller pivot counts as none: the entries are of the order of 1. */
const SMALLEST_PIVOT = 1e-12;
/** Columns whose cosine is smaller are orthogonal. */
const ORTHOGONAL = 1e-15;
const MOST_SWEEPS = 60;

/**
 * The inverse by Gauss-Jordan elimination with partial pivoting (Golub and Van Loan, Matrix Computations,
 * section 3.4).
 *
 * @param matrix size x size, entries of the order of 1; becomes garbage
 * @param out the inverse, from `at` on
 * @returns whether there is one
 */
export function invert(matrix: Float64Array, size: number, out: Float64Array, at = 0): boolean {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) out[at + i * size + j] = i === j ? 1 : 0;
  }
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      const larger =
        Math.abs(matrix[row * size + column]) > Math.abs(matrix[pivot * size + column]);
      if (larger) pivot = row;
    }
    const value = matrix[pivot * size + column];
    if (Math.abs(value) < SMALLEST_PIVOT) return false;
    for (let j = 0; j < size; j++) {
      swap(matrix, column * size + j, pivot * size + j);
      swap(out, at + column * size + j, at + pivot * size + j);
      matrix[column * size + j] /= value;
      out[at + column * size + j] /= value;
    }
    for (let row = 0; row < size; row++) {
      const factor = matrix[row * size + column];
      if (row === column || factor === 0) continue;
      for (let j = 0; j < size; j++) {
        matrix[row * size + j] -= factor * matrix[column * size + j];
        out[at + row * size + j] -= factor * out[at + column * size + j];
      }
    }
  }
  return true;
}

function swap(values: Float64Array, i: number, j: number): void {
  const kept = values[i];
  values[i] = values[j];
  values[j] = kept;
}

/**
 * Condition number in the 2-norm: the largest over the smallest singular value, infinite for a singular matrix.
 * Singular values are the columns' lengths once plane rotations have made the columns orthogonal: the one-sided
 * Jacobi method (Hestenes 1958; Golub and Van Loan, Matrix Computations, section 8.6).
 */
export function conditionNumber(matrix: Float64Array, size: number): number {
  const columns = Array.from({ length: size }, (_, j) =>
    Float64Array.from({ length: size }, (_, i) => matrix[i * size + j]),
  );
  for (let sweep = 0, rotated = true; rotated && sweep < MOST_SWEEPS; sweep++) {
    rotated = false;
    for (let i = 0; i < size; i++) {
      for (let j = i + 1; j < size; j++) {
        rotated = makeOrthogonal(columns[i], columns[j]) || rotated;
      }
    }
  }
  const values = columns.map((column) => Math.sqrt(dot(column, column)));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // What rounding leaves of a zero.
  return least < most * size * Number.EPSILON ? Number.POSITIVE_INFINITY : most / least;
}

/** @returns whether they were not yet */
function makeOrthogonal(left: Float64Array, right: Float64Array): boolean {
  const a = dot(left, left);
  const b = dot(right, right);
  const c = dot(left, right);
  if (Math.abs(c) <= ORTHOGONAL * Math.sqrt(a * b)) return false;
  const zeta = (b - a) / (2 * c);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (let i = 0; i < left.length; i++) {
    const kept = left[i];
    left[i] = cosine * kept - sine * right[i];
    right[i] = sine * kept + cosine * right[i];
  }
  return true;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i] * right[i];
  return sum;
}

/**
 * Solves matrix x = right in place, by the Cholesky decomposition (Golub and Van Loan, section 4.2).
 *
 * @param matrix symmetric, size x size, of which the lower triangle is read; becomes garbage
 * @param right becomes x
 * @returns whether the matrix is positive definite
 */
export function solvePositive(matrix: Float64Array, size: number, right: Float64Array): boolean {
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      const before = matrix[i * size + j];
      let sum = before;
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k] * matrix[j * size + k];
      if (i > j) matrix[i * size + j] = sum / matrix[j * size + j];
      // What is left of the diagonal may be all rounding.
      else if (sum > SMALLEST_PIVOT * before) matrix[i * size + j] = Math.sqrt(sum);
      else return false;
    }
  }
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) right[i] -= matrix[i * size + k] * right[k];
    right[i] /= matrix[i * size + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) right[i] -= matrix[k * size + i] * right[k];
    right[i] /= matrix[i * size + i];
  }
  return true;
}
