import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ResultFiles } from '../../../src/analysis/result-files.js';
import { temporaryFolder } from '../../support/cli.js';

const scratch = temporaryFolder();
let made = 0;

function newFolder(): string {
  const folder = path.join(scratch, `${++made}`);
  mkdirSync(folder);
  return folder;
}

/** Files of this process that are open in a folder, where the system says. */
function openFiles(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((target) => target.startsWith(folder));
}

test('files take their names together, once all are written', async () => {
  const folder = newFolder();
  writeFileSync(path.join(folder, 'old.png'), 'of an earlier run');
  const result = await ResultFiles.write(folder, async (files) => {
    const list = await files.open('list.txt');
    await list.write('one\n');
    await files.put('picture.png', Uint8Array.of(1, 2));
    await files.put('record.json', '{}');
    files.lack('old.png');
    await list.write('two\n');
    assert.deepEqual(readdirSync(folder).sort(), [
      'list.txt.partial',
      'old.png',
      'picture.png.partial',
      'record.json.partial',
    ]);
    return 7;
  });
  assert.equal(result, 7);
  assert.deepEqual(readdirSync(folder).sort(), ['list.txt', 'picture.png', 'record.json']);
  assert.equal(readFileSync(path.join(folder, 'list.txt'), 'utf8'), 'one\ntwo\n');
  assert.deepEqual([...readFileSync(path.join(folder, 'picture.png'))], [1, 2]);
});

test('a file that cannot be created takes those before it along, and leaves earlier results', async () => {
  for (const last of ['open', 'put'] as const) {
    const folder = newFolder();
    writeFileSync(path.join(folder, 'a.txt'), 'earlier');
    mkdirSync(path.join(folder, 'c.txt.partial'));
    const attempt = ResultFiles.write(folder, async (files) => {
      await (await files.open('a.txt')).write('later');
      await files.put('b.png', 'b');
      await (last === 'open' ? files.open('c.txt') : files.put('c.txt', ''));
    });
    await assert.rejects(attempt, /^UserError: cannot write .*c\.txt: /);
    assert.deepEqual(readdirSync(folder).sort(), ['a.txt', 'c.txt.partial']);
    assert.equal(readFileSync(path.join(folder, 'a.txt'), 'utf8'), 'earlier');
    assert.deepEqual(openFiles(folder), []);
  }
});

test('work that fails leaves no partial file', async () => {
  const folder = newFolder();
  const attempt = ResultFiles.write(folder, async (files) => {
    await files.open('a.txt');
    throw new TypeError('of the work');
  });
  await assert.rejects(attempt, /^TypeError: of the work/);
  assert.deepEqual(readdirSync(folder), []);
  assert.ok(existsSync(folder));
  assert.deepEqual(openFiles(folder), []);
});
