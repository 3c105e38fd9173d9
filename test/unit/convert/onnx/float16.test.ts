import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allHalvesFinite, floatToHalf, halfToFloat } from '../../../../src/convert/onnx/float16.js';

function toHalf(value: number): number {
  return floatToHalf(Float32Array.of(value))[0];
}

test('every finite half survives the way to float32 and back', () => {
  const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter(
    (bits) => (bits & 0x7c00) !== 0x7c00,
  );
  assert.deepEqual(floatToHalf(halfToFloat(halves)), halves);
});

test('known values have their bits', () => {
  assert.deepEqual(
    [...halfToFloat(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00, 0x3555))],
    [1, -2, 65504, 2 ** -24, 2 ** -14, Number.POSITIVE_INFINITY, 0.333251953125],
  );
});

test('halfway between two halves goes to the even one, anything else to the nearer', () => {
  const all = halfToFloat(Uint16Array.from({ length: 0x7c00 }, (_, i) => i));
  for (let bits = 0; bits + 1 < all.length; bits++) {
    const middle = (all[bits] + all[bits + 1]) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    assert.equal(toHalf(middle), even);
    assert.equal(toHalf(middle * (1 - 2 ** -20)), bits);
    assert.equal(toHalf(-middle * (1 + 2 ** -20)), (bits + 1) | 0x8000);
  }
});

test('too large values become infinite, tiny ones zero', () => {
  assert.equal(toHalf(65519.996), 0x7bff);
  assert.equal(toHalf(65520), 0x7c00);
  assert.equal(toHalf(-1e30), 0xfc00);
  assert.equal(toHalf(2 ** -25), 0);
  assert.equal(toHalf(1e-40), 0);
  assert.equal(allHalvesFinite(Uint16Array.of(0x7bff, 0xfbff)), true);
  assert.equal(allHalvesFinite(Uint16Array.of(0, 0xfc00)), false);
});
