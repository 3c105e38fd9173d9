import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { MemberReader } from '../../../src/inputs/archives/member-reader.js';
import { Found } from '../../../src/inputs/found.js';
import type { FoundInput } from '../../../src/inputs/input.js';
import { inputSource } from '../../../src/inputs/input-source.js';
import { temporaryFolder } from '../../support/cli.js';
import { DATASETS, faceFiles } from '../../support/datasets.js';

const scratch = temporaryFolder();

async function listed(lines: readonly string[], folder?: string): Promise<FoundInput[]> {
  const list = path.join(scratch, 'list.txt');
  writeFileSync(list, lines.join('\n'));
  const source = await inputSource('--input_dir', folder, { in_list: list }, scratch);
  const inputs: FoundInput[] = [];
  for await (const input of source.files(new Found())) inputs.push(input);
  return inputs;
}

const reasonOf = (input: FoundInput) => (input.kind === 'unreadable' ? input.reason : input.kind);

test('a list names images in archives in any order, and files beside them', async () => {
  const faces = faceFiles();
  const name = path.relative(path.join(DATASETS, 'folder'), faces[7]);
  const [last, ...others] = await listed(
    [`ustar.tar/${name}`, `stored.zip//${name}`, `ustar.tar/./000/1020.jpg`, `folder/${name}`],
    DATASETS,
  );
  const reader = new MemberReader();
  for (const input of [last, others[0]]) {
    assert.ok(input.kind === 'member' && input.content.kind === 'stored');
    const bytes = await reader.read(input.archive, input.content.locator);
    assert.deepEqual(bytes, readFileSync(faces[7]));
  }
  await reader.close();
  assert.equal(last.path.toString(), path.join(DATASETS, 'ustar.tar', name));
  assert.deepEqual(
    others.map(({ kind, relative }) => [kind, relative.toString()]),
    [
      ['member', `stored.zip/${name}`],
      ['member', 'ustar.tar/000/1020.jpg'],
      ['file', `folder/${name}`],
    ],
  );
});

test('a listed member that cannot be had says why', async () => {
  const reasons = (
    await listed(
      [
        ...['ustar.tar/none.jpg', 'faces.tar.gz/000/1020.jpg', 'damaged/cut.rec/11/59.jpg'],
        ...['encrypted.zip/000/1020.jpg', 'no-image.parquet/x', 'labels.csv/x.jpg'],
      ],
      DATASETS,
    )
  ).map(reasonOf);
  assert.equal(reasons[0], 'the archive holds no image of that name');
  assert.match(reasons[1], /^a tar\.gz can be read in sequence only/);
  assert.match(reasons[2], /^is not before the damage of the archive: damaged at byte/);
  assert.equal(reasons[3], 'is encrypted');
  assert.match(reasons[4], /--image_column/);
  // No archive: whoever reads the file says that a part of its path is no folder.
  assert.equal(reasons[5], 'file');
});

test('a folder with the name of an archive is a folder', async () => {
  mkdirSync(path.join(scratch, 'x.tar'));
  copyFileSync(faceFiles()[0], path.join(scratch, 'x.tar/a.jpg'));
  const inputs = await listed(['x.tar/a.jpg', 'x.tar/b.jpg'], scratch);
  assert.deepEqual(inputs.map(reasonOf), ['file', 'file']);
});
