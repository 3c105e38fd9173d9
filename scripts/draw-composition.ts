/** `node dist/scripts/draw-composition.js`: the picture of docs/composition.md, from made-up counts. */
import { writeFileSync } from 'node:fs';
import { drawComposition } from '../src/analysis/composition/picture.js';
import { packageFile } from '../src/files/package.js';
import { exampleCounts, exampleRecord } from '../test/unit/analysis/composition/example.js';

const counts = exampleCounts({ archive: [320, 610, 470, 350], web: [90, 60, 240, 45] });
writeFileSync(
  packageFile('scripts/pictures/composition.png'),
  await drawComposition(exampleRecord({ counts })),
);
