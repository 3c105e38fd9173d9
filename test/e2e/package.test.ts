/** What is in the package as npm packs it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { temporaryFolder } from '../support/cli.js';
import { DOCUMENTS } from '../support/documents.js';
import { type Packed, pack } from '../support/npm.js';

const folder = temporaryFolder();
const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(packageFile('package-lock.json'), 'utf8'));

let packed: Packed;
let files: string[];

before(async () => {
  packed = await pack(folder);
  files = packed.files.map((file) => file.path).sort();
});

function sourcesIn(source: string): string[] {
  return readdirSync(packageFile(source), { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => /\.c?ts$/.test(name) && !/\.d\.ts$|^image\/resample\/kernel\//.test(name));
}

function filesIn(place: string): string[] {
  return readdirSync(packageFile(place)).map((name) => `${place}/${name}`);
}

test('the package holds what it needs and nothing else', () => {
  const code = sourcesIn('src').map(
    (name) => `dist/src/${name.replace(/\.(c?)ts$/, (_, kind) => `.${kind}js`)}`,
  );
  const types = files.filter((file) => /\.d\.c?ts$/.test(file));
  const models = ['MODEL_CARD.md', 'resnet18-fairface.json', 'resnet18-fairface.onnx'];
  const networks = ['onet', 'pnet', 'rnet'].map((name) => `mtcnn/${name}.onnx`);
  const pictures = readdirSync(packageFile('scripts/pictures'));
  assert.deepEqual(
    files,
    [
      ...['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE'],
      ...['CITATION.cff', 'CONTRIBUTING.md', 'SECURITY.md'],
      ...['bin/facecls.js', 'dist/src/image/resample/resample.wasm', ...code, ...types],
      ...[...models, ...networks].map((name) => `pretrained_models/${name}`),
      ...pictures.map((name) => `scripts/pictures/${name}`),
      // What the README links to, and `facecls help` prints.
      ...filesIn('scripts/slurm'),
      ...filesIn('docs'),
    ].sort(),
  );
  const texts = DOCUMENTS.map((page) => readFileSync(packageFile(page), 'utf8')).join();
  for (const picture of pictures)
    assert.ok(texts.includes(`scripts/pictures/${picture})`), picture);
  assert.ok(packed.size < 25e6, `${packed.size} bytes`);
});

test('the package has the declarations that the entry needs, and no others', () => {
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
