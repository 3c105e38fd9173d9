import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  CLASS_NAMES,
  type ClassName,
  decideIdentities,
  type IdentityOptions,
  type PredictedImage,
} from 'facecls';
import { facecls, temporaryFolder } from '../../support/cli.js';

/** Predictions for an identity with so many images of each class. */
function identity(name: string, ...counts: readonly number[]): PredictedImage[] {
  const labels = counts.flatMap((count, k) => new Array<ClassName>(count).fill(CLASS_NAMES[k]));
  return labels.map((label, i) => ({ path: `${name}/${String(i).padStart(3, '0')}.jpg`, label }));
}

async function decided(
  predictions: Iterable<PredictedImage> | AsyncIterable<PredictedImage>,
  options?: IdentityOptions,
) {
  const all = [];
  for await (const found of decideIdentities(predictions, options)) {
    all.push({ ...found, name: found.name.toString() });
  }
  return all;
}

const below = (leading?: ClassName) => ({ reason: 'below_threshold', leading });

test('identities with known answers get them by the rule', async () => {
  const predictions = [
    ...identity('d/all', 0, 20),
    ...identity('d/exactly', 0, 0, 16, 4),
    ...identity('d/exactly/inside', 0, 0, 0, 3),
    ...identity('d/fifteen', 12, 3),
    ...identity('d/just-not', 15, 5),
    ...identity('d/tie', 2, 2),
    ...identity('', 0, 0, 1),
  ];
  const of = (name: string, drawn: number, counts: number[]) => {
    return { name, images: drawn, repeated: 0, drawn, counts };
  };
  const expected = [
    { ...of('/', 1, [0, 0, 1, 0]), label: 'Caucasian' },
    { ...of('d/all', 20, [0, 20, 0, 0]), label: 'Asian' },
    { ...of('d/exactly/inside', 3, [0, 0, 0, 3]), label: 'Indian' },
    { ...of('d/exactly', 20, [0, 0, 16, 4]), label: 'Caucasian' },
    { ...of('d/fifteen', 15, [12, 3, 0, 0]), label: 'African' },
    { ...of('d/just-not', 20, [15, 5, 0, 0]), ...below('African') },
    { ...of('d/tie', 4, [2, 2, 0, 0]), ...below() },
  ];
  // `/000.jpg` comes first.
  const sorted = [...predictions.slice(-1), ...predictions.slice(0, -1)];
  assert.deepEqual(await decided(sorted), expected);
  async function* oneByOne() {
    yield* sorted;
  }
  assert.deepEqual(await decided(oneByOne(), { sorted: true }), expected);
  assert.deepEqual(await decided(predictions.toReversed(), { sorted: false }), expected);
});

test('a threshold is taken as it is written, not as the nearest number that is stored for it', async () => {
  for (let hundredths = 51; hundredths <= 100; hundredths++) {
    const options = { threshold: hundredths / 100, maxPerIdentity: 100 };
    const [enough, tooFew] = await decided(
      [
        ...identity('a', hundredths, 100 - hundredths),
        ...identity('b', hundredths - 1, 101 - hundredths),
      ],
      options,
    );
    assert.equal(enough.label, 'African', `${hundredths} %`);
    assert.equal(tooFew.label, undefined, `${hundredths} %`);
  }
});

test('images with the smallest hashes are drawn', async () => {
  // XXH32 with seed 0 of ann/0.jpg ... ann/4.jpg, by libxxhash 0.8.1, smallest first: 1, 4, 0, 2, 3.
  const predictions = [0, 1, 2, 3, 4].map((i) => ({
    path: Buffer.from(`x/ann/${i}.jpg`),
    label: CLASS_NAMES[i % 4],
  }));
  for (const [maxPerIdentity, counts] of [
    [1, [0, 1, 0, 0]],
    [2, [1, 1, 0, 0]],
    [3, [2, 1, 0, 0]],
  ] as const) {
    const [found] = await decided(predictions, { maxPerIdentity });
    assert.deepEqual([found.images, found.drawn, found.counts], [5, maxPerIdentity, counts]);
  }
});

test('identities with too few images stay undecided', async () => {
  const predictions = [...identity('a', 0, 4), ...identity('b', 0, 5)];
  const [few, enough] = await decided(predictions, { minImages: 5, maxPerIdentity: 2 });
  assert.deepEqual([few.reason, few.leading], ['too_few_images', 'Asian']);
  assert.equal(enough.label, 'Asian');
});

test('the command decides the same, for any seed', async () => {
  const predictions = Array.from({ length: 40 }, (_, i) =>
    identity(`people/${String(i).padStart(3, '0')}`, 30 + i, 10, i, i % 7),
  ).flat();
  const folder = temporaryFolder();
  const file = path.join(folder, 'pred_ethnicities.txt');
  writeFileSync(file, predictions.map((one) => `${one.path} ${one.label}\n`).join(''));
  const options = { threshold: 0.55, maxPerIdentity: 10, seed: 7, minImages: 45 };
  const { code, stderr } = await facecls([
    ...['consensus', '--predictions', file, '--output_dir', folder],
    ...['--threshold', '0.55', '--max_per_identity', '10', '--seed', '7', '--min_images', '45'],
  ]);
  assert.equal(code, 0, stderr);
  const all = await decided(predictions, options);
  for (const label of CLASS_NAMES) {
    const names = all.flatMap((one) => (one.label === label ? [`${one.name}\n`] : []));
    assert.equal(readFileSync(path.join(folder, `${label}.txt`), 'utf8'), names.join(''));
  }
  const undecided = all.filter(({ label }) => label === undefined);
  assert.ok(undecided.length > 0 && undecided.length < all.length);
  const [, ...lines] = readFileSync(path.join(folder, 'undecided.csv'), 'utf8')
    .trimEnd()
    .split('\r\n');
  assert.deepEqual(
    undecided.map(({ name, images, drawn, counts, leading = 'tie', reason }) => {
      const shares = counts.map((count) => (count / drawn).toFixed(6));
      return [name, images, drawn, ...shares, leading, reason].join(',');
    }),
    lines,
  );
  assert.notDeepEqual(await decided(predictions, { ...options, seed: 8 }), all);
});

test('identities have other classes where they are given by name', async () => {
  const predictions = [
    { path: 'a/1.jpg', label: 'warm' },
    { path: 'a/2.jpg', label: 'warm' },
    { path: 'b/1.jpg', label: 'cool' },
    { path: 'b/2.jpg', label: 'warm' },
  ];
  const classNames = ['cool', 'warm'];
  const found = [];
  for await (const { label, reason, counts } of decideIdentities(predictions, { classNames })) {
    found.push([label, reason, counts]);
  }
  assert.deepEqual(found, [
    ['warm', undefined, [0, 2]],
    [undefined, 'below_threshold', [1, 1]],
  ]);
  await assert.rejects(decided(predictions), /predictions\[0\]\.label: expected African or /);
});

test('further faces are passed over, and an image that comes twice counts once', async () => {
  const asian = 'Asian';
  const [a, b, ...rest] = await decided([
    { path: './a/1.jpg#0', label: asian },
    { path: 'a/1.jpg#1', label: 'Indian' },
    { path: 'a/2.jpg_0.jpg', label: asian },
    { path: 'a/2.jpg_1.jpg', label: 'Indian' },
    { path: new Uint8Array(Buffer.from('b/\xff.jpg', 'latin1')), label: asian },
    { path: Buffer.from('b/\xff.jpg', 'latin1'), label: asian },
    { path: 'c/1.jpg#2', label: asian },
  ]);
  assert.deepEqual([a.name, a.images, a.counts], ['a', 2, [0, 2, 0, 0]]);
  assert.deepEqual([b.name, b.images, b.repeated, b.counts], ['b', 1, 1, [0, 1, 0, 0]]);
  assert.deepEqual(rest, []);
  assert.deepEqual(await decided([]), []);
});

test('an identity is given as soon as it is left, and leaving early lets go of the predictions', async () => {
  let taken = 0;
  let isLeft = false;
  const bytes = Buffer.alloc(12);
  async function* endless(): AsyncGenerator<PredictedImage> {
    try {
      for (; ; taken++) {
        // The same bytes are written to again and again.
        bytes.write(`${String(taken).padStart(8, '0')}/1.x`);
        yield { path: bytes, label: 'Asian' };
      }
    } finally {
      isLeft = true;
    }
  }
  for await (const { name } of decideIdentities(endless())) {
    assert.equal(name.toString(), String(taken - 1).padStart(8, '0'));
    if (taken === 3) break;
  }
  assert.ok(isLeft);
});

test('options and predictions are checked', async () => {
  const good: PredictedImage = { path: 'b/1.jpg', label: 'Asian' };
  for (const [options, message] of [
    [{ treshold: 0.9 }, /^treshold: no such option; there are threshold, maxPerIdentity, /],
    [{ threshold: 0.5 }, /^threshold: expected a decimal number above 0\.5, .* received 0\.5$/],
    [{ threshold: 1.01 }, /^threshold: /],
    [{ threshold: Number.NaN }, /^threshold: /],
    [{ threshold: '0.8' }, /^threshold: .* received "0\.8"$/],
    [{ maxPerIdentity: 0 }, /^maxPerIdentity: expected a whole number from 1 to 1000000, /],
    [{ seed: -1 }, /^seed: expected a whole number from 0 to 4294967295, received -1$/],
    [{ minImages: 1.5 }, /^minImages: expected a whole number from 1 to /],
    [{ sorted: 'no' }, /^sorted: expected true or false, received "no"$/],
  ] as [IdentityOptions, RegExp][]) {
    await assert.rejects(decided([good], options), { name: 'UserError', message });
  }
  for (const [predictions, message] of [
    [[good, { path: 'c/1.jpg', label: 'White' }], /^predictions\[1\]\.label: expected African or /],
    [[{ ...good, path: 7 }], /^predictions\[0\]\.path: expected a path of text or bytes, .* 7$/],
    [[{ ...good, path: '' }], /^predictions\[0\]\.path: /],
    [[undefined], /^predictions\[0\]: expected an object, received undefined$/],
    ['b/1.jpg', /^predictions: expected an iterable or async iterable of predictions, /],
    [
      [good, { ...good, label: 'Indian' }],
      /^predictions: b\/1\.jpg is there twice, as Asian and as Indian; give /,
    ],
    [
      [good, { ...good, path: 'a/1.jpg' }],
      /^predictions: not sorted by path \(a\/1\.jpg comes after b\/1\.jpg\); sort them, or set sorted/,
    ],
  ] as unknown as [PredictedImage[], RegExp][]) {
    await assert.rejects(decided(predictions), { name: 'UserError', message });
  }
  async function* failing(): AsyncGenerator<PredictedImage> {
    yield good;
    throw new TypeError('of the predictions');
  }
  await assert.rejects(decided(failing()), /^TypeError: of the predictions/);
});
