/**
 * `npm run build && node dist/scripts/simulate-composition.js [DATA_SETS]`: how often the intervals of
 * `facecls composition` hold the true shares, as a table. 1,000 data sets a row, 2,000 draws each.
 */
import { simulate } from '../test/unit/analysis/composition/coverage.js';

const sets = Number(process.argv[2] ?? 1000);
const SHARES = [
  ['at least .05', null],
  ['.70 .15 .10 .05', [0.7, 0.15, 0.1, 0.05]],
  ['.97 .01 .01 .01', [0.97, 0.01, 0.01, 0.01]],
  ['.50 .50 0 0', [0.5, 0.5, 0, 0]],
  ['1 0 0 0', [1, 0, 0, 0]],
] as const;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

console.log(
  '| true shares | labelled a class | faces | held | by class | mean width | error | raw |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const [name, shares] of SHARES) {
  for (const labelled of [50, 200, 1000]) {
    for (const faces of [200, 2000, 20_000]) {
      const figures = simulate({ sets, faces, labelled, samples: 2000, seed: 0, shares });
      const cells = [
        ...[name, labelled, faces, percent(figures.covered)],
        figures.coveredByClass.map(percent).join(' '),
        ...[figures.width, figures.error, figures.rawError].map((value) => value.toFixed(4)),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}
