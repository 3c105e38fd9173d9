/** The library as a package. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import * as library from 'facecls';
import { CLASS_NAMES } from 'facecls';
import { packageFile } from '../../../src/files/package.js';
import { collect } from '../../support/collect.js';
import { fixture } from '../../support/fixture.js';
import { CROPS, SMALL, sample } from '../../support/library.js';

test('CommonJS has the same, but for the error classes', async () => {
  const commonJs = createRequire(import.meta.url)('facecls');
  const names = Object.keys(library).filter((name) => !/Error$/.test(name));
  assert.deepEqual(Object.keys(commonJs).sort(), names.sort());
  assert.deepEqual(commonJs.CLASS_NAMES, CLASS_NAMES);
  const prediction = { path: 'ann/1.jpg', label: CLASS_NAMES[1] };
  const [{ name, label }] = await collect<library.DecidedIdentity>(
    commonJs.decideIdentities([prediction], { seed: 1 }),
  );
  assert.deepEqual([String(name), label], ['ann', prediction.label]);
  const classNames = [label, 'Other'];
  const { accuracy, classes } = await commonJs.evaluate([{ truth: label, label }], { classNames });
  assert.deepEqual([accuracy, Object.keys(classes)], [1, classNames]);
});

const TYPED_COMMONJS = `
import { Aligner, align, CLASS_NAMES, evaluate } from 'facecls';
import type { AlignerOptions, EvaluationSample, Face, UserError } from 'facecls';
import facecls = require('facecls');
import byDefault from 'facecls';

const options: AlignerOptions = { minFaceSize: 20 };
const samples: EvaluationSample[] = [{ truth: CLASS_NAMES[1], label: 'Asian' }];
export async function best(path: string): Promise<Face | undefined> {
  const aligner: Aligner = await Aligner.open(options);
  for await (const { faces } of aligner.align([path])) return faces?.[0];
  for await (const { input } of align([{ path, id: 7 }])) input.id satisfies number;
  const evaluation: facecls.Evaluation = await byDefault.evaluate(samples);
  (await evaluate(samples, { classNames: ['a', 'b'] })).classes.b.recall satisfies number | null;
  // @ts-expect-error made by open()
  new Aligner();
  // @ts-expect-error a type alone
  new facecls.UserError('');
  return undefined;
}
export const exitCodeOf = (error: UserError): number => error.exitCode;
`;

test('CommonJS has all types by their names', async () => {
  // Below the package, so that `facecls` is the package itself.
  const folder = mkdtempSync(packageFile('dist/typed-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'typed.cts');
  writeFileSync(file, TYPED_COMMONJS);
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[packageFile('node_modules/typescript/bin/tsc'), '--noEmit', '--ignoreConfig', '--strict'],
    ...['--module', 'nodenext', '--target', 'es2022', '--types', 'node', file],
  ]).catch((error) => error);
  assert.equal(stdout, '');
});

test('nothing is printed, loaded early or left behind', async () => {
  const script = `
    const { align, classify, Aligner } = await import('facecls');
    process.report.excludeNetwork = true;
    const loaded = () => process.report.getReport().sharedObjects
      .filter((file) => /sharp|onnxruntime/.test(file)).length;
    const early = loaded();
    const before = [process.exitCode, process.eventNames().length, process.cwd(), process.title];
    const images = [${JSON.stringify(CROPS[0])}, 'missing.jpg', ${JSON.stringify(sample(SMALL[0]))}];
    for (const workers of [0, 1]) {
      for await (const _ of align(images, { workers }));
      for await (const _ of classify(images, { workers }));
    }
    const after = [process.exitCode, process.eventNames().length, process.cwd(), process.title];
    if (early !== 0 || loaded() === 0) throw new Error('loaded ' + early + ' ' + loaded());
    if (String(before) !== String(after)) throw new Error(before + ' became ' + after);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: path.dirname(fixture('')),
    timeout: 60_000,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(output, '');
  assert.equal(code, 0);
});
