import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  commandOptions,
  effectiveOptions,
  librarySettings,
  resultOptions,
} from '../../../src/options/settle.js';

const PLACE = { in_dir: 'in', out_dir: 'out' };
const detection = ({
  min_face_size,
  thresholds,
  nms_thresholds,
}: {
  min_face_size: number;
  thresholds: readonly number[];
  nms_thresholds: readonly number[];
}) => [min_face_size, thresholds, nms_thresholds];

const PUBLISHED = [100, [0.9, 0.9, 0.9], [0.9, 0.9, 0.9]];
const RECALL = [60, [0.6, 0.7, 0.8], [0.7, 0.7, 0.7]];

test('a preset sets the options of mtcnn at once, and an option that is given wins', () => {
  const of = (given: Record<string, string | string[]>) =>
    detection(commandOptions('align', { ...PLACE, ...given }));
  assert.deepEqual(of({}), PUBLISHED);
  assert.deepEqual(of({ preset: 'published' }), PUBLISHED);
  assert.deepEqual(of({ preset: 'recall' }), RECALL);
  assert.deepEqual(of({ preset: 'recall', min_face_size: '100' }), [100, ...RECALL.slice(1)]);
  assert.deepEqual(of({ preset: 'recall', nms_thresholds: ['0.7', '0.7', '0.5'] }), [
    ...RECALL.slice(0, 2),
    [0.7, 0.7, 0.5],
  ]);
  assert.throws(() => of({ preset: 'best' }), /--preset: expected published or recall/);
});

test('a preset is refused with another detector', () => {
  assert.throws(
    () =>
      commandOptions('run', { input_dir: 'a', output_dir: 'b', detector: 'ssd', preset: 'recall' }),
    /--preset is an option of --detector mtcnn, not of ssd/,
  );
});

test('what results were made with has the numbers: a preset and the options it stands for are the same', () => {
  const preset = commandOptions('align', { ...PLACE, preset: 'recall' });
  const long = commandOptions('align', {
    ...PLACE,
    min_face_size: '60',
    thresholds: ['0.6', '0.7', '0.8'],
    nms_thresholds: ['0.7', '0.7', '0.7'],
  });
  assert.deepEqual(resultOptions('align', preset), resultOptions('align', long));
  assert.equal(resultOptions('align', preset).min_face_size, 60);
  assert.equal(effectiveOptions('align', preset).preset, 'recall');
});

test('the library takes a preset', () => {
  assert.deepEqual(detection(librarySettings('Aligner', { preset: 'recall' })), RECALL);
  const mixed = librarySettings('Analyzer', { preset: 'recall', minFaceSize: 30 });
  assert.deepEqual(detection(mixed), [30, ...RECALL.slice(1)]);
});
