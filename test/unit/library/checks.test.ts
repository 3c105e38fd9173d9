/** What the library refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Analyzer,
  align,
  classify,
  encodeImage,
  ModelError,
  type RgbImage,
  UserError,
  walkImages,
} from 'facecls';
import { collect } from '../../support/collect.js';
import { fixture } from '../../support/fixture.js';
import { CROPS } from '../../support/library.js';

test('images that cannot be used have a reason, and cost nothing but themselves', async () => {
  const pixels = { data: new Uint8Array(5), width: 2, height: 1 };
  const images = [
    'missing.jpg',
    fixture('images/README.md'),
    Buffer.from('no image'),
    pixels,
    new URL('https://example.org/a.jpg'),
    { path: 'folder', reason: 'of its user' },
    // What types refuse, JavaScript lets through.
    ...([7, undefined, null, {}, { path: 7 }] as unknown as string[]),
    CROPS[0],
  ];
  const expected = [
    /^no such file/,
    /^not an image of an accepted format/,
    /^not an image of an accepted format/,
    /^not an image: expected width x height x 3 bytes/,
    /^not a file: URL/,
    /^no such file/,
    ...Array(4).fill(/^not an image: expected a path, a URL/),
    /^not an image: expected a path of text or bytes/,
  ];
  for (const workers of [0, 1]) {
    const results = await collect(classify(images, { workers, batchSize: 1 }));
    assert.deepEqual(
      results.map(({ input }) => input),
      images,
    );
    for (const [at, pattern] of expected.entries()) {
      assert.match(String(results[at].reason), pattern);
      assert.equal('mayPass' in results[at] && results[at].mayPass, at === 0 || at === 5);
    }
    assert.ok('label' in results[images.length - 1]);
  }
});

test('options are checked, and what is misspelt is refused', async () => {
  const wrong: [object, RegExp][] = [
    [
      { minFacesize: 20 },
      /^minFacesize: no such option; there are checkpoint, .*minFaceSize, .*device$/,
    ],
    [{ minFaceSize: 11 }, /^minFaceSize: expected a number of at least 12, received 11$/],
    [{ minFaceSize: '20' }, /^minFaceSize: /],
    [{ thresholds: [1, 1] }, /^thresholds: expected three numbers/],
    [{ nmsThresholds: [1, 1, 2] }, /^nmsThresholds: expected three numbers/],
    [{ detector: 'dlib' }, /^detector: expected mtcnn or ssd, received "dlib"$/],
    [{ minConfidence: 0.3 }, /^minConfidence is an option of the detector ssd, not of mtcnn;/],
    [{ detector: 'ssd', minFaceSize: 20 }, /^minFaceSize is an option of the detector mtcnn,/],
    [{ detector: 'ssd', minConfidence: 2 }, /^minConfidence: expected a number from 0 to 1/],
    [{ cropSize: 0 }, /^cropSize: expected a whole number from 1 to 4096, received 0$/],
    [{ faces: 'best' }, /^faces: expected all or largest or central, received "best"$/],
    [{ device: 'gpu' }, /^device: expected auto or cpu or /],
    [{ workers: -1 }, /^workers: expected a whole number from 0 to 1024, received -1$/],
    [{ maxMegapixels: 0 }, /^maxMegapixels: /],
    [{ ignoreExif: 1 }, /^ignoreExif: expected true or false, received 1$/],
    [{ batchSize: 0 }, /^batchSize: /],
    [{ checkpoint: '' }, /^checkpoint: expected a path, received ""$/],
    [{ checkpoint: 'missing.ckpt' }, /^missing\.ckpt: no such file/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(Analyzer.open(options), (error: Error) => {
      assert.ok(error instanceof UserError && !(error instanceof ModelError));
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(encodeImage({} as RgbImage, { quality: 0 }), /^UserError: quality: /);
  for (const one of ['a.jpg', Buffer.from('a'), 7, null] as unknown as string[][]) {
    await assert.rejects(collect(align(one)), /^UserError: images: expected an iterable/);
  }
  const checkpoint = fixture('checkpoints/bad_nan.pth');
  await assert.rejects(collect(classify(CROPS, { checkpoint })), ModelError);
  await assert.rejects(collect(walkImages('missing')), /^UserError: folder missing: /);
});
