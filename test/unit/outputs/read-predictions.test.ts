import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../../src/files/errors.js';
import { PredictionFiles } from '../../../src/outputs/predictions.js';
import { openPredictions } from '../../../src/outputs/read-predictions.js';
import { commit } from '../../../src/outputs/sink.js';
import type { StoredPrediction } from '../../../src/outputs/stored-prediction.js';
import { seededRandom } from '../../support/bytes.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'facecls-read-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const CLASSES = ['African', 'Asian', 'Caucasian', 'Indian'];
let made = 0;

function file(content: string | Buffer): string {
  const name = path.join(scratch, `file${++made}`);
  writeFileSync(name, content);
  return name;
}

async function all(name: string): Promise<StoredPrediction[]> {
  const read: StoredPrediction[] = [];
  for await (const batch of (await openPredictions(name)).batches) read.push(...batch);
  return read;
}

const PIECES = [
  ...['a', 'photo', '/', ' ', '"', '""', "'", ',', '\n', '\r\n', '\r', '\t', '\\', '\\n', '\\x41'],
  ...['張', '😀', 'é', '\u2028', '\u0085', '{', '}', '#0', '.jpg', '_0.jpg', ' African', '\ufeff'],
].map((text) => Buffer.from(text));
const BAD_BYTES = [[0xff], [0xc3], [0xe5, 0xbc], [0xed, 0xa0, 0x80], [0x80]].map((bytes) =>
  Buffer.from(bytes),
);

test('whatever path is written in whatever format is read back', async () => {
  const random = seededRandom(1);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const written = Array.from({ length: 3000 }, (_, i) => {
    const parts = Array.from({ length: 1 + Math.floor(random() * 8) }, () =>
      pick(random() < 0.1 ? BAD_BYTES : PIECES),
    );
    const probabilities = CLASSES.map(() => Math.round(random() * 1e6) / 1e6);
    // The first line tells the format: a path that begins it begins as a file's name does.
    return { path: Buffer.concat(i === 0 ? [Buffer.from('in/'), ...parts] : parts), probabilities };
  }).map((prediction) => ({ ...prediction, label: pick(CLASSES) }));

  const folder = path.join(scratch, 'round-trip');
  const files = new PredictionFiles(folder, CLASSES, ['txt', 'csv', 'jsonl']);
  await files.open();
  for (const row of written) await files.write({ kind: 'prediction', ...row });
  await commit(files);
  for (const name of ['pred_ethnicities.txt', 'predictions.csv', 'predictions.jsonl']) {
    const read = await all(path.join(folder, name));
    assert.equal(read.length, written.length, name);
    for (const [i, { path: bytes, label, probabilities }] of written.entries()) {
      assert.deepEqual(read[i].path, bytes, `${name}: prediction ${i}`);
      assert.equal(read[i].label, label);
      if (name.endsWith('.txt')) assert.equal(read[i].probabilities, undefined);
      else assert.deepEqual(read[i].probabilities, probabilities);
    }
  }
});

test('lines are counted, also past a newline within a CSV field', async () => {
  const rows = ['path,label', 'a,Asian', '"b\nb",Asian', '', 'c,Indian', ''].join('\r\n');
  const lines = (await all(file(rows))).map(({ path: bytes, line }) => [String(bytes), line]);
  assert.deepEqual(lines, [
    ['a', 2],
    ['b\nb', 3],
    ['c', 6],
  ]);
  const txt = await all(file('a Asian\n\nb Indian\n'));
  assert.deepEqual(
    txt.map(({ line }) => line),
    [1, 3],
  );
});

test('a last line without its end, CRLF, and a byte order mark are read', async () => {
  for (const content of [
    'a b Asian\nc Indian',
    'a b Asian\r\nc Indian\r\n',
    '\ufeffa b Asian\nc Indian\n',
    '\ufeffpath,label\na b,Asian\nc,Indian',
    '"path","label"\n"a b","Asian"\n"c","Indian"\n',
    '\ufeff{"path":"a b","label":"Asian"}\n{"path":"c","label":"Indian"}',
    '{ "label": "Asian", "path": "a b" }\r\n{ "label": "Indian", "path": "c" }\r\n',
  ]) {
    const read = (await all(file(content))).map(({ path: bytes, label }) => [String(bytes), label]);
    assert.deepEqual(
      read,
      [
        ['a b', 'Asian'],
        ['c', 'Indian'],
      ],
      content,
    );
  }
});

test('bytes of a path in txt stay as they are, UTF-8 or not', async () => {
  const bytes = Buffer.from([0x69, 0xff, 0x20, 0x21]);
  const [{ path: read }] = await all(file(Buffer.concat([bytes, Buffer.from(' Asian\n')])));
  assert.deepEqual(read, bytes);
});

test('lines cut anywhere by the reading are whole again', async () => {
  const count = 60_000;
  const name = file(Array.from({ length: count }, (_, i) => `in/張${i}.jpg Asian\n`).join(''));
  let i = 0;
  let batches = 0;
  for await (const batch of (await openPredictions(name)).batches) {
    batches += 1;
    for (const { path: bytes, line } of batch) {
      assert.equal(bytes.toString(), `in/張${i}.jpg`);
      assert.equal(line, ++i);
    }
  }
  assert.equal(i, count);
  assert.ok(batches > 2);
});

test('CSV columns are found by name; without those of the classes there are no probabilities', async () => {
  const [full] = await all(
    file('path,label,note,Indian,Caucasian,Asian,African\nx,Asian,n,0.1,0.2,0.6,0.1\n'),
  );
  assert.deepEqual(full.probabilities, [0.1, 0.6, 0.2, 0.1]);
  const [bare] = await all(file('path,label,confidence\nx,Asian,0.6\n'));
  assert.equal('probabilities' in bare, false);
});

test('an empty file has no predictions', async () => {
  assert.deepEqual(await all(file('')), []);
  assert.deepEqual(await all(file('\ufeff')), []);
  assert.deepEqual(await all(file('path,label\r\n')), []);
});

test('standard input is read in each format', () => {
  const module = new URL('../../../src/outputs/read-predictions.js', import.meta.url).href;
  const code = `import { openPredictions } from ${JSON.stringify(module)};
    for await (const [{ path, label }] of (await openPredictions('-')).batches)
      console.log(path.toString(), label);`;
  for (const input of [
    'x Asian\n',
    'path,label\nx,Asian\n',
    '{"path":"x","label":"Asian"}\n',
    '"x" Asian\n',
  ]) {
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { input });
    assert.equal(stdout.toString(), 'x Asian\n');
  }
});

test('a reader that stops early closes the file', async () => {
  for (const content of ['path,label\n', '']) {
    const row = content === '' ? 'x Asian\n' : 'x,Asian\n';
    const name = file(content + row.repeat(200_000));
    for await (const batch of (await openPredictions(name)).batches) {
      assert.ok(batch.length > 0 && batch.length < 200_000);
      break;
    }
  }
  if (process.platform === 'linux') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const open = spawnSync('ls', ['-l', `/proc/${process.pid}/fd`]).stdout.toString();
    assert.ok(!open.includes(scratch), open);
  }
});

const HEADER = 'path,label,confidence,African,Asian,Caucasian,Indian\n';
for (const [why, content, pattern] of [
  ['no label', 'x Asian\nlonely\n', /line 2: expected `<path> <label>`, received "lonely"/],
  ['no path', ' Asian\n', /line 1: expected `<path> <label>`/],
  ['unknown label', 'x Asian\ny asian\n', /line 2: .*African, Asian, Caucasian, Indian.*"asian"/],
  ['broken quoting', '"x Asian\n', /line 1: not a complete quoted path/],
  ['another file', 'file,label\nx,Asian\n', /line 1: expected .*predictions\.csv/],
  ['unknown label, csv', `${HEADER}x,Black,1,1,0,0,0\n`, /line 2: .*"Black"/],
  ['a ragged row', `${HEADER}x,Asian,1,0,1,0,0\nx,Asian,1\n`, /line 3: has another number/],
  ['an open quote', 'path,label\n"x,Asian\ny,Asian\n', /line 2: .*double quote/],
  ['no number', `${HEADER}x,Asian,1,0,one,0,0\n`, /line 2: .*0 to 1 for Asian/],
  ['an empty number', `${HEADER}x,Asian,1,0,,0,0\n`, /line 2: .*0 to 1 for Asian/],
  ['a number above 1', `${HEADER}x,Asian,1,0,0,0,1.5\n`, /line 2: .*0 to 1 for Indian.*1\.5/],
  ['a class missing', 'path,label,Asian\nx,Asian,1\n', /line 1: has no columns African, /],
  ['no path, csv', 'path,label\n,Asian\n', /line 2: has no path/],
  ['broken JSON', '{"path":"x","label":"Asian"}\n{"path":\n', /line 2: not a complete JSON/],
  ['JSON of another kind', '{"path":"x","label":"Asian"}\nnull\n', /line 2: expected an object/],
  ['a key missing', '{"path":"x"}\n', /line 1: expected an object with "path" and "label"/],
  ['text for a number', '{"path":"x","label":"Asian","African":"1"}\n', /line 1: .*for African/],
] as const) {
  test(`a malformed line is refused: ${why}`, async () => {
    const name = file(content);
    await assert.rejects(all(name), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, pattern);
      assert.ok(error.message.startsWith(name));
      return true;
    });
  });
}

for (const [why, content, pattern] of [
  ['a JPEG', Buffer.from('ffd8ffe000104a46494600010101', 'hex'), /: is not text; give a pred_eth/],
  ['a long binary file', Buffer.alloc(1 << 20, 'x\xff\0'), /: is not text; give a pred_eth/],
  [
    'UTF-16',
    Buffer.from('\ufeffx 張.jpg Asian\n', 'utf16le'),
    /: is UTF-16 text; save it as UTF-8$/,
  ],
  ['UTF-16 without a mark', Buffer.from('x.jpg Asian\n', 'utf16le'), /: is UTF-16 text; save/],
] as const) {
  test(`${why} is refused, and none of its bytes shown`, async () => {
    const name = file(content);
    await assert.rejects(all(name), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, pattern);
      assert.ok(error.message.startsWith(name));
      return true;
    });
  });
}

test('a line without an end is refused, not held', async () => {
  for (const start of ['', 'path,label\n"', '{"path":"']) {
    await assert.rejects(all(file(start + 'x'.repeat(3 << 20))), /longer than 1 MiB/);
  }
});

test('a missing file and a folder are refused', async () => {
  await assert.rejects(all(path.join(scratch, 'none')), /none: no such file .*predictions\.csv/);
  const folder = path.join(scratch, 'folder');
  mkdirSync(folder);
  await assert.rejects(all(folder), /folder: is a folder/);
});
