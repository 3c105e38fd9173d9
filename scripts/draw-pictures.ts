/**
 * `npm run pictures`: draws the README's pictures into scripts/pictures, all from the six sample photographs
 * of @vladmandic/face-api. The report needs a Chromium at CHROMIUM_PATH or /usr/bin/chromium.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { packageFile } from '../src/files/package.js';
import { samplePhotographs } from '../test/support/fixture.js';

const pictures = packageFile('scripts/pictures');
const photographs = samplePhotographs();
const work = mkdtempSync(path.join(tmpdir(), 'facecls-pictures-'));
const inWork = (...parts: string[]) => path.join(work, ...parts);

function facecls(args: readonly string[], input = ''): void {
  execFileSync(process.execPath, [packageFile('bin/facecls.js'), ...args], {
    input,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
}

/** Grid: the faces of the photographs. */
function drawGrid(): void {
  const list = [1, 2, 3, 4, 5, 6].map((number) => `sample${number}.jpg`).join('\n');
  facecls(
    [
      ...['run', '--input_dir', photographs, '--in_list', '-', '--output_dir', inWork('run')],
      ...['--save_crops', '--crop_format', 'png', '--visualize'],
      ...['--n_vis_samples_per_pic', '12', '--n_vis_rows_per_pic', '2'],
      ...['--figsize_h', '3.8', '--figsize_w', '10'],
    ],
    list,
  );
  copyFileSync(inWork('run', '0.jpg'), path.join(pictures, 'grid.jpg'));
}

/** Evaluation: labels of coarse JPEG crops against those of the lossless ones. */
async function drawEvaluation(): Promise<void> {
  const crops = inWork('run', 'crops');
  mkdirSync(inWork('coarse'));
  for (const name of readdirSync(crops)) {
    await sharp(path.join(crops, name)).jpeg({ quality: 8 }).toFile(inWork('coarse', name));
  }
  facecls(['infer', '--input_dir', crops, '--output_dir', inWork('fine')]);
  facecls([
    ...['infer', '--input_dir', inWork('coarse'), '--output_dir', inWork('coarse-labels')],
    ...['--format', 'csv'],
  ]);
  const labels = readFileSync(inWork('fine', 'pred_ethnicities.txt'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(
      (line) => `${path.basename(line.slice(0, line.lastIndexOf(' ')))},${line.split(' ').at(-1)}`,
    );
  writeFileSync(inWork('labels.csv'), `file,label\n${labels.join('\n')}\n`);
  facecls([
    ...['evaluate', '--predictions', inWork('coarse-labels', 'predictions.csv')],
    ...['--labels', inWork('labels.csv'), '--output_dir', inWork('evaluation')],
  ]);
  copyFileSync(
    inWork('evaluation', 'confusion_matrix.png'),
    path.join(pictures, 'confusion_matrix.png'),
  );
}

/** Consensus: each photograph taken for an identity, its faces for the identity's images. */
function drawConsensus(): void {
  const lines = readFileSync(inWork('run', 'pred_ethnicities.txt'), 'utf8').replaceAll(
    '.jpg#',
    '/',
  );
  writeFileSync(inWork('identities.txt'), lines);
  facecls([
    ...[
      'consensus',
      '--predictions',
      inWork('identities.txt'),
      '--output_dir',
      inWork('consensus'),
    ],
  ]);
  copyFileSync(inWork('consensus', 'consensus.png'), path.join(pictures, 'consensus.png'));
}

async function drawReport(): Promise<void> {
  facecls([
    ...[
      'infer',
      '--input_dir',
      inWork('run', 'crops'),
      '--output_dir',
      inWork('report'),
      '--report',
    ],
  ]);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
  await page.goto(pathToFileURL(inWork('report', 'report.html')).href);
  await page.screenshot({ path: path.join(pictures, 'report.png') });
  await browser.close();
}

mkdirSync(pictures, { recursive: true });
try {
  drawGrid();
  await drawEvaluation();
  drawConsensus();
  await drawReport();
} finally {
  rmSync(work, { recursive: true, force: true });
}
