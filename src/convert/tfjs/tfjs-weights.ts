import { FormatError, quoted } from '../format-error.js';
import { elementCount } from '../torch/tensor-data.js';

/*
 * Weights as TensorFlow.js stores them: a manifest in JSON and the tensors one after the other in a binary
 * file, float32 or quantized to 8 bits (https://github.com/tensorflow/tfjs, tfjs-core/src/io/types.ts).
 */

interface FloatTensor {
  readonly kind: 'float';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Element = level * scale + min. */
interface QuantizedTensor {
  readonly kind: 'quantized';
  readonly shape: readonly number[];
  readonly levels: Uint8Array;
  readonly scale: number;
  readonly min: number;
}

/** A tensor in TensorFlow's layout, row-major: kernels are [height, width, in, out]. */
export type TfjsTensor = FloatTensor | QuantizedTensor;

export type TfjsWeights = ReadonlyMap<string, TfjsTensor>;

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number };
}

/**
 * The float32 tensors of one group of weights by name; integers, which are constants of the graph that the
 * weights were taken from, are skipped.
 *
 * @param manifest text of the JSON file
 * @param bytes the binary file that it describes
 * @throws FormatError where they do not belong together
 */
export function readTfjsWeights(manifest: string, bytes: Uint8Array): TfjsWeights {
  const tensors = new Map<string, TfjsTensor>();
  let at = 0;
  for (const { name, shape, dtype, quantization } of parseManifest(manifest)) {
    const count = elementCount(shape);
    const isQuantized = quantization !== undefined;
    if (isQuantized && quantization.dtype !== 'uint8') {
      throw new FormatError(`has ${quoted(name)} quantized to ${quoted(quantization.dtype)}`);
    }
    const end = at + count * (isQuantized ? 1 : 4);
    if (end > bytes.length) throw new FormatError('is cut off: install facecls again');
    const part = bytes.subarray(at, end);
    at = end;
    if (dtype !== 'float32') continue;
    if (isQuantized) {
      const { scale, min } = quantization;
      tensors.set(name, { kind: 'quantized', shape, levels: part, scale, min });
    } else {
      // A copy begins at a multiple of four bytes.
      const data = new Float32Array(new Uint8Array(part).buffer);
      tensors.set(name, { kind: 'float', shape, data });
    }
  }
  if (at !== bytes.length) {
    throw new FormatError(`has ${bytes.length - at} bytes too many: install facecls again`);
  }
  return tensors;
}

function parseManifest(text: string): readonly Entry[] {
  try {
    const [{ weights }] = JSON.parse(text) as [{ readonly weights: readonly Entry[] }];
    if (Array.isArray(weights)) return weights;
  } catch {}
  throw new FormatError('has no readable manifest: install facecls again');
}

function dequantized({ levels, scale, min }: QuantizedTensor): Float32Array {
  const values = new Float32Array(levels.length);
  for (let i = 0; i < levels.length; i++) values[i] = levels[i] * scale + min;
  return values;
}

/** Gives out tensors of expected shapes, and knows which are left over. */
export class TfjsTensors {
  readonly #weights: TfjsWeights;
  readonly #unused: Set<string>;

  constructor(weights: TfjsWeights) {
    this.#weights = weights;
    this.#unused = new Set(weights.keys());
  }

  /** @throws FormatError where there is none of the name and shape */
  take(name: string, shape: readonly number[]): TfjsTensor {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) throw new FormatError(`lacks the tensor ${quoted(name)}`);
    this.#unused.delete(name);
    if (tensor.shape.length !== shape.length || shape.some((n, i) => n !== tensor.shape[i])) {
      throw new FormatError(
        `has ${quoted(name)} of the shape [${tensor.shape.join(', ')}] where [${shape.join(', ')}] is needed`,
      );
    }
    return tensor;
  }

  /** The elements of a tensor as numbers. @throws FormatError also where one is not finite */
  numbers(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.take(name, shape);
    const values = tensor.kind === 'float' ? tensor.data : dequantized(tensor);
    if (!values.every(Number.isFinite)) {
      throw new FormatError(`holds a value in ${quoted(name)} that is not finite`);
    }
    return values;
  }

  /** @throws FormatError where a tensor was not taken */
  refuseLeftOver(): void {
    const [name] = this.#unused;
    if (name !== undefined) throw new FormatError(`has the tensor ${quoted(name)} too many`);
  }
}
