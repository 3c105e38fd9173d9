import { isCount } from '../../files/text/json.js';
import { FormatError, quoted } from '../format-error.js';
import {
  PersistentReference,
  PickleCall,
  PickleGlobal,
  type PickleValue,
} from './pickle/pickle-value.js';
import { ELEMENT_TYPES, elementCount, type TensorData } from './tensor-data.js';
import type { TorchFile } from './torch-file.js';

/** A tensor whose numbers are still in the file: a strided view of a storage. */
export interface TorchTensor {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Index of its first element in the storage. */
  readonly offset: number;
  readonly storage: PersistentReference;
  /** The element type, where it is stated apart from the storage (`_rebuild_tensor_v3`). */
  readonly type: keyof typeof ELEMENT_TYPES | undefined;
}

/** PyTorch allows 64 axes; weights have at most four. */
const MOST_AXES = 8;

/**
 * A view may repeat elements of its storage (stride 0, from `expand`). Such a view may be larger
 * than its storage up to this many elements: ample for a BatchNorm vector, and no way to make a
 * small file ask for a large array.
 */
const MOST_REPEATED = 1 << 16;

/**
 * The tensor, or parameter, that a pickled value stands for; undefined if it is anything else.
 * The calls are those of torch/_utils.py.
 */
export function asTensor(value: PickleValue | undefined): TorchTensor | undefined {
  let call = value;
  if (isParameter(call)) call = call.args[0];
  if (!(call instanceof PickleCall)) return undefined;
  const isV3 = call.is('torch._utils', '_rebuild_tensor_v3');
  if (
    !isV3 &&
    !call.is('torch._utils', '_rebuild_tensor_v2') &&
    !call.is('torch._utils', '_rebuild_tensor')
  ) {
    return undefined;
  }
  const [storage, offset, size, strides] = call.args;
  const shape = size instanceof PickleCall && size.is('torch', 'Size') ? size.args[0] : size;
  if (
    !(storage instanceof PersistentReference) ||
    !isCount(offset) ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length
  ) {
    return undefined;
  }
  return { shape, strides, offset, storage, type: isV3 ? elementType(call.args[6]) : undefined };
}

function isParameter(value: PickleValue | undefined): value is PickleCall {
  return (
    value instanceof PickleCall &&
    (value.is('torch._utils', '_rebuild_parameter') ||
      value.is('torch._utils', '_rebuild_parameter_with_state'))
  );
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MOST_AXES && value.every(isCount);
}

function elementType(value: PickleValue | undefined): TorchTensor['type'] {
  if (!(value instanceof PickleGlobal) || value.module !== 'torch') return undefined;
  return Object.hasOwn(ELEMENT_TYPES, value.name)
    ? (value.name as keyof typeof ELEMENT_TYPES)
    : undefined;
}

/**
 * Reads a tensor's numbers in row-major order, and no more of its storage than they span.
 * Throws `FormatError`, with the tensor's `name`, if they do not lie within the storage.
 */
export function readTensor(file: TorchFile, tensor: TorchTensor, name: string): TensorData {
  const { shape, strides, offset } = tensor;
  const storage = file.storage(tensor.storage);
  const type = tensor.type === undefined ? storage.type : ELEMENT_TYPES[tensor.type];
  if (type === undefined) {
    throw new FormatError(
      `keeps ${quoted(name)} as a kind of number that is not supported: save the weights as float32`,
    );
  }
  if (shape.includes(0)) return new Float32Array(0);
  const count = elementCount(shape);
  const span = shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], 1);
  const contents = storage.open();
  const available = Math.floor(contents.size / type.bytes);
  if (offset + span > available || count > Math.max(available, MOST_REPEATED)) {
    throw new FormatError(
      `is damaged (${quoted(name)} does not lie within its stored numbers): download or copy it again`,
    );
  }
  const bytes = contents.read(offset * type.bytes, span * type.bytes);
  return type.decode(bytes, shape, strides);
}
