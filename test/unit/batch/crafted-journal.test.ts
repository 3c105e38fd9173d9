import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readJournal } from '../../../src/batch/journal.js';
import { xxh32 } from '../../../src/files/xxh32.js';
import { temporaryFolder } from '../../support/cli.js';

const file = path.join(temporaryFolder(), 'infer_journal-1.jsonl');

/** A line whose checksum is right, whatever it holds. */
function line(json: string): string {
  return `${xxh32(Buffer.from(json), 0, 0).toString(16).padStart(8, '0')} ${json}\n`;
}

async function inputsOf(...lines: string[]): Promise<string[]> {
  writeFileSync(file, lines.join(''));
  const inputs = [];
  for await (const { relative } of (await readJournal(file)).records) inputs.push(`${relative}`);
  return inputs;
}

test('a line that is checked and no entry ends the journal, as a damaged one does', async () => {
  const header = line('{"facecls_journal":2,"made_with":{},"given":{},"owns":[]}');
  const entry = (input: string, rest = '') =>
    line(
      `{"input":${JSON.stringify(input)},"kind":"prediction","probabilities":[0.5,0.5],"width":1,"height":1${rest}}`,
    );
  const crafted = [
    ...['null', '5', '"text"', '[]', '{"input":"b"', ''].map(line),
    line('{"input":"b","kind":"prediction","probabilities":"x","width":1,"height":1}'),
    entry('b', `,"more":"${'x'.repeat(2 ** 20)}"`),
  ];
  for (const bad of crafted) {
    assert.deepEqual(await inputsOf(header, entry('a'), bad, entry('c')), ['a'], bad.slice(0, 80));
  }
  assert.deepEqual(await inputsOf(header, entry('a'), entry('c')), ['a', 'c']);
});
