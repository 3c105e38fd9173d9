import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DrawOptions,
  drawOf,
  type Identity,
} from '../../../../src/analysis/consensus/draw.js';
import { compareFacePaths } from '../../../../src/analysis/consensus/face-path.js';
import {
  type LabelledImage,
  OpenIdentities,
  sortedIdentities,
  UnsortedError,
  unsortedIdentities,
} from '../../../../src/analysis/consensus/identities.js';
import { CLASS_NAMES } from '../../../../src/classify/labels.js';
import { UserError } from '../../../../src/files/errors.js';

const OPTIONS: DrawOptions = { maxPerIdentity: 20, seed: 0, classNames: CLASS_NAMES };

function images(...lines: readonly string[]): LabelledImage[] {
  return lines.map((line) => {
    const [path, label] = line.split(' ');
    return { path: Buffer.from(path), label };
  });
}

async function* batches(all: readonly LabelledImage[], size = 3) {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}

async function collect(identities: AsyncIterable<Identity>): Promise<Identity[]> {
  const all: Identity[] = [];
  for await (const identity of identities) all.push(identity);
  return all;
}

const sorted = (all: readonly LabelledImage[], options = OPTIONS) =>
  collect(sortedIdentities(batches(all), options));
const unsorted = (all: readonly LabelledImage[], options = OPTIONS) =>
  collect(unsortedIdentities(batches(all), options));

/** A number from 0 to below 1 with each call, the same in every run (Lehmer, modulus 2^31 - 1). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  const result = [...all];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

test('an identity interrupted by its sub-folders stays one; order is that of completion', async () => {
  const all = images(
    'a-b/1.jpg Asian',
    'a/b.jpg African',
    'a/c/d/y.jpg Asian',
    'a/c/x.jpg Indian',
    'a/c/x.jpg_1.jpg Indian',
    'a/d.jpg African',
    'b/1.jpg#0 Caucasian',
    'z.jpg Asian',
  );
  const expected = [
    ['a-b', 1, [0, 1, 0, 0]],
    ['a/c/d', 1, [0, 1, 0, 0]],
    ['a/c', 2, [0, 0, 0, 2]],
    ['a', 2, [2, 0, 0, 0]],
    ['b', 1, [0, 0, 1, 0]],
    ['.', 1, [0, 1, 0, 0]],
  ];
  const summaries = (identities: readonly Identity[]) =>
    identities.map(({ name, images, counts }) => [name.toString(), images, counts]);
  assert.deepEqual(summaries(await sorted(all)), expected);
  const random = randomNumbers(1);
  for (let i = 0; i < 20; i++) {
    assert.deepEqual(summaries(await unsorted(shuffled(all, random))), expected);
  }
});

test('both ways give the same, whatever the order', async () => {
  const random = randomNumbers(7);
  const folders = ['', 'a', 'a/b', 'a/b/c', 'a-', 'a/b-', 'ab', '/a', '/', 'é', '\u0001', 'a#1'];
  const all: LabelledImage[] = [];
  for (const folder of folders) {
    for (let i = Math.floor(random() * 80); i >= 0; i--) {
      const label = CLASS_NAMES[Math.floor(random() * 4)];
      const slash = folder === '' || folder === '/' ? '' : '/';
      all.push({ path: Buffer.from(`${folder}${slash}${i}.jpg#${i % 3}`), label });
    }
    all.push({ path: Buffer.from([...Buffer.from(`${folder}/`), 0xff, 0x0a]), label: 'Asian' });
  }
  // Without one that is there twice by the way it was made.
  const byPath = new Map(all.map((image) => [image.path.toString('latin1'), image]));
  const inOrder = [...byPath.values()].sort((l, r) => compareFacePaths(l.path, r.path));
  for (const seed of [0, 1, 4294967295]) {
    const options = { ...OPTIONS, seed };
    const expected = await sorted(inOrder, options);
    assert.ok(expected.length >= folders.length - 1);
    assert.deepEqual(await unsorted(shuffled(inOrder, random), options), expected);
  }
});

test('an image that should have come earlier is noticed', async () => {
  const comesBack = images('a/1.jpg Asian', 'b/1.jpg Asian', 'a/2.jpg Asian');
  await assert.rejects(sorted(comesBack), UnsortedError);
  await assert.rejects(sorted(images('a/2.jpg Asian', 'a/1.jpg Asian')), UnsortedError);
  // Sorted as text, the tenth face comes before the second: not the order of a run's results.
  const asText = images('a/1.jpg#10 Asian', 'a/1.jpg#2 Asian');
  await assert.rejects(sorted(asText), UnsortedError);
  assert.deepEqual(await unsorted(asText), await sorted(asText.toReversed()));
});

test('a line that is there twice counts once; with two labels it is an error', async () => {
  const all = images('a/1.jpg Asian', 'a/1.jpg Asian', 'a/2.jpg Asian', 'a/b/1.jpg Asian');
  for (const identities of [await sorted(all), await unsorted(all.toReversed())]) {
    assert.deepEqual(
      identities.map(({ images, drawn, repeated }) => [images, drawn, repeated]),
      [
        [1, 1, 0],
        [2, 2, 1],
      ],
    );
  }
  const contradiction = images('a/1.jpg Asian', 'a/2.jpg Asian', 'a/1.jpg Indian');
  const isExplained = (error: Error) =>
    error instanceof UserError &&
    /a\/1\.jpg is there twice, as Asian and as Indian/.test(error.message);
  await assert.rejects(unsorted(contradiction), isExplained);
  await assert.rejects(sorted(images('a/1.jpg Asian', 'a/1.jpg Indian')), isExplained);
});

test('the draw is the same however the folders above are spelled', () => {
  const random = randomNumbers(3);
  const labels = Array.from({ length: 200 }, () => CLASS_NAMES[Math.floor(random() * 4)]);
  const draw = (folder: string) => {
    const all = labels.map((label, i) => ({ path: Buffer.from(`${folder}${i}.jpg`), label }));
    return drawOf(Buffer.from(folder), all, OPTIONS).counts;
  };
  const counts = draw('ann/');
  assert.deepEqual(draw('/data/people/ann/'), counts);
  assert.deepEqual(draw('../ann/'), counts);
  // Another identity with images of the same names has its own draw.
  assert.notDeepEqual(draw('bob/'), counts);
});

/** Which of 1,000 images of an identity are drawn: image i is of class i % 1000. */
function drawnOf1000(seed: number, maxPerIdentity = 20): number[] {
  const classNames = Array.from({ length: 1000 }, (_, i) => `${i}`);
  const all = classNames.map((label) => ({
    path: Buffer.from(`people/n000001/${label.padStart(4, '0')}_01.jpg`),
    label,
  }));
  const { counts } = drawOf(Buffer.from('people/n000001/'), all, {
    maxPerIdentity,
    seed,
    classNames,
  });
  return [...counts];
}

test('exactly 20 of 1,000 images are drawn, each about equally often', () => {
  const times = new Array(1000).fill(0);
  const seeds = 1000;
  for (let seed = 0; seed < seeds; seed++) {
    const drawn = drawnOf1000(seed);
    assert.equal(drawn.filter((count) => count === 1).length, 20);
    assert.equal(
      drawn.reduce((sum, count) => sum + count, 0),
      20,
    );
    for (const [i, count] of drawn.entries()) times[i] += count;
  }
  // Each is expected 20 times, with variance 20 * 0.98; the sum of 1,000 squared deviations over it
  // is about 1000 +- 45.
  const expected = (20 * seeds) / 1000;
  const variance = expected * (1 - 20 / 1000);
  const chiSquare = times.reduce((sum, count) => sum + (count - expected) ** 2 / variance, 0);
  assert.ok(chiSquare > 800 && chiSquare < 1200, `${chiSquare}`);
  assert.ok(Math.min(...times) > 3 && Math.max(...times) < 42);
});

test('pairs of images are drawn together as often as chance has it', () => {
  let together = 0;
  const seeds = 2000;
  for (let seed = 0; seed < seeds; seed++) {
    const drawn = drawnOf1000(seed, 300);
    // Neighbours differ in one digit of their names.
    for (let i = 0; i < 1000; i += 2) together += drawn[i] * drawn[i + 1];
  }
  // 500 pairs, each with probability 0.3 * 299 / 999; one standard deviation is about 0.3 %.
  const expected = seeds * 500 * 0.3 * (299 / 999);
  assert.ok(Math.abs(together / expected - 1) < 0.02, `${together} of ${expected}`);
});

test('another seed draws others; more images drawn include those of fewer', () => {
  const drawn = drawnOf1000(5);
  assert.deepEqual(drawnOf1000(5), drawn);
  const other = drawnOf1000(6);
  assert.ok(other.filter((count, i) => count === 1 && drawn[i] === 1).length < 10);
  const more = drawnOf1000(5, 100);
  for (const [i, count] of drawn.entries()) assert.ok(more[i] >= count);
  assert.equal(
    drawnOf1000(5, 1000).reduce((sum, count) => sum + count, 0),
    1000,
  );
});

test('images with the smallest hashes are drawn, as by hand', () => {
  // XXH32 with seed 0 of ann/0.jpg ... ann/4.jpg, by libxxhash 0.8.1, smallest first: 1, 4, 0, 2, 3.
  const all = images(...[0, 1, 2, 3, 4].map((i) => `x/ann/${i}.jpg ${CLASS_NAMES[i % 4]}`));
  const counts = (maxPerIdentity: number) =>
    drawOf(Buffer.from('x/ann/'), all, { ...OPTIONS, maxPerIdentity }).counts;
  assert.deepEqual(counts(1), [0, 1, 0, 0]);
  assert.deepEqual(counts(2), [1, 1, 0, 0]);
  assert.deepEqual(counts(3), [2, 1, 0, 0]);
});

test('300,000 sorted images hold open what the path is inside, and no more', () => {
  const open = new OpenIdentities(OPTIONS);
  let closed = 0;
  let total = 0;
  const name = (value: number) => String(value).padStart(4, '0');
  for (let a = 0; a < 100; a++) {
    for (let b = 0; b < 30; b++) {
      for (let i = 0; i < 100; i++) {
        // Every other image lies one folder deeper than the last one: p/0001/0002/0003/x.jpg.
        const folder = `p/${name(a)}/${name(b)}/`;
        const path = i % 2 === 0 ? `${folder}${name(i)}.jpg` : `${folder}${name(i)}/x.jpg`;
        for (const { images } of open.add(Buffer.from(path), 'Asian')) {
          closed += 1;
          total += images;
        }
        assert.ok(open.size <= 2);
      }
    }
  }
  const rest = open.finish();
  assert.equal(open.size, 0);
  assert.equal(closed + rest.length, 3000 * 51);
  assert.equal(
    rest.reduce((sum, { images }) => sum + images, total),
    300_000,
  );
});
