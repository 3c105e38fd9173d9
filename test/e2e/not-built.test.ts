/** A checkout that was not built, or not whole. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { temporaryFolder } from '../support/cli.js';

for (const [name, parts] of [
  ['nothing', []],
  ['all but the resampling kernel', ['dist/src/cli.js']],
] as const) {
  test(`a checkout with ${name} built says in one sentence what to do`, () => {
    const checkout = path.join(temporaryFolder(), 'checkout');
    mkdirSync(checkout);
    for (const part of ['bin', 'package.json', ...parts]) {
      cpSync(packageFile(part), path.join(checkout, part), { recursive: true });
    }
    const bin = path.join(checkout, 'bin/facecls.js');
    const { status, stderr } = spawnSync(process.execPath, [bin, '--version'], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.equal(stderr, `facecls: not built: run npm run build in ${checkout}/\n`);
  });
}
