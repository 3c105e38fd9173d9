/** How faces were cut out, from records and known errors. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cuttingOf } from '../../../../src/analysis/composition/cutting.js';
import { packageFile } from '../../../../src/files/package.js';

const RUN = {
  ...{ command: 'run', out_res: 224, detector: 'mtcnn', min_face_size: 60, faces: 'largest' },
  ...{ thresholds: [0.6, 0.7, 0.8], nms_thresholds: '0.7 0.7 0.7', device: 'cpu' },
};

test('a run classifies faces at the size of the model, without loss, whatever it saves', () => {
  const { out_res, crops } = cuttingOf(RUN)!;
  assert.deepEqual([out_res, crops], ['112', 'uncompressed']);
});

test('crops of align were stored as its options say', () => {
  const align = { ...RUN, command: 'align', crop_format: 'jpg', crop_quality: 80 };
  assert.equal(cuttingOf(align)?.crops, 'JPEG of quality 80');
  assert.equal(cuttingOf(align)?.out_res, '224');
  assert.equal(cuttingOf({ ...align, crop_format: 'png' })?.crops, 'uncompressed');
});

test('the known errors of the bundled model were measured as such a run cuts', () => {
  const file = packageFile('pretrained_models/resnet18-fairface.json');
  const { made_with } = JSON.parse(readFileSync(file, 'utf8'));
  const { detector_sha256, ...known } = cuttingOf(made_with)!;
  assert.match(detector_sha256, /^[\da-f]{64}$/);
  assert.deepEqual(known, cuttingOf(RUN));
});

test('what tells nothing, or is no plain value, gives nothing', () => {
  for (const none of [undefined, null, 'x', [], { command: 'infer' }, { detector: {} }]) {
    assert.equal(cuttingOf(none), null);
  }
  assert.deepEqual(cuttingOf({ detector: 'mtcnn', faces: '\u001b[2J' }), { detector: 'mtcnn' });
});
