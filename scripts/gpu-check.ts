/**
 * Does a GPU give the CPU's results, and how fast? For a machine with an NVIDIA GPU: `npm run gpu-check`
 * (after `npm run install:cuda`); `npm run gpu-check -- webgpu` checks another device. What stands in for a GPU is
 * slow: `-- webgpu --photographs 1 --batches 1`.
 *
 * Prints a table, then a JSON object; exits 1 where results differ, 4 where the device is not to be had.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Classifier } from '../src/classify/classifier.js';
import { CROP_SIZE } from '../src/classify/preprocess.js';
import type { Face } from '../src/detect/detector.js';
import type { Mtcnn } from '../src/detect/mtcnn/mtcnn.js';
import { PUBLISHED_OPTIONS } from '../src/detect/mtcnn/options.js';
import { decodeImage } from '../src/image/decode.js';
import type { RgbImage } from '../src/image/image.js';
import {
  classifierNetworks,
  findClassifier,
  findMtcnn,
  mtcnnNetworks,
  openClassifier,
  openMtcnn,
} from '../src/models/models.js';
import { chooseDevice } from '../src/runtime/choose-device.js';
import { DEVICES, type Device, DeviceError } from '../src/runtime/devices.js';
import { readNetwork } from '../src/runtime/network.js';
import { createSession } from '../src/runtime/onnxruntime.js';
import { fixture, samplePhotographs } from '../test/support/fixture.js';

const LARGEST_PROBABILITY_DIFFERENCE = 1e-3;
/** Pixels, of boxes and landmarks. */
const LARGEST_FACE_DIFFERENCE = 0.5;
/** Milliseconds a batch size. */
const TIME = 1500;
const THREADS = 2;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    photographs: { type: 'string', default: '6' },
    batches: { type: 'string', default: '1,8,16,32,64,128' },
  },
});
const batches = values.batches.split(',').map(Number);
const [requested = 'cuda'] = positionals;
const device = DEVICES.find((name) => name === requested);
if (device === undefined) {
  process.stderr.write(`gpu-check: expected ${DEVICES.join(', ')}, received ${requested}\n`);
  process.exit(2);
}
try {
  process.exit(await check(device));
} catch (error) {
  if (!(error instanceof DeviceError)) throw error;
  process.stderr.write(`gpu-check: ${error.message}\n`);
  process.exit(4);
}

async function check(device: Device): Promise<number> {
  const classifier = await findClassifier(undefined);
  const detector = await findMtcnn(undefined);
  const networks = [...mtcnnNetworks(detector), ...classifierNetworks(classifier)];
  const { proof } = await chooseDevice(device, networks);

  const crops = await images(fixture('align/crops/upstream'), /\.png$/);
  const samples = await images(samplePhotographs(), /^sample\d\.jpg$/);
  const photographs = samples.slice(0, Number(values.photographs));
  const on = async (name: Device) => {
    const options = { threads: THREADS, device: name };
    return {
      labels: await openClassifier(classifier, options, 16),
      faces: await openMtcnn(detector, PUBLISHED_OPTIONS, options),
    };
  };
  const cpu = await on('cpu');
  const gpu = await on(device);

  const labels = await compareLabels(cpu.labels, gpu.labels, crops);
  const faces = await compareFaces(cpu.faces, gpu.faces, photographs);
  const speed: Record<string, number> = {};
  const session = await createSession(
    await readNetwork(classifier.network),
    classifier.model.path,
    { threads: THREADS, device },
  );
  for (const batch of batches) {
    const data = new Float32Array(batch * 3 * CROP_SIZE ** 2).fill(0.1);
    const input = { data, dims: [batch, 3, CROP_SIZE, CROP_SIZE] };
    const run = () => session.run({ [session.inputs[0].name]: input });
    // The first runs of a shape search for the best algorithm.
    for (let i = 0; i < 3; i++) await run();
    const start = performance.now();
    let runs = 0;
    while (performance.now() - start < TIME) {
      await run();
      runs += 1;
    }
    const rate = (runs * batch * 1000) / (performance.now() - start);
    speed[batch] = Number(rate.toPrecision(3));
  }

  const agrees =
    labels.different === 0 &&
    labels.largest <= LARGEST_PROBABILITY_DIFFERENCE &&
    faces.different === 0 &&
    faces.largest <= LARGEST_FACE_DIFFERENCE;
  const rows = [
    [`labels that differ, of ${crops.length}`, labels.different],
    ['largest difference of a probability', labels.largest.toExponential(1)],
    [`photographs of other faces, of ${photographs.length}`, faces.different],
    ['largest difference of a coordinate, px', faces.largest.toExponential(1)],
    ...Object.entries(speed).map(([batch, rate]) => [`crops/s in batches of ${batch}`, rate]),
    ['agrees with the CPU', agrees ? 'yes' : 'NO'],
  ];
  process.stdout.write(`device ${device}\n`);
  for (const [name, value] of rows) {
    process.stdout.write(`  ${String(name).padEnd(42)}${String(value).padStart(10)}\n`);
  }
  const result = { device, agrees, proof, labels, faces, crops_per_second: speed };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return agrees ? 0 : 1;
}

async function images(folder: string, names: RegExp): Promise<RgbImage[]> {
  const files = readdirSync(folder)
    .filter((name) => names.test(name))
    .sort();
  const decode = { ignoreExif: false, maxMegapixels: 100 };
  return Promise.all(
    files.map((name) => decodeImage(Buffer.from(path.join(folder, name)), decode)),
  );
}

interface Comparison {
  /** Images whose label, or number of faces, differs. */
  different: number;
  largest: number;
}

async function compareLabels(
  cpu: Classifier,
  gpu: Classifier,
  crops: readonly RgbImage[],
): Promise<Comparison> {
  const expected = await cpu.classify(crops);
  const actual = await gpu.classify(crops);
  const result: Comparison = { different: 0, largest: 0 };
  for (const [i, row] of expected.entries()) {
    const best = (values: Float32Array) => values.indexOf(Math.max(...values));
    if (best(row) !== best(actual[i])) result.different += 1;
    for (const [k, value] of row.entries()) raise(result, actual[i][k] - value);
  }
  return result;
}

async function compareFaces(
  cpu: Mtcnn,
  gpu: Mtcnn,
  photographs: readonly RgbImage[],
): Promise<Comparison> {
  const result: Comparison = { different: 0, largest: 0 };
  for (const photograph of photographs) {
    const expected = await cpu.detect(photograph);
    const actual = await gpu.detect(photograph);
    if (actual.length !== expected.length) {
      result.different += 1;
      continue;
    }
    for (const [i, face] of expected.entries()) {
      const other = coordinates(actual[i]);
      for (const [k, value] of coordinates(face).entries()) raise(result, other[k] - value);
    }
  }
  return result;
}

function coordinates({ box, landmarks }: Face): number[] {
  return [...box, ...landmarks.flat()];
}

/** NaN counts as a difference without end. */
function raise(result: Comparison, difference: number): void {
  const size = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.abs(difference);
  result.largest = Math.max(result.largest, size);
}
