import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { thisHost } from '../../src/runtime/devices.js';
import { runtimeFolder } from '../../src/runtime/onnxruntime.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const crops = fixture('align/crops/upstream');
const { platform, hasCudaLibrary, hasNvidiaGpu } = thisHost(runtimeFolder());
const isPlainLinux = platform === 'linux/x64' && !hasCudaLibrary && !hasNvidiaGpu;

function infer(out: string, device: string) {
  return facecls(['infer', '--input_dir', crops, '--output_dir', out, '--device', device]);
}

const MISSING: Record<string, RegExp> = {
  cuda: /^facecls: --device cuda: .*not installed.*; run `npm run install:cuda`[^\n]*\n$/,
  dml: /^facecls: --device dml: is only for win32[^\n]* this is linux\/x64; [^\n]*\n$/,
  coreml: /^facecls: --device coreml: is only for darwin[^\n]*\n$/,
};

for (const [device, sentence] of Object.entries(MISSING)) {
  test(`--device ${device} on Linux without it ends with exit code 4 and the remedy`, {
    skip: !isPlainLinux,
  }, async () => {
    const out = path.join(folder, device);
    for (const args of [
      ['infer', '--input_dir', crops, '--output_dir', out],
      ['align', '--in_dir', crops, '--out_dir', out],
      ['run', '--input_dir', crops, '--output_dir', out],
    ]) {
      const { code, stdout, stderr } = await facecls([...args, '--device', device]);
      assert.equal(code, 4, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, sentence);
    }
    assert.ok(!existsSync(path.join(out, 'run.json')));
  });
}

test('--device webgpu runs there with proof, or ends with exit code 4 and one sentence', async () => {
  const out = path.join(folder, 'webgpu');
  const { code, stderr } = await infer(out, 'webgpu');
  if (code === 0) {
    const record = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));
    assert.equal(record.device, 'webgpu');
    assert.equal(record.device_proof.cpu_ep_fallback, 'disabled');
  } else {
    assert.equal(code, 4, stderr);
    assert.match(stderr, /^facecls: --device webgpu: [^\n]+; [^\n]+\n$/);
  }
});

test('auto on a machine without a GPU takes the CPU and says nothing', {
  skip: !isPlainLinux,
}, async () => {
  const out = path.join(folder, 'auto');
  const { code, stderr } = await infer(out, 'auto');
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /device/);
  const record = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));
  assert.equal(record.device, 'cpu');
  assert.equal(record.device_requested, 'auto');
  assert.ok(!('device_proof' in record));
});
