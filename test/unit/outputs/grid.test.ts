import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { packageFile } from '../../../src/files/package.js';
import type { RgbImage } from '../../../src/image/image.js';
import { type GridLayout, Grids } from '../../../src/outputs/grid.js';
import { commit } from '../../../src/outputs/sink.js';
import { temporaryFolder } from '../../support/cli.js';

const RED = [200, 30, 30] as const;

function plain(width: number, height: number, [r, g, b]: readonly number[]): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set([r, g, b], i);
  return { data, width, height };
}

async function draw(layout: GridLayout, images: readonly RgbImage[]) {
  const folder = temporaryFolder();
  const grids = new Grids(folder, layout);
  for (const image of images) await grids.write({ image, label: 'African', confidence: 0.987 });
  assert.ok(readdirSync(folder).every((name) => name.endsWith('.partial')));
  await commit(grids);
  const pictures = [];
  const files = readdirSync(folder).sort();
  for (const name of files) {
    const file = path.join(folder, name);
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number) => [
      ...data.subarray((y * info.width + x) * 3).subarray(0, 3),
    ];
    pictures.push({ width: info.width, height: info.height, at });
  }
  return { files, pictures };
}

function near(actual: readonly number[], expected: readonly number[], what: string): void {
  const worst = Math.max(...actual.map((level, i) => Math.abs(level - expected[i])));
  assert.ok(worst < 12, `${what}: ${actual}, expected ${expected}`);
}

const WHITE = [255, 255, 255];
/** Two rows of three cells, 200 x 260 pixels each. */
const SIX: GridLayout = { samples: 6, rows: 2, width: 600, height: 520 };

test('the last grid is partly filled, its empty cells white, and no more are drawn', async () => {
  const { files, pictures } = await draw(SIX, Array(8).fill(plain(112, 112, RED)));
  assert.deepEqual(files, ['0.jpg', '1.jpg']);
  for (const { width, height } of pictures) assert.deepEqual([width, height], [600, 520]);
  const [full, last] = pictures;
  for (const x of [100, 300, 500]) {
    for (const y of [130, 390]) near(full.at(x, y), RED, `full grid, cell at ${x},${y}`);
  }
  near(last.at(100, 130), RED, 'first cell');
  near(last.at(300, 130), RED, 'second cell');
  for (const [x, y] of [
    [500, 130],
    [100, 390],
    [300, 390],
    [500, 390],
  ]) {
    assert.deepEqual(last.at(x, y), WHITE, `empty cell at ${x},${y}`);
  }
});

test('faces stand in the order they came, row by row', async () => {
  const shades = [20, 60, 100, 140, 180, 220];
  const { pictures } = await draw(
    SIX,
    shades.map((level) => plain(10, 10, [level, level, level])),
  );
  const centres = [
    [100, 130],
    [300, 130],
    [500, 130],
    [100, 390],
    [300, 390],
    [500, 390],
  ];
  for (const [i, [x, y]] of centres.entries()) {
    near(pictures[0].at(x, y), Array(3).fill(shades[i]), `face ${i}`);
  }
});

test('an image keeps its aspect ratio', async () => {
  const { pictures } = await draw(SIX, [plain(100, 25, RED)]);
  const { at } = pictures[0];
  const isRed = ([r, g]: number[]) => r > 150 && g < 100;
  const across = Array.from({ length: 200 }, (_, x) => at(x, 130)).filter(isRed).length;
  const down = Array.from({ length: 260 }, (_, y) => at(100, y)).filter(isRed).length;
  assert.ok(across > 150, `${across}`);
  assert.ok(Math.abs(across / down - 4) < 0.3, `${across} x ${down}`);
});

test('a face of the size it is drawn at is drawn pixel by pixel, not blurred', async () => {
  // A cell of 200 x 260 has room for 188 pixels across.
  const side = 188;
  const stripes = plain(side, side, [0, 0, 0]);
  for (let i = 0; i < side * side; i++) if (i % 4 < 2) stripes.data.fill(255, i * 3, i * 3 + 3);
  const { pictures } = await draw(SIX, [stripes]);
  const row = Array.from({ length: side }, (_, x) => pictures[0].at(6 + x, 130)[0]);
  const contrast = Math.max(...row.slice(20, 160)) - Math.min(...row.slice(20, 160));
  assert.ok(contrast > 230, `${contrast}`);
});

test('the title is drawn where the machine has no fonts', async () => {
  // Another process, since a font once loaded stays: it writes a grid of one white face, so that all
  // that is dark is text.
  const folder = temporaryFolder();
  const script = `
    import { Grids } from ${JSON.stringify(packageFile('dist/src/outputs/grid.js'))};
    import { commit } from ${JSON.stringify(packageFile('dist/src/outputs/sink.js'))};
    const image = { data: new Uint8Array(12).fill(255), width: 2, height: 2 };
    const grids = new Grids(${JSON.stringify(folder)}, { samples: 1, rows: 1, width: 300, height: 400 });
    await grids.write({ image, label: process.argv[1], confidence: 0.5 });
    await commit(grids);`;
  const drawDark = async (label: string) => {
    execFileSync(process.execPath, ['--input-type=module', '-e', script, label], {
      env: { ...process.env, DISABLE_SYSTEM_FONTS_LOAD: '1', FONTCONFIG_PATH: '/nonexistent' },
    });
    const { data, info } = await sharp(path.join(folder, '0.jpg'))
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const half = (info.height / 2) * info.width;
    const dark = (pixels: Buffer) => pixels.filter((level) => level < 128).length;
    return { title: dark(data.subarray(0, half)), caption: dark(data.subarray(half)) };
  };
  const long = await drawDark('Caucasian');
  const short = await drawDark('Asian');
  assert.ok(short.title > 300, `${short.title} dark pixels`);
  assert.ok(long.title > short.title, 'a longer label has more pixels');
  assert.ok(short.caption > 30, `${short.caption} dark pixels`);
});

test('a run that fails leaves no grid', async () => {
  const folder = temporaryFolder();
  const face = { image: plain(10, 10, RED), label: 'Asian', confidence: 1 };
  const failing = new Grids(folder, { samples: 1, rows: 1, width: 50, height: 60 });
  await failing.write(face);
  await failing.write(face);
  await failing.discard();
  assert.deepEqual(readdirSync(folder), []);
});
