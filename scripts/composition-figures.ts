/**
 * `npm run build && node dist/scripts/composition-figures.js RESULTS LABELS.csv [DRAWS]`: how far the shares of `facecls
 * composition` are from the truth, raw and corrected. RESULTS is a folder of `facecls run --faces largest` on photographs
 * that LABELS.csv (file,label,...) has labels of. Faces are drawn from it with replacement so that the true shares of
 * the classes are .70, .15, .10 and .05, in each of the 24 orders; so many faces a draw as there are.
 */
import { readFile } from 'node:fs/promises';
import { Correction } from '../src/analysis/composition/correction.js';
import { findKnownErrors } from '../src/analysis/composition/known-errors/find-known-errors.js';
import { inOrderOf } from '../src/analysis/composition/known-errors/known-errors.js';
import { Random } from '../src/analysis/composition/random.js';
import { wilsonAt } from '../src/analysis/composition/wilson-at.js';
import { parseLabels } from '../src/analysis/evaluate/labels/labels.js';
import { Matcher } from '../src/analysis/evaluate/match.js';
import { findPredictions } from '../src/analysis/results/find-predictions.js';
import { openPredictions } from '../src/outputs/read-predictions.js';

const SHARES = [0.7, 0.15, 0.1, 0.05];

const [results, labels, drawsText = '20'] = process.argv.slice(2);
const found = await findPredictions(results);
const errors = await findKnownErrors(undefined, found.record?.modelSha256);
if (errors.kind === 'unknown') throw new Error(errors.reason);
const { batches, classNames } = await openPredictions(found.file);
const columns = { groups: [], label: 'label' };
const table = parseLabels(await readFile(labels), labels, columns, classNames);
const matcher = new Matcher(table.rows, labels, classNames);
for await (const batch of batches) for (const face of batch) matcher.add(face);
const { samples } = matcher.finish();
const byTruth = classNames.map((_, k) => samples.filter(({ truth }) => truth === k));
const options = { interval: 0.95, samples: 2000, seed: 0, byDetection: false };
const correction = new Correction(inOrderOf(errors.known, classNames), options);

const sums = { raw: 0, corrected: 0, rawHeld: 0, correctedHeld: 0, n: 0 };
const random = Random.stream(0, 'composition figures');
for (const order of orders(SHARES)) {
  for (let draw = 0; draw < Number(drawsText); draw++) addDraw(order, `${order} ${draw}`);
}
const mean = (sum: number) => sum / sums.n;
console.log(`${samples.length} labelled faces; ${sums.n / SHARES.length} draws of as many`);
console.log('| | mean absolute error | 95 % intervals that hold the truth |');
console.log('|---|---|---|');
for (const kind of ['raw', 'corrected'] as const) {
  const held = (100 * mean(sums[`${kind}Held`])).toFixed(1);
  console.log(`| ${kind} | ${mean(sums[kind]).toFixed(4)} | ${held} % |`);
}

function addDraw(shares: readonly number[], stream: string): void {
  const counts = new Float64Array(classNames.length);
  for (let i = 0; i < samples.length; i++) {
    const u = random.uniform();
    let truth = 0;
    for (let end = shares[0]; u >= end && truth < shares.length - 1; end += shares[truth])
      truth += 1;
    const pool = byTruth[truth];
    counts[pool[Math.floor(random.uniform() * pool.length)].predicted] += 1;
  }
  const estimates = correction.estimate(counts, stream)!;
  for (const [k, [share, low, high]] of estimates.entries()) {
    const raw = counts[k] / samples.length;
    const [rawLow, rawHigh] = wilsonAt(counts[k], samples.length, options.interval)!;
    sums.raw += Math.abs(raw - shares[k]);
    sums.corrected += Math.abs(share - shares[k]);
    if (rawLow <= shares[k] && shares[k] <= rawHigh) sums.rawHeld += 1;
    if (low <= shares[k] && shares[k] <= high) sums.correctedHeld += 1;
    sums.n += 1;
  }
}

function orders(items: readonly number[]): number[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, k) => orders(items.toSpliced(k, 1)).map((rest) => [item, ...rest]));
}
