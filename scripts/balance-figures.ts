/**
 * `npm run build && node dist/scripts/balance-figures.js RESULTS LABELS.csv`: whether the expected purity of `facecls
 * balance` holds the true one. RESULTS is a folder of `facecls run --faces largest` on photographs that LABELS.csv (file,
 * label, ...) has labels of. One half of them, by a hash of the name, gives the known errors, lists are drawn from the
 * other, of all faces of each class from three thresholds on; photographs without a label are left out.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { packageFile } from '../src/files/package.js';
import { xxh32 } from '../src/files/xxh32.js';

const THRESHOLDS = [0, 0.8, 0.95];
/** Of each class, from a half; more than there are gives all. */
const PER_CLASS = 100;

const [results, labelsFile] = process.argv.slice(2);
const records: string[][] = parse(readFileSync(labelsFile));
const [header, ...rows] = records;
const [file, label] = [header.indexOf('file'), header.indexOf('label')];
const truth = new Map(
  rows.filter((row) => row[label] !== '').map((row) => [row[file], row[label]]),
);
const isFirst = (name: string) => xxh32(Buffer.from(name), 0, 0) % 2 === 0;
const work = mkdtempSync(path.join(tmpdir(), 'facecls-balance-'));
try {
  measure();
} finally {
  rmSync(work, { recursive: true, force: true });
}

function measure(): void {
  const predictions: string[][] = parse(readFileSync(path.join(results, 'predictions.csv')));
  for (const [name, half] of [
    ['known', true],
    ['drawn', false],
  ] as const) {
    const own = predictions.slice(1).filter(([face]) => {
      const photograph = nameOf(face);
      return truth.has(photograph) && isFirst(photograph) === half;
    });
    const lines = [predictions[0], ...own].map((fields) => `${fields.join(',')}\n`);
    writeFileSync(path.join(work, `${name}.csv`), lines.join(''));
  }
  const labels = [...truth].map(([name, group]) => `${name},${group}\n`);
  writeFileSync(path.join(work, 'labels.csv'), `file,label\n${labels.join('')}`);
  facecls(
    'evaluate',
    'known',
    '--labels',
    path.join(work, 'labels.csv'),
    '--output_dir',
    path.join(work, 'errors'),
  );
  const { n } = JSON.parse(readFileSync(path.join(work, 'errors', 'metrics.json'), 'utf8'));
  console.log(`known errors from ${n} faces\n`);
  console.log('| confidence from | class | faces | expected purity | true purity | held |');
  console.log('|---|---|---|---|---|---|');
  for (const threshold of THRESHOLDS) listsAbove(threshold);
}

function listsAbove(threshold: number): void {
  const folder = path.join(work, `from-${threshold}`);
  const errors = path.join(work, 'errors', 'metrics.json');
  facecls(
    'balance',
    'drawn',
    '--per_class',
    `${PER_CLASS}`,
    '--known_errors',
    errors,
    '--min_confidence',
    `${threshold}`,
    '--output_dir',
    folder,
  );
  const { cells } = JSON.parse(readFileSync(path.join(folder, 'balance.json'), 'utf8'));
  const drawn: string[][] = parse(readFileSync(path.join(folder, 'balanced.csv')));
  for (const { class: name, taken, expected_purity } of cells) {
    const [share, low, high] = expected_purity;
    const own = drawn.filter(([, group]) => group === name);
    const purity = own.filter(([face]) => truth.get(nameOf(face)) === name).length / own.length;
    const percent = (value: number) => (100 * value).toFixed(1);
    const expected = `${percent(share)} % (${percent(low)}-${percent(high)})`;
    const held = low <= purity && purity <= high ? 'yes' : 'no';
    console.log(
      `| ${threshold} | ${name} | ${taken} | ${expected} | ${percent(purity)} % | ${held} |`,
    );
  }
}

function facecls(command: string, name: string, ...options: string[]): void {
  const args = [
    command,
    '--predictions',
    path.join(work, `${name}.csv`),
    ...options,
    '--quiet',
    '--json',
  ];
  execFileSync(process.execPath, [packageFile('bin/facecls.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** `14.jpg` of `.../14.jpg#0`. */
function nameOf(face: string): string {
  return path.posix.basename(face).replace(/#\d+$/, '');
}
