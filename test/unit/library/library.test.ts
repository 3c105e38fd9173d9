import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as library from 'facecls';
import {
  Aligner,
  type AlignerOptions,
  Analyzer,
  align,
  analyze,
  CLASS_NAMES,
  Classifier,
  classify,
  convertCheckpoint,
  encodeImage,
  type ImageInput,
  ModelError,
  type RgbImage,
  UserError,
  walkImages,
} from 'facecls';
import sharp from 'sharp';
import { facecls, temporaryFolder } from '../../support/cli.js';
import { fixture, jsonFixture, samplePhotographs } from '../../support/fixture.js';
import { assertNear } from '../../support/near.js';

const golden = jsonFixture('align/golden.json').images;
const NAMES = Object.keys(golden);
const sample = (name: string) => path.join(samplePhotographs(), name);
const SMALL = NAMES.slice(1, 3);
const crop = (name: string) => fixture(`align/crops/upstream/${name}`);
const CROPS = ['sample2.jpg_0.png', 'sample3.jpg_0.png', 'sample3.jpg_1.png'].map(crop);

let aligner: Aligner;
let classifier: Classifier;

before(async () => {
  aligner = await Aligner.open();
  classifier = await Classifier.open({ batchSize: 2 });
});

after(async () => {
  await aligner.close();
  await classifier.close();
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What cannot be used has failed the test. */
async function used<T extends { readonly reason?: string | undefined }>(
  items: AsyncIterable<T>,
): Promise<Extract<T, { readonly reason?: undefined }>[]> {
  const all = await collect(items);
  for (const { reason } of all) assert.equal(reason, undefined);
  return all as Extract<T, { readonly reason?: undefined }>[];
}

test("the sample photographs give the reference's faces, with the parameters of either", async () => {
  const parameters: Record<string, AlignerOptions> = {
    upstream: {},
    default: { minFaceSize: 20, thresholds: [0.6, 0.7, 0.8], nmsThresholds: [0.7, 0.7, 0.7] },
  };
  for (const [set, options] of Object.entries(parameters)) {
    const photographs = await used(align(NAMES.map(sample), options));
    for (const [position, name] of NAMES.entries()) {
      const { width, height } = await sharp(sample(name)).metadata();
      const left = Math.floor(Math.max(0, height - width) / 2);
      const top = Math.floor(Math.max(0, width - height) / 2);
      const expected = golden[name][set].faces;
      const { input, faces } = photographs[position];
      assert.equal(input, sample(name));
      assert.equal(faces.length, expected.length, `${set} ${name}`);
      for (const [index, face] of faces.entries()) {
        const { score, box, landmarks } = expected[index];
        const what = `${set} ${name} ${index}`;
        assert.equal(face.index, index);
        assertNear(face.score, score, 1e-4, what);
        for (const [side, value] of face.box.entries()) {
          assertNear(value + (side % 2 === 0 ? left : top), box[side], 0.05, what);
        }
        for (const [point, [x, y]] of face.landmarks.entries()) {
          assertNear(x + left, landmarks[point][0], 0.05, what);
          assertNear(y + top, landmarks[point][1], 0.05, what);
        }
        const reference = await sharp(fixture(`align/crops/${set}/${name}_${index}.png`))
          .raw()
          .toBuffer();
        const sum = reference.reduce(
          (all, level, i) => all + Math.abs(level - face.crop.data[i]),
          0,
        );
        assert.ok(sum / reference.length < 1, `${what}: crop differs by ${sum / reference.length}`);
      }
    }
  }
});

test('a file, its URL, its bytes and its pixels give the same face', async () => {
  const file = sample(SMALL[0]);
  const bytes = readFileSync(file);
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const images: ImageInput[] = [
    file,
    pathToFileURL(file),
    { path: Buffer.from(file) },
    bytes,
    new Uint8Array(bytes),
    { data, width: info.width, height: info.height },
  ];
  const photographs = await used(aligner.align(images));
  assert.deepEqual(
    photographs.map(({ input }) => input),
    images,
  );
  assert.equal(photographs[0].faces.length, 1);
  for (const { faces } of photographs) assert.deepEqual(faces, photographs[0].faces);
});

test('the other detector gives the faces that face-api does', async () => {
  const pictures: { photograph: string; faces: { score: number }[] }[] =
    jsonFixture('ssd/golden.json').pictures;
  const expected = pictures.find(({ photograph }) => photograph === SMALL[0]);
  const [{ faces }] = await used(align([sample(SMALL[0])], { detector: 'ssd' }));
  assert.equal(faces.length, expected?.faces.length);
  for (const [index, { score }] of faces.entries()) {
    assertNear(score, Number(expected?.faces[index].score), 1e-4, `face ${index}`);
  }
});

test('what the commands write is what the library gives, in this process and in workers', async () => {
  const folder = temporaryFolder();
  const photographs = path.join(folder, 'photographs');
  mkdirSync(path.join(photographs, 'sub'), { recursive: true });
  copyFileSync(sample(SMALL[0]), path.join(photographs, 'b.jpg'));
  copyFileSync(sample(SMALL[1]), path.join(photographs, 'sub', 'a.jpg'));
  const { code, stderr } = await facecls([
    ...['run', '--input_dir', photographs, '--output_dir', folder],
    ...['--format', 'jsonl', '--save_crops'],
  ]);
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

test('crops of an aligner go straight to a classifier', async () => {
  async function* crops() {
    for await (const { faces = [] } of aligner.align(SMALL.map(sample))) {
      for (const face of faces) yield face.crop;
    }
  }
  const labels = await used(classifier.classify(crops()));
  const together = await used(analyze(SMALL.map(sample)));
  assert.deepEqual(
    labels.map(({ label, width, height, probabilities }) => [label, width, height, probabilities]),
    together.flatMap(({ faces }) =>
      faces.map(({ label, probabilities }) => [label, 112, 112, probabilities]),
    ),
  );
  for (const { probabilities } of labels) {
    assertNear(
      probabilities.reduce((sum, share) => sum + share, 0),
      1,
      1e-5,
      'sum',
    );
  }
});

test('images that cannot be used have a reason, and cost nothing but themselves', async () => {
  const pixels = { data: new Uint8Array(5), width: 2, height: 1 };
  const images = [
    'missing.jpg',
    fixture('images/README.md'),
    Buffer.from('no image'),
    pixels,
    new URL('https://example.org/a.jpg'),
    { path: 'folder', reason: 'folder cannot be read' },
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
    /^folder cannot be read$/,
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

test('an abort stops at once, takes no more images and leaves no listener', async () => {
  for (const workers of [0, 1]) {
    const own = await Aligner.open({ workers });
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error('enough');
    let taken = 0;
    let isLeft = false;
    async function* endless() {
      try {
        for (; ; taken++) yield sample(SMALL[0]);
      } finally {
        isLeft = true;
      }
    }
    let results = 0;
    await assert.rejects(
      async () => {
        for await (const _ of own.align(endless(), { signal })) {
          results += 1;
          if (results === 2) controller.abort(reason);
        }
      },
      (error) => error === reason,
    );
    assert.equal(results, 2);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    const before = taken;
    await own.close();
    assert.equal(taken, before);
    assert.ok(isLeft);
  }
});

test('an abort does not wait for images that do not come, nor does closing', async () => {
  const own = await Aligner.open();
  async function* stuck() {
    yield sample(SMALL[0]);
    // Keeps nothing alive.
    await new Promise(() => {});
  }
  const controller = new AbortController();
  const aborted = assert.rejects(collect(own.align(stuck(), { signal: controller.signal })), {
    name: 'AbortError',
  });
  const closed = assert.rejects(collect(own.align(stuck())), /the aligner was closed/);
  await sleep(50);
  controller.abort();
  await aborted;
  await own.close();
  await closed;
  await assert.rejects(collect(own.align([])), /the aligner was closed/);
  await own.close();
});

test('a signal that has come already is heard before anything is done', async () => {
  const signal = AbortSignal.abort(new Error('before'));
  const untouched: Iterable<string> = {
    [Symbol.iterator]() {
      assert.fail('was taken');
    },
  };
  await assert.rejects(collect(align(untouched, { signal })), /before/);
  await assert.rejects(collect(aligner.align(untouched, { signal })), /before/);
});

test('leaving early lets go of the images, and their errors come through', async () => {
  const events: string[] = [];
  async function* images() {
    try {
      while (true) yield CROPS[0];
    } finally {
      events.push('left');
    }
  }
  const { signal } = new AbortController();
  for await (const _ of classifier.classify(images(), { signal })) break;
  assert.deepEqual(events, ['left']);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  async function* failing() {
    yield CROPS[0];
    throw new TypeError('of the images');
  }
  await assert.rejects(collect(classifier.classify(failing(), { signal })), /TypeError: of the/);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('two aligners, and two iterations of one, do not disturb each other', async () => {
  const files = SMALL.map(sample);
  const alone = await used(aligner.align(files));
  const other = await Aligner.open({ minFaceSize: 60 });
  const otherAlone = await used(other.align(files.toReversed()));
  // All resample in one memory, each photograph step by step between those of the others.
  const [first, second, third] = await Promise.all([
    used(aligner.align(files)),
    used(other.align(files.toReversed())),
    used(aligner.align(files)),
  ]);
  assert.deepEqual(first, alone);
  assert.deepEqual(second, otherAlone);
  assert.deepEqual(third, alone);
  await other.close();
  assert.deepEqual(await used(aligner.align(files)), alone);
});

test('one object with new pixels for each frame is a new image each time', async () => {
  const decode = (name: string) => sharp(sample(name)).raw().toBuffer({ resolveWithObject: true });
  const [face, other] = [await decode(SMALL[0]), await decode(SMALL[1])];
  const frame = { data: face.data, width: face.info.width, height: face.info.height };
  const counts: number[] = [];
  for (const { data, info } of [face, other, face]) {
    Object.assign(frame, { data, width: info.width, height: info.height });
    for (const { faces } of await used(aligner.align([frame]))) counts.push(faces.length);
  }
  assert.deepEqual(counts, [1, 3, 1]);
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

test('CommonJS has the same, but for the error classes', async () => {
  const commonJs = createRequire(import.meta.url)('facecls');
  const names = Object.keys(library).filter((name) => !/Error$/.test(name));
  assert.deepEqual(Object.keys(commonJs).sort(), names.sort());
  assert.deepEqual(commonJs.CLASS_NAMES, CLASS_NAMES);
  const prediction = { path: 'ann/1.jpg', label: CLASS_NAMES[1] };
  const [{ name, label }] = await collect<library.DecidedIdentity>(
    commonJs.decideIdentities([prediction], { seed: 1 }),
  );
  assert.deepEqual([String(name), label], ['ann', prediction.label]);
  const classNames = [label, 'Other'];
  const { accuracy, classes } = await commonJs.evaluate([{ truth: label, label }], { classNames });
  assert.deepEqual([accuracy, Object.keys(classes)], [1, classNames]);
});

test('nothing is printed, loaded early or left behind', async () => {
  const script = `
    const { align, classify, Aligner } = await import('facecls');
    process.report.excludeNetwork = true;
    const loaded = () => process.report.getReport().sharedObjects
      .filter((file) => /sharp|onnxruntime/.test(file)).length;
    const early = loaded();
    const before = [process.exitCode, process.eventNames().length, process.cwd(), process.title];
    const images = [${JSON.stringify(CROPS[0])}, 'missing.jpg', ${JSON.stringify(sample(SMALL[0]))}];
    for (const workers of [0, 1]) {
      for await (const _ of align(images, { workers }));
      for await (const _ of classify(images, { workers }));
    }
    const after = [process.exitCode, process.eventNames().length, process.cwd(), process.title];
    if (early !== 0 || loaded() === 0) throw new Error('loaded ' + early + ' ' + loaded());
    if (String(before) !== String(after)) throw new Error(before + ' became ' + after);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: path.dirname(fixture('')),
    timeout: 60_000,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(output, '');
  assert.equal(code, 0);
});
