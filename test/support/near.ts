import assert from 'node:assert/strict';

/** Not a number is near nothing. */
export function assertNear(
  actual: number,
  expected: number,
  tolerance: number,
  what: string,
): void {
  const isNear = Math.abs(actual - expected) <= tolerance;
  assert.ok(isNear, `${what}: ${actual}, expected ${expected} within ${tolerance}`);
}
