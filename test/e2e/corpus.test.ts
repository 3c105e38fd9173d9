import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { compare, MADE_WITH_SUFFIX } from '../../scripts/corpus/compare.js';
import { type Recording, record } from '../../scripts/corpus/record.js';
import type { Recorded } from '../../scripts/corpus/run.js';
import { temporaryFolder } from '../support/cli.js';

interface Outcome {
  readonly seconds?: number;
  readonly label?: string;
  readonly version?: string;
  readonly recorded?: Recorded;
}

/** What is recorded of a run that has written a prediction, a run record and a journal to a new folder. */
function recordingOf({
  seconds = 1.5,
  label = 'Asian',
  version = '1.2.3',
  recorded = 'all',
}: Outcome): Recording {
  const folder = temporaryFolder();
  const out = path.join(folder, 'out');
  mkdirSync(out);
  const madeWith = { '--input_dir': folder, facecls: version };
  writeFileSync(path.join(out, 'pred_ethnicities.txt'), `a.jpg ${label}\n`);
  writeFileSync(
    path.join(out, 'run.json'),
    JSON.stringify({ versions: { facecls: version }, made_with: madeWith, seconds }),
  );
  const header = JSON.stringify({ facecls_journal: 1, made_with: madeWith });
  const sum = String(Math.round(seconds * 1e7)).padStart(8, '0');
  writeFileSync(
    path.join(out, 'run_journal-1.jsonl'),
    `${sum} ${header}\n01234567 {"input":"a"}\n`,
  );
  return record(
    { name: 'x', args: ['run'], out: [out], recorded },
    {
      end: 0,
      stdout: `run: 1 image, ${seconds} s (${(1 / seconds).toFixed(2)}/s); results in ${out}\n`,
      stderr: `${seconds > 2 ? 'run: 0 images\nrun: 1 images, 1 failed, 0.1/s\n' : ''}facecls ${version} has a warning\n`,
    },
    { folder, packageFolder: '/package', version },
  );
}

test('a record of the corpus is the same after another time, in another folder and of another version', () => {
  const before = recordingOf({});
  const now = recordingOf({ seconds: 2.25, version: '1.3.0' });
  assert.equal(now.text, before.text);
  assert.match(before.text, /exit code\n0\n/);
  assert.match(before.text, /pred_ethnicities\.txt/);
  assert.notEqual(now.madeWith, before.madeWith);
});

test('a record of the corpus differs where a result does, unless only names are recorded', () => {
  assert.notEqual(recordingOf({ label: 'Indian' }).text, recordingOf({}).text);
  const names = (label: string) => recordingOf({ label, recorded: 'names' }).text;
  assert.equal(names('Indian'), names('Asian'));
});

test('a comparison of recordings tells the record, the section and the lines that differ', () => {
  const [before, now] = [temporaryFolder(), temporaryFolder()];
  for (const folder of [before, now]) writeFileSync(path.join(folder, 'same.txt'), '=== a\n1\n');
  writeFileSync(path.join(before, 'x.txt'), '=== stdout\none\n=== stderr\ntwo\n');
  writeFileSync(path.join(now, 'x.txt'), '=== stdout\none\n=== stderr\nthree\n');
  writeFileSync(path.join(now, 'y.txt'), '');
  writeFileSync(path.join(now, `x${MADE_WITH_SUFFIX}`), '');
  const { runs, differences } = compare(before, now, false);
  assert.equal(runs, 3);
  assert.equal(differences.length, 2);
  assert.match(differences[0], /x\.txt: differs\n {2}line 4, === stderr\n {2}- two\n/);
  assert.equal(differences[1], `y.txt: only in ${now}`);
  assert.equal(compare(before, now, true).differences.length, 3);
});
