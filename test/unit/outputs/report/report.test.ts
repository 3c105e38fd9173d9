import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { CLASS_NAMES, mostProbable } from '../../../../src/classify/labels.js';
import type { RgbImage } from '../../../../src/image/image.js';
import { Report, type ShownFace } from '../../../../src/outputs/report/report.js';
import { commit } from '../../../../src/outputs/sink.js';
import { temporaryFolder } from '../../../support/cli.js';

const folder = temporaryFolder();
const facts = { Model: 'resnet18.ckpt', Date: '2026-01-02' };

function plain(width: number, height: number): RgbImage {
  return { data: new Uint8Array(width * height * 3).fill(128), width, height };
}

function face(name: string, probabilities: number[], image = plain(2, 2)): ShownFace {
  return {
    kind: 'face',
    path: Buffer.from(name),
    label: mostProbable(probabilities, CLASS_NAMES),
    probabilities,
    image,
  };
}

/** `count` faces; the k-th is of class k % 4. */
function faces(count: number): ShownFace[] {
  return Array.from({ length: count }, (_, k) => {
    const probabilities = CLASS_NAMES.map((_, i) => (i === k % 4 ? 0.7 : 0.1));
    return face(`in/${k}.jpg`, probabilities);
  });
}

async function pageOf(
  added: readonly ShownFace[],
  options: { maxImages?: number } = {},
  failures: readonly (readonly [string, string])[] = [],
): Promise<string> {
  const report = new Report(folder, { classNames: CLASS_NAMES, facts, ...options });
  for (const one of added) await report.write(one);
  for (const [name, reason] of failures)
    await report.write({ kind: 'failed', path: Buffer.from(name), reason });
  await commit(report);
  return readFileSync(path.join(folder, 'report.html'), 'utf8');
}

function shownPaths(page: string): string[] {
  return [...page.matchAll(/<p class="path" title="([^"]*)">/g)].map((match) => match[1]);
}

/** Cells of the table of totals, bars left out, row by row. */
function totals(page: string): string[][] {
  const [table] = /<table.*?<\/table>/s.exec(page) ?? assert.fail('no totals');
  return [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) =>
      cell.replace(/<[^>]*>/g, ''),
    ),
  );
}

test('totals are over all faces, also those that are not shown', async () => {
  const added = [
    face('a.jpg', [0.9, 0.1, 0, 0]),
    face('b.jpg', [0.5, 0.3, 0.1, 0.1]),
    face('c.jpg', [0, 0, 0.2, 0.8]),
    face('d.jpg', [0.85, 0.15, 0, 0]),
  ];
  for (const maxImages of [4, 2, 0]) {
    const page = await pageOf(added, { maxImages });
    assert.equal(shownPaths(page).length, maxImages);
    const [head, ...rows] = totals(page).map((row) => row.slice(0, 4));
    assert.deepEqual(head, ['Group', 'Faces', 'Share', 'Mean confidence']);
    assert.deepEqual(rows, [
      ['African', '3', '75.0%', '75.0%'],
      ['Asian', '0', '0.0%', '–'],
      ['Caucasian', '0', '0.0%', '–'],
      ['Indian', '1', '25.0%', '80.0%'],
      ['All', '4', '100.0%', '76.3%'],
    ]);
    const shown = totals(page).map((row) => row[4]);
    assert.equal(shown.at(-1), String(maxImages));
  }
});

test('a page without any image is whole', async () => {
  const page = await pageOf([]);
  assert.deepEqual(totals(page).at(-1), ['All', '0', '–', '–', '0']);
  assert.ok(!page.includes('NaN'));
});

test('faces stand by class, highest confidence first, of equal ones by path', async () => {
  const page = await pageOf([
    face('low.jpg', [0.6, 0.4, 0, 0]),
    face('other.jpg', [0, 1, 0, 0]),
    face('b.jpg', [0.8, 0.2, 0, 0]),
    face('high.jpg', [0.95, 0.05, 0, 0]),
    face('a.jpg', [0.8, 0.2, 0, 0]),
  ]);
  assert.deepEqual(shownPaths(page), ['high.jpg', 'a.jpg', 'b.jpg', 'low.jpg', 'other.jpg']);
});

test('the sample is those with the smallest SHA-256 of the path, whatever their order', async () => {
  const added = faces(1000);
  const page = await pageOf(added, { maxImages: 200 });
  const rank = (name: string) => createHash('sha256').update(name).digest('hex');
  const expected = added
    .map(({ path: name }) => name.toString())
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .slice(0, 200);
  assert.deepEqual(shownPaths(page).sort(), expected.sort());
  assert.match(page, /200 of 1,000 faces shown: a uniform sample/);
  assert.match(await pageOf(added), /All faces are shown\./);

  assert.equal(await pageOf(added.toReversed(), { maxImages: 200 }), page);
  const shuffled = added.toSorted((a, b) => (rank(`x${a.path}`) < rank(`x${b.path}`) ? -1 : 1));
  assert.equal(await pageOf(shuffled, { maxImages: 200 }), page);
});

test('the sample is uniform over classes and over the length of the run', async () => {
  const numbers = shownPaths(await pageOf(faces(8000), { maxImages: 800 })).map((name) =>
    Number.parseInt(name.slice('in/'.length), 10),
  );
  for (const [parts, partOf] of [
    [4, (k: number) => k % 4],
    [8, (k: number) => Math.floor(k / 1000)],
  ] as const) {
    const counts: number[] = new Array(parts).fill(0);
    for (const k of numbers) counts[partOf(k)] += 1;
    const expected = 800 / parts;
    // Four standard deviations of a draw.
    for (const count of counts) {
      assert.ok(Math.abs(count - expected) < 4 * Math.sqrt(expected), String(counts));
    }
  }
});

test('no more thumbnails than the cap are kept at any time, also when faces come together', async () => {
  const report = new Report(path.join(folder, 'one-by-one'), {
    classNames: CLASS_NAMES,
    facts,
    maxImages: 20,
  });
  const added = faces(400);
  for (const [k, one] of added.entries()) {
    await report.write(one);
    assert.equal(report.kept, Math.min(k + 1, 20));
  }
  const together = new Report(path.join(folder, 'together'), {
    classNames: CLASS_NAMES,
    facts,
    maxImages: 20,
  });
  await Promise.all(
    added.map((one) => {
      const adding = together.write(one);
      assert.ok(together.kept <= 20);
      return adding;
    }),
  );
  await commit(report);
  await commit(together);
  const [a, b] = ['one-by-one', 'together'].map((name) => path.join(folder, name, 'report.html'));
  assert.deepEqual(readFileSync(b), readFileSync(a));
});

test('an image that does not belong to the sample is not encoded', async () => {
  const report = new Report(folder, { classNames: CLASS_NAMES, facts, maxImages: 0 });
  const broken = { data: new Uint8Array(1), width: 5, height: 5 };
  await report.write(face('a.jpg', [1, 0, 0, 0], broken));
  assert.equal(report.kept, 0);
});

test('thumbnails are JPEGs of at most 112 pixels, of the same shape, never enlarged', async () => {
  const sizes = [
    [112, 112, 112, 112],
    [400, 200, 112, 56],
    [150, 300, 56, 112],
    [30, 20, 30, 20],
    [1, 3000, 1, 112],
  ];
  for (const [width, height, thumbnailWidth, thumbnailHeight] of sizes) {
    const page = await pageOf([face('a.jpg', [1, 0, 0, 0], plain(width, height))]);
    const [, data] = /src="data:image\/jpeg;base64,([^"]+)"/.exec(page) ?? assert.fail();
    const shown = await sharp(Buffer.from(data, 'base64')).metadata();
    assert.deepEqual(
      [shown.format, shown.width, shown.height],
      ['jpeg', thumbnailWidth, thumbnailHeight],
    );
  }
});

test('probabilities are copied: a batch may be used again', async () => {
  const batch = new Float32Array([0.9, 0.1, 0, 0]);
  const report = new Report(folder, { classNames: CLASS_NAMES, facts });
  await report.write({ ...face('a.jpg', [1, 0, 0, 0]), probabilities: batch.subarray(0, 4) });
  batch.fill(0);
  const file = path.join(folder, 'report.html');
  await commit(report);
  assert.match(readFileSync(file, 'utf8'), /<dt>African<\/dt><dd>90\.0%/);
});

test('names and reasons are text, never markup', async () => {
  const hostile = [
    '<img src=x onerror=alert(1)>.jpg',
    '</script><script>alert(2)</script>.jpg',
    `" onmouseover="alert(3)" '.jpg`,
    '&lt;b&gt;.jpg',
    'new\nline.jpg',
    '</style><!--.jpg',
  ];
  const harmless = hostile.map((_, i) => `${i}.jpg`);
  const made = (names: string[]) =>
    pageOf(
      names.map((name) => face(name, [1, 0, 0, 0])),
      {},
      names.map((name) => [name, name] as const),
    );
  const tags = (page: string) => [...page.matchAll(/<[a-z/!][^\s>]*/g)].map(([tag]) => tag);
  const page = await made(hostile);
  assert.deepEqual(tags(page), tags(await made(harmless)));
  assert.ok(page.includes('title="&lt;img src=x onerror=alert(1)&gt;.jpg"'));
  // Quoted as in pred_ethnicities.txt, since it begins with a quote.
  assert.ok(
    page.includes('title="&quot;\\&quot; onmouseover=\\&quot;alert(3)\\&quot; &#39;.jpg&quot;"'),
  );
  assert.ok(page.includes('&amp;lt;b&amp;gt;.jpg'));
  assert.ok(page.includes('&quot;new\\nline.jpg&quot;'));
});

test('facts are escaped too', async () => {
  const report = new Report(folder, { classNames: CLASS_NAMES, facts: { '<i>': '<b>' } });
  const file = path.join(folder, 'report.html');
  await commit(report);
  assert.match(readFileSync(file, 'utf8'), /<dt>&lt;i&gt;<\/dt><dd>&lt;b&gt;<\/dd>/);
});

test('all failures are counted, the first ones are listed', async () => {
  const failures = Array.from({ length: 250 }, (_, k) => [`${k}.jpg`, 'not an image\n'] as const);
  const page = await pageOf([], {}, failures);
  assert.match(page, /<a href="#failed">250 images could not be read\.<\/a>/);
  assert.match(page, /The first 200 of 250; failed\.txt lists all\./);
  assert.equal(page.match(/<small>not an image<\/small>/g)?.length, 200);
  assert.ok(!(await pageOf([])).includes('could not be read'));
});

test('the page refers to nothing outside itself, and its policy forbids it', async () => {
  const page = (await pageOf(faces(8))).replaceAll(/data:image\/jpeg;base64,[\w+/=]+/g, 'data:');
  assert.doesNotMatch(page, /https?:|src="(?!data:)|@import|url\(|<link/i);
  for (const [, target] of page.matchAll(/href="([^"]*)"/g)) assert.match(target, /^#/);
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? assert.fail();
  assert.match(policy, /^default-src 'none'; img-src data:; style-src 'sha256-/);
  for (const tag of ['style', 'script']) {
    const [, text] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(page) ?? assert.fail();
    const hash = createHash('sha256').update(text).digest('base64');
    assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), tag);
  }
});

test('an unknown label is an error; a page that cannot be written leaves nothing', async () => {
  const report = new Report(folder, { classNames: CLASS_NAMES, facts });
  await assert.rejects(report.write({ ...face('a', [1, 0, 0, 0]), label: 'Other' }), /not a class/);
  const taken = path.join(folder, 'taken');
  mkdirSync(path.join(taken, 'report.html'), { recursive: true });
  const blocked = new Report(taken, { classNames: CLASS_NAMES, facts });
  await assert.rejects(commit(blocked), /cannot write .*taken/);
  assert.deepEqual(
    readdirSync(taken).filter((name) => name.endsWith('.partial')),
    [],
  );
});
