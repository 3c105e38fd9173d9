/*
 * ONNX files are loaded by native code that was not written for hostile ones. Mutated models are loaded in a
 * process of its own, as in the tool; one that takes the process down is given to the tool itself, which has to
 * end with a sentence. A failure names the seed that makes the model again.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CLASS_NAMES } from '../../../../src/classify/labels.js';
import { checkpointToOnnx } from '../../../../src/convert/checkpoint.js';
import { ProtobufWriter } from '../../../../src/convert/onnx/protobuf-writer.js';
import { facecls, temporaryFolder } from '../../../support/cli.js';
import { fixture } from '../../../support/fixture.js';
import type { Loaded } from '../../../support/load-classifier.js';
import { blindMutations, Dice, type Mutation } from '../../../support/mutate/mutate.js';
import {
  encodedField,
  messageFields,
  ONNX_MUTATIONS,
  replaceField,
} from '../../../support/mutate/onnx.js';

const FIRST_SEED = 20_262_001;
const CASES = 600;

/** What one model may take, milliseconds. */
const LONGEST = 30_000;

/** What the process that loads them has in use at most, bytes; with nothing loaded it is 100 MB. */
const MOST_MEMORY = 1e9;

const scratch = temporaryFolder();
const originals: Buffer[] = [];
before(async () => {
  const checkpoint = fixture('checkpoints/small/protocol4.pth');
  for (const precision of ['fp32', 'fp16'] as const) {
    const model = await checkpointToOnnx(checkpoint, { precision, classNames: CLASS_NAMES });
    originals.push(Buffer.from(model));
  }
});

let loader: ChildProcess | undefined;
after(() => loader?.kill());

/** What came of a model, or how the process that loaded it ended. */
async function load(path: string): Promise<Loaded | string> {
  loader ??= fork(new URL('../../../support/load-classifier.js', import.meta.url), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const child = loader;
  const timeout = setTimeout(() => child.kill('SIGKILL'), LONGEST);
  const ended = new AbortController();
  const { signal } = ended;
  try {
    child.send(path);
    return await Promise.race([
      once(child, 'message', { signal }).then(([answer]) => answer as Loaded),
      once(child, 'exit', { signal }).then(([code, by]) => {
        loader = undefined;
        return `${by ?? code}`;
      }),
    ]);
  } finally {
    ended.abort();
    clearTimeout(timeout);
  }
}

/** The tool's exit code and its message for an ONNX file. */
async function infer(path: string) {
  const images = fixture('align/crops/upstream');
  // One run at a time in a folder.
  const options = ['--input_dir', images, '--output_dir', `${path}-out`, '--device', 'cpu'];
  const { code, stderr } = await facecls(['infer', ...options, '--ckpt', path, '--quiet']);
  return { code, stderr };
}

const ONE_LINE = /^\P{Cc}+$/u;

test('mutated ONNX models are loaded or refused', async (context) => {
  const mutations: Record<string, Mutation> = { ...ONNX_MUTATIONS, ...blindMutations(originals) };
  const kinds = Object.keys(mutations);
  let loaded = 0;
  let peak = 0;
  const reasons = new Map<string, number>();
  for (let i = 0; i < CASES; i++) {
    const seed = FIRST_SEED + i;
    const dice = new Dice(seed);
    const kind = kinds[i % kinds.length];
    const path = join(scratch, `${seed}.onnx`);
    writeFileSync(path, mutations[kind](dice.pick(originals), dice));
    const outcome = await load(path);
    const what = `${kind}, seed ${seed}: ${JSON.stringify(outcome)}`;
    if (typeof outcome === 'string') {
      assert.notEqual(outcome, 'SIGKILL', `${what} (out of time or memory)`);
      const { code, stderr } = await infer(path);
      assert.ok(
        code === 4 && ONE_LINE.test(stderr.trimEnd()),
        `${what}, exit code ${code}, ${stderr}`,
      );
      continue;
    }
    peak = Math.max(peak, outcome.peak);
    if (outcome.error === undefined) {
      loaded++;
      continue;
    }
    const { name, message } = outcome.error;
    assert.ok(name === 'ModelError' && message.startsWith(path) && ONE_LINE.test(message), what);
    const reason = message.slice(path.length, path.length + 60).replace(/\d+/g, '…');
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  context.diagnostic(
    `${CASES}: ${loaded} loaded, ${reasons.size} reasons, at most ${(peak / 1e6).toFixed(0)} MB in use`,
  );
  assert.ok(loaded > CASES / 50 && reasons.size >= 20);
  assert.ok(peak < MOST_MEMORY, `${peak} bytes`);
});

/** The original with an entry more in its metadata; of two under one key, the last counts. */
function withMetadata(key: string, value: string): Buffer {
  const entry = new ProtobufWriter().string(1, key).string(2, value);
  return Buffer.concat([originals[0], new ProtobufWriter().message(14, entry).finish()]);
}

/** The original with sides of the input that are not free. */
function withSides(side: number): Buffer {
  let model = originals[0];
  for (const name of ['H', 'W']) {
    const dimension = messageFields(model).find(
      ({ within, valueAt, end }) =>
        within.join() === '7,11,2,1,2,1' && model.toString('latin1', valueAt, end) === name,
    );
    assert.ok(dimension);
    model = replaceField(model, dimension, encodedField(1, BigInt(side)));
  }
  return model;
}

test('hostile ONNX files end the tool with a sentence and exit code 4', async () => {
  const [whole] = originals;
  const strides = whole.indexOf('strides', whole.indexOf('layer1.0.conv2'));
  const otherStride = Buffer.from(whole);
  otherStride[strides + 'strides'.length + 1] = 2;
  const unknown = Buffer.from(whole);
  unknown.write('Pool2', whole.indexOf('MaxPool'));
  const files: Record<string, [Uint8Array, RegExp]> = {
    'cut off': [whole.subarray(0, 20_000), /is not a whole ONNX file/],
    'other stride': [otherStride, /cannot be run \(.*Add node/],
    'other classes': [
      withMetadata('class_names', 'a\nb\x1b[31m'),
      /classes are "a\\nb\\u001b.*fewer than two; expected two to 100/,
    ],
    'unknown operator': [unknown, /onnxruntime cannot load it/],
    'input of 120 GB': [withSides(100_000), /at most 16777216 pixels/],
  };
  await Promise.all(
    Object.entries(files).map(async ([name, [contents, reason]]) => {
      const path = join(scratch, `${name}.onnx`);
      writeFileSync(path, contents);
      const { code, stderr } = await infer(path);
      assert.equal(code, 4, `${name}: ${stderr}`);
      assert.match(stderr.trimEnd(), ONE_LINE);
      assert.match(stderr, reason);
    }),
  );
});

test('the models that are mutated are whole', async () => {
  const path = join(scratch, 'whole.onnx');
  writeFileSync(path, originals[0]);
  assert.deepEqual(Object.keys((await load(path)) as Loaded), ['peak']);
});
