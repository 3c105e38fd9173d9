/* The linter's own rules are checked where they are broken: a rule that matches nothing is silent, too. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

const UPWARD = 'Imports only go down the floors';
const IN_TEST = 'No `in` test decides flow';
const CYCLE = 'This import is part of a cycle';

/** Lines of each file, and after `//!` what the linter has to say about one. */
const FILES = {
  'src/files/lines.ts': [
    `import type { Pixels } from '../image/image.js'; //! ${UPWARD}`,
    `export const cores = await import('../runtime/cores.js'); //! ${UPWARD}`,
    'export type Line = Pixels;',
  ],
  'src/image/image.ts': ['export type Pixels = number;'],
  'src/runtime/cores.ts': [
    `import type { Ready } from './ready.js'; //! ${CYCLE}`,
    'export type Cores = Ready;',
  ],
  'src/runtime/ready.ts': [
    `import type { Cores } from './cores.js'; //! ${CYCLE}`,
    "import type { Pixels } from '../image/image.js';",
    'export type Ready = Cores | Pixels;',
  ],
  'src/align/crop.ts': [
    `export { detect } from '../detect/ssd/ssd.js'; //! ${UPWARD}`,
    `export { main } from '../cli.js'; //! ${UPWARD}`,
  ],
  'src/cli.ts': ["export { chosen as main } from './runtime/device.js';"],
  'src/detect/ssd/ssd.ts': ["export { chosen as detect } from '../../runtime/device.js';"],
  'src/runtime/device.ts': [
    'export function chosen(results: object): boolean {',
    '  for (const key in results) if (key === "cpu") return true;',
    `  return 'cause' in results; //! ${IN_TEST}`,
    '}',
  ],
};

test('the linter refuses cycles, imports that go up or across stages, and tests with in', () => {
  const config = JSON.parse(readFileSync(packageFile('biome.json'), 'utf8'));
  writeFileSync(
    path.join(folder, 'biome.json'),
    JSON.stringify({ ...config, vcs: { enabled: false } }),
  );
  cpSync(packageFile('scripts/lint'), path.join(folder, 'scripts/lint'), { recursive: true });
  for (const [file, lines] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), lines.join('\n'));
  }
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [biome, 'lint', '--max-diagnostics=100', 'src'],
    { cwd: folder, encoding: 'utf8' },
  );
  assert.equal(status, 1);
  const said = [
    ...(stdout + stderr).matchAll(
      /^(src\/\S+?):(\d+):\d+ (?:plugin|lint\/suspicious\/noImportCycles)\b[\s\S]*?× (.*)$/gm,
    ),
  ].map(([, file, line, message]) => `${file}:${line} ${message.trim()}`);
  const expected = Object.entries(FILES).flatMap(([file, lines]) =>
    lines.flatMap((line, index) => {
      const message = line.split('//! ')[1];
      return message === undefined ? [] : [`${file}:${index + 1} ${message}`];
    }),
  );
  assert.equal(said.length, expected.length, said.join('\n'));
  for (const prefix of expected) {
    assert.ok(
      said.some((found) => found.startsWith(prefix)),
      `${prefix} is not in\n${said.join('\n')}`,
    );
  }
});
