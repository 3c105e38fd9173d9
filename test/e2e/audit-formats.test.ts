/** docs/formats.md against what composition and balance really write. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { CLASS_NAMES } from '../../src/classify/labels.js';
import { packageFile } from '../../src/files/package.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { facesOf, KNOWN_ERRORS, writeResults } from '../support/results-folder.js';

const cwd = temporaryFolder();
const formats = readFileSync(packageFile('docs/formats.md'), 'utf8');
const CLASSES: readonly string[] = CLASS_NAMES;

before(async () => {
  const detection = Object.fromEntries(CLASSES.map((name) => [name, [90, 100]]));
  writeFileSync(path.join(cwd, 'known.json'), JSON.stringify({ ...KNOWN_ERRORS, detection }));
  const faces = facesOf({ African: 8, Asian: 7, Caucasian: 6, Indian: 5 });
  writeResults(path.join(cwd, 'results'), { faces, noFace: ['a/none.jpg'] });
  const options = '--predictions results --known_errors known.json --group_by folder';
  for (const line of [
    `composition ${options} --output_dir composition`,
    `balance ${options} --output_dir balance --per_class min`,
  ]) {
    const { code, stderr } = await facecls(line.split(' '), { cwd });
    assert.equal(code, 0, stderr);
  }
});

function sectionOf(file: string): string {
  const sections = formats.split(/^## /m);
  const found = sections.find((text) => text.split('\n', 1)[0].includes(`\`${file}\``));
  assert.ok(found, `docs/formats.md has no section on ${file}`);
  return found;
}

/** `groups[].classes.CLASS.n`; a list of numbers has no fields. */
function fieldsOf(value: unknown, name: string): string[] {
  if (Array.isArray(value)) {
    const objects = value.filter((item) => typeof item === 'object' && item !== null);
    return objects.length === 0 ? [name] : objects.flatMap((item) => fieldsOf(item, `${name}[]`));
  }
  if (typeof value !== 'object' || value === null) return [name];
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = CLASSES.includes(key) ? 'CLASS' : key;
    return fieldsOf(inner, name === '' ? own : `${name}.${own}`);
  });
}

for (const file of ['composition.json', 'balance.json']) {
  test(`every field of ${file} is described`, () => {
    const record = JSON.parse(readFileSync(path.join(cwd, path.parse(file).name, file), 'utf8'));
    const described = sectionOf(file);
    const missing = [...new Set(fieldsOf(record, ''))].filter((name) => {
      const listed = [
        name,
        `${name}[]`,
        name.replace(/^groups\[\]\.photographs\..*/, 'groups[].photographs'),
      ];
      return !listed.some((each) => described.includes(`\`${each}\``));
    });
    assert.deepEqual(missing, []);
  });
}

test('the columns and the example of every CSV file are described', () => {
  for (const file of ['composition/composition.csv', 'balance/balanced.csv']) {
    const [header] = readFileSync(path.join(cwd, file), 'utf8').split('\r\n', 1);
    const described = sectionOf(path.basename(file));
    assert.ok(described.includes(`\n${header}\n`), file);
    for (const column of header.split(',')) assert.ok(described.includes(`\`${column}\``), column);
  }
});
