/** Files that are no pictures, may not be read or change meanwhile, through the commands. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { facecls, temporaryFolder } from '../support/cli.js';
import {
  bin,
  crop,
  HANG,
  LINUX,
  lines,
  readResults,
  writeSmallPhotograph,
} from '../support/file-system.js';

const NOBODY = 65534;

const folder = temporaryFolder();
const photograph = path.join(folder, 'photograph.jpg');

before(() => writeSmallPhotograph(photograph));

function newFolder(...names: string[]): string {
  const made = path.join(folder, ...names);
  mkdirSync(made, { recursive: true });
  return made;
}

test(
  'pipes, sockets, devices and links to nowhere are listed and never waited for',
  LINUX,
  async () => {
    const input = newFolder('special');
    cpSync(crop, path.join(input, 'good.png'));
    const expected: Record<string, string> = {
      'dangling.jpg': 'no such file or folder',
      'loop.jpg': 'a link that leads back to itself',
      'pipe.jpg': 'not a regular file',
      'socket.jpg': 'not a regular file',
      'zero.jpg': 'not a regular file',
    };
    symlinkSync('nowhere', path.join(input, 'dangling.jpg'));
    symlinkSync('loop.jpg', path.join(input, 'loop.jpg'));
    assert.equal(spawnSync('mkfifo', [path.join(input, 'pipe.jpg')]).status, 0);
    // Reading it would never end.
    symlinkSync('/dev/zero', path.join(input, 'zero.jpg'));
    // Only root may make one.
    if (spawnSync('mknod', [path.join(input, 'device.jpg'), 'c', '1', '5']).status === 0) {
      expected['device.jpg'] = 'not a regular file';
    }
    const server = createServer().listen(path.join(input, 'socket.jpg'));
    try {
      const inferred = path.join(folder, 'special-inferred');
      const { code, stderr } = await facecls([
        ...['infer', '--input_dir', input, '--output_dir', inferred, '--follow_links'],
      ]);
      assert.equal(code, 3, stderr);
      assert.deepEqual(readResults(inferred, input), { predicted: ['good.png'], failed: expected });

      const aligned = path.join(folder, 'special-aligned');
      const list = Object.keys(expected).sort().join('\n');
      const listed = await facecls(
        ['align', '--in_dir', input, '--out_dir', aligned, '--in_list', '-', '--follow_links'],
        { input: list },
      );
      assert.equal(listed.code, 3, listed.stderr);
      const rows = lines(aligned, 'align_manifest.jsonl').map((line) => JSON.parse(line));
      assert.deepEqual(
        Object.fromEntries(rows.map(({ source, reason }) => [path.basename(source), reason])),
        expected,
      );
    } finally {
      server.close();
    }
  },
);

test(
  'files and folders that may not be read are listed, and the others are not lost',
  LINUX,
  async (t) => {
    // Permissions do not bind root, so the command is run as somebody else.
    const user = process.getuid?.() === 0 ? { uid: NOBODY } : {};
    if (spawnSync(process.execPath, [bin, '--version'], user).status !== 0) {
      return t.skip('nobody may read this package');
    }
    chmodSync(folder, 0o755);
    const input = newFolder('locked');
    for (const name of ['a.png', 'b/hidden.png', 'c/no-way-in.png', 'secret.png', 'z.png']) {
      mkdirSync(path.dirname(path.join(input, name)), { recursive: true });
      cpSync(crop, path.join(input, name));
    }
    const out = newFolder('locked-out');
    chmodSync(out, 0o777);
    chmodSync(path.join(input, 'secret.png'), 0);
    chmodSync(path.join(input, 'b'), 0);
    chmodSync(path.join(input, 'c'), 0o444);
    t.after(() => {
      for (const name of ['b', 'c']) chmodSync(path.join(input, name), 0o755);
    });
    const args = ['infer', '--input_dir', input, '--output_dir'];
    const { code, stderr } = await facecls([...args, out], user);
    assert.equal(code, 3, stderr);
    assert.deepEqual(readResults(out, input), {
      predicted: ['a.png', 'z.png'],
      failed: {
        b: 'folder cannot be read: permission denied',
        'c/no-way-in.png': 'permission denied',
        'secret.png': 'permission denied',
      },
    });
    const locked = await facecls(
      ['infer', '--input_dir', path.join(input, 'b'), '--output_dir', out],
      user,
    );
    assert.equal(locked.code, 2);
    assert.match(locked.stderr, /^facecls: --input_dir .*b: permission denied; [^\n]+\n$/);

    chmodSync(out, 0o555);
    const refused = await facecls([...args, out, '--overwrite'], user);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^facecls: cannot write .*\.facecls\.lock: permission denied; [^\n]+\n$/,
    );
    const notMade = await facecls([...args, path.join(out, 'new')], user);
    assert.equal(notMade.code, 1);
    assert.match(notMade.stderr, /^facecls: --output_dir .*new: permission denied; [^\n]+\n$/);
  },
);

test('each file that is gone from an input folder while it is read is listed', {
  skip: process.platform === 'win32' && 'needs SIGSTOP',
}, async () => {
  const input = newFolder('changing');
  const put = (name: string) => {
    mkdirSync(path.dirname(path.join(input, name)), { recursive: true });
    cpSync(crop, path.join(input, name));
  };
  const first = Array.from({ length: 150 }, (_, i) => `a/${i + 100}.png`);
  const later = ['a/x-deleted.png', 'a/x-folder.png', 'a/x-pipe.png', 'a/x-truncated.png'];
  for (const name of [...first, ...later]) put(name);
  for (const name of ['b-removed/1.png', 'c-file/1.png', 'd/1.png']) put(name);

  const out = path.join(folder, 'changing-out');
  const child = spawn(
    process.execPath,
    [
      ...[bin, 'infer', '--input_dir', input, '--output_dir', out],
      ...['--n_threads', '1', '--batch_size', '1'],
    ],
    HANG,
  );
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  // From here on the folder `a` is listed, and the others are not.
  while (!existsSync(path.join(out, 'pred_ethnicities.txt.partial'))) {
    assert.equal(child.exitCode, null);
    await sleep(2);
  }
  child.kill('SIGSTOP');
  rmSync(path.join(input, 'a/x-deleted.png'));
  rmSync(path.join(input, 'a/x-folder.png'));
  put('a/x-folder.png/inside.png');
  rmSync(path.join(input, 'a/x-pipe.png'));
  spawnSync('mkfifo', [path.join(input, 'a/x-pipe.png')]);
  truncateSync(path.join(input, 'a/x-truncated.png'), 5000);
  put('a/y-added.png');
  rmSync(path.join(input, 'b-removed'), { recursive: true });
  rmSync(path.join(input, 'c-file'), { recursive: true });
  cpSync(crop, path.join(input, 'c-file'));
  put('d/2-added.png');
  put('e-added/1.png');
  child.kill('SIGCONT');
  assert.equal(await ended, 3);
  const { predicted, failed } = readResults(out, input);
  assert.deepEqual(predicted, [...first, 'd/1.png', 'd/2-added.png']);
  assert.deepEqual(failed, {
    'a/x-deleted.png': 'no such file or folder',
    'a/x-folder.png': 'not a regular file',
    'a/x-pipe.png': 'not a regular file',
    'a/x-truncated.png': 'damaged or incomplete PNG data (libpng read error)',
    'b-removed': 'folder cannot be read: no such file or folder',
    'c-file': 'folder cannot be read: a part of its path is not a folder',
  });
});
