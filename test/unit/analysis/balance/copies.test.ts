/** Folders of faces and the lists beside them come together, or not at all. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { BalanceInputs } from '../../../../src/analysis/balance/balance-files.js';
import { CLASS_NAMES } from '../../../../src/classify/labels.js';
import { UserError } from '../../../../src/files/errors.js';
import { temporaryFolder } from '../../../support/cli.js';

const folder = temporaryFolder();
const EVENTS = { progress: () => {}, warn: () => {} };

/** Crops that infer labelled, one of each class, and a folder for what is drawn. */
async function prepared(name: string) {
  const crops = path.join(folder, name, 'crops');
  const labelled = path.join(folder, name, 'labelled');
  const out = path.join(folder, name, 'balanced');
  for (const each of [crops, labelled, out]) mkdirSync(each, { recursive: true });
  const rows = CLASS_NAMES.map((label) => {
    const file = path.join(crops, `${label}.jpg`);
    writeFileSync(file, label);
    return `${file} ${label}\n`;
  });
  writeFileSync(path.join(labelled, 'pred_ethnicities.txt'), rows.join(''));
  const record = { command: 'infer', given: { input: crops, output: labelled } };
  writeFileSync(path.join(labelled, 'run.json'), JSON.stringify(record));
  const inputs = await BalanceInputs.open({
    ...{ predictions: labelled, per_class: 1, min_confidence: 0, one_per: 'none', seed: 0 },
    copy: 'copy',
  } as Parameters<typeof BalanceInputs.open>[0]);
  return { inputs, out };
}

test('folders have their names when the record that tells of them has its own', async () => {
  const { inputs, out } = await prepared('whole');
  const place = { folder: out, option: '--output_dir', overwrite: false, verify: async () => {} };
  await inputs.writeResults(place, EVENTS);
  const { copied } = JSON.parse(readFileSync(path.join(out, 'balance.json'), 'utf8'));
  assert.deepEqual(copied, { how: 'copy', faces: 4 });
  for (const name of CLASS_NAMES) {
    assert.deepEqual(readdirSync(path.join(out, name)), [`${name}.jpg`]);
  }
});

test('a folder whose name is taken at the end leaves neither lists nor folders', async () => {
  const { inputs, out } = await prepared('taken');
  const taken = path.join(out, CLASS_NAMES[2]);
  const verify = async () => {
    assert.ok(existsSync(path.join(out, 'balanced.csv.partial')));
    mkdirSync(path.join(taken, 'of somebody else'), { recursive: true });
  };
  const place = { folder: out, option: '--output_dir', overwrite: false, verify };
  await assert.rejects(inputs.writeResults(place, EVENTS), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack);
    assert.ok(error.message.includes(taken), error.message);
    return true;
  });
  assert.deepEqual(readdirSync(out), [CLASS_NAMES[2]]);
  assert.deepEqual(readdirSync(taken), ['of somebody else']);
});

test('a run that was taken over at the end leaves neither lists nor folders', async () => {
  const { inputs, out } = await prepared('over');
  const verify = () => Promise.reject(new UserError('taken over'));
  const place = { folder: out, option: '--output_dir', overwrite: false, verify };
  await assert.rejects(inputs.writeResults(place, EVENTS), /taken over/);
  assert.deepEqual(readdirSync(out), []);
});
