/** A writer of a list on standard input that pauses: what is finished is kept, and a signal is heard. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFile } from '../../src/files/package.js';
import { temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const folder = temporaryFolder();
const CROPS = [1, 2, 3].map((i) => fixture(`align/crops/upstream/sample${i}.jpg_0.png`));

/** Runs infer on a list whose writer has written the paths, and writes no more. */
function start(name: string): { child: ChildProcess; journal: string; ended: Promise<unknown> } {
  const out = path.join(folder, name);
  const child = spawn(
    process.execPath,
    [
      ...[packageFile('bin/facecls.js'), 'infer', '--in_list', '-', '--output_dir', out],
      ...['--n_threads', '1'],
    ],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  );
  child.stdin!.write(`${CROPS.join('\n')}\n`);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return { child, journal: path.join(out, 'infer_journal-1.jsonl'), ended };
}

/** Lines of the journal that speak of images, waited for until there are so many. */
async function journaled(journal: string, wanted: number): Promise<number> {
  let lines = 0;
  for (let waited = 0; lines < wanted && waited < 30_000; waited += 50) {
    await sleep(50);
    if (existsSync(journal)) lines = readFileSync(journal, 'utf8').split('\n').length - 2;
  }
  return lines;
}

test('images are journaled while the writer of the list pauses, and the list goes on', async () => {
  const { child, journal, ended } = start('pausing');
  assert.equal(await journaled(journal, CROPS.length), CROPS.length);
  child.stdin!.end(`${fixture('align/crops/upstream/sample4.jpg_0.png')}\n`);
  assert.equal(await ended, 0);
  const text = readFileSync(path.join(path.dirname(journal), 'pred_ethnicities.txt'), 'utf8');
  assert.equal(text.trimEnd().split('\n').length, CROPS.length + 1);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a run whose list pauses at once`, async () => {
    const { child, journal, ended } = start(signal);
    assert.equal(await journaled(journal, CROPS.length), CROPS.length);
    const sent = performance.now();
    child.kill(signal);
    assert.equal(await ended, code);
    assert.ok(performance.now() - sent < 5000);
  });
}
