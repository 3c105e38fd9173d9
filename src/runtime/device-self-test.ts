/** Does a device compute what the CPU computes? */

import { type NetworkTrial, TRIAL_BATCH, type TrialSetup } from './device-trial.js';
import { DeviceError, meaningOf } from './devices.js';
import { type NamedNetwork, readNetwork } from './network.js';
import {
  createSession,
  type LoadedSession,
  type Session,
  type Tensor,
  type TensorInfo,
} from './onnxruntime.js';

/**
 * Difference from the CPU, at most, of outputs up to 1 (probabilities, shares of a box's side); in parts of
 * larger ones. Rounding to half precision stays below it, wrong kernels do not; a choice, not a measurement.
 */
const LARGEST_DIFFERENCE = 0.01;

/** Side of the images for networks that take any, pixels. */
const SIDE = 112;

/** Runs a network on the device and, where that is another, on the CPU. What goes wrong is an obstacle. */
export async function tryNetwork(
  { name, network, batch = TRIAL_BATCH }: NamedNetwork,
  { device, threads, measure }: Omit<TrialSetup, 'networks'>,
  create: typeof createSession = createSession,
): Promise<NetworkTrial> {
  try {
    const bytes = await readNetwork(network);
    const session = await create(bytes, name, { device, threads });
    const inputs = sampleInputs(session.inputs, batch);
    const outputs = await session.run(inputs);
    let expected = outputs;
    if (device !== 'cpu') {
      const reference = await create(bytes, name, { threads });
      expected = await reference.run(inputs);
      await reference.release();
    }
    const difference = largestDifference(outputs, expected);
    const speed =
      measure?.name === name
        ? await imagesPerSecond(session, inputs, measure.milliseconds)
        : undefined;
    await session.release();
    if (!(difference <= LARGEST_DIFFERENCE)) {
      const cause = `its results differ from the CPU's by ${difference.toPrecision(2)} (${name})`;
      return { kind: 'failed', name, obstacle: { cause, remedy: 'use --device cpu' } };
    }
    const passed = { kind: 'passed', name, difference } as const;
    return speed === undefined ? passed : { ...passed, imagesPerSecond: speed };
  } catch (error) {
    const obstacle =
      error instanceof DeviceError
        ? error.obstacle
        : meaningOf(device, (error as Error).message.split('\n', 1)[0]);
    return { kind: 'failed', name, obstacle };
  }
}

/** A smooth picture of numbers from -1 to 1 for each input; free axes: the batch, or an image's side. */
function sampleInputs(inputs: LoadedSession['inputs'], batch: number): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(({ name, shape }: TensorInfo) => {
      const dims = shape.map((axis, i) =>
        typeof axis === 'number' && axis > 0 ? axis : ([batch, 3][i] ?? SIDE),
      );
      const length = dims.reduce((product, axis) => product * axis, 1);
      const wave = (i: number) => (Math.sin(i / 5) + Math.sin(i / 89) + Math.sin(i / 997)) / 3;
      return [name, { data: Float32Array.from({ length }, (_, i) => wave(i)), dims }];
    }),
  );
}

/** NaN where shapes differ or a number is none. */
function largestDifference(
  actual: Record<string, Tensor>,
  expected: Record<string, Tensor>,
): number {
  let largest = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    if (actual[name]?.data.length !== data.length) return Number.NaN;
    for (const [i, value] of data.entries()) {
      const difference = Math.abs(actual[name].data[i] - value) / Math.max(1, Math.abs(value));
      if (Number.isNaN(difference)) return difference;
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}

/** @param time milliseconds */
async function imagesPerSecond(
  session: Session,
  inputs: Record<string, Tensor>,
  time: number,
): Promise<number> {
  const [{ dims }] = Object.values(inputs);
  const start = performance.now();
  let images = 0;
  let elapsed = 0;
  do {
    await session.run(inputs);
    images += dims[0];
    elapsed = performance.now() - start;
  } while (elapsed < time);
  return (images / elapsed) * 1000;
}
