import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';
import { copyPackage } from '../support/package-copy.js';

const folder = temporaryFolder();
const out = path.join(folder, 'results');
const labels = path.join(folder, 'labels.csv');
writeFileSync(labels, 'path,label\nfaces/1.jpg,Asian\n');
const predictions = path.join(folder, 'predictions.csv');
writeFileSync(predictions, 'path,label\nfaces/1.jpg,Asian\n');

const FACES = fixture('align/crops/upstream');
const INFER = ['infer', '--input_dir', FACES, '--output_dir', out, '--ckpt', TINY_CLASSIFIER];
const EVALUATE = ['evaluate', '--predictions', predictions, '--labels', labels];

/** What is missing, by a name of the case; what is run; the exit code; and the package that is named. */
const CASES: Readonly<Record<string, [missing: RegExp, args: string[], code: number, RegExp]>> = {
  'the binary of sharp': [/^@img\/sharp-(?!libvips)/, INFER, 1, /^sharp/],
  'onnxruntime-node': [/^onnxruntime-node$/, INFER, 4, /^onnxruntime-node/],
  'the binary of canvas': [/^@napi-rs\//, [...EVALUATE, '--output_dir', out], 1, /^canvas/],
  'csv-parse': [
    /^csv-parse$/,
    [...EVALUATE, '--output_dir', out],
    1,
    /^a part of facecls .*csv-parse/,
  ],
};

for (const [name, [missing, args, code, named]] of Object.entries(CASES)) {
  test(`without ${name} one sentence says what is missing, and no results are left`, () => {
    const root = path.join(folder, name.replaceAll(' ', '-'));
    copyPackage(root, (each) => missing.test(each));
    const command = [path.join(root, 'bin/facecls.js'), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    const [, problem, remedy] =
      /^facecls: (.*) cannot be loaded \(.*\); (.*)\n$/.exec(stderr) ?? [];
    assert.match(stderr.replace(/^facecls: /, ''), named);
    assert.ok(problem, stderr);
    assert.match(remedy, /^install facecls again/);
    assert.equal(status, code);
    assert.equal(stdout, '');
    assert.equal(existsSync(out), false);
  });
}
