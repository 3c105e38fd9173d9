/** What README.md, docs/*.md and the other texts say of options, npm scripts, files and headings. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { COMMAND_NAMES } from '../../src/options/commands.js';
import { isOption, rowsOfCommand } from '../../src/options/table.js';
import { DOCUMENTS } from '../support/documents.js';

/** Options of npm, of node and of scripts in the text. */
const OTHER_PROGRAMS = [
  ...['onnxruntime_node_install', 'test', 'help', 'validation', 'compare', 'cli', 'array'],
  'max_old_space_size',
];

/** Others that name files and scripts. */
const MORE_TEXTS = ['scripts/train/README.md', 'pretrained_models/MODEL_CARD.md'];

function optionsIn(text: string): string[] {
  const found = text.matchAll(/(?<![\w-])--([a-z][\w-]*)/g);
  return [...found].map(([, option]) => option.replaceAll('-', '_'));
}

test('options named in the text exist', () => {
  for (const page of DOCUMENTS) {
    for (const option of optionsIn(readFileSync(packageFile(page), 'utf8'))) {
      assert.ok(isOption(option) || OTHER_PROGRAMS.includes(option), `${page}: --${option}`);
    }
  }
});

test('command lines in the text give each command its own options', () => {
  let count = 0;
  for (const page of DOCUMENTS) {
    const text = readFileSync(packageFile(page), 'utf8').replaceAll('\\\n', ' ');
    // To the end of the line, the code or the command.
    for (const [line, name, rest] of text.matchAll(/facecls (\w+)((?:(?! #)[^\n`|;&])*)/g)) {
      const command = COMMAND_NAMES.find((known) => known === name);
      if (command === undefined) continue;
      const known = [...rowsOfCommand(command).map((row) => row.name), ...OTHER_PROGRAMS];
      for (const option of optionsIn(rest)) {
        assert.ok(known.includes(option), `${page}: ${line}`);
        count += 1;
      }
    }
  }
  assert.ok(count >= 20, `${count} options in command lines`);
});

const { scripts, files } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));

test('npm scripts named in the text exist', () => {
  for (const page of [...DOCUMENTS, ...MORE_TEXTS]) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [, name] of text.matchAll(/npm\s+run\s+([a-z][\w:-]*)/g)) {
      assert.ok(name in scripts, `${page}: npm run ${name}`);
    }
  }
});

test('source files named in the text exist', () => {
  let count = 0;
  for (const page of [...DOCUMENTS, ...MORE_TEXTS]) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [, name] of text.matchAll(/`((?:src|scripts|test)\/[\w./-]+)`/g)) {
      assert.ok(existsSync(packageFile(name)), `${page}: ${name}`);
      count += 1;
    }
  }
  assert.ok(count >= 15, `${count} names of files`);
});

test('the layout in CONTRIBUTING.md has every folder of src, from the top floor to the lowest', () => {
  const text = readFileSync(packageFile('CONTRIBUTING.md'), 'utf8');
  const [, layout] = /\nsrc\/\n([\s\S]*?)\ndocs\//.exec(text)!;
  const listed = [...layout.matchAll(/^ {2}([a-z]+)\/ /gm)].map(([, name]) => name);
  const folders = readdirSync(packageFile('src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  assert.deepEqual([...listed].sort(), folders.sort());
  const rules = readFileSync(packageFile('scripts/lint/floors.grit'), 'utf8');
  const [, floors] = /\$floors = "([^"]*)"/.exec(rules)!;
  assert.deepEqual(
    listed,
    floors.split(' ').filter((name) => /^[a-z]+$/.test(name)),
  );
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
