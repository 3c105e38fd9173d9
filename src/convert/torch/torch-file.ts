import { isCount } from '../../files/text/json.js';
import { FormatError, quoted } from '../format-error.js';
import { ByteReader } from './byte-reader.js';
import { type ByteSource, SliceSource } from './byte-source.js';
import { type PersistentReference, PickleGlobal, type PickleValue } from './pickle/pickle-value.js';
import { unpickle } from './pickle/unpickle.js';
import { ELEMENT_TYPES, type ElementType } from './tensor-data.js';
import { ZipArchive } from './zip.js';

/*
 * The two forms that torch.save writes (torch/serialization.py): since 1.6 a zip archive of
 * `<name>/data.pkl` and one file a storage, `<name>/data/<key>`; before that, five pickles in a row
 * followed by the storages.
 */

/** The flat memory that tensors are views of. */
export interface TorchStorage {
  /** How its elements are written; undefined for kinds that cannot be read, such as complex numbers. */
  readonly type: ElementType | undefined;
  /** Its bytes, opened only when asked for. */
  open(): ByteSource;
}

export interface TorchFile {
  /** The saved object. */
  readonly value: PickleValue;
  /** The storage a tensor's reference stands for. Throws `FormatError` if it is not in the file. */
  storage(reference: PersistentReference): TorchStorage;
}

/** The first number of the old form (torch/serialization.py, MAGIC_NUMBER). */
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/** Of the old form's pickles before and after the saved object; the last has two for each storage. */
const MOST_OPCODES_BESIDE = 2 ** 17;

interface StorageKind {
  /** Bytes an element. */
  readonly bytes: number;
  readonly type?: ElementType;
}

/** Storage classes of the modules `torch` and `torch.cuda`. */
const STORAGE_KINDS = new Map<string, StorageKind>([
  ['FloatStorage', { bytes: 4, type: ELEMENT_TYPES.float32 }],
  ['DoubleStorage', { bytes: 8, type: ELEMENT_TYPES.float64 }],
  ['HalfStorage', { bytes: 2, type: ELEMENT_TYPES.float16 }],
  ['BFloat16Storage', { bytes: 2, type: ELEMENT_TYPES.bfloat16 }],
  ['LongStorage', { bytes: 8, type: ELEMENT_TYPES.int64 }],
  ['IntStorage', { bytes: 4, type: ELEMENT_TYPES.int32 }],
  ['ShortStorage', { bytes: 2, type: ELEMENT_TYPES.int16 }],
  ['CharStorage', { bytes: 1, type: ELEMENT_TYPES.int8 }],
  ['ByteStorage', { bytes: 1, type: ELEMENT_TYPES.uint8 }],
  ['BoolStorage', { bytes: 1, type: ELEMENT_TYPES.bool }],
  ['UntypedStorage', { bytes: 1 }],
  ['ComplexFloatStorage', { bytes: 8 }],
  ['ComplexDoubleStorage', { bytes: 16 }],
  ['QInt8Storage', { bytes: 1 }],
  ['QUInt8Storage', { bytes: 1 }],
  ['QInt32Storage', { bytes: 4 }],
]);

/** Opens what torch.save wrote, in either form. Throws `FormatError`. */
export function openTorchFile(source: ByteSource): TorchFile {
  return startsWithZip(source) ? openZipForm(source) : openOldForm(source);
}

function startsWithZip(source: ByteSource): boolean {
  return source.size >= 2 && Buffer.from(source.read(0, 2)).toString('latin1') === 'PK';
}

/** A persistent identifier: ('storage', class, key, device, number of elements[, view]). */
interface StorageId {
  readonly kind: StorageKind;
  readonly key: string;
  readonly elements: number;
  /** Old form only: the first element and the number of elements of a view of the storage. */
  readonly view: { readonly start: number; readonly elements: number } | undefined;
}

function parseId(reference: PersistentReference): StorageId {
  const id = reference.id;
  if (!Array.isArray(id) || id[0] !== 'storage') throw unknownStorage();
  const [, storageClass, key, , elements, view] = id;
  const storageKey = typeof key === 'number' ? String(key) : key;
  if (
    !(storageClass instanceof PickleGlobal) ||
    typeof storageKey !== 'string' ||
    storageKey.length > LONGEST_KEY ||
    !isCount(elements)
  ) {
    throw unknownStorage();
  }
  const kind = STORAGE_KINDS.get(storageClass.name);
  if (kind === undefined || !/^torch(\.cuda|\.storage)?$/.test(storageClass.module)) {
    throw new FormatError(
      `keeps weights as ${quoted(storageClass.name)}, which is not supported: save them as float32`,
    );
  }
  return { kind, key: storageKey, elements, view: parseView(view) };
}

function parseView(view: PickleValue | undefined): StorageId['view'] {
  if (view === undefined || view === null) return undefined;
  if (!Array.isArray(view) || !isCount(view[1]) || !isCount(view[2])) throw unknownStorage();
  return { start: view[1], elements: view[2] };
}

/** PyTorch's keys are numbers, as text. */
const LONGEST_KEY = 100;

function unknownStorage(): FormatError {
  return new FormatError('refers to weights in a way that torch.save does not: save it again');
}

function openZipForm(source: ByteSource): TorchFile {
  const archive = new ZipArchive(source);
  const names = [...archive.names];
  const main = names.find((name) => /^[^/]+\/data\.pkl$/.test(name));
  const prefix = main?.slice(0, -'data.pkl'.length);
  const isScript = (name: string) => /^[^/]+\/(constants\.pkl|code\/.*)$/.test(name);
  if (names.some(isScript)) {
    throw new FormatError(
      'is a TorchScript program, not a checkpoint: save the state_dict of the model with torch.save',
    );
  }
  if (main === undefined || prefix === undefined) {
    throw new FormatError(
      'is a zip archive but not one that torch.save wrote: if it holds a checkpoint, unpack it first',
    );
  }
  if (archive.has(`${prefix}byteorder`)) {
    const order = archive.open(`${prefix}byteorder`);
    if (Buffer.from(order.read(0, Math.min(order.size, 6))).toString('latin1') !== 'little') {
      throw new FormatError(
        'was written on a big-endian machine: load and save it again on another one',
      );
    }
  }
  const { value } = unpickle(new ByteReader(archive.open(main)));
  return {
    value,
    storage(reference) {
      const id = parseId(reference);
      return {
        type: id.kind.type,
        open() {
          const contents = archive.open(`${prefix}data/${id.key}`);
          return view(contents, id);
        },
      };
    },
  };
}

function openOldForm(source: ByteSource): TorchFile {
  const reader = new ByteReader(source);
  const unpickleBeside = () => unpickle(reader, MOST_OPCODES_BESIDE).value;
  if (unpickleBeside() !== MAGIC_NUMBER) {
    throw new FormatError(
      'is a Python pickle but not one that torch.save wrote: save the state_dict with torch.save',
    );
  }
  if (unpickleBeside() !== PROTOCOL_VERSION) {
    throw new FormatError('has an unknown torch.save version: save it again with a newer PyTorch');
  }
  const system = unpickleBeside();
  if (system instanceof Map && system.get('little_endian') === false) {
    throw new FormatError(
      'was written on a big-endian machine: load and save it again on another one',
    );
  }
  const { value, references } = unpickle(reader);
  const keys = unpickleBeside();
  const parts = locateStorages(source, reader.position, keys, references);
  return {
    value,
    storage(reference) {
      const id = parseId(reference);
      return {
        type: id.kind.type,
        open() {
          const contents = parts.get(id.key);
          if (contents === undefined) throw unknownStorage();
          return view(contents, id);
        },
      };
    },
  };
}

/** Where each storage of the old form lies: in the order of `keys`, its element count (int64), its elements. */
function locateStorages(
  source: ByteSource,
  start: number,
  keys: PickleValue,
  references: readonly PersistentReference[],
): Map<string, ByteSource> {
  const ids = new Map<string, StorageId>();
  for (const reference of references) {
    const id = parseId(reference);
    ids.set(id.key, id);
  }
  if (!Array.isArray(keys)) throw unknownStorage();
  const parts = new Map<string, ByteSource>();
  let at = start;
  for (const key of keys) {
    if (typeof key !== 'string' && typeof key !== 'number') throw unknownStorage();
    const name = String(key);
    const id = ids.get(name);
    if (id === undefined) throw unknownStorage();
    const elements = new ByteReader(source, at).uint64();
    const size = elements * id.kind.bytes;
    parts.set(name, new SliceSource(source, at + 8, size));
    at += 8 + size;
  }
  return parts;
}

/** The part of a storage that an identifier stands for: the whole, except for the views of the old form. */
function view(contents: ByteSource, id: StorageId): ByteSource {
  const { bytes } = id.kind;
  if (contents.size < id.elements * bytes) {
    throw new FormatError(
      `holds fewer numbers than it says in its part ${quoted(id.key)}: download or copy it again`,
    );
  }
  const { start, elements } = id.view ?? { start: 0, elements: id.elements };
  return new SliceSource(contents, start * bytes, elements * bytes);
}
