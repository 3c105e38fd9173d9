/** Known errors whose classes are not those of the predictions. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { CLASS_NAMES } from '../../src/classify/labels.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { facesOf, KNOWN_ERRORS, RECORD, writeResults } from '../support/results-folder.js';

const cwd = temporaryFolder();
const inFolder = (...names: string[]) => path.join(cwd, ...names);
const COMMANDS = ['composition', 'balance --per_class 2'];

before(() => {
  const faces = facesOf({ African: 9, Asian: 5, Caucasian: 4, Indian: 3 });
  writeResults(inFolder('recorded'), { faces, record: RECORD });
  writeResults(inFolder('bare'), { faces, record: null });
  const two = {
    class_names: ['Asian', 'African'],
    confusion: [
      [90, 10],
      [20, 80],
    ],
  };
  const reversed = { ...KNOWN_ERRORS, class_names: CLASS_NAMES.toReversed() };
  writeFileSync(inFolder('two.json'), JSON.stringify(two));
  writeFileSync(inFolder('reversed.json'), JSON.stringify(reversed));
});

for (const command of COMMANDS) {
  test(`${command} refuses known errors of other classes, with a record and without`, async () => {
    for (const results of ['recorded', 'bare', 'bare/predictions.csv']) {
      const line = `${command} --predictions ${results} --known_errors two.json --output_dir none`;
      const { code, stderr } = await facecls(line.split(' '), { cwd });
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        /two\.json: its classes are Asian, African, those of the predictions African, Asian, Caucasian, Indian\. Give /,
      );
      assert.ok(!existsSync(inFolder('none')));
    }
  });

  test(`${command} keeps the order of the predictions where known errors have another`, async () => {
    for (const results of ['recorded', 'bare']) {
      const out = `${command.split(' ')[0]}-${results}`;
      const line = `${command} --predictions ${results} --known_errors reversed.json --output_dir ${out} --json`;
      const { code, stdout, stderr } = await facecls(line.split(' '), { cwd });
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout).class_names, CLASS_NAMES);
    }
  });
}
