import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
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

test('a folder is no checkpoint: exit code 4', async () => {
  const out = path.join(folder, 'x.onnx');
  const { code, stderr } = await facecls(['convert', '--ckpt', folder, '--out', out]);
  assert.equal(code, 4, stderr);
  assert.match(stderr, /is not a regular file/);
});
