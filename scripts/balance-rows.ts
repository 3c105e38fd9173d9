/**
 * `node dist/scripts/balance-rows.js MILLIONS [SEED] > predictions.csv`: that many million rows of predictions, as
 * `facecls infer --format csv` writes them, to measure `facecls balance` with. One to three faces a photograph, 20
 * photographs an identity; the classes have the shares .4 .3 .2 .1. The file names nobody: there are no pictures.
 */
import { once } from 'node:events';
import { Random } from '../src/analysis/composition/random.js';
import { csvHeader } from '../src/outputs/predictions.js';

const CLASSES = ['African', 'Asian', 'Caucasian', 'Indian'];
const UP_TO = [0.4, 0.7, 0.9, 1];
const PHOTOGRAPHS = 20;
const MOST_FACES = 3;
/** Lines written at once. */
const LINES = 10_000;

const rows = Number(process.argv[2]) * 1e6;
const seed = Number(process.argv[3] ?? 0);
if (!(rows > 0) || !Number.isInteger(seed)) {
  throw new Error('usage: balance-rows.js MILLIONS [SEED]');
}
const random = Random.stream(seed, 'balance rows');
process.stdout.write(csvHeader(CLASSES));
let lines: string[] = [];
let photograph = 0;
let face = 0;
let faces = 1;
for (let row = 0; row < rows; row++) {
  if (face === faces) {
    photograph += 1;
    face = 0;
    faces = 1 + Math.floor(MOST_FACES * random.uniform());
  }
  lines.push(line(photograph, face));
  face += 1;
  if (lines.length === LINES || row + 1 >= rows) {
    if (!process.stdout.write(lines.join(''))) await once(process.stdout, 'drain');
    lines = [];
  }
}

function line(photographNumber: number, faceNumber: number): string {
  const u = random.uniform();
  const label = UP_TO.findIndex((end) => u < end);
  const confidence = 0.4 + 0.6 * Math.sqrt(random.uniform());
  const rest = ((1 - confidence) / 3).toFixed(6);
  const digits = confidence.toFixed(6);
  const identity = Math.floor(photographNumber / PHOTOGRAPHS);
  const shares = CLASSES.map((_, k) => (k === label ? digits : rest)).join(',');
  return `in/${identity}/${photographNumber}.jpg#${faceNumber},${CLASSES[label]},${digits},${shares}\r\n`;
}
