import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const results = path.join(folder, 'results');
const labels = ['--labels', fixture('evaluate/labels.csv')];

test('evaluate and consensus take a folder of results, and of it the file with probabilities', async () => {
  mkdirSync(results);
  copyFileSync(fixture('evaluate/predictions.csv'), path.join(results, 'predictions.csv'));
  writeFileSync(path.join(results, 'pred_ethnicities.txt'), 'not what is wanted');
  for (const [command, record, options] of [
    ['evaluate', 'metrics.json', labels],
    ['consensus', 'summary.json', []],
  ] as const) {
    const [ofFolder, ofFile] = await Promise.all(
      [results, path.join(results, 'predictions.csv')].map(async (predictions, i) => {
        const out = path.join(folder, `${command}${i}`);
        const files = ['--predictions', predictions, '--output_dir', out];
        const { code, stderr } = await facecls([command, ...files, ...options]);
        assert.equal(code, 0, stderr);
        return readFileSync(path.join(out, record), 'utf8');
      }),
    );
    assert.equal(ofFolder, ofFile);
  }
});

test('a folder without predictions is wrong usage, and names what it may hold', async () => {
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  for (const [command, options] of [
    ['evaluate', labels],
    ['consensus', []],
  ] as const) {
    const files = ['--predictions', empty, '--output_dir', path.join(folder, 'out')];
    const { code, stderr } = await facecls([command, ...files, ...options]);
    assert.equal(code, 2);
    assert.match(stderr, /empty: has none of predictions\.csv, predictions\.jsonl, pred_ethn/);
  }
});
