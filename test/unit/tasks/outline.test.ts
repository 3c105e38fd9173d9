import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageFile } from '../../../src/files/package.js';

/** Modules that a module loads with itself, from dist/src. */
function loadedWith(entry: string): Set<string> {
  const loaded = new Set<string>();
  const open = [entry];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (loaded.has(name)) continue;
    loaded.add(name);
    const text = readFileSync(packageFile(`dist/src/${name}`), 'utf8');
    for (const [, found] of text.matchAll(/^(?:import|export|\}) .*?['"](\.{1,2}\/.*?)['"];$/gm)) {
      open.push(path.posix.join(path.posix.dirname(name), found));
    }
  }
  return loaded;
}

const WORK = ['detect/mtcnn/mtcnn.js', 'detect/ssd/ssd.js', 'image/decode.js', 'image/warp.js'];

test('commands that hand out work load neither a decoder nor a detector, and their workers do', () => {
  for (const command of ['align', 'infer', 'run']) {
    const loaded = loadedWith(`commands/${command}.js`);
    assert.ok(loaded.has('batch/batch.js'), command);
    assert.deepEqual(
      WORK.filter((name) => loaded.has(name)),
      [],
      command,
    );
  }
  const worker = loadedWith('tasks/worker.js');
  assert.ok(worker.has('image/decode.js') && worker.has('image/warp.js'));
});
