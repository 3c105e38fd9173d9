import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  betterThanCpu,
  DEVICES,
  type Device,
  type Host,
  meaningOf,
  obstacle,
  thisHost,
} from '../../../src/runtime/devices.js';
import { temporaryFolder } from '../../support/cli.js';

const host = (platform: string, hasCudaLibrary = false, hasNvidiaGpu = false): Host => ({
  platform,
  hasCudaLibrary,
  hasNvidiaGpu,
});

const HOSTS: readonly [Host, better: Device[], tried: Device[]][] = [
  [host('linux/x64'), [], ['cpu', 'webgpu']],
  [host('linux/x64', true, false), ['cuda'], ['cpu', 'webgpu']],
  [host('linux/x64', false, true), ['cuda'], ['cpu', 'webgpu']],
  [host('linux/x64', true, true), ['cuda'], ['cpu', 'cuda', 'webgpu']],
  [host('linux/arm64', false, true), [], ['cpu']],
  [host('darwin/arm64'), ['coreml'], ['cpu', 'webgpu', 'coreml']],
  [host('darwin/x64'), [], []],
  [host('win32/x64', false, true), ['dml'], ['cpu', 'webgpu', 'dml']],
];

for (const [machine, better, tried] of HOSTS) {
  test(`a machine has its devices: ${JSON.stringify(machine)}`, () => {
    assert.deepEqual(betterThanCpu(machine), better);
    assert.deepEqual(
      DEVICES.filter((device) => obstacle(device, machine) === undefined),
      tried,
    );
  });
}

test('what is missing for CUDA is named, with the remedy', () => {
  const library = obstacle('cuda', host('linux/x64', false, true));
  assert.match(library!.cause, /provider library is not installed$/);
  assert.match(library!.remedy, /npm run install:cuda.*--onnxruntime-node-install=cuda12/);
  assert.match(obstacle('cuda', host('linux/x64'))!.cause, /no NVIDIA GPU is seen/);
  const gpu = obstacle('cuda', host('linux/x64', true, false));
  assert.match(gpu!.cause, /no NVIDIA GPU answers/);
  assert.match(obstacle('cuda', host('win32/x64'))!.cause, /only for linux\/x64.*this is win32/);
});

test("CUDA's library is looked for in the folder of onnxruntime-node", () => {
  const folder = temporaryFolder();
  assert.equal(thisHost(folder).hasCudaLibrary, false);
  const bin = path.join(folder, 'bin/napi-v6/linux/x64');
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'libonnxruntime_providers_cuda.so'), '');
  assert.equal(thisHost(folder).hasCudaLibrary, true);
  assert.equal(thisHost(undefined).hasCudaLibrary, false);
});

const MESSAGES: readonly [Device, message: string, cause: RegExp][] = [
  ['webgpu', 'Failed to get a WebGPU adapter: No supported adapters', /^no GPU answers$/],
  ['cuda', 'CUDA failure 100: no CUDA-capable device is detected', /^no NVIDIA GPU answers$/],
  ['cuda', 'OrtSessionOptions...: Failed to load shared library', /libraries that CUDA/],
  ['coreml', 'nodes that are assigned to the default CPU EP, but', /cannot run every part/],
  ['dml', 'something new', /^something new$/],
  ['cpu', 'cannot open shared object file', /^cannot open shared object file$/],
];

for (const [device, message, cause] of MESSAGES) {
  test(`${device} is explained where it says "${message}"`, () =>
    assert.match(meaningOf(device, message).cause, cause));
}
