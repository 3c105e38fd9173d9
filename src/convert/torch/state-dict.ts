import { FormatError, quoted } from '../format-error.js';
import { PickleCall, PickleGlobal, type PickleValue } from './pickle/pickle-value.js';
import { asTensor, type TorchTensor } from './torch-tensor.js';

/** The tensors of one network by their names within it ("layer1.0.conv1.weight"). */
export interface StateDict {
  /** What the file puts in front of each name, such as "model." */
  readonly prefix: string;
  readonly tensors: ReadonlyMap<string, TorchTensor>;
}

/** Where training programs keep the weights in what they save: Lightning first, then common habits. */
const HOLDERS = ['state_dict', 'model_state_dict', 'model', 'net'];

/** Names of a torchvision ResNet's outermost tensors. Two of them are enough to know one by. */
const LANDMARKS = ['conv1.weight', 'bn1.weight', 'fc.weight'];

/** Preferred where a file holds several networks, such as the model and its moving average. */
const USUAL_PREFIXES = ['', 'model.', 'module.', 'module.model.', 'model.module.'];

/** The blocks of a ResNet also have a `conv1` and a `bn1`. */
const BLOCK_PREFIX = /(^|\.)layer\d+\.\d+\.$/;

/**
 * Finds the ResNet in a saved object: in the object itself (a bare state dict) or in one of its
 * usual holders, under any prefix. What lies outside the prefix is passed over.
 * Throws `FormatError` if there is none, or if it cannot tell which of several is meant.
 */
export function findResNet(saved: PickleValue): StateDict {
  const holder = saved instanceof Map ? saved : new Map();
  const candidates = [saved, ...HOLDERS.map((name) => holder.get(name))];
  for (const candidate of candidates) {
    if (!(candidate instanceof Map)) continue;
    const prefix = findPrefix(candidate);
    if (prefix !== undefined) return { prefix, tensors: tensorsUnder(candidate, prefix) };
  }
  const model = candidates.find((candidate) => candidate instanceof PickleCall);
  if (model instanceof PickleCall && model.callee instanceof PickleGlobal) {
    const className = `${model.callee.module}.${model.callee.name}`;
    throw new FormatError(
      `holds a Python object (${quoted(className)}), not weights: save the state_dict of the model`,
    );
  }
  throw new FormatError(
    'holds no ResNet-18: no tensors in it are named conv1.weight, bn1.weight and fc.weight; give the checkpoint of a torchvision ResNet-18',
  );
}

function findPrefix(dictionary: Map<string, PickleValue>): string | undefined {
  const found = new Set<string>();
  for (const key of dictionary.keys()) {
    for (const landmark of LANDMARKS) {
      const prefix = key.slice(0, -landmark.length);
      const isPrefix = key.endsWith(landmark) && (prefix === '' || prefix.endsWith('.'));
      if (!isPrefix || BLOCK_PREFIX.test(prefix)) continue;
      const present = LANDMARKS.filter((name) => dictionary.has(prefix + name));
      if (present.length >= 2) found.add(prefix);
    }
  }
  if (found.size <= 1) return [...found][0];
  const usual = USUAL_PREFIXES.find((prefix) => found.has(prefix));
  if (usual !== undefined) return usual;
  const names = [...found].slice(0, 3).map(quoted).join(', ');
  throw new FormatError(`holds several networks (${names}): save the one to use alone`);
}

function tensorsUnder(
  dictionary: Map<string, PickleValue>,
  prefix: string,
): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  for (const [key, value] of dictionary) {
    if (!key.startsWith(prefix)) continue;
    const tensor = asTensor(value);
    if (tensor === undefined) {
      throw new FormatError(
        `holds ${quoted(key)}, which is not a plain tensor: save the state_dict of a torchvision ResNet-18`,
      );
    }
    tensors.set(key.slice(prefix.length), tensor);
  }
  return tensors;
}
