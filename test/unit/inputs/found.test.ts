import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { walkImages } from '../../../src/inputs/folder.js';
import { endingsText, Found } from '../../../src/inputs/found.js';
import { openInputs } from '../../../src/inputs/open-inputs.js';
import { temporaryFolder } from '../../support/cli.js';

function tree(name: string, ...files: string[]): string {
  const folder = path.join(scratch, name);
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
  return folder;
}
const scratch = temporaryFolder();

async function names(inputs: AsyncIterable<{ readonly relative: Buffer }>): Promise<string[]> {
  const all: string[] = [];
  for await (const { relative } of inputs) all.push(relative.toString());
  return all;
}

test('every name in a folder is counted once, as an image or as what it is instead', async () => {
  const images = ['a.jpg', 'b.jfif', 'c.JPE', 'IMG_1.HEIC', 'raw.dng', 'sub/d.heif'];
  const others = ['notes.txt', 'x.JSON', 'y.json', 'noext', 'film.mp4', 'sub/data.tar', 'z.jxl'];
  const hidden = ['.DS_Store', '.cache/1.jpg', '.cache/2.jpg', 'sub/.a.jpg'];
  const folder = tree('all', ...images, ...others, ...hidden);
  const outside = tree('outside', 'o.jpg');
  symlinkSync(outside, path.join(folder, 'link'));
  symlinkSync('..', path.join(folder, 'sub/loop'));
  symlinkSync('nowhere', path.join(folder, 'dangling'));
  const found = new Found();
  const walked = await names(walkImages(Buffer.from(folder), { followLinks: false, found }));
  assert.deepEqual(walked, [...images].sort());
  const record = found.record();
  assert.deepEqual(record, {
    found: images.length + others.length + 1 + 3 + 1 + 1,
    images: images.length,
    other_files: others.length + 1,
    other_endings: { '': 2, json: 2, jxl: 1, mp4: 1, tar: 1, txt: 1 },
    hidden: 3,
    links_outside: 1,
    link_loops: 1,
    ...{ archives: 0, archive_links: 0, index_records: 0, repeated_names: 0 },
    ...{ inexact_labels: 0, unfit_indexes: 0 },
  });
  assert.match(
    endingsText(found),
    /^without an ending 2, \.json 2, \.jxl 1, \.mp4 1, \.tar 1, \.\.\.$/,
  );
});

test('a shard counts all of the folder', async () => {
  const folder = tree('sharded', 'a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'x.txt');
  let taken = 0;
  for (const index of [0, 1]) {
    const inputs = await openInputs('--in_dir', folder, { shard: { index, count: 2 } }, scratch);
    taken += (await names(inputs.files)).length;
    assert.deepEqual([inputs.found.images, inputs.found.otherFiles], [4, 1]);
  }
  assert.equal(taken, 4);
});

test('a listed link out of the input folder is counted and read only with --follow_links', async () => {
  const folder = tree('listed', 'a.jpg');
  symlinkSync(path.join(tree('elsewhere', 'o.jpg'), 'o.jpg'), path.join(folder, 'l.jpg'));
  symlinkSync('a.jpg', path.join(folder, 'b.jpg'));
  const list = path.join(scratch, 'list.txt');
  writeFileSync(list, 'a.jpg\nl.jpg\nb.jpg\nmissing.jpg\n');
  const refused = await openInputs('--in_dir', folder, { in_list: list }, scratch);
  assert.deepEqual(await names(refused.files), ['a.jpg', 'b.jpg', 'missing.jpg']);
  assert.equal(refused.found.linksOutside, 1);
  assert.equal(refused.found.record().found, 4);
  const followed = await openInputs(
    '--in_dir',
    folder,
    { in_list: list, follow_links: true },
    scratch,
  );
  assert.equal((await names(followed.files)).length, 4);
});

test('a folder without an image is refused by what is there instead', async () => {
  const folder = tree('none', 'x.txt', '.hidden');
  await assert.rejects(openInputs('--in_dir', folder, {}, scratch), (error: Error) =>
    /holds no image .*, but 1 other file \(\.txt 1\) and 1 hidden; /.test(error.message),
  );
});
