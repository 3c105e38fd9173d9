import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../src/files/errors.js';
import { LongLineError, MOST_LINE_BYTES, readLines } from '../../../src/files/text/lines.js';
import { temporaryFolder } from '../../support/cli.js';

const folder = temporaryFolder();
const file = path.join(folder, 'lines');

async function linesOf(content: string | Buffer): Promise<string[]> {
  writeFileSync(file, content);
  const lines = [];
  for await (const line of readLines(file)) lines.push(line);
  return lines;
}

test('lines come as String.split cuts them, the rest without an end aside', async () => {
  // Ends of lines and characters of several bytes on, before and after the borders of the pieces that are read.
  for (const length of [0, 1, 65534, 65535, 65536, 65537, 131071, 131072]) {
    const text = `${'x'.repeat(length)}ü€\n\n\r\n😀${'y'.repeat(length)}\nrest`;
    assert.deepEqual(await linesOf(text), text.split('\n').slice(0, -1));
  }
  assert.deepEqual(await linesOf(''), []);
  assert.deepEqual(await linesOf('no end'), []);
  assert.deepEqual(await linesOf('\n'), ['']);
});

test('a line may have 1 MiB and no more, with an end or without', async () => {
  const longest = 'x'.repeat(MOST_LINE_BYTES);
  assert.deepEqual(await linesOf(`a\n${longest}\nb\n`), ['a', longest, 'b']);
  await assert.rejects(linesOf(`a\n${longest}x\n`), LongLineError);
  await assert.rejects(linesOf(`${longest}x`), LongLineError);
});

test('lines of 1 MiB take the time of as many bytes in short lines', async () => {
  const time = async (line: string) => {
    writeFileSync(file, `${line}\n`.repeat(Math.ceil(2 ** 25 / line.length)));
    const start = performance.now();
    for await (const _ of readLines(file));
    return performance.now() - start;
  };
  const short = await time('x'.repeat(99));
  const long = await time('x'.repeat(2 ** 20 - 1));
  // Joining with each piece that comes takes some ten times as long.
  assert.ok(long < 2 * short + 500, `${long} ms and ${short} ms`);
});

test('a pipe and a folder are no file, and nobody waits for them', {
  skip: process.platform === 'win32',
}, async () => {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const other of [pipe, folder, '/dev/zero']) {
    await assert.rejects(readLines(other).next(), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /: is no regular file; move it away$/);
      return true;
    });
  }
});
