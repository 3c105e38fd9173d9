/** The library beside the commands. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as library from 'facecls';
import {
  analyze,
  CLASS_NAMES,
  Classifier,
  convertCheckpoint,
  encodeImage,
  walkImages,
} from 'facecls';
import { facecls, temporaryFolder } from '../../support/cli.js';
import { fixture } from '../../support/fixture.js';
import { CROPS, SMALL, sample, used } from '../../support/library.js';
import { assertNear } from '../../support/near.js';

test('what the commands write is what the library gives, in this process and in workers', async () => {
  const folder = temporaryFolder();
  const photographs = path.join(folder, 'photographs');
  mkdirSync(path.join(photographs, 'sub'), { recursive: true });
  copyFileSync(sample(SMALL[0]), path.join(photographs, 'b.jpg'));
  copyFileSync(sample(SMALL[1]), path.join(photographs, 'sub', 'a.jpg'));
  const { code, stderr } = await facecls(
    [
      ...['run', '--input_dir', photographs, '--output_dir', folder],
      ...['--format', 'jsonl', '--save_crops'],
    ],
    { classifier: 'default' },
  );
  assert.equal(code, 0, stderr);
  const rows = (file: string) =>
    readFileSync(path.join(folder, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const manifest = rows('align_manifest.jsonl');
  const predictions = rows('predictions.jsonl');
  for (const workers of [0, 2]) {
    const results = await used(analyze(walkImages(photographs), { workers }));
    const faces = results.flatMap((result) =>
      result.faces.map((face) => ({ ...face, source: String(result.input.path) })),
    );
    assert.equal(faces.length, 4);
    for (const [at, face] of faces.entries()) {
      const { source, index, score, box, label, probabilities } = face;
      const row = manifest[at];
      assert.equal(row.source, source);
      assert.equal(row.face, index);
      assertNear(score, row.score, 1e-6, 'score');
      for (const [side, value] of box.entries()) assertNear(value, row.box[side], 0.001, 'box');
      assert.equal(predictions[at].path, `${source}#${index}`);
      assert.equal(predictions[at].label, label);
      for (const [k, name] of CLASS_NAMES.entries()) {
        assertNear(probabilities[k], predictions[at][name], 1e-6, name);
      }
      assert.deepEqual(Buffer.from(await encodeImage(face.crop)), readFileSync(row.crop));
    }
  }
});

test('a checkpoint classifies as its conversion does', async () => {
  const checkpoint = fixture('checkpoints/lightning.ckpt');
  const network = await convertCheckpoint(checkpoint);
  assert.ok(network.length > 1e5);
  const warm = await convertCheckpoint(checkpoint, { temperature: 2 });
  assert.ok(
    Buffer.from(warm).includes('scaled_logits') && !Buffer.from(network).includes('scaled_logits'),
  );
  await assert.rejects(convertCheckpoint(checkpoint, { temperature: 0 }), library.UserError);
  const own = await Classifier.open({ checkpoint });
  assert.equal(own.model.path, checkpoint);
  assert.match(own.model.sha256, /^[0-9a-f]{64}$/);
  assert.equal(own.device, 'cpu');
  assert.equal((await used(own.classify(CROPS))).length, CROPS.length);
  await own.close();
});
