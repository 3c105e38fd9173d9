import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { drawCalibration } from '../../../../src/analysis/evaluate/calibration-picture.js';

test('the legend covers no bar and no interval, wherever they are', async () => {
  const bins = Array.from({ length: 10 }, (_, k) => {
    const range = { from: k / 10, to: (k + 1) / 10 };
    return {
      ...range,
      count: 10,
      accuracy: 0.95,
      confidence: 0.5,
      interval: [0.05, 0.99] as const,
    };
  });
  const png = await drawCalibration({ title: 'Calibration', bins });
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => data.subarray(3 * (y * info.width + x)).subarray(0, 3);
  // The plot is 600 pixels square from (110, 70). Off the diagonal and the intervals, bars are of one colour.
  for (let k = 0; k < 10; k++) {
    const middle = 110 + 60 * k + 30;
    for (let y = 80; y < 636; y += 3) {
      const isDark = at(middle, y).reduce((sum, value) => sum + value, 0) < 400;
      const isMean = Math.abs(y - 370) < 6;
      assert.ok(isDark || isMean, `the interval of bin ${k} at ${y}`);
      const isDiagonal = Math.abs(670 - y - (middle + 15 - 110)) < 12;
      if (y > 105 && !isMean && !isDiagonal) {
        assert.deepEqual([...at(middle + 15, y)], [0x6b, 0xae, 0xd6], `bar ${k} at ${y}`);
      }
    }
  }
});
