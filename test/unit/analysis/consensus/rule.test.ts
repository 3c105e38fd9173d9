import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decide,
  type Fraction,
  halfWayToOne,
  parseThreshold,
  reaches,
} from '../../../../src/analysis/consensus/rule.js';
import { CLASS_NAMES } from '../../../../src/classify/labels.js';

function fraction(text: string): Fraction {
  const parsed = parseThreshold(text);
  assert.ok(parsed, text);
  return parsed;
}

function verdict(counts: readonly number[], { threshold = '0.8', minImages = 1, images = 0 } = {}) {
  const drawn = counts.reduce((sum, count) => sum + count, 0);
  return decide(
    { name: Buffer.from('ann'), images: Math.max(images, drawn), repeated: 0, drawn, counts },
    { threshold: fraction(threshold), minImages, classNames: CLASS_NAMES },
  );
}

test('a decimal number is taken exactly', () => {
  for (const text of ['0.8', '.8', '0.80', ' 0.8 ', '0.8000000000000000000']) {
    const { numerator, denominator } = fraction(text);
    assert.equal(numerator * 10n, denominator * 8n, text);
  }
  for (const text of ['1', '1.', '1.0', '1.000']) {
    const { numerator, denominator } = fraction(text);
    assert.equal(numerator, denominator, text);
  }
  for (const text of ['', '.', 'x', '80%', '0,8', '-0.8', '1.01', '2', '8e-1', '0x1', '0.8.1']) {
    assert.equal(parseThreshold(text), undefined, text);
  }
  // At a half, two classes could qualify.
  for (const text of ['0', '0.5', '.50']) assert.equal(parseThreshold(text), undefined, text);
  assert.ok(parseThreshold('0.5000000000000000000001'));
});

test('a share reaches a threshold exactly', () => {
  // All shares of up to 100 images against all thresholds of two decimals, in whole numbers.
  for (let hundredths = 51; hundredths <= 100; hundredths++) {
    const threshold = fraction((hundredths / 100).toFixed(2));
    for (let total = 1; total <= 100; total++) {
      const least = Math.floor((hundredths * total + 99) / 100);
      assert.ok(reaches(least, total, threshold), `${least} of ${total} at ${hundredths} %`);
      assert.ok(!reaches(least - 1, total, threshold), `${least - 1} of ${total}`);
    }
  }
  // 0.8 * 15 and 0.7 * 10 are not 12 and 7 in floating point.
  assert.ok(reaches(12, 15, fraction('0.8')));
  assert.ok(reaches(7, 10, fraction('0.7')));
  assert.ok(!reaches(11, 15, fraction('0.8')));
  assert.ok(!reaches(16, 20, fraction('0.8000000000000000000001')));
});

test("16 of 20 images are enough for the paper's rule, and 15 are not", () => {
  assert.deepEqual(verdict([0, 16, 4, 0]), { kind: 'decided', label: 'Asian', band: 'lower' });
  assert.deepEqual(verdict([0, 15, 5, 0]), {
    kind: 'undecided',
    reason: 'below_threshold',
    leading: 'Asian',
  });
  assert.deepEqual(verdict([0, 2, 0, 18]), { kind: 'decided', label: 'Indian', band: 'upper' });
  assert.deepEqual(verdict([1, 1, 1, 17]), { kind: 'decided', label: 'Indian', band: 'lower' });
  assert.deepEqual(verdict([0, 1, 1, 18]), { kind: 'decided', label: 'Indian', band: 'upper' });
  assert.deepEqual(verdict([20, 0, 0, 0]), { kind: 'decided', label: 'African', band: 'all' });
});

test('one image decides; ties do not', () => {
  assert.deepEqual(verdict([0, 0, 1, 0]), { kind: 'decided', label: 'Caucasian', band: 'all' });
  assert.deepEqual(verdict([1, 1, 0, 0]), { kind: 'undecided', reason: 'below_threshold' });
  assert.deepEqual(verdict([5, 5, 5, 5], { threshold: '0.51' }), {
    kind: 'undecided',
    reason: 'below_threshold',
  });
  assert.deepEqual(verdict([0, 3, 1, 3]), { kind: 'undecided', reason: 'below_threshold' });
});

test('identities with too few images stay undecided, whatever their images are', () => {
  const few = { minImages: 5 };
  assert.deepEqual(verdict([0, 0, 4, 0], few), {
    kind: 'undecided',
    reason: 'too_few_images',
    leading: 'Caucasian',
  });
  assert.deepEqual(verdict([2, 2, 0, 0], few), { kind: 'undecided', reason: 'too_few_images' });
  assert.deepEqual(verdict([0, 0, 5, 0], few), {
    kind: 'decided',
    label: 'Caucasian',
    band: 'all',
  });
  // Images count, not those that are drawn.
  const label = { kind: 'decided', label: 'Caucasian', band: 'all' };
  assert.deepEqual(verdict([0, 0, 2, 0], { minImages: 5, images: 5 }), label);
});

test('the bands are halved between threshold and 1', () => {
  assert.ok(reaches(9, 10, halfWayToOne(fraction('0.8'))));
  assert.ok(!reaches(89, 100, halfWayToOne(fraction('0.8'))));
  assert.deepEqual(verdict([8, 2, 0, 0], { threshold: '0.6' }), {
    kind: 'decided',
    label: 'African',
    band: 'upper',
  });
  assert.deepEqual(verdict([7, 3, 0, 0], { threshold: '0.6' }), {
    kind: 'decided',
    label: 'African',
    band: 'lower',
  });
  assert.deepEqual(verdict([9, 0, 0, 0], { threshold: '1' }), {
    kind: 'decided',
    label: 'African',
    band: 'all',
  });
  assert.deepEqual(verdict([99, 1, 0, 0], { threshold: '1' }), {
    kind: 'undecided',
    reason: 'below_threshold',
    leading: 'African',
  });
});
