import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { drawComposition } from '../../../../src/analysis/composition/picture.js';
import { exampleCounts, exampleRecord } from './example.js';

const RAW = [0xb5, 0xbe, 0xc8];
const CORRECTED = [0x6b, 0xae, 0xd6];

async function picture(record = exampleRecord()) {
  const png = sharp(await drawComposition(record)).removeAlpha();
  const { data, info } = await png.raw().toBuffer({ resolveWithObject: true });
  /** Pixels of a colour, from a line on. */
  const count = (colour: readonly number[], from = 0) => {
    let n = 0;
    for (let at = 3 * from * info.width; at < data.length; at += 3) {
      if (colour.every((value, k) => data[at + k] === value)) n += 1;
    }
    return n;
  };
  return { ...info, count };
}

test('the picture grows with its panels, up to twelve', async () => {
  const one = await picture(exampleRecord({ counts: exampleCounts({}) }));
  const groups = (n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, k) => [`group ${k}`, [k + 1, 5, 5, 5]]));
  const eleven = await picture(exampleRecord({ counts: exampleCounts(groups(11)) }));
  const forty = await picture(exampleRecord({ counts: exampleCounts(groups(40)) }));
  assert.ok(eleven.height > 3 * (one.height - 150));
  assert.deepEqual([forty.width, forty.height], [eleven.width, eleven.height]);
});

test('bars are as long as the shares, raw and corrected', async () => {
  // Of one group alone the panels are alike: bars of all shares together have the same length twice.
  const { count } = await picture();
  const ratio = count(RAW, 150) / count(CORRECTED, 150);
  assert.ok(ratio > 0.85 && ratio < 1.15, String(ratio));
});

test('without known errors there is no corrected bar, nor its legend', async () => {
  const errors = { kind: 'unknown', reason: 'none was given' } as const;
  const { count } = await picture(exampleRecord({ errors }));
  assert.equal(count(CORRECTED), 0);
  assert.ok(count(RAW, 150) > 1000);
});
