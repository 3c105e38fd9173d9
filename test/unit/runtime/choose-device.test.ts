import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseDevice } from '../../../src/runtime/choose-device.js';
import type { NetworkTrial } from '../../../src/runtime/device-trial.js';
import {
  type Device,
  DeviceError,
  type DeviceRequest,
  type Host,
} from '../../../src/runtime/devices.js';

const PLAIN: Host = { platform: 'linux/x64', hasCudaLibrary: false, hasNvidiaGpu: false };
const WITH_LIBRARY: Host = { ...PLAIN, hasCudaLibrary: true };
const WITH_GPU: Host = { ...PLAIN, hasNvidiaGpu: true };
const WITH_BOTH: Host = { ...PLAIN, hasCudaLibrary: true, hasNvidiaGpu: true };
const APPLE: Host = { ...PLAIN, platform: 'darwin/arm64' };
const WINDOWS: Host = { ...PLAIN, platform: 'win32/x64' };

const WORKS: NetworkTrial[] = [
  { kind: 'passed', name: 'a', difference: 1e-6 },
  { kind: 'passed', name: 'b', difference: 3e-6 },
];
const FAILS: NetworkTrial[] = [
  { kind: 'passed', name: 'a', difference: 1e-6 },
  { kind: 'failed', name: 'b', obstacle: { cause: 'its memory is full', remedy: 'free some' } },
];

interface Case {
  readonly requested: DeviceRequest;
  readonly host: Host;
  readonly trials?: NetworkTrial[];
  /** The device, or the message of the error. */
  readonly expected: Device | RegExp;
  /** undefined: silence. */
  readonly note?: RegExp;
  /** Devices that were tried. */
  readonly tried: Device[];
}

const CASES: Record<string, Case> = {
  'auto is silent on a machine without a GPU': {
    requested: 'auto',
    host: PLAIN,
    expected: 'cpu',
    tried: [],
  },
  'auto says that the library has no GPU to use': {
    requested: 'auto',
    host: WITH_LIBRARY,
    expected: 'cpu',
    note: /^device cpu; not cuda: no NVIDIA GPU answers; /,
    tried: [],
  },
  'auto says that the GPU lacks the library': {
    requested: 'auto',
    host: WITH_GPU,
    expected: 'cpu',
    note: /^device cpu; not cuda: .* not installed; run `npm run install:cuda`/,
    tried: [],
  },
  'auto takes CUDA where it works': {
    requested: 'auto',
    host: WITH_BOTH,
    trials: WORKS,
    expected: 'cuda',
    note: /^device cuda$/,
    tried: ['cuda'],
  },
  'auto says why CUDA does not work': {
    requested: 'auto',
    host: WITH_BOTH,
    trials: FAILS,
    expected: 'cpu',
    note: /^device cpu; not cuda: its memory is full; free some$/,
    tried: ['cuda'],
  },
  'auto takes CoreML on Apple silicon': {
    requested: 'auto',
    host: APPLE,
    trials: WORKS,
    expected: 'coreml',
    note: /^device coreml$/,
    tried: ['coreml'],
  },
  'auto takes DirectML on Windows': {
    requested: 'auto',
    host: WINDOWS,
    trials: WORKS,
    expected: 'dml',
    note: /^device dml$/,
    tried: ['dml'],
  },
  'the CPU asked for is not tried': {
    requested: 'cpu',
    host: WITH_BOTH,
    expected: 'cpu',
    tried: [],
  },
  'a device asked for is taken without a word': {
    requested: 'webgpu',
    host: PLAIN,
    trials: WORKS,
    expected: 'webgpu',
    tried: ['webgpu'],
  },
  'a device asked for that fails is an error': {
    requested: 'webgpu',
    host: PLAIN,
    trials: FAILS,
    expected: /^--device webgpu: its memory is full; free some$/,
    tried: ['webgpu'],
  },
  'a device of another platform is an error': {
    requested: 'dml',
    host: PLAIN,
    expected: /^--device dml: is only for win32\/x64, .* this is linux\/x64; use --device auto$/,
    tried: [],
  },
};

for (const [name, { requested, host, trials = [], expected, note, tried }] of Object.entries(
  CASES,
)) {
  test(name, async () => {
    const asked: Device[] = [];
    const choose = () =>
      chooseDevice(requested, [], host, async (device) => {
        asked.push(device);
        return trials;
      });
    if (expected instanceof RegExp) {
      await assert.rejects(choose, (error) => {
        assert.ok(error instanceof DeviceError);
        assert.equal(error.exitCode, 4);
        assert.match(error.message, expected);
        return true;
      });
    } else {
      const choice = await choose();
      assert.equal(choice.requested, requested);
      assert.equal(choice.device, expected);
      if (note === undefined) assert.equal(choice.note, undefined);
      else assert.match(choice.note!, note);
      const proof = {
        cpu_ep_fallback: 'disabled',
        networks: ['a', 'b'],
        largest_difference: 3e-6,
      };
      assert.deepEqual(choice.proof, expected === 'cpu' ? undefined : proof);
    }
    assert.deepEqual(asked, tried);
  });
}
