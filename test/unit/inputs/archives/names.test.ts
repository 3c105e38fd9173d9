import assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import { test } from 'node:test';
import { windowsSafe } from '../../../../src/files/windows-safe.js';
import type { Notices } from '../../../../src/inputs/archives/entry.js';
import {
  foldedName,
  isHiddenName,
  nameEnding,
  SingleNames,
  safeRelative,
} from '../../../../src/inputs/archives/names.js';

const safe = (name: string) => safeRelative(Buffer.from(name, 'latin1')).toString('latin1');

test('a safe name loses what leads elsewhere and keeps all else', () => {
  const cases: [stored: string, safe: string][] = [
    ['a/b.jpg', 'a/b.jpg'],
    ['./a//b.jpg', 'a/b.jpg'],
    ['../../up.jpg', 'up.jpg'],
    ['/abs.jpg', 'abs.jpg'],
    ['sub/../side.jpg', 'sub/side.jpg'],
    ['..', '_'],
    ['', '_'],
    ['/', '_'],
    ['\0.jpg', '_'],
    ['a.jpg\0../../b', 'a.jpg'],
    ['...', '...'],
    ['..a/.b/c..', '..a/.b/c..'],
    ['C:\\x.jpg', 'C:\\x.jpg'],
    ['..\\..\\x.jpg', '..\\..\\x.jpg'],
    ['\xff\xfe\x1b', '\xff\xfe\x1b'],
  ];
  for (const [stored, expected] of cases) assert.equal(safe(stored), expected);
});

test('no name made of dots, slashes and letters leads out of a folder', () => {
  const alphabet = ['.', '..', '/', '\\', 'a', '\0', ':', 'C:'];
  for (let seed = 0; seed < 8 ** 5; seed += 1) {
    const name = safe([0, 1, 2, 3, 4].map((at) => alphabet[(seed >> (3 * at)) & 7]).join(''));
    const joined = posix.resolve('/out/folder', name);
    assert.ok(joined.startsWith('/out/folder/'), JSON.stringify(name));
    // A resolved path equal to the joined one has no parts that move.
    assert.equal(joined, `/out/folder/${name}`);
    const onWindows = win32.resolve('D:\\out', windowsSafe(name));
    assert.ok(onWindows.startsWith('D:\\out\\'), JSON.stringify(name));
  }
});

test('names that Windows takes for others are written in a way it does not', () => {
  const cases: [name: string, written: string][] = [
    ['A\\1.jpg', 'A_1.jpg'],
    ['C:/x.jpg', 'C_/x.jpg'],
    ['a/.. /b. .', 'a/___/b___'],
    ['nul.jpg', '_nul.jpg'],
    ['a/COM1/console.jpg', 'a/_COM1/console.jpg'],
    ['a\x1b[31m"?.jpg', 'a_[31m__.jpg'],
  ];
  for (const [name, written] of cases) assert.equal(windowsSafe(name), written);
});

test('names that differ by case or composition fold to one', () => {
  assert.equal(foldedName('A/Straße.JPG'), foldedName('a/STRASSE.jpg'));
  assert.equal(foldedName('\u00e9.jpg'), foldedName('e\u0301.jpg'));
  assert.notEqual(foldedName('a.jpg'), foldedName('b.jpg'));
});

test('hidden names and endings are told', () => {
  const hidden = ['.a.jpg', 'a/.b/c.jpg', '__MACOSX/a/1.jpg', 'a/._1.jpg'];
  for (const name of hidden) assert.ok(isHiddenName(Buffer.from(name)), name);
  for (const name of ['a.jpg', 'a/b.c/d.jpg', 'x__MACOSX/a.jpg', 'a/..b'.slice(0, 2)]) {
    assert.ok(!isHiddenName(Buffer.from(name)), name);
  }
  const ending = (name: string) => nameEnding(Buffer.from(name, 'latin1'));
  assert.deepEqual(
    ['a.JSON', 'a.tar.gz', 'a', 'b.x/a', 'a.', 'a.\x1b[31m', `a.${'x'.repeat(17)}`].map(ending),
    ['json', 'gz', '', '', '', '', ''],
  );
});

function singles(names: readonly string[]): { given: string[]; repeated: number } {
  const notices: Notices = { repeatedNames: 0, inexactLabels: 0, unfitIndex: undefined };
  const single = new SingleNames(notices);
  const given = names.map((name) => single.single(Buffer.from(name)).toString());
  return { given, repeated: notices.repeatedNames };
}

test('the k-th of a name has its number, or the next one that is free', () => {
  assert.deepEqual(singles(['a', 'a', 'b', 'a']), { given: ['a', 'a;2', 'b', 'a;3'], repeated: 2 });
  const taken = ['a;2', 'a', 'a', 'a;3', 'a'];
  assert.deepEqual(singles(taken).given, ['a;2', 'a', 'a;3', 'a;3;2', 'a;4']);
});

test('a hundred thousand names stay apart, and as many of one name are numbered soon', () => {
  const different = Array.from({ length: 100_000 }, (_, index) => `${index}.jpg`);
  assert.deepEqual(singles(different), { given: different, repeated: 0 });
  const { given } = singles(Array(100_000).fill('a'));
  assert.equal(given[99_999], 'a;100000');
  assert.equal(new Set(given).size, 100_000);
});
