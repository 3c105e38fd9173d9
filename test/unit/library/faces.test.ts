/** Faces and labels that the library gives. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Aligner, type AlignerOptions, align, analyze, Classifier, type ImageInput } from 'facecls';
import sharp from 'sharp';
import { fixture, jsonFixture } from '../../support/fixture.js';
import { SMALL, sample, used } from '../../support/library.js';
import { assertNear } from '../../support/near.js';

const golden = jsonFixture('align/golden.json').images;

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

test("photographs give the reference's faces, with the parameters of either", async () => {
  const parameters: Record<string, AlignerOptions> = {
    upstream: {},
    default: { minFaceSize: 20, thresholds: [0.6, 0.7, 0.8], nmsThresholds: [0.7, 0.7, 0.7] },
  };
  for (const [set, options] of Object.entries(parameters)) {
    const photographs = await used(align(SMALL.map(sample), options));
    for (const [position, name] of SMALL.entries()) {
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

test('images come from an iterator that gives no promises', async () => {
  const left = SMALL.map(sample);
  const images = {
    [Symbol.asyncIterator]: () => ({
      next: () => ({ done: left.length === 0, value: left.shift() }),
    }),
  } as unknown as AsyncIterable<string>;
  const photographs = await used(aligner.align(images));
  assert.deepEqual(
    photographs.map(({ input }) => input),
    SMALL.map(sample),
  );
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
