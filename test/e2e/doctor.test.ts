import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { report } from '../../src/commands/doctor.js';
import { packageFile } from '../../src/files/package.js';
import { type Diagnosis, PAPER_MODEL } from '../../src/models/diagnosis.js';
import { DEVICES } from '../../src/runtime/devices.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { copyPackage } from '../support/package-copy.js';

const folder = temporaryFolder();

test('doctor --json tells versions, devices, models and the speed', async () => {
  const { code, stdout, stderr } = await facecls(['doctor', '--json'], { cwd: folder });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  const record: Diagnosis & { devices: { crops_per_second?: number }[] } = JSON.parse(stdout);
  assert.equal(record.ok, true);
  assert.equal(record.versions.node, process.versions.node);
  for (const name of ['facecls', 'onnxruntime-node', 'sharp', 'libvips', 'canvas']) {
    assert.match(record.versions[name], /^\d+\.\d+/);
  }
  assert.deepEqual(
    record.devices.map(({ name }) => name),
    [...DEVICES],
  );
  for (const { ok, cause, remedy, crops_per_second } of record.devices) {
    if (ok) assert.ok(crops_per_second! > 0);
    else assert.ok(cause !== undefined && remedy !== undefined);
  }
  assert.equal(record.devices[0].ok, true);
  assert.equal(record.models.length >= 6, true);
  for (const { path: file, sha256, ok } of record.models) {
    assert.equal(ok, true);
    assert.equal(sha256, createHash('sha256').update(readFileSync(file)).digest('hex'));
  }
});

test('the report fits 80 columns but for paths, and shows what is missing', () => {
  const text = report({
    versions: { facecls: '1.2.3', sharp: `(cannot be loaded: ${'no such thing '.repeat(9)})` },
    system: { platform: 'linux/x64', cores: 3, memory: 2 ** 31 },
    devices: [
      { name: 'cpu', ok: true, cropsPerSecond: 175 },
      { name: 'cuda', ok: false, cause: 'no GPU answers', remedy: 'find one '.repeat(20).trim() },
    ],
    models: [
      { name: 'classifier', path: '/models/a.onnx', sha256: '0123456789abcdef', ok: true },
      { name: 'MTCNN P-Net', path: '/models/b.onnx', ok: false, cause: 'is missing' },
    ],
    ok: false,
  });
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  assert.match(text, /platform +linux\/x64, 3 cores, 2\.0 GiB of memory/);
  assert.match(text, /cpu +ok, 175 crops\/s/);
  assert.match(text, /cuda +missing: no GPU answers; find one/);
  assert.match(text, /classifier +ok, sha256 0123456789ab\n/);
  assert.match(text, /MTCNN P-Net +broken: is missing/);
  assert.match(text, /something is missing or broken \(see above\); install facecls again$/);
});

test('the report tells both remedies where the installation and a file of the user are broken', () => {
  const file = 'pretrained_models/resnet18.ckpt';
  const text = report({
    versions: { facecls: '1.2.3', sharp: '(cannot be loaded: no such thing)' },
    system: { platform: 'linux/x64', cores: 3, memory: 2 ** 31 },
    devices: [{ name: 'cpu', ok: true }],
    models: [{ name: PAPER_MODEL, path: file, ok: false, cause: 'is damaged' }],
    ok: false,
  });
  assert.match(
    text,
    /; install facecls again\ndoctor: a file of your own is broken; replace or remove it:\n\S+\.ckpt$/,
  );
});

/** A copy of the package in which things can be broken. */
function brokenCopy(name: string, breakIt: (root: string) => void): Diagnosis & { code: number } {
  const root = path.join(folder, name);
  copyPackage(root);
  breakIt(root);
  const args = [path.join(root, 'bin/facecls.js'), 'doctor', '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(stderr, '');
  return { ...JSON.parse(stdout), code: status };
}

test('a missing and a truncated model end with exit code 4, and the rest is still told', () => {
  const { code, ok, models, devices } = brokenCopy('models', (root) => {
    const copied = path.join(root, 'pretrained_models');
    rmSync(copied);
    cpSync(packageFile('pretrained_models'), copied, { recursive: true });
    rmSync(path.join(copied, 'mtcnn/rnet.onnx'));
    const classifier = path.join(copied, 'resnet18-fairface.onnx');
    writeFileSync(classifier, readFileSync(classifier).subarray(0, 5000));
    writeFileSync(path.join(root, 'pretrained_models/resnet18.ckpt'), 'not a checkpoint');
  });
  assert.equal(code, 4);
  assert.equal(ok, false);
  assert.deepEqual(
    models.map((model) => model.ok),
    [true, false, true, false, true, true, false],
  );
  assert.equal(models[1].cause, 'is missing');
  assert.match(models[3].cause!, /not a whole ONNX file/);
  assert.ok(models[6].cause!.length > 0);
  assert.equal(devices[0].ok, true);
});

test("a broken file of the user's own is to be replaced or removed, and no installing helps", async () => {
  const cwd = path.join(folder, 'own file');
  mkdirSync(path.join(cwd, 'pretrained_models'), { recursive: true });
  writeFileSync(path.join(cwd, 'pretrained_models/resnet18.ckpt'), 'not a checkpoint');
  const { code, stdout, stderr } = await facecls(['doctor'], { cwd });
  assert.equal(code, 4, stderr);
  assert.match(
    stdout,
    /\n\ndoctor: a file of your own is broken; replace or remove it:\npretrained_models\/resnet18\.ckpt\n$/,
  );
  assert.doesNotMatch(stdout, /install facecls again/);
});

test('without onnxruntime-node, sharp and canvas doctor still answers', () => {
  const { code, versions, devices } = brokenCopy('modules', (root) => {
    rmSync(path.join(root, 'node_modules'), { recursive: true });
    mkdirSync(path.join(root, 'node_modules'));
    symlinkSync(packageFile('node_modules/commander'), path.join(root, 'node_modules/commander'));
  });
  assert.equal(code, 4);
  assert.match(versions.sharp, /^\(cannot be loaded/);
  assert.match(versions.canvas, /^\(cannot be loaded/);
  assert.match(versions['onnxruntime-node'], /^\(cannot be loaded/);
  assert.equal(devices[0].ok, false);
  assert.match(devices[0].cause!, /onnxruntime-node/);
});
