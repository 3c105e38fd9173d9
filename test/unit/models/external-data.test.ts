import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { ModelError } from '../../../src/files/errors.js';
import { classifierNetworks, findClassifier, openClassifier } from '../../../src/models/models.js';
import { tryNetwork } from '../../../src/runtime/device-self-test.js';
import { createSession } from '../../../src/runtime/onnxruntime.js';
import { temporaryFolder } from '../../support/cli.js';
import { fixture } from '../../support/fixture.js';

const FOLDER = fixture('onnx-external');
/** onnxruntime-node's answer to an image of zeros, of the graph and its data handed over as `externalData`. */
const OF_ZEROS = [-1.5523681640625, 5.0083160400390625, -0.2367095947265625, 0.2525177001953125];
const GRAPHS = ['main', 'attr', 'sub_init', 'sub_const', 'sparse', 'sparse_attr', 'func'];

/** A folder with a graph of the fixtures, in which `from` stands as `to` (of the same length), and its data. */
function folderWith(graph: string, data?: string, from = '', to = from): string {
  const folder = temporaryFolder();
  const text = readFileSync(path.join(FOLDER, graph), 'latin1');
  assert.ok(text.includes(from) && from.length === to.length);
  writeFileSync(path.join(folder, graph), text.replaceAll(from, to), 'latin1');
  if (data !== undefined) copyFileSync(path.join(FOLDER, data), path.join(folder, data));
  return folder;
}

async function refusal(file: string): Promise<string> {
  const error = await findClassifier(file).then(
    () => assert.fail('nothing was thrown'),
    (thrown) => thrown,
  );
  assert.ok(error instanceof ModelError, String(error));
  assert.ok(error.message.startsWith(file), error.message);
  assert.match(error.message, /^\P{Cc}{1,900}$/u);
  return error.message.slice(file.length);
}

test('a classifier with external data computes what onnxruntime does with it', async () => {
  const file = path.join(FOLDER, 'model.onnx');
  const { network } = await findClassifier(file);
  assert.ok(network instanceof Uint8Array);
  const session = await createSession(network, file, { threads: 1 });
  const { output } = await session.run({
    input: { data: new Float32Array(3 * 112 * 112), dims: [1, 3, 112, 112] },
  });
  for (const [i, value] of OF_ZEROS.entries()) assert.ok(Math.abs(output.data[i] - value) < 1e-5);
});

test('the SHA-256 covers the graph and then the data, and the files are named', async () => {
  const { model } = await findClassifier(path.join(FOLDER, 'model.onnx'));
  const hash = createHash('sha256');
  for (const name of ['model.onnx', 'model.onnx.data']) {
    hash.update(readFileSync(path.join(FOLDER, name)));
  }
  assert.deepEqual(model, {
    outputKind: 'logits',
    path: path.join(FOLDER, 'model.onnx'),
    sha256: hash.digest('hex'),
    files: ['model.onnx.data'],
  });
});

for (const graph of GRAPHS) {
  test(`${graph}.onnx finds its data beside it and never in the current folder`, async () => {
    const file = path.join(FOLDER, `${graph}.onnx`);
    const before = process.cwd();
    after(() => process.chdir(before));
    process.chdir(temporaryFolder());
    const source = await findClassifier(file);
    const session = await createSession(source.network as Uint8Array, file, { threads: 1 });
    const input = { data: new Float32Array(12).fill(1), dims: [1, 3, 2, 2] };
    const { out } = await session.run({ input });
    assert.deepEqual([...out.data], [12, 15, 18, 21]);

    process.chdir(FOLDER);
    await assert.rejects(createSession(readFileSync(file), file, { threads: 1 }), ModelError);
    assert.match(await refusal(path.join(folderWith(`${graph}.onnx`), `${graph}.onnx`)), /w\.data/);
    process.chdir(before);
  });
}

test('a network with external data is opened and tried as any other', async () => {
  const source = await findClassifier(path.join(FOLDER, 'model.onnx'));
  const [network] = classifierNetworks(source);
  const trial = await tryNetwork(network, { device: 'cpu', threads: 1 });
  assert.equal(trial.kind, 'passed');
  await (await openClassifier(source, { threads: 1 }, 4)).release();
});

test('missing data is named', async () => {
  const message = await refusal(path.join(folderWith('model.onnx'), 'model.onnx'));
  assert.match(message, /"model\.onnx\.data".*no such file.*put both files in one folder/);
});

for (const [to, what] of [
  ['/w.dat', /"\/w\.dat".*only files beside/],
  ['../w.d', /"\.\.\/w\.d".*only files beside/],
  ['a/../w', /only files beside/],
  ['a\\w.dt', /only files beside/],
  ['*/w.da', /only files beside/],
  ['a\u0000\u001b.da', /only files beside/],
] as const) {
  test(`data at ${JSON.stringify(to)} is refused`, async () => {
    const folder = folderWith('main.onnx', 'w.data', 'w.data', to.padEnd(6, 'x'));
    assert.match(await refusal(path.join(folder, 'main.onnx')), what);
  });
}

test('links out of the folder and what is no regular file are not read', async () => {
  const linked = folderWith('main.onnx');
  symlinkSync(path.join(FOLDER, 'w.data'), path.join(linked, 'w.data'));
  assert.match(await refusal(path.join(linked, 'main.onnx')), /a link out of its folder/);
  const taken = folderWith('main.onnx');
  mkdirSync(path.join(taken, 'w.data'));
  assert.match(await refusal(path.join(taken, 'main.onnx')), /not a regular file/);
});

test('a link within the folder, and data in a folder beside the model, are read', async () => {
  const folder = folderWith('main.onnx', undefined, 'w.data', 'd/w.da');
  mkdirSync(path.join(folder, 'd'));
  copyFileSync(path.join(FOLDER, 'w.data'), path.join(folder, 'numbers'));
  symlinkSync('../numbers', path.join(folder, 'd/w.da'));
  const { model } = await findClassifier(path.join(folder, 'main.onnx'));
  assert.deepEqual(model.files, ['d/w.da']);
});

test('offsets and lengths that lie are refused', async () => {
  const lie = async (from: string, to: string) =>
    refusal(path.join(folderWith('main.onnx', 'w.data', from, to), 'main.onnx'));
  assert.match(
    await lie('\x12\x0264', '\x12\x0268'),
    /ends at byte 116 of "w\.data", which has 112/,
  );
  assert.match(await lie('\x12\x0264', '\x12\x02-1'), /says "-1" for the offset/);
  assert.match(await lie('\x12\x0248', '\x12\x0244'), /takes 48 bytes, and 44 are said/);
  assert.match(await lie('\x08\x03\x08\x04', '\x08\x03\x08\x05'), /takes 60 bytes/);
});
