/** The table of options against itself, and against the library's types. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  AlignerOptions,
  AnalyzerOptions,
  ClassifierOptions,
  ConvertOptions,
  EncodeOptions,
  IdentityOptions,
} from 'facecls';
import { COMMAND_NAMES } from '../../../src/options/commands.js';
import type { OptionRow } from '../../../src/options/row.js';
import {
  type LibraryOptions,
  type OptionsOf,
  rowsOfCommand,
  TABLE,
} from '../../../src/options/table.js';

const ROWS: readonly OptionRow[] = TABLE;

test('a command has an option once, and what an option refers to exists', () => {
  for (const command of COMMAND_NAMES) {
    const rows = rowsOfCommand(command);
    const names = rows.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)], command);
    for (const { name, needs, only } of rows) {
      for (const other of [needs?.option, only?.option]) {
        assert.ok(other === undefined || names.includes(other), `${command} --${name}: ${other}`);
      }
    }
  }
});

test('options under one heading of the help stand together', () => {
  for (const command of COMMAND_NAMES) {
    const groups = rowsOfCommand(command).map(({ group }) => group);
    const headings = groups.filter((group, k) => group !== groups[k - 1]);
    assert.deepEqual(headings, [...new Set(headings)], command);
  }
});

test('a default is what its text in the help is read as', () => {
  let count = 0;
  for (const { name, value, default: byDefault } of ROWS) {
    if (byDefault === undefined || typeof byDefault === 'function') continue;
    if (value.placeholder === undefined) continue;
    const text = value.text(byDefault);
    assert.deepEqual(value.parse(name, value.isList ? text.split(' ') : [text]), byDefault, name);
    count += 1;
  }
  assert.ok(count > 15);
});

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}
/** The same properties in one object. */
type Plain<T> = { [K in keyof T]: T[K] };

test("the library's options are those of the table, as the compiler sees", () => {
  same<Plain<AlignerOptions>, Plain<LibraryOptions<'Aligner'>>>(true);
  same<Plain<ClassifierOptions>, Plain<LibraryOptions<'Classifier'>>>(true);
  same<Plain<AnalyzerOptions>, Plain<LibraryOptions<'Analyzer'>>>(true);
  same<Plain<Omit<IdentityOptions, 'classNames'>>, Plain<LibraryOptions<'decideIdentities'>>>(true);
  same<Plain<EncodeOptions>, Plain<LibraryOptions<'encodeImage'>>>(true);
  same<Plain<ConvertOptions>, Plain<LibraryOptions<'convertCheckpoint'>>>(true);
});

test('a command has its options, with a value where there is a default, as the compiler sees', () => {
  same<OptionsOf<'infer'>['batch_size'], number>(true);
  same<OptionsOf<'infer'>['ckpt'], string | undefined>(true);
  same<OptionsOf<'convert'>['ckpt'], string>(true);
  same<OptionsOf<'align'>['detector'], 'mtcnn' | 'ssd'>(true);
  // @ts-expect-error infer finds no faces
  same<OptionsOf<'infer'>['detector'], 'mtcnn' | 'ssd'>(true);
});
