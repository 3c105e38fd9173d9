/** What README.md, docs/*.md and the other texts say of options, npm scripts, files and headings. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { facecls } from '../support/cli.js';
import { DOCUMENTS } from '../support/documents.js';

/** Options of npm, of node and of scripts in the text. */
const OTHER_PROGRAMS = ['--onnxruntime_node_install', '--test', '--validation'];

test('options named in the text exist', async () => {
  // It names every option of every command.
  const { stdout } = await facecls(['completion', 'bash']);
  const known = new Set(stdout.match(/--[a-z]\w*/g));
  for (const other of OTHER_PROGRAMS) known.add(other);
  for (const page of DOCUMENTS) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [option] of text.matchAll(/(?<![\w-])--[a-z][\w-]*/g)) {
      assert.ok(known.has(option.replace(/(?!^)(?<!-)-/g, '_')), `${page}: ${option}`);
    }
  }
});

const { scripts, files } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));

test('npm scripts named in the text exist', () => {
  for (const page of [...DOCUMENTS, 'scripts/train/README.md', 'pretrained_models/MODEL_CARD.md']) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [, name] of text.matchAll(/npm\s+run\s+([a-z][\w:-]*)/g)) {
      assert.ok(name in scripts, `${page}: npm run ${name}`);
    }
  }
});

test('links lead to files, and those of the README are in the package', () => {
  for (const page of DOCUMENTS) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [, target] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      const file = path.posix.join(path.posix.dirname(page), target);
      assert.ok(existsSync(packageFile(file)), `${page}: ${target}`);
      const isShipped = [...files, 'README.md'].some(
        (shipped: string) => file === shipped || file.startsWith(`${shipped}/`),
      );
      assert.ok(isShipped || page !== 'README.md', `${page}: ${target} is not in the package`);
    }
  }
});

test('headings that links lead to exist', () => {
  for (const page of DOCUMENTS) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [, target, heading] of text.matchAll(/\]\(([^)#]*)#([^)]+)\)/g)) {
      const file = target === '' ? page : path.posix.join(path.posix.dirname(page), target);
      const headings = [...readFileSync(packageFile(file), 'utf8').matchAll(/^#+ (.*)$/gm)].map(
        ([, words]) =>
          words
            .toLowerCase()
            .replace(/[^\w -]/g, '')
            .replaceAll(' ', '-'),
      );
      assert.ok(headings.includes(heading), `${page}: #${heading}`);
    }
  }
});
