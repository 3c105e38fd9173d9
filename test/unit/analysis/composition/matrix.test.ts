import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditionNumber, invert } from '../../../../src/analysis/composition/matrix.js';
import { jsonFixture } from '../../../support/fixture.js';
import { assertNear } from '../../../support/near.js';

const { by_confusion } = jsonFixture('composition/golden.json');

test('condition numbers are those of NumPy', () => {
  for (const { name, confusion, condition_number } of by_confusion) {
    const shares = confusion.flatMap((row: number[]) => {
      const sum = row.reduce((total, count) => total + count, 0);
      return row.map((count) => count / sum);
    });
    const condition = conditionNumber(Float64Array.from(shares), confusion.length);
    if (condition_number === null) assert.equal(condition, Number.POSITIVE_INFINITY, name);
    else assertNear(condition, condition_number, 1e-9, name);
  }
});

test('the condition number of a matrix is that worked out by hand', () => {
  // Singular values of a diagonal matrix are its entries, of [[1, 1], [0, 1]] (sqrt(5) +- 1) / 2.
  assertNear(conditionNumber(Float64Array.of(8, 0, 0, -0.5), 2), 16, 1e-12, 'diagonal');
  const golden = (Math.sqrt(5) + 1) / (Math.sqrt(5) - 1);
  assertNear(conditionNumber(Float64Array.of(1, 1, 0, 1), 2), golden, 1e-12, 'shear');
});

test('an inverse times its matrix is the identity, and a singular matrix has none', () => {
  const matrix = Float64Array.of(0, 2, 1, 1, 0, 0, 3, 1, 1);
  const out = new Float64Array(10);
  assert.ok(invert(matrix.slice(), 3, out, 1));
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += matrix[3 * i + k] * out[1 + 3 * k + j];
      assertNear(sum, i === j ? 1 : 0, 1e-12, `${i}, ${j}`);
    }
  }
  assert.ok(!invert(Float64Array.of(1, 2, 2, 4), 2, new Float64Array(4)));
});
