import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, invalidOption } from '../../../src/files/errors.js';
import { parsePathLine } from '../../../src/files/paths.js';
import { forTerminal, jsonLine, quoted, shown } from '../../../src/files/text/shown.js';
import { shownPath } from '../../../src/files/text/shown-path.js';

/** ESC, BEL, a C1 control, a right-to-left override, a space without width, a line separator. */
const HARMFUL = '\u001b[31m\u0007\u009b\u202e\u200b\u2028';
const ESCAPED = '\\u001b[31m\\u0007\\u009b\\u202e\\u200b\\u2028';

test('a foreign value is shown with its control, direction and zero-width characters escaped', () => {
  assert.equal(shown(`a${HARMFUL}b`), `a${ESCAPED}b`);
  assert.equal(shown('two\nlines'), 'two\\u000alines');
  assert.equal(shown(['a\u202e', 1]), '["a\\u202e",1]');
  assert.equal(shown('人脸 é 👩'), '人脸 é 👩');
  // Beyond the basic plane: a tag, which no terminal shows.
  assert.equal(shown('\u{e0041}'), '\\udb40\\udc41');
});

test('a quoted foreign value reads back as JSON', () => {
  const text = `a"b\\c\n${HARMFUL}`;
  assert.equal(JSON.parse(quoted(text)), text);
  assert.doesNotMatch(quoted(text), /[\p{Cc}\p{Cf}\p{Zl}]/u);
});

test('a foreign value of 64 MB is shown by its first 200 characters, and is not copied', () => {
  const long = Buffer.alloc(64 << 20, 'x').toString('latin1');
  const before = process.memoryUsage().heapUsed;
  for (const text of [shown(long), quoted(long), shown([long]), shown({ long })]) {
    assert.ok(text.length < 250, `${text.length}`);
    assert.ok(text.includes('x…'));
  }
  assert.ok(invalidOption('--device', 'cpu', long).message.length < 300);
  assert.ok(process.memoryUsage().heapUsed - before < 16 << 20);
  // A cut leaves no half of a character.
  assert.doesNotMatch(shown(`x${'👩'.repeat(150)}`), /[\ud800-\udbff](?![\udc00-\udfff])/);
});

test('a value that JSON cannot hold is shown all the same', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  assert.equal(shown(circle), 'a value of type object');
  assert.equal(shown(12n), '12');
  assert.equal(shown(undefined), 'undefined');
});

test('a path in a message is quoted where it holds a space or does not fit a line', () => {
  assert.equal(shownPath('photographs/a.jpg'), 'photographs/a.jpg');
  assert.equal(shownPath('my photographs/a.jpg'), '"my photographs/a.jpg"');
  assert.equal(shownPath(''), '""');
  assert.equal(shownPath('"a"'), '"\\"a\\""');
  assert.equal(shownPath('a\u202egpj.exe'), '"a\\u202egpj.exe"');
  assert.equal(shownPath(Buffer.from([0x61, 0xff])), '"a\\xff"');
  for (const path of ['a b', 'x\u001b[2J.jpg', 'new\nline', 'a\u202eb', 'a\u00a0b']) {
    assert.equal(parsePathLine(shownPath(path)).toString(), path);
  }
});

test('a path of 5 MB is shown by its begin and its end', () => {
  const text = shownPath(`/begin/${'x'.repeat(5e6)}/end.jpg`);
  assert.ok(text.length <= 201, `${text.length}`);
  assert.match(text, /^\/begin\/x+…x+\/end\.jpg$/);
});

test('a broken quoted path of 5 MB is told by its first 200 characters', () => {
  const broken = `"${'x'.repeat(5e6)}\u001b`;
  assert.throws(
    () => parsePathLine(broken),
    (error) => error instanceof InputError && error.message.length < 250,
  );
});

test('what is printed keeps its newlines and loses its power over a terminal', () => {
  assert.equal(forTerminal(`a\n${HARMFUL}\r\n`), `a\n${ESCAPED}\\u000d\n`);
});

test('JSON on standard output has no harmful character, and the same value', () => {
  const value = { name: `a${HARMFUL}\n`, list: ['👩\u{e0041}'] };
  const line = jsonLine(value);
  assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}]/u);
  assert.deepEqual(JSON.parse(line), value);
});
