import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  commandOptions,
  effectiveOptions,
  type GivenWords,
  resultOptions,
} from '../../../src/options/settle.js';

const FOLDERS = { input_dir: 'in', output_dir: 'out' };

test('words are read, and defaults filled in', () => {
  const options = commandOptions('infer', {
    ...FOLDERS,
    batch_size: '7',
    format: 'jsonl, csv',
    shard: '3/16',
    visualize: true,
    figsize_w: '2.5',
  });
  assert.equal(options.batch_size, 7);
  assert.deepEqual(options.format, ['txt', 'jsonl', 'csv']);
  assert.deepEqual(options.shard, { index: 3, count: 16 });
  assert.deepEqual([options.figsize_w, options.figsize_h], [2.5, 20]);
  assert.ok(Number.isInteger(options.n_threads) && options.n_threads >= 1);
  assert.equal(options.quiet, undefined);
});

/** Exit codes and streams are those of test/e2e/usage.test.ts. */
const REFUSED: readonly (readonly [given: GivenWords, message: RegExp])[] = [
  [{ device: 'tpu' }, /^--device: expected auto or cpu or .*, received "tpu"$/],
  [{ shard: '4/4' }, /^--shard: expected I\/N with I from 0 to N - 1 .*, received "4\/4"$/],
  [{ min_face_size: '5' }, /^--min_face_size: expected a number of at least 12, received "5"$/],
  [{ visualize: true, figsize_h: '0' }, /^--figsize_h: expected a number from 1 to 100, .*"0"$/],
  [{ max_megapixels: '0' }, /^--max_megapixels: expected a number from .*, received "0"$/],
  [{ output_dir: '' }, /^--output_dir: expected a folder, received ""$/],
  [{ batch_size: '0' }, /^--batch_size: expected a whole number from 1 to 4096, received "0"$/],
  [{ batch_size: '1e1' }, /^--batch_size: expected a whole number/],
  [{ max_megapixels: '0x10' }, /^--max_megapixels: expected a number from .*, received "0x10"$/],
  [{ max_megapixels: 'Infinity' }, /^--max_megapixels: expected a number/],
  [{ faces: 'one' }, /^--faces: expected all or largest or central, received "one"$/],
  [{ format: 'csv,xml' }, /^--format: expected txt or csv or jsonl, received "xml"$/],
  [{ thresholds: ['1', '2', '1'] }, /^--thresholds: expected a number from 0 to 1, received "2"$/],
  [
    { thresholds: ['0.5', '0.5'] },
    /^--thresholds: expected three numbers, for P-Net, .*, received "0.5 0.5"$/,
  ],
  [{ input_dir: '' }, /^--input_dir: expected a folder, an image or an archive, received ""$/],
  [{ null: true }, /^--null says how --in_list is written; add --in_list, or leave this out$/],
  [{ figsize_w: '5' }, /^--figsize_w says how grids look; add --visualize, or leave this out$/],
  [{ retry_failed: true }, /^--retry_failed says what --resume does; add --resume, or leave /],
  [{ crop_format: 'png' }, /^--crop_format says how --save_crops writes; add --save_crops, or /],
  [
    { min_confidence: '0.5' },
    /^--min_confidence is an option of --detector ssd, not of mtcnn; leave it out, or give that /,
  ],
];

for (const [given, message] of REFUSED) {
  test(`run refuses ${JSON.stringify(given)}`, () => {
    assert.throws(
      () => commandOptions('run', { ...FOLDERS, ...given }),
      (error: Error) => error.name === 'UserError' && message.test(error.message),
    );
  });
}

test('infer refuses what only a report shows without one', () => {
  assert.throws(
    () => commandOptions('infer', { ...FOLDERS, report_max_images: '5' }),
    /^UserError: --report_max_images says what --report shows; add --report, or leave this out$/,
  );
});

test('records hold the options that have an effect, by identifiers', () => {
  const given = { ...FOLDERS, detector: 'ssd', min_confidence: '0.25', shard: '1/2' };
  const options = commandOptions('run', given);
  assert.deepEqual(resultOptions('run', options), {
    save_crops: false,
    weights: null,
    output_kind: null,
    batch_size: 4,
    out_res: 112,
    detector: 'ssd',
    min_confidence: 0.25,
    faces: 'all',
    archives: false,
    image_column: null,
    shard: '1/2',
    follow_links: false,
    ignore_exif: false,
    max_megapixels: 933,
  });
  const effective = effectiveOptions('run', options);
  assert.equal(effective.input_dir, 'in');
  assert.equal(effective.device, 'auto');
  assert.deepEqual(
    Object.keys(effective).filter((name) => /thresholds|figsize|crop_|min_face/.test(name)),
    [],
  );
});

test('an option that is not given is recorded as null, and lists are lists of numbers', () => {
  const options = commandOptions('align', { out_dir: 'out', thresholds: ['0.6', '0.7', '0.8'] });
  const { shard, thresholds, min_face_size, crop_format, crop_quality } = resultOptions(
    'align',
    options,
  );
  assert.equal(shard, null);
  assert.deepEqual(thresholds, [0.6, 0.7, 0.8]);
  assert.equal(min_face_size, 100);
  assert.deepEqual([crop_format, crop_quality], ['jpg', 95]);
});
