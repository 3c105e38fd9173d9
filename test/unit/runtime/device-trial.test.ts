import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundledClassifier, bundledMtcnn } from '../../../src/models/models.js';
import { tryNetwork } from '../../../src/runtime/device-self-test.js';
import { type NetworkTrial, tryDevice } from '../../../src/runtime/device-trial.js';
import { type Device, DeviceError } from '../../../src/runtime/devices.js';
import type { createSession, Tensor } from '../../../src/runtime/onnxruntime.js';

function passed(trial: NetworkTrial) {
  assert.ok(trial.kind === 'passed', JSON.stringify(trial));
  return trial;
}

function causeOf(trial: NetworkTrial): string {
  assert.ok(trial.kind === 'failed', JSON.stringify(trial));
  return trial.obstacle.cause;
}

const NETWORK = { name: 'net', network: Uint8Array.of(1) };

/** Sessions that give the mean of the input, on the device something else. */
function sessions(onDevice: (mean: number) => number, opened: string[] = []): typeof createSession {
  return async (_model, _source, { device = 'cpu' }) => {
    opened.push(device);
    return {
      inputs: [{ name: 'input', type: 'float32', shape: ['N', 3, 'H', 'W'] }],
      outputs: [],
      async run({ input }): Promise<Record<string, Tensor>> {
        assert.deepEqual(input.dims, [16, 3, 112, 112]);
        const mean = input.data.reduce((sum, value) => sum + value, 0) / input.data.length;
        const value = device === 'cpu' ? mean : onDevice(mean);
        return { output: { data: Float32Array.of(value, mean), dims: [1, 2] } };
      },
      async release() {
        opened.splice(opened.indexOf(device), 1);
      },
    };
  };
}

test("a device passes with the CPU's results, and its sessions are released", async () => {
  const opened: string[] = [];
  const create = sessions((mean) => mean + 0.001, opened);
  const trial = await tryNetwork(NETWORK, { device: 'cuda', threads: 1 }, create);
  assert.ok(Math.abs(passed(trial).difference - 0.001) < 1e-6);
  assert.deepEqual(opened, []);
});

for (const [what, onDevice] of [
  ['other results', (mean: number) => mean + 0.02],
  ['no numbers', () => Number.NaN],
] as const) {
  test(`a device that gives ${what} does not pass`, async () => {
    const trial = await tryNetwork(NETWORK, { device: 'dml', threads: 1 }, sessions(onDevice));
    assert.match(causeOf(trial), /results differ from the CPU's by .*\(net\)/);
  });
}

test('an obstacle of the device is passed on', async () => {
  const obstacle = { cause: 'no GPU answers', remedy: 'buy one' };
  const create: typeof createSession = async () => {
    throw new DeviceError('cuda', obstacle);
  };
  const trial = await tryNetwork(NETWORK, { device: 'cuda', threads: 1 }, create);
  assert.deepEqual(trial, { kind: 'failed', name: 'net', obstacle });
});

test('the bundled networks pass on the CPU, in a process of its own, with a speed', async () => {
  const networks = [
    ...Object.entries(bundledMtcnn()).map(([name, network]) => ({ name, network })),
    { name: 'classifier', network: bundledClassifier() },
  ];
  const measure = { name: 'classifier', milliseconds: 1 };
  const trials = await tryDevice({ device: 'cpu', threads: 1, networks, measure });
  assert.deepEqual(
    trials.map((trial) => [trial.name, passed(trial).difference]),
    networks.map(({ name }) => [name, 0]),
  );
  assert.ok(passed(trials[3]).imagesPerSecond! > 0);
});

test('WebGPU runs the networks or says why not, whatever native code does', async () => {
  const networks = [{ name: 'pnet', network: bundledMtcnn().pnet }];
  const [trial] = await tryDevice({ device: 'webgpu', threads: 1, networks });
  if (trial.kind === 'passed') assert.ok(trial.difference < 0.01);
  else assert.ok(trial.obstacle.cause.length > 0);
});

const ENDING = new URL('../../support/ending-process.js', import.meta.url);

test('a process that ends is an obstacle of every network', async () => {
  for (const device of ['webgpu', 'cuda'] satisfies Device[]) {
    const setup = { device, threads: 1, networks: [NETWORK, NETWORK] };
    for (const trial of await tryDevice(setup, ENDING)) {
      assert.match(causeOf(trial), /ended with SIGABRT/);
    }
  }
});

test('a file that is none is an obstacle', async () => {
  const missing = new URL('no-such-process.js', import.meta.url);
  const setup = { device: 'cpu' as const, threads: 1, networks: [NETWORK] };
  const [trial] = await tryDevice(setup, missing);
  assert.match(causeOf(trial), /ended with exit code 1/);
});

test('a process that does not answer in time is an obstacle', async () => {
  const silent = new URL('../../support/silent-process.js', import.meta.url);
  const setup = { device: 'webgpu', threads: 1, networks: [NETWORK] } as const;
  const [trial] = await tryDevice(setup, silent, 500);
  assert.equal(causeOf(trial), 'a process that tried it did not answer in 0.5 s');
});
