/**
 * `node dist/scripts/compare-detectors.js --photographs DIR [--labels FILE]`: finds the faces of a folder of
 * photographs with each detector, the largest of each photograph, and prints how many were found, how far the
 * landmarks lie apart, the seconds taken and, with labels, how well the bundled classifier does on the crops.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageFile } from '../src/files/package.js';

const DETECTORS: Readonly<Record<string, readonly string[]>> = {
  'mtcnn, published': [],
  'mtcnn, recall': ['--preset', 'recall'],
  ssd: ['--detector', 'ssd'],
  'ssd, 0.3': ['--detector', 'ssd', '--min_confidence', '0.3'],
};
/** Whose landmarks are compared, and which are tried as the first and the second of two. */
const PAIR = ['mtcnn, recall', 'ssd'] as const;
const TWO = [['mtcnn, published', 'ssd'], PAIR] as const;

type Point = readonly [x: number, y: number];

interface Row {
  readonly source: string;
  readonly status?: string;
  readonly landmarks: readonly Point[];
}

interface Result {
  readonly seconds: number;
  /** By photograph: the landmarks of its largest face. */
  readonly landmarks: ReadonlyMap<string, readonly Point[]>;
  readonly predictions: string | undefined;
}

const { values } = parseArgs({
  options: { photographs: { type: 'string' }, labels: { type: 'string' } },
});
const { photographs, labels } = values;
if (photographs === undefined) {
  process.stderr.write('compare-detectors: give --photographs, and --labels where there are\n');
  process.exit(2);
}

const work = mkdtempSync(path.join(tmpdir(), 'facecls-detectors-'));
try {
  compare(photographs);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function compare(folder: string): void {
  const results = new Map<string, Result>();
  for (const [name, options] of Object.entries(DETECTORS)) {
    results.set(name, detect(folder, name, options));
  }
  const [first, ...others] = [...results.values()];
  const common = new Set(
    [...first.landmarks.keys()].filter((name) =>
      others.every(({ landmarks }) => landmarks.has(name)),
    ),
  );
  const commonLabels = labels && labelsOf(common);
  const table = [['detector', 'with a face', 'seconds', 'balanced', 'on those all found']];
  for (const [name, { landmarks, seconds, predictions }] of results) {
    table.push([
      name,
      String(landmarks.size),
      seconds.toFixed(1),
      accuracy(predictions, labels),
      accuracy(predictions, commonLabels),
    ]);
  }
  for (const [first, second] of TWO) {
    const { found, predictions } = oneAfterTheOther(results.get(first)!, results.get(second)!);
    table.push([`${first}, else ${second}`, String(found), '', accuracy(predictions, labels), '']);
  }
  for (const row of table) {
    process.stdout.write(`${row.map((cell, i) => cell.padEnd(i === 0 ? 38 : 13)).join('')}\n`);
  }
  process.stdout.write(`all found ${common.size} photographs\n`);
  compareLandmarks(results.get(PAIR[0])!.landmarks, results.get(PAIR[1])!.landmarks);
}

function detect(folder: string, name: string, options: readonly string[]): Result {
  const crops = path.join(work, name, 'crops');
  const args = ['align', '--in_dir', folder, '--out_dir', crops, '--faces', 'largest'];
  const { seconds } = facecls([...args, ...options]);
  const landmarks = new Map<string, readonly Point[]>();
  for (const line of readFileSync(path.join(crops, 'align_manifest.jsonl'), 'utf8').split('\n')) {
    if (line === '') continue;
    const row: Row = JSON.parse(line);
    if (row.status === undefined) landmarks.set(path.relative(folder, row.source), row.landmarks);
  }
  if (labels === undefined || landmarks.size === 0) {
    return { seconds, landmarks, predictions: undefined };
  }
  const inferred = path.join(work, name, 'labels');
  facecls(['infer', '--input_dir', crops, '--output_dir', inferred, '--format', 'csv']);
  return { seconds, landmarks, predictions: path.join(inferred, 'predictions.csv') };
}

/** The second's faces where the first has none. */
function oneAfterTheOther(first: Result, second: Result) {
  const added = [...second.landmarks.keys()].filter((name) => !first.landmarks.has(name));
  const found = first.landmarks.size + added.length;
  if (first.predictions === undefined || second.predictions === undefined) return { found };
  const lines = readFileSync(second.predictions, 'utf8')
    .split('\n')
    .filter((line) => added.some((name) => line.includes(`/${name}_0.`)));
  const predictions = path.join(work, 'both.csv');
  const both = readFileSync(first.predictions, 'utf8') + lines.map((line) => `${line}\n`).join('');
  writeFileSync(predictions, both);
  return { found, predictions };
}

/** Balanced accuracy of the predictions that have a label. */
function accuracy(predictions?: string, file?: string): string {
  if (predictions === undefined || file === undefined) return '';
  const out = path.join(work, 'evaluation');
  const args = ['evaluate', '--predictions', predictions, '--labels', file, '--output_dir', out];
  args.push('--overwrite');
  const { balanced_accuracy: balanced } = facecls(args);
  return typeof balanced === 'number' ? balanced.toFixed(3) : 'none';
}

/** The labels of some photographs, in a file of their own. */
function labelsOf(names: ReadonlySet<string>): string {
  const [header, ...rows] = readFileSync(labels!, 'utf8').split(/\r?\n/);
  const file = path.join(work, 'labels.csv');
  const kept = rows.filter((row) => names.has(row.split(',', 1)[0]));
  writeFileSync(file, `${[header, ...kept].join('\n')}\n`);
  return file;
}

function compareLandmarks(
  first: ReadonlyMap<string, readonly Point[]>,
  second: ReadonlyMap<string, readonly Point[]>,
): void {
  const pixels: number[] = [];
  const relative: number[] = [];
  let others = 0;
  for (const [photograph, points] of first) {
    const counterparts = second.get(photograph);
    if (counterparts === undefined) continue;
    const eyes = distance(points[0], points[1]);
    const distances = points.map((point, i) => distance(point, counterparts[i]));
    // Where the two chose another face, its landmarks are further off than the eyes lie apart.
    if (mean(distances) > eyes) {
      others += 1;
      continue;
    }
    pixels.push(...distances);
    relative.push(...distances.map((length) => length / eyes));
  }
  const faces = pixels.length / 5;
  process.stdout.write(`landmarks of ${faces} faces found by both (${PAIR.join('; ')}), `);
  process.stdout.write(`${others} photographs with another face\n`);
  if (faces === 0) return;
  process.stdout.write(`  pixels:              ${summary(pixels)}\n`);
  process.stdout.write(`  distances of eyes:   ${summary(relative)}\n`);
}

function summary(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  const figures = { mean: mean(sorted), median: quantile(0.5), '95 %': quantile(0.95) };
  return Object.entries(figures)
    .map(([name, figure]) => `${name} ${figure.toFixed(3)}`)
    .join(', ');
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function distance([x1, y1]: Point, [x2, y2]: Point): number {
  return Math.hypot(x2 - x1, y2 - y1);
}

function facecls(args: readonly string[]): Record<string, number> {
  const command = [packageFile('bin/facecls.js'), ...args, '--json', '--quiet'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0 && status !== 3) throw new Error(`facecls ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}
