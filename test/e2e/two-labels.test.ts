/** `facecls consensus` on an image with two labels. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { facecls, temporaryFolder } from '../support/cli.js';

const cwd = temporaryFolder();

for (const [how, rows, lines] of [
  ['sorted', ['a/1.jpg Asian', '', 'a/1.jpg Indian'], '1 and 3'],
  // Read a second time, with all names in memory.
  ['in any order', ['b/1.jpg Asian', 'a/1.jpg Asian', './a/1.jpg Indian'], '2 and 3'],
] as const) {
  test(`an image of two labels, ${how}, is refused with the lines of both`, async () => {
    writeFileSync(path.join(cwd, 'p.txt'), `${rows.join('\n')}\n`);
    const line = 'consensus --predictions p.txt --output_dir out';
    const { code, stderr } = await facecls(line.split(' '), { cwd });
    assert.equal(code, 2, stderr);
    const expected = `facecls: --predictions p.txt, lines ${lines}: a/1.jpg is there twice, as Asian and as Indian; give predictions of one run`;
    assert.ok(stderr.split('\n').includes(expected), stderr);
    assert.ok(!existsSync(path.join(cwd, 'out')));
  });
}

test('an image of two labels on standard input is refused with the lines of both', async () => {
  const line = 'consensus --predictions - --output_dir out';
  const input = 'a/1.jpg Asian\na/1.jpg Indian\n';
  const { code, stderr } = await facecls(line.split(' '), { cwd, input });
  assert.equal(code, 2);
  assert.match(stderr, /^facecls: --predictions -, lines 1 and 2: a\/1\.jpg is there twice, /m);
});
