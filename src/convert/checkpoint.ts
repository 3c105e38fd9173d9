import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Precision, resnet18Onnx } from './networks/resnet18.js';
import type { ByteSource } from './torch/byte-source.js';
import { checkIsTorchFile } from './torch/file-kind.js';
import { withFile } from './torch/open-file.js';
import { findResNet } from './torch/state-dict.js';
import { openTorchFile } from './torch/torch-file.js';
import { readTensor } from './torch/torch-tensor.js';

export interface ConversionOptions {
  /** How the weights are stored; the network computes in float32 either way. */
  readonly precision: Precision;
  /** Names of the outputs, in order. There must be as many as the checkpoint has. */
  readonly classNames: readonly string[];
  /** Above 0: the logits are divided by it before softmax, so that probabilities come out calibrated. */
  readonly temperature?: number | undefined;
  /** Which network of the file; without it the usual one. */
  readonly weights?: string | undefined;
}

/** A checkpoint as ONNX. */
export interface ConvertedCheckpoint {
  readonly network: Uint8Array;
  /** Where in the file the network is, and where others are that were passed over; `.` is its top level. */
  readonly weights: string;
  readonly passedOver: readonly string[];
}

/** What the network expects, as its metadata says it. */
const PREPROCESSING = 'RGB / 255 * 2 - 1, NCHW';

/**
 * Converts a PyTorch checkpoint of a torchvision ResNet-18 to ONNX, without Python and without
 * carrying out anything that is in it. The checkpoint may be a Lightning checkpoint or a state
 * dict, in either form of torch.save.
 *
 * The result has the input `input` float32 [N, 3, H, W] (RGB / 255 * 2 - 1, any size) and the
 * output `probabilities` float32 [N, classes], rows that sum to one. Its metadata has
 * `class_names` (comma separated), `preprocessing`, `output`, `precision`, `architecture`,
 * `source_file` (base name), `source_sha256` and, where they are given, `temperature` and `source_weights`. The same file and options give the same bytes.
 *
 * A small file, however hostile, takes seconds and less than 1 GB of memory
 * (test/unit/convert/worst-cases).
 *
 * Throws `UserError` if the file cannot be opened, `ModelError` if it cannot be used.
 */
export async function convertTorchFile(
  path: string,
  { precision, classNames, temperature, weights }: ConversionOptions,
): Promise<ConvertedCheckpoint> {
  return withFile(path, (source) => {
    checkIsTorchFile(source);
    const file = openTorchFile(source);
    const network = findResNet(file.value, weights);
    const read = (name: string) =>
      readTensor(file, network.tensors.get(name)!, network.prefix + name);
    const storage = { precision, temperature };
    const onnx = resnet18Onnx(network, classNames.length, read, storage, {
      class_names: classNames.join(','),
      preprocessing: PREPROCESSING,
      output: 'probabilities',
      precision,
      architecture: 'resnet18',
      source_file: basename(path),
      source_sha256: sha256(source),
      ...(temperature === undefined ? {} : { temperature: String(temperature) }),
      ...(weights === undefined ? {} : { source_weights: network.name }),
    });
    return { network: onnx, weights: network.name, passedOver: network.passedOver };
  });
}

/** The same, for its bytes alone. */
export async function checkpointToOnnx(
  path: string,
  options: ConversionOptions,
): Promise<Uint8Array> {
  return (await convertTorchFile(path, options)).network;
}

const HASH_CHUNK = 1 << 20;

function sha256(source: ByteSource): string {
  const hash = createHash('sha256');
  for (let at = 0; at < source.size; at += HASH_CHUNK) {
    hash.update(source.read(at, Math.min(HASH_CHUNK, source.size - at)));
  }
  return hash.digest('hex');
}
