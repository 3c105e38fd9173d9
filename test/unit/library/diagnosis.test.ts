import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { diagnose } from 'facecls';

test('an installation that works is found to do so', async () => {
  const { ok, versions, system, devices, models } = await diagnose();
  assert.equal(ok, true);
  const { version } = createRequire(import.meta.url)('facecls/package.json');
  assert.deepEqual([versions.facecls, versions.node], [version, process.versions.node]);
  assert.equal(system.platform, `${process.platform}/${process.arch}`);
  assert.ok(system.cores >= 1 && system.memory > 2 ** 28);
  const [cpu, ...others] = devices;
  assert.ok(cpu.name === 'cpu' && cpu.ok && Number(cpu.cropsPerSecond) > 0);
  for (const { ok, cause, remedy } of others) {
    assert.ok(ok || (cause !== undefined && remedy !== undefined));
  }
  assert.ok(models.length >= 6);
  for (const { path, sha256 } of models) {
    assert.equal(sha256, createHash('sha256').update(readFileSync(path)).digest('hex'));
  }
});
