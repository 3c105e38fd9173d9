import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import sharp from 'sharp';
import { drawCalibration } from '../../../../src/analysis/evaluate/calibration-picture.js';
import { drawConfusion } from '../../../../src/analysis/evaluate/confusion-picture.js';

const CONFUSION = {
  title: 'Confusion matrix',
  classNames: ['African', 'Asian', 'Caucasian', 'Indian'],
  counts: [
    [90, 5, 3, 2],
    [1_234_567, 9_000_000, 0, 0],
    [0, 0, 0, 0],
    [10, 20, 20, 50],
  ],
};

const CALIBRATION = {
  title: 'Calibration',
  bins: Array.from({ length: 15 }, (_, k) => {
    const range = { from: k / 15, to: (k + 1) / 15 };
    if (k < 5) return { ...range, count: 0, accuracy: null, confidence: null, interval: null };
    const accuracy = k === 14 ? 1 : 0.5;
    const interval = [accuracy - 0.2, Math.min(accuracy + 0.2, 1)] as const;
    return { ...range, count: 10 * k, accuracy, confidence: (k + 0.5) / 15, interval };
  }),
};

async function pixels(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray(3 * (y * info.width + x)).subarray(0, 3)];
  const sum = (x: number, y: number) => at(x, y).reduce((total, value) => total + value, 0);
  /** Dark pixels of a part of the picture. */
  const ink = (left: number, top: number, width: number, height: number) => {
    let count = 0;
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) if (sum(x, y) < 300) count += 1;
    }
    return count;
  };
  return { ...info, at, sum, ink };
}

/** Near the corner of a cell, where no text is; cells are 150 pixels, from (190, 90). */
const corner = (row: number, column: number): [number, number] => [
  190 + 150 * column + 6,
  90 + 150 * row + 6,
];

test('the share of a row is its colour in the heat map, and empty rows are pale', async () => {
  const { sum, ink, width, height } = await pixels(await drawConfusion(CONFUSION));
  for (const row of [0, 1, 3]) {
    for (const column of [0, 1, 2, 3]) {
      if (column === row) continue;
      assert.ok(sum(...corner(row, row)) < sum(...corner(row, column)) - 60, `${row}, ${column}`);
    }
  }
  assert.ok(sum(...corner(0, 0)) < sum(...corner(3, 3)), '90 % is darker than 50 %');
  assert.equal(sum(...corner(2, 2)), sum(...corner(2, 0)));
  assert.ok(ink(190, 20, 600, 50) > 500, 'a title');
  assert.ok(ink(60, 90, 125, 600) > 500, 'names of rows');
  assert.ok(ink(190, 695, 600, 40) > 500, 'names of columns');
  assert.ok(ink(190, 735, 600, 45) > 300, 'a title of the axis');
  // The numbers of a pale cell are dark.
  assert.ok(ink(190 + 160, 90 + 40, 120, 80) > 100);
  // Nothing runs over the edge.
  assert.equal(ink(0, 0, width, 4) + ink(0, 0, 4, height) + ink(width - 4, 0, 4, height), 0);
});

test('the numbers of a dark cell are light', async () => {
  const { sum } = await pixels(await drawConfusion(CONFUSION));
  let light = 0;
  for (let y = 90 + 40; y < 90 + 120; y++) {
    for (let x = 190 + 20; x < 190 + 130; x++) if (sum(x, y) > 740) light += 1;
  }
  assert.ok(light > 100, String(light));
});

test('a bar of the reliability plot ends at the accuracy of its bin', async () => {
  const { at, sum, ink, width } = await pixels(await drawCalibration(CALIBRATION));
  // The plot is 600 pixels square from (110, 70); bars are 40 wide. Left of the interval's line:
  const x = (bin: number) => 110 + 40 * bin + 4;
  const y = (accuracy: number) => 70 + Math.round(600 * (1 - accuracy));
  const BAR = [0x6b, 0xae, 0xd6];
  assert.deepEqual(at(x(8), y(0.47)), BAR);
  assert.deepEqual(at(x(8), y(0.53)), [255, 255, 255]);
  assert.deepEqual(at(x(14), y(0.9)), BAR);
  assert.deepEqual(at(x(2), y(0.1)), [255, 255, 255], 'an empty bin');
  assert.ok(ink(0, 10, width, 50) > 300, 'a title');
  assert.ok(ink(110, 850, 600, 60) > 300, 'a title of the axis');
  // The histogram below: the fullest bin is the highest.
  const bar = (bin: number, above: number) => sum(110 + 40 * bin + 6, 830 - above) < 700;
  assert.ok(bar(14, 100) && !bar(7, 100) && bar(7, 40) && !bar(2, 3));
});

test('pictures are the same where the system has no fonts', async () => {
  const module = (name: string) =>
    JSON.stringify(
      new URL(`../../../../src/analysis/evaluate/${name}-picture.js`, import.meta.url).href,
    );
  const code = `import { drawConfusion } from ${module('confusion')};
    import { drawCalibration } from ${module('calibration')};
    const both = [await drawConfusion(${JSON.stringify(CONFUSION)}), await drawCalibration(${JSON.stringify(CALIBRATION)})];
    process.stdout.write(JSON.stringify(both.map((png) => png.toString('base64'))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, DISABLE_SYSTEM_FONTS_LOAD: '1' },
    maxBuffer: 1 << 26,
  });
  const drawn: string[] = JSON.parse(stdout.toString() || `"${stderr}"`);
  const here = [await drawConfusion(CONFUSION), await drawCalibration(CALIBRATION)];
  assert.deepEqual(
    drawn,
    here.map((png) => png.toString('base64')),
  );
});
