import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgress } from '../../../src/cli/progress.js';

const ESCAPE = '\u001b';
const LINE_START = new RegExp(`${ESCAPE}\\[(1G|G|2K)`, 'g');
const OTHER_MOVES = new RegExp(`${ESCAPE}([78]|\\[0?K)`, 'g');
const COLOUR_OR_MODE = new RegExp(`${ESCAPE}\\[([\\d;]*m|\\?)`);

/** A stand-in for standard error that keeps what is written. */
class Screen extends Writable {
  readonly columns = 80;
  readonly isTTY: boolean;
  text = '';

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.text += chunk;
    done();
  }

  /** What remains to be seen: of each line, what was written since it was last cleared. */
  get lines(): string[] {
    const cleared = this.text.replaceAll(LINE_START, '\r').replaceAll(OTHER_MOVES, '');
    return cleared.split('\n').map((line) => line.split('\r').at(-1) ?? '');
  }

  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }
}

test('a log gets a plain line every ten seconds, also while nothing is finished', async (t) => {
  let now = 0;
  t.mock.method(Date, 'now', () => now);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const pass = (milliseconds: number) => {
    now += milliseconds;
    t.mock.timers.tick(milliseconds);
  };
  const screen = new Screen(false);
  const { stream } = screen;
  const progress = await createProgress({ quiet: false, unit: 'images', name: 'align', stream });
  progress.update(1200, 3);
  pass(9_999);
  assert.equal(screen.text, '');
  pass(1);
  pass(10_000);
  progress.setTotal(4000);
  progress.update(2000, 3);
  pass(10_000);
  progress.stop();
  pass(10_000);
  assert.equal(
    screen.text,
    'align: 1,200 images, 3 failed, 120.0/s\n' +
      'align: 1,200 images, 3 failed, 60.0/s\n' +
      'align: 2,000 of 4,000 images (50%), 3 failed, 66.7/s, 0:30 left\n',
  );
});

test('warnings are printed in a log, and nothing at all when quiet', async () => {
  const screen = new Screen(false);
  const progress = await createProgress({ quiet: false, unit: 'images', stream: screen.stream });
  progress.warn('careful');
  assert.equal(screen.text, 'careful\n');
  for (const isTTY of [false, true]) {
    const silent = new Screen(isTTY);
    const quiet = await createProgress({ quiet: true, unit: 'images', stream: silent.stream });
    quiet.setTotal(10);
    quiet.update(5, 1);
    quiet.warn('careful');
    quiet.stop();
    assert.equal(silent.text, '');
  }
});

test('a terminal gets a bar that goes away, with warnings whole above it', async (t) => {
  const screen = new Screen(true);
  const progress = await createProgress({ quiet: false, unit: 'images', stream: screen.stream });
  t.after(() => progress.stop());
  progress.update(7, 1);
  await sleep(450);
  assert.match(screen.lines.at(-1) ?? '', /^7 images, 1 failed, [\d.]+\/s$/);
  progress.warn('careful: a warning');
  progress.setTotal(20);
  progress.update(10, 1);
  await sleep(450);
  assert.match(
    screen.lines.at(-1) ?? '',
    /^\[={12} {12}\] {2}50% 10 of 20 images, 1 failed, [\d.]+\/s, 0:0\d left$/,
  );
  progress.stop();
  progress.stop();
  assert.deepEqual(screen.lines, ['careful: a warning', '']);
  // Nothing is coloured, and neither the cursor nor line wrapping is left changed.
  assert.doesNotMatch(screen.text, COLOUR_OR_MODE);
  assert.equal(process.listenerCount('SIGINT'), 0);
});
