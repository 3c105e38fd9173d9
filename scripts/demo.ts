/** `npm run demo`: labels the faces in the six sample photographs that @vladmandic/face-api ships. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageFile } from '../src/files/package.js';
import { samplePhotographs } from '../test/support/fixture.js';

const RESULTS = 'demo_results';
const LINES_SHOWN = 6;

// The folder holds screenshots too, so the photographs are listed.
const folder = path.relative(process.cwd(), samplePhotographs());
const photographs = [1, 2, 3, 4, 5, 6].map((number) => path.join(folder, `sample${number}.jpg`));
const args = ['run', '--in_list', '-', '--output_dir', RESULTS];
const options = ['--format', 'csv', '--save_crops', '--overwrite'];

process.stdout.write(
  `$ ls ${path.join(folder, 'sample*.jpg')} | npx facecls ${[...args, ...options].join(' ')}\n`,
);
const { status } = spawnSync(
  process.execPath,
  [packageFile('bin/facecls.js'), ...args, ...options],
  { input: photographs.join('\n'), stdio: ['pipe', 'inherit', 'inherit'] },
);
if (status !== 0) process.exit(status ?? 1);

show('pred_ethnicities.txt');
show('predictions.csv');
process.stdout.write(`
Everything is in ${path.resolve(RESULTS)}:
  pred_ethnicities.txt   a label for each face
  predictions.csv        the same with probabilities
  align_manifest.jsonl   where each face lies in its photograph
  crops/                 the aligned faces
  run.json               versions, model, counts, seconds
`);

/** Prints the first lines of a result file. */
function show(name: string): void {
  const lines = readFileSync(path.join(RESULTS, name), 'utf8').split(/\r?\n/);
  process.stdout.write(`\n${RESULTS}/${name}\n`);
  for (const line of lines.slice(0, LINES_SHOWN)) process.stdout.write(`  ${line}\n`);
  const more = lines.length - 1 - LINES_SHOWN;
  if (more > 0) process.stdout.write(`  ... ${more} more lines\n`);
}
