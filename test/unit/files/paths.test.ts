import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { InputError } from '../../../src/files/errors.js';
import {
  joinPath,
  parsePathLine,
  pathLine,
  pathText,
  withSlashes,
} from '../../../src/files/paths.js';

const bytes = (...values: number[]) => Buffer.from(values);

test('joinPath keeps the folder as given and adds a slash only where it lacks', () => {
  assert.equal(joinPath(Buffer.from('a/'), Buffer.from('b')).toString(), 'a/b');
  assert.equal(joinPath(Buffer.from('./a'), Buffer.from('b/c')).toString(), './a/b/c');
  assert.equal(joinPath(Buffer.from('/'), Buffer.from('b')).toString(), '/b');
  assert.deepEqual(joinPath(bytes(0xff), bytes(0xfe)), bytes(0xff, 0x2f, 0xfe));
});

test('parts of a path are separated by slashes, also where the system has others', () => {
  const windows = Buffer.from('C:\\Bilder\\é\\照片.jpg');
  assert.equal(withSlashes(windows, '\\').toString(), 'C:/Bilder/é/照片.jpg');
  const linux = bytes(0x2f, 0xff, 0x5c, 0x2e);
  assert.deepEqual(withSlashes(linux, '/'), linux);
});

test('a plain path is written as it is', () => {
  for (const path of [
    'a/b c.jpg',
    '照片/張三.jpg',
    "it's.jpg",
    'a"b.jpg',
    'back\\slash.jpg',
    'é',
  ]) {
    assert.equal(pathLine(Buffer.from(path)), path);
    assert.equal(pathText(Buffer.from(path)), path);
  }
});

test('what would break a line is quoted as JSON quotes it, and only for lines', () => {
  for (const path of ['a\nb', 'a\tb', 'a\rb', '張\u0007三', 'a\u0085b', 'a\u2028b', 'a\x7fb\\"']) {
    assert.equal(JSON.parse(pathLine(Buffer.from(path))), path);
    assert.equal(pathText(Buffer.from(path)), path);
  }
  assert.equal(pathLine(Buffer.from('張\n三')), '"張\\n三"');
});

test('bytes that are not UTF-8 become \\xNN beside readable text', () => {
  const path = Buffer.concat([Buffer.from('張/a'), bytes(0xff, 0xe5, 0x41, 0xc0, 0x80)]);
  assert.equal(pathLine(path), '"張/a\\xff\\xe5A\\xc0\\x80"');
  assert.equal(pathText(path), pathLine(path));
  // A character cut off at the end.
  assert.equal(pathLine(bytes(0x61, 0xe5, 0xbc)), '"a\\xe5\\xbc"');
});

test('a quoted path can be told from one that begins with a quote', () => {
  const plain = Buffer.from('"\\xff"');
  assert.equal(pathLine(plain), '"\\"\\\\xff\\""');
  assert.deepEqual(parsePathLine(pathLine(plain)), plain);
  assert.deepEqual(parsePathLine(pathText(plain)), plain);
});

test('any bytes come back, and never break a line', () => {
  const awkward = Buffer.from('"\\\n\t\r\0x7f\u0085張😀/ u000a');
  for (let round = 0; round < 5000; round += 1) {
    const path = randomBytes(randomInt(1, 24));
    // Half of the bytes from a few awkward characters, whole or torn.
    for (let i = 0; i < path.length; i += 1) {
      if (path[i] & 1) path[i] = awkward[randomInt(awkward.length)];
    }
    const line = pathLine(path);
    assert.doesNotMatch(line, /[\n\r\t\0]/, path.toString('hex'));
    assert.deepEqual(parsePathLine(line), path, path.toString('hex'));
    assert.deepEqual(parsePathLine(pathText(path)), path, path.toString('hex'));
  }
});

test('broken quoting is refused', () => {
  for (const text of ['"', '"abc', '"a\\q"', '"a\\x4"', '"a"b"', '"a\\"']) {
    assert.throws(() => parsePathLine(text), InputError, text);
  }
});
