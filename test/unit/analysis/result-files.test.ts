import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ResultFiles } from '../../../src/analysis/result-files.js';
import { UserError } from '../../../src/files/errors.js';
import { temporaryFolder } from '../../support/cli.js';

const scratch = temporaryFolder();
let made = 0;

const KIND = {
  command: 'compare',
  record: 'record.json',
  namesOf: () => ['list.txt', 'picture.png', 'old.png'],
};

function newFolder(): string {
  const folder = path.join(scratch, `${++made}`);
  mkdirSync(folder);
  return folder;
}

function placeOf(folder: string, overwrite = false, verify = async () => {}) {
  return { folder, option: '--output_dir', overwrite, verify };
}

/** Writes a list and a picture. */
async function write(place: ReturnType<typeof placeOf>, text = 'one\n') {
  return ResultFiles.write(place, KIND, async (files) => {
    await files.claim(['list.txt', 'picture.png']);
    await (await files.open('list.txt')).write(text);
    await files.put('picture.png', Uint8Array.of(1, 2));
    return { record: { command: 'compare' }, result: 7 };
  });
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

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const read = (folder: string, name: string) => readFileSync(path.join(folder, name), 'utf8');

function contentOf(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, read(folder, name)]));
}

test('files take their names together, the record last, which lists them', async () => {
  const folder = newFolder();
  const { record, result } = await write(
    placeOf(folder, false, async () => {
      assert.deepEqual(readdirSync(folder).sort(), [
        'list.txt.partial',
        'picture.png.partial',
        'record.json.partial',
      ]);
    }),
  );
  assert.equal(result, 7);
  assert.deepEqual(readdirSync(folder).sort(), ['list.txt', 'picture.png', 'record.json']);
  assert.equal(read(folder, 'list.txt'), 'one\n');
  const files = [
    { name: 'list.txt', lines: 1, sha256: sha256('one\n') },
    { name: 'picture.png', lines: null, sha256: sha256(Uint8Array.of(1, 2)) },
  ];
  assert.deepEqual(record, { command: 'compare', files });
  assert.deepEqual(JSON.parse(read(folder, 'record.json')), record);
});

test('files of an earlier analysis are replaced when asked, those it lacks removed', async () => {
  for (const files of [undefined, [{ name: 'old.png' }, { name: 'list.txt' }]]) {
    const folder = newFolder();
    const record = JSON.stringify({ command: 'compare', files });
    const earlier = { 'record.json': record, 'old.png': 'old', 'list.txt': 'old' };
    const others = { 'notes.txt': 'mine', 'other.png': 'mine' };
    for (const [name, text] of Object.entries({ ...earlier, ...others })) {
      writeFileSync(path.join(folder, name), text);
    }
    const before = contentOf(folder);
    await assert.rejects(write(placeOf(folder)), (error: UserError) => {
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /holds list\.txt of an earlier run; replace it by --overwrite/);
      return true;
    });
    assert.deepEqual(contentOf(folder), before);
    await write(placeOf(folder, true));
    assert.deepEqual(Object.keys(contentOf(folder)).sort(), [
      ...['list.txt', 'notes.txt', 'other.png', 'picture.png', 'record.json'],
    ]);
    assert.equal(read(folder, 'notes.txt'), 'mine');
  }
});

test('a file that no record lists is not touched, whatever the record says', async () => {
  const records = [
    undefined,
    '{"command":"another","files":[{"name":"picture.png"}]}',
    '{"command":"compare","files":[{"name":"list.txt"},{"name":"../victim"},null,5,{"name":{}}]}',
    '{"command":"compare","files":[]}',
    'null',
    '{',
    '['.repeat(20_000),
  ];
  for (const record of records) {
    const folder = newFolder();
    writeFileSync(path.join(scratch, 'victim'), '');
    writeFileSync(path.join(folder, 'picture.png'), 'of a user');
    if (record !== undefined) writeFileSync(path.join(folder, 'record.json'), record);
    const before = contentOf(folder);
    for (const overwrite of [false, true]) {
      await assert.rejects(write(placeOf(folder, overwrite)), (error: UserError) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.exitCode, 2);
        assert.match(error.message, /^--output_dir .*: holds (picture\.png|record\.json)[, ]/);
        return true;
      });
      assert.deepEqual(contentOf(folder), before);
    }
    assert.ok(existsSync(path.join(scratch, 'victim')));
  }
});

test('a link that leads nowhere is a file of somebody else too', async () => {
  const folder = newFolder();
  symlinkSync(path.join(folder, 'none'), path.join(folder, 'list.txt'));
  await assert.rejects(write(placeOf(folder, true)), /holds list\.txt, which no run/);
});

test('what may not be committed leaves earlier results, and no partial file', async () => {
  const folder = newFolder();
  await write(placeOf(folder));
  const before = contentOf(folder);
  const taken = async () => {
    throw new UserError('taken over', 1);
  };
  await assert.rejects(write(placeOf(folder, true, taken), 'two\n'), /taken over/);
  assert.deepEqual(contentOf(folder), before);
});

test('a file that cannot be created takes those before it along, and leaves earlier results', async () => {
  for (const last of ['open', 'put'] as const) {
    const folder = newFolder();
    await write(placeOf(folder));
    mkdirSync(path.join(folder, 'old.png.partial'));
    const attempt = ResultFiles.write(placeOf(folder, true), KIND, async (files) => {
      await files.claim(['list.txt', 'picture.png', 'old.png']);
      await (await files.open('list.txt')).write('later');
      await files.put('picture.png', 'b');
      await (last === 'open' ? files.open('old.png') : files.put('old.png', ''));
      return { record: {} };
    });
    await assert.rejects(attempt, /^UserError: cannot write .*old\.png: /);
    const left = ['list.txt', 'old.png.partial', 'picture.png', 'record.json'];
    assert.deepEqual(readdirSync(folder).sort(), left);
    assert.equal(read(folder, 'list.txt'), 'one\n');
    assert.deepEqual(openFiles(folder), []);
  }
});

test('work that fails leaves no partial file', async () => {
  const folder = newFolder();
  const attempt = ResultFiles.write(placeOf(folder), KIND, async (files) => {
    await files.claim(['list.txt']);
    await files.open('list.txt');
    throw new TypeError('of the work');
  });
  await assert.rejects(attempt, /^TypeError: of the work/);
  assert.deepEqual(readdirSync(folder), []);
  assert.ok(existsSync(folder));
  assert.deepEqual(openFiles(folder), []);
});
