import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgress } from '../../../src/cli/progress.js';

/** A terminal of so many columns. */
class Terminal extends Writable {
  readonly isTTY = true;
  text = '';

  constructor(readonly columns: number) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.text += chunk;
    done();
  }
}

const ESCAPE = '\u001b';
const CLEARED = new RegExp(`${ESCAPE}\\[(?:\\d*G|0?K|2K)|[\\r\\n]`);

/** The last line that is drawn of 1,200,000 of 5,000,000 images, 1,234 failed. */
async function drawn(columns: number): Promise<string> {
  const terminal = new Terminal(columns);
  const stream = terminal as unknown as NodeJS.WriteStream;
  const progress = await createProgress({ quiet: false, unit: 'images', stream });
  progress.setTotal(5_000_000);
  progress.update(1_200_000, 1234);
  await sleep(300);
  const lines = terminal.text.split(CLEARED);
  progress.stop();
  return lines.filter((line) => line.includes('left')).at(-1) ?? '';
}

test('the bar shrinks, then words go, and the share and the time left stay on every terminal', async () => {
  for (const columns of [200, 100, 80, 70, 60, 50, 40, 30, 20]) {
    const line = await drawn(columns);
    assert.ok(line.length < columns, `${columns} columns: ${line}`);
    assert.match(line, /24% .*\d+:\d\d left$/, `${columns} columns`);
    assert.equal(/^\[=+ +\] /.test(line), line.startsWith('['), line);
    if (columns >= 100) assert.match(line, /^\[={5} {19}\]/);
    if (columns >= 60) assert.match(line, /1,200,000 of 5,000,000 images, 1,234 failed/);
    if (columns >= 50) assert.match(line, /1,200,000 of 5,000,000 images/);
  }
});

test('a warning with controls does not move the cursor', async () => {
  const terminal = new Terminal(80);
  const stream = terminal as unknown as NodeJS.WriteStream;
  const progress = await createProgress({ quiet: false, unit: 'images', stream });
  progress.warn('a\u001b[2Jb\u202ec');
  progress.stop();
  assert.match(terminal.text, /a\\u001b\[2Jb\\u202ec\n/);
});
