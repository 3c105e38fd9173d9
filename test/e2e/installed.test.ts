/**
 * The package, packed and installed in an empty project: every command line of README.md and docs/*.md as it
 * stands, and programs that use it as a library.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { packageFile } from '../../src/files/package.js';
import { facecls, TINY_CLASSIFIER, temporaryFolder } from '../support/cli.js';
import { DOCUMENTS } from '../support/documents.js';
import { fixture, jsonFixture, samplePhotographs } from '../support/fixture.js';
import { installPacked, linkCheckout } from '../support/npm.js';
import { smallPhotographs } from '../support/small-photographs.js';

const run = promisify(execFile);

/** Blocks that are not run, by their first line. What needs a network or a GPU is marked as `console` there. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'npm ci && npm run demo': 'installs',
  'npm ci && npm test': 'installs, and would run this test',
  'npm ci             # installs and builds': 'installs',
};

interface Block {
  readonly page: string;
  readonly text: string;
}

function blocks(language: string): Block[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return DOCUMENTS.flatMap((page) =>
    [...readFileSync(packageFile(page), 'utf8').matchAll(fence)].map(([, text]) => ({
      page,
      text,
    })),
  );
}

const project = path.join(temporaryFolder(), 'project');
const programs = path.join(project, 'node_modules/.bin');
const prepared = path.join(project, 'prepared');
const FACES = 'align/crops/upstream';

before(async () => {
  if (!(await installPacked(project))) {
    console.log(
      '# there is no registry and no cache of it: the checkout stands for the installed package',
    );
    linkCheckout(project);
  }
  await smallPhotographs(path.join(prepared, 'photographs'));
  for (const [crop, as] of [
    ['sample1.jpg_0.png', 'party.jpg_0.png'],
    ['sample2.jpg_0.png', 'ann/1.jpg_0.png'],
  ]) {
    cpSync(fixture(`${FACES}/${crop}`), path.join(prepared, 'faces', as));
  }
  writeFileSync(
    path.join(prepared, 'labels.csv'),
    'path,label,gender\nann/1.jpg,Caucasian,female\nparty.jpg,Indian,male\n',
  );
  writeFileSync(
    path.join(prepared, 'fairface_label_val.csv'),
    'file,age,gender,race,service_test\nann/1.jpg,20-29,Female,White,True\nparty.jpg,30-39,Male,Indian,False\n',
  );
  for (const [archive, as] of [
    ['train.rec', 'train.rec'],
    ['train.rec', 'faces_webface_112x112/train.rec'],
    ['wds-000000.tar', 'shards/wds-000000.tar'],
  ]) {
    cpSync(fixture(`datasets/${archive}`), path.join(prepared, as));
  }
  cpSync(fixture('checkpoints/lightning.ckpt'), path.join(prepared, 'resnet18.ckpt'));
  const { code, stderr } = await facecls(
    'infer --input_dir faces --output_dir results --format csv'.split(' '),
    { cwd: prepared, classifier: 'default' },
  );
  assert.equal(code, 0, stderr);
  cpSync(path.join(prepared, 'results'), path.join(prepared, 'labelled'), { recursive: true });
  cpSync(TINY_CLASSIFIER, path.join(prepared, OWN_MODEL));
});

/**
 * Taken by itself before the bundled model, which takes longer to load. The first block, which is what a new user
 * does, and the programs have the bundled one.
 */
const OWN_MODEL = 'pretrained_models/resnet18.ckpt';

/** In a folder of its own, with the inputs and, unless the block makes them, the results that pages speak of. */
async function runBlock({ text }: Block, place: string): Promise<void> {
  cpSync(prepared, place, { recursive: true, filter: (file) => path.basename(file) !== 'results' });
  if (text === shell[0].text) rmSync(path.join(place, OWN_MODEL));
  if (!/--output_dir results\b/.test(text)) {
    cpSync(path.join(prepared, 'results'), path.join(place, 'results'), { recursive: true });
  }
  await run('bash', ['-c', `set -euo pipefail\n${text}`], {
    cwd: place,
    env: { ...process.env, HOME: place, PATH: `${programs}:${process.env.PATH}` },
    timeout: 180_000,
  });
}

/** Those that are to be run, each once. */
const shell = [...new Map(blocks('sh').map((block) => [block.text, block])).values()].filter(
  ({ text }) => !(text.split('\n', 1)[0] in NOT_RUN),
);

for (const [i, block] of shell.entries()) {
  const first = block.text.split('\n', 1)[0];
  test(`${block.page}: ${first}`, { skip: process.platform === 'win32' }, async () => {
    await runBlock(block, path.join(project, `block${i}`));
  });
}

test('there are blocks, and every exception is needed', () => {
  assert.ok(shell.length >= 12);
  const firstLines = blocks('sh').map(({ text }) => text.split('\n', 1)[0]);
  for (const line of Object.keys(NOT_RUN)) assert.ok(firstLines.includes(line), line);
});

const PHOTOGRAPH = path.join(samplePhotographs(), 'sample2.jpg');
const FACE = fixture('align/crops/upstream/sample2.jpg_0.png');
const EXPECTED = jsonFixture('align/golden.json').images['sample2.jpg'].upstream.faces;

/** The same program for ES modules, and for CommonJS in a function. */
const PROGRAM = `
  const found = [];
  for await (const { faces, reason } of align([${JSON.stringify(PHOTOGRAPH)}, 'missing.jpg'])) {
    found.push(reason ?? faces.map(({ score }) => score));
  }
  const aligner = await Aligner.open({ workers: 1 });
  for await (const { faces } of aligner.align([${JSON.stringify(PHOTOGRAPH)}])) {
    found.push(faces.map(({ score }) => score));
  }
  await aligner.close();
  for await (const { label } of classify([${JSON.stringify(FACE)}])) {
    found.push(CLASS_NAMES.includes(label));
  }
  console.log(JSON.stringify(found));
`;

const TYPED = `
import { align, Classifier, CLASS_NAMES, ModelError, type AlignedFace, type ClassName } from 'facecls';

const best: AlignedFace[] = [];
for await (const { input, faces, reason } of align([{ path: 'a.jpg', id: 1 }], { faces: 'largest' })) {
  if (reason === undefined) best.push(...faces);
  const id: number = input.id;
  console.log(id, reason?.toUpperCase());
}
const classifier = await Classifier.open({ device: 'cpu' });
for await (const { label } of classifier.classify(best.map(({ crop }) => crop))) {
  const name: string | undefined = label;
  const first: ClassName = CLASS_NAMES[0] satisfies 'African';
  console.log(name, classifier.classNames.includes(first));
}
// @ts-expect-error no such option
align([], { thresholds: 0.9 });
export const isOurs = (error: unknown): boolean => error instanceof ModelError && error.exitCode === 4;
`;

const TYPED_COMMONJS = `
import facecls = require('facecls');
import type { AlignedFace } from 'facecls';

export async function facesOf(file: string): Promise<readonly AlignedFace[]> {
  for await (const { faces } of facecls.align([file])) return faces ?? [];
  const classifier = await facecls.Classifier.open();
  await classifier.close();
  // @ts-expect-error made by open()
  new facecls.Classifier();
  return [];
}
`;

test('a project uses it from JavaScript, TypeScript and CommonJS', async () => {
  const write = (name: string, text: string) => writeFileSync(path.join(project, name), text);
  write('esm.js', `import { Aligner, align, CLASS_NAMES, classify } from 'facecls';\n${PROGRAM}`);
  write(
    'commonjs.cjs',
    `const { Aligner, align, CLASS_NAMES, classify } = require('facecls');\n(async () => {${PROGRAM}})();`,
  );
  write('typed.ts', TYPED);
  write('typed.cts', TYPED_COMMONJS);
  const node = async (...args: string[]) => {
    const { stdout, stderr } = await run(process.execPath, args, { cwd: project });
    assert.equal(stderr, '');
    return stdout;
  };
  const check = [
    ...[packageFile('node_modules/typescript/bin/tsc'), '--noEmit', '--ignoreConfig'],
    ...['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'],
    ...['--module', 'nodenext', '--target', 'es2022', '--skipLibCheck', 'false'],
    ...['--typeRoots', packageFile('node_modules/@types'), '--types', 'node'],
    ...['typed.ts', 'typed.cts'],
  ];
  const [esm, commonJs] = await Promise.all([
    node('esm.js'),
    node('commonjs.cjs'),

    node(...check),
  ]);
  const [faces, reason, again, isLabel] = JSON.parse(esm);
  assert.equal(faces.length, EXPECTED.length);
  assert.ok(Math.abs(faces[0] - EXPECTED[0].score) < 1e-4);
  assert.match(reason, /^no such file/);
  assert.deepEqual(again, faces);
  assert.equal(isLabel, true);
  assert.equal(commonJs, esm);
});
