/** The examples of docs/library.md and of the comments on what the library exports: each is run, or compiled. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import * as library from 'facecls';
import sharp from 'sharp';
import { packageFile } from '../../../src/files/package.js';
import { rowsOfPart } from '../../../src/options/table.js';
import { TINY_CLASSIFIER } from '../../support/cli.js';
import { fixture, samplePhotographs } from '../../support/fixture.js';

const run = promisify(execFile);
const LANGUAGES = ['js', 'cjs', 'ts'];
const SOURCES = [
  'README.md',
  'docs/library.md',
  ...readdirSync(packageFile('src/library')).map((name) => `src/library/${name}`),
];

// Below the package, so that `facecls` is the package itself.
const folder = mkdtempSync(packageFile('dist/examples-'));
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  for (const name of ['photographs', 'faces', 'pretrained_models']) {
    mkdirSync(path.join(folder, name));
  }
  for (const [from, to] of [
    ['sample2.jpg', 'sample2.jpg'],
    ['sample3.jpg', 'sample3.jpg'],
    ['sample3.jpg', 'group.jpg'],
  ]) {
    await sharp(path.join(samplePhotographs(), from))
      .resize(800)
      .toFile(path.join(folder, 'photographs', to));
  }
  for (const [from, to] of [
    // Taken before the bundled model, which takes longer to load; faces.test.ts has that one.
    [TINY_CLASSIFIER, 'pretrained_models/resnet18.ckpt'],
    [fixture('align/crops/upstream/sample2.jpg_0.png'), 'faces/sample2.jpg_0.png'],
    [fixture('align/crops/upstream/sample3.jpg_0.png'), 'faces/0.jpg'],
    [fixture('align/crops/upstream/sample3.jpg_1.png'), 'faces/1.jpg'],
    [fixture('checkpoints/torchvision_state_dict.pth'), 'resnet18.ckpt'],
  ]) {
    copyFileSync(from, path.join(folder, to));
  }
});

interface Example {
  readonly place: string;
  readonly language: string;
  readonly code: string;
}

function examplesIn(source: string): Example[] {
  // Comments have a star before each line.
  const text = readFileSync(packageFile(source), 'utf8').replace(/^ \* ?/gm, '');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ index, 1: language, 2: code }) => {
    const line = text.slice(0, index).split('\n').length;
    return { place: `${source}:${line}`, language, code };
  });
}

const examples = SOURCES.flatMap(examplesIn).filter(({ language }) => LANGUAGES.includes(language));

async function runExample({ language, code }: Example, number: number): Promise<void> {
  const extension = language === 'js' ? 'mjs' : language;
  const file = path.join(folder, `${number}.${extension}`);
  await writeFile(file, code);
  if (language === 'ts') {
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext'];
    await run(process.execPath, [
      ...[packageFile('node_modules/typescript/bin/tsc'), '--noEmit', '--ignoreConfig'],
      ...[...strict, '--target', 'es2022', '--types', 'node', file],
    ]);
    return;
  }
  const { stderr } = await run(process.execPath, [file], { cwd: folder, timeout: 60_000 });
  assert.equal(stderr, '');
}

test('docs/library.md names all that is exported, and every option', () => {
  const page = readFileSync(packageFile('docs/library.md'), 'utf8');
  const parts = ['Aligner', 'Classifier', 'Analyzer', 'decideIdentities'] as const;
  const options = parts.flatMap((part) => rowsOfPart(part).map(({ library }) => library!));
  assert.ok(options.length >= 20, `${options}`);
  for (const name of [...Object.keys(library), ...options]) {
    assert.match(page, new RegExp(`\\b${name}\\b`), name);
  }
});

test('there are examples of each language', () => {
  for (const language of LANGUAGES) assert.ok(examples.some((one) => one.language === language));
  assert.ok(examples.length >= 18);
});

describe('examples run', { concurrency: 2 }, () => {
  for (const [number, example] of examples.entries()) {
    test(example.place, () => runExample(example, number));
  }
});
