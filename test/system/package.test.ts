/** The package as npm packs it: what it holds, and that a project which installs it can use it in every way. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { packageFile } from '../../src/package.js';
import { temporaryFolder } from '../cli.js';
import { fixture, jsonFixture, samplePhotographs } from '../fixture.js';

const run = promisify(execFile);
const folder = temporaryFolder();
const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(packageFile('package-lock.json'), 'utf8'));

let packed: { filename: string; size: number; files: { path: string; mode: number }[] };
let files: string[];

before(async () => {
  // What is built is there; `prepare` would build it again.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await npm(args, packageFile('.'));
  [packed] = JSON.parse(stdout);
  files = packed.files.map((file) => file.path).sort();
});

function npm(args: readonly string[], cwd: string) {
  const options = { cwd, timeout: 300_000, maxBuffer: 2 ** 26 };
  // A run by `npm test` says which npm that is.
  const cli = process.env.npm_execpath;
  return cli === undefined
    ? run('npm', args, { ...options, shell: process.platform === 'win32' })
    : run(process.execPath, [cli, ...args], options);
}

function sourcesIn(source: string): string[] {
  return readdirSync(packageFile(source), { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => /\.c?ts$/.test(name) && !/\.d\.ts$|^image\/kernel\//.test(name));
}

function filesIn(place: string): string[] {
  return readdirSync(packageFile(place)).map((name) => `${place}/${name}`);
}

test('the package holds what it needs and nothing else', () => {
  const code = sourcesIn('src').map(
    (name) => `dist/src/${name.replace(/\.(c?)ts$/, (_, kind) => `.${kind}js`)}`,
  );
  const types = files.filter((file) => /\.d\.c?ts$/.test(file));
  const models = ['MODEL_CARD.md', 'resnet18-fairface.onnx'];
  const networks = ['onet', 'pnet', 'rnet'].map((name) => `mtcnn/${name}.onnx`);
  const pictures = readdirSync(packageFile('scripts/pictures'));
  assert.deepEqual(
    files,
    [
      ...['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE'],
      ...['CITATION.cff', 'CONTRIBUTING.md', 'SECURITY.md'],
      ...['bin/facecls.js', 'dist/src/image/resample.wasm', ...code, ...types],
      ...[...models, ...networks].map((name) => `pretrained_models/${name}`),
      ...pictures.map((name) => `scripts/pictures/${name}`),
      // What the README links to, and `facecls help` prints.
      ...filesIn('scripts/slurm'),
      ...filesIn('docs'),
    ].sort(),
  );
  const readme = readFileSync(packageFile('README.md'), 'utf8');
  for (const picture of pictures) assert.ok(readme.includes(`(scripts/pictures/${picture})`));
  assert.ok(packed.size < 25e6, `${packed.size} bytes`);
});

test('of the declarations it has those that the entry needs, and no others', () => {
  const reached = new Set<string>();
  const reach = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(packageFile(file), 'utf8');
    for (const [, name] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      reach(path.posix.join(path.posix.dirname(file), name.replace(/js$/, 'd.ts')));
    }
  };
  for (const { types } of Object.values<{ types: string }>(manifest.exports['.'])) {
    reach(path.posix.normalize(types));
  }
  assert.deepEqual(
    [...reached].sort(),
    files.filter((file) => /\.d\.c?ts$/.test(file)),
  );
});

test('what package.json names is there, and nothing in it is made up or runs at installation', () => {
  const { exports, bin, types, engines, scripts } = manifest;
  const named = [
    ...Object.values<object>(exports['.']).flatMap((condition) => Object.values(condition)),
    ...[...Object.values<string>(bin), types],
  ];
  for (const file of named) assert.ok(files.includes(path.posix.normalize(file)), file);
  assert.equal(packed.files.find((file) => file.path === bin.facecls)?.mode, 0o755);
  assert.equal(engines.node, '>=20.9.0');
  for (const event of ['preinstall', 'install', 'postinstall'])
    assert.equal(scripts[event], undefined);
  // Unknown so far; npm asks for the repository when it is to vouch for where a package was built.
  for (const key of ['repository', 'bugs', 'homepage']) assert.equal(manifest[key], undefined);
  assert.deepEqual(manifest.publishConfig, { provenance: true });
});

test('dependencies have binaries for the platforms, and only one has a script', () => {
  const installed = Object.entries<{ dev?: true; hasInstallScript?: true }>(lock.packages);
  const scripts = installed.filter(([, { dev, hasInstallScript }]) => hasInstallScript && !dev);
  assert.deepEqual(
    scripts.map(([name]) => name),
    // It fetches CUDA libraries, which are not needed.
    ['node_modules/onnxruntime-node'],
  );
  const runtime = packageFile('node_modules/onnxruntime-node/bin/napi-v6');
  for (const [platform, canvas] of [
    ['linux/x64', 'linux-x64-gnu'],
    ['linux/arm64', 'linux-arm64-gnu'],
    ['darwin/arm64', 'darwin-arm64'],
    ['win32/x64', 'win32-x64-msvc'],
    ['win32/arm64', 'win32-arm64-msvc'],
  ]) {
    assert.ok(existsSync(path.join(runtime, platform, 'onnxruntime_binding.node')), platform);
    for (const name of [`@img/sharp-${platform.replace('/', '-')}`, `@napi-rs/canvas-${canvas}`]) {
      assert.ok(lock.packages[`node_modules/${name}`], name);
    }
  }
});

/** What npm says where there is neither a network nor a cache. */
const NO_REGISTRY =
  /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/;

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
  const name: ClassName | undefined = label;
  console.log(name, CLASS_NAMES[0] satisfies 'African');
}
// @ts-expect-error no such option
align([], { thresholds: 0.9 });
export const isOurs = (error: unknown): boolean => error instanceof ModelError && error.exitCode === 4;
`;

const TYPED_COMMONJS = `
import facecls = require('facecls');
import type { AlignedFace } from 'facecls' with { 'resolution-mode': 'import' };

export async function facesOf(file: string): Promise<readonly AlignedFace[]> {
  for await (const { faces } of facecls.align([file])) return faces ?? [];
  const classifier = await facecls.Classifier.open();
  await classifier.close();
  // @ts-expect-error made by open()
  new facecls.Classifier();
  return [];
}
`;

test('a project installs it without scripts, and uses it from JavaScript, TypeScript and CommonJS', async (t) => {
  const project = path.join(folder, 'project');
  const write = (name: string, text: string) => writeFileSync(path.join(project, name), text);
  mkdirSync(project);
  write('package.json', '{ "private": true, "type": "module" }');
  const tarball = path.join(folder, packed.filename);
  try {
    const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'];
    await npm(['install', '--ignore-scripts', ...quick, tarball], project);
  } catch (error) {
    if (!NO_REGISTRY.test(String((error as { stderr?: string }).stderr))) throw error;
    t.skip('there is no registry and no cache of it');
    return;
  }
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
  const [esm, commonJs, help] = await Promise.all([
    node('esm.js'),
    node('commonjs.cjs'),
    node('node_modules/facecls/bin/facecls.js', '--help'),
    node(...check),
  ]);
  const [faces, reason, again, isLabel] = JSON.parse(esm);
  assert.equal(faces.length, EXPECTED.length);
  assert.ok(Math.abs(faces[0] - EXPECTED[0].score) < 1e-4);
  assert.match(reason, /^no such file/);
  assert.deepEqual(again, faces);
  assert.equal(isLabel, true);
  assert.equal(commonJs, esm);
  assert.match(help, /facecls/);
});
