import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
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
