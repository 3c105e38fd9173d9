import { FormatError, quoted } from '../format-error.js';
import { PickleCall, PickleGlobal, type PickleValue } from './pickle/pickle-value.js';
import { asTensor, type TorchTensor } from './torch-tensor.js';

/** The tensors of one network by their names within it ("layer1.0.conv1.weight"). */
export interface StateDict {
  /** What the file puts in front of each name, such as "model." */
  readonly prefix: string;
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Where in the file it is: keys and prefix joined by dots, `state_dict.model`; `.` is the file's top level. */
  readonly name: string;
  /** The other networks of the file, by the same kind of name. */
  readonly passedOver: readonly string[];
}

/** Where training programs keep the weights in what they save: Lightning first, then common habits. */
const HOLDERS = ['state_dict', 'model_state_dict', 'model', 'net'];

/** Names of a torchvision ResNet's outermost tensors. Two of them are enough to know one by. */
const LANDMARKS = ['conv1.weight', 'bn1.weight', 'fc.weight'];

/** What follows the name of a tensor that is kept in parts: pruned, or of normalized weights. */
const IN_PARTS = ['', '_orig', '_g'];

const LANDMARKS_IN_PARTS = LANDMARKS.flatMap((name) => IN_PARTS.map((part) => name + part));

/** Preferred where a file holds several networks, such as the model and its moving average. */
const USUAL_PREFIXES = ['', 'model.', 'module.', 'module.model.', 'model.module.'];

/** The blocks of a ResNet also have a `conv1` and a `bn1`. */
const BLOCK_PREFIX = /(^|\.)layer\d+\.\d+\.$/;

/** Optimizers keep numbers under the names of weights, but none for these. */
const BUFFER = 'bn1.running_mean';

/** A dictionary or list in a saved object, with the keys that lead to it. */
interface Place {
  readonly value: Map<string, PickleValue> | PickleValue[];
  readonly key: string;
  readonly parent: Place | undefined;
}

/** A network in a saved object. */
interface Candidate {
  readonly name: string;
  readonly prefix: string;
  readonly dictionary: Map<string, PickleValue>;
  /** Position among the usual holders; undefined elsewhere. */
  readonly holder: number | undefined;
}

/**
 * Finds the ResNet in a saved object: in the object itself (a bare state dict), in one of its usual holders, or, where
 * it is the only one, anywhere in it, under any prefix. What lies outside the prefix is passed over.
 *
 * @param wanted name of the one to take, its end or its prefix; without it the usual one
 * @throws FormatError where there is none, or it cannot tell which of several is meant
 */
export function findResNet(saved: PickleValue, wanted?: string): StateDict {
  const candidates = candidatesIn(saved);
  if (candidates.length === 0) throw noNetwork(saved);
  const taken = wanted === undefined ? usual(candidates) : named(candidates, wanted);
  const passedOver = candidates.filter((other) => other !== taken).map(({ name }) => name);
  const inner = candidates
    .filter(({ dictionary, prefix }) => dictionary === taken.dictionary && prefix !== taken.prefix)
    .map(({ prefix }) => prefix)
    .filter((prefix) => prefix.startsWith(taken.prefix));
  const { name, prefix, dictionary } = taken;
  return { prefix, tensors: tensorsUnder(dictionary, prefix, inner), name, passedOver };
}

/** As the published code and Lightning save it, before anything else. */
function usual(candidates: readonly Candidate[]): Candidate {
  const inHolders = candidates.filter(({ holder }) => holder !== undefined);
  const holder = Math.min(...inHolders.map(({ holder = 0 }) => holder));
  const first = inHolders.filter((candidate) => candidate.holder === holder);
  const choice = first.length > 0 ? first : candidates;
  if (choice.length === 1) return choice[0];
  const prefix = USUAL_PREFIXES.find((known) => first.some((one) => one.prefix === known));
  const taken = first.find((candidate) => candidate.prefix === prefix);
  if (taken !== undefined) return taken;
  throw new FormatError(
    `holds several networks (${listed(candidates)}): choose one with --weights (weights in the library)`,
  );
}

function named(candidates: readonly Candidate[], wanted: string): Candidate {
  const name = wanted === '.' ? wanted : wanted.replace(/\.$/, '');
  const same = candidates.filter((candidate) => candidate.name === name);
  const found = same.length > 0 ? same : candidates.filter((one) => one.name.endsWith(`.${name}`));
  if (found.length === 1) return found[0];
  const problem = found.length === 0 ? 'no network' : 'more than one network';
  throw new FormatError(
    `has ${problem} named ${quoted(wanted)}, which --weights asks for: give one of ${listed(found.length === 0 ? candidates : found)}`,
  );
}

function listed(candidates: readonly Candidate[]): string {
  const names = candidates.slice(0, 5).map(({ name }) => quoted(name));
  const more = candidates.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function noNetwork(saved: PickleValue): FormatError {
  const holder = saved instanceof Map ? saved : new Map<string, PickleValue>();
  const places = [saved, ...HOLDERS.map((name) => holder.get(name))];
  const model = places.find((value) => value instanceof PickleCall);
  if (model instanceof PickleCall && model.callee instanceof PickleGlobal) {
    const className = `${model.callee.module}.${model.callee.name}`;
    return new FormatError(
      `holds a Python object (${quoted(className)}), not weights: save the state_dict of the model`,
    );
  }
  return new FormatError(
    'holds no ResNet-18: nowhere in it stand two of conv1.weight, bn1.weight and fc.weight together; give the checkpoint of a torchvision ResNet-18',
  );
}

function candidatesIn(saved: PickleValue): Candidate[] {
  const found: Candidate[] = [];
  for (const place of placesIn(saved)) {
    const { value: dictionary } = place;
    if (!(dictionary instanceof Map)) continue;
    const holder = holderOf(place);
    for (const prefix of prefixesIn(dictionary)) {
      if (holder === undefined && !dictionary.has(prefix + BUFFER)) continue;
      found.push({ name: nameOf(place, prefix), prefix, dictionary, holder });
    }
  }
  return found;
}

/** All dictionaries and lists, outer ones first. An object that is in several places is found in the first. */
function placesIn(saved: PickleValue): Place[] {
  const places: Place[] = [];
  const known = new Set<PickleValue>();
  const add = (value: PickleValue, key: string, parent?: Place) => {
    if (!(value instanceof Map || Array.isArray(value)) || known.has(value)) return;
    known.add(value);
    places.push({ value, key, parent });
  };
  add(saved, '');
  // The array grows while it is walked.
  for (const place of places) {
    for (const [key, value] of place.value.entries()) add(value, String(key), place);
  }
  return places;
}

function holderOf({ key, parent }: Place): number | undefined {
  if (parent === undefined) return 0;
  const index = parent.parent === undefined ? HOLDERS.indexOf(key) : -1;
  return index < 0 ? undefined : index + 1;
}

/** Keys that are deeper than any program nests. */
const MOST_KEYS = 100;

function nameOf(place: Place, prefix: string): string {
  const keys = [prefix.replace(/\.$/, '')];
  let at: Place | undefined = place;
  for (; at?.parent !== undefined && keys.length < MOST_KEYS; at = at.parent) keys.unshift(at.key);
  return keys.filter((key) => key !== '').join('.') || '.';
}

function prefixesIn(dictionary: Map<string, PickleValue>): Set<string> {
  const has = (name: string) => IN_PARTS.some((part) => dictionary.has(name + part));
  const found = new Set<string>();
  for (const key of dictionary.keys()) {
    for (const landmark of LANDMARKS_IN_PARTS) {
      const prefix = key.slice(0, -landmark.length);
      const isPrefix = key.endsWith(landmark) && (prefix === '' || prefix.endsWith('.'));
      if (!isPrefix || BLOCK_PREFIX.test(prefix)) continue;
      if (LANDMARKS.filter((name) => has(prefix + name)).length >= 2) found.add(prefix);
    }
  }
  return found;
}

/** @param others prefixes of other networks, which are left out */
function tensorsUnder(
  dictionary: Map<string, PickleValue>,
  prefix: string,
  others: readonly string[],
): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  for (const [key, value] of dictionary) {
    if (!key.startsWith(prefix) || others.some((other) => key.startsWith(other))) continue;
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
