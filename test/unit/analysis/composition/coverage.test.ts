import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './coverage.js';

/** `scripts/simulate-composition.ts` does the same with 1,000 data sets of 2,000 draws. */
const SMALL = { sets: 250, faces: 2000, labelled: 200, samples: 400, seed: 0, shares: null };

test('95 % intervals hold the true shares in 93 to 97 % of 250 data sets', () => {
  const { covered, error, rawError } = simulate(SMALL);
  assert.ok(covered >= 0.93 && covered <= 0.97, String(covered));
  assert.ok(error < rawError, `${error} is not below ${rawError}`);
});

test('on the edge of the simplex intervals hold the true shares at least as often', () => {
  const { covered } = simulate({ ...SMALL, sets: 100, shares: [0.6, 0.4, 0, 0] });
  assert.ok(covered >= 0.93, String(covered));
});
