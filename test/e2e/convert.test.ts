import assert from 'node:assert/strict';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readOnnxMetadata } from '../../src/convert/onnx/onnx-metadata.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();

test('a name that is too long for a file is wrong usage', async () => {
  const out = path.join(folder, `${'x'.repeat(300)}.onnx`);
  const ckpt = fixture('checkpoints/half.ckpt');
  const { code, stdout, stderr } = await facecls(['convert', '--ckpt', ckpt, '--out', out]);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^facecls: --out .*x\.onnx: .*too long for the file system; .*\n$/);
  assert.deepEqual(readdirSync(folder), []);
});

test('a temperature is said, and one that is none is wrong usage', async () => {
  const args = ['convert', '--ckpt', fixture('checkpoints/half.ckpt'), '--out'];
  const out = path.join(folder, 'warm.onnx');
  const warm = await facecls([...args, out, '--temperature', '1.5']);
  assert.equal(warm.code, 0, warm.stderr);
  assert.match(warm.stdout, /^convert: .*, fp32, temperature 1\.5, /);
  assert.equal(readOnnxMetadata(readFileSync(out), out).get('temperature'), '1.5');
  const json = await facecls([...args, out, '--temperature', '1.5', '--json', '--overwrite']);
  assert.equal(JSON.parse(json.stdout).temperature, 1.5);
  rmSync(out);
  for (const value of ['0', '-1', 'warm', 'Infinity', '101']) {
    const { code, stderr } = await facecls([...args, out, '--temperature', value]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--temperature: expected a number from 0\.01 to 100/);
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('a folder as checkpoint ends with exit code 4', async () => {
  const out = path.join(folder, 'x.onnx');
  const { code, stderr } = await facecls(['convert', '--ckpt', folder, '--out', out]);
  assert.equal(code, 4, stderr);
  assert.match(stderr, /is not a regular file/);
});

test('a checkpoint that --out names too, however it is spelled, is refused and left alone', async () => {
  const own = path.join(folder, 'own');
  mkdirSync(own);
  const ckpt = path.join(own, 'k.ckpt');
  copyFileSync(fixture('checkpoints/half.ckpt'), ckpt);
  symlinkSync('k.ckpt', path.join(own, 'link.ckpt'));
  linkSync(ckpt, path.join(own, 'hard.ckpt'));
  const names = readdirSync(own);
  const pairs = [
    ['k.ckpt', 'k.ckpt'],
    ['k.ckpt', '../own/./k.ckpt'],
    ['link.ckpt', 'k.ckpt'],
    ['k.ckpt', 'link.ckpt'],
    ['k.ckpt', 'hard.ckpt'],
  ];
  for (const [from, to] of pairs) {
    for (const more of [['--overwrite'], []]) {
      const args = ['convert', '--ckpt', from, '--out', to, ...more];
      const { code, stderr } = await facecls(args, { cwd: own });
      assert.equal(code, 2, stderr);
      assert.equal(
        stderr,
        `facecls: --out ${to}: is the file of --ckpt, which would be lost; give another name\n`,
      );
    }
  }
  assert.deepEqual(readdirSync(own), names);
  assert.deepEqual(readFileSync(ckpt), readFileSync(fixture('checkpoints/half.ckpt')));
});
