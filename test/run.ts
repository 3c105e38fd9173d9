/** Runs every test file below this folder, one a core: what `npm test` does. Node 20 has no globs of its own. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NPM_CERTIFICATES } from './support/npm.js';

// Two cores: two at a time took 4.7 minutes, three 5.1, for all of them compute.
const FILES_AT_ONCE = availableParallelism();

const folder = path.dirname(fileURLToPath(import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.js'))
  .sort()
  .map((name) => path.join(folder, name));
// Node reads the certificates that this names in every process it starts, of which there are a thousand: 0.04 s of
// 0.06 each. Only npm has a use for them.
const { NODE_EXTRA_CA_CERTS: certificates, ...env } = process.env;
if (certificates !== undefined) env[NPM_CERTIFICATES] = certificates;
const { status } = spawnSync(
  process.execPath,
  ['--test', `--test-concurrency=${FILES_AT_ONCE}`, ...process.argv.slice(2), ...files],
  { stdio: 'inherit', env },
);
process.exitCode = status ?? 1;
