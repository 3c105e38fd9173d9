/** The report as its readers meet it: opened from disk in a browser, without a network. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { CLASS_NAMES, mostProbable } from '../../src/classify/labels.js';
import { decodeImage } from '../../src/image/decode.js';
import { Report } from '../../src/outputs/report/report.js';
import { commit } from '../../src/outputs/sink.js';
import { launchBrowser, noBrowser, openPage } from '../support/browser.js';
import { temporaryFolder } from '../support/cli.js';
import { fixture } from '../support/fixture.js';

const skip = noBrowser;

const CROPS = fixture('align/crops/upstream');
const HOSTILE = [
  '<img src=x onerror=alert(1)>.jpg',
  '</script><script>alert(2)</script>.jpg',
  '" onmouseover="alert(3)" x=".jpg',
];
const CONFIDENCES = [0.95, 0.8, 0.65, 0.5, 0.35];

const folder = temporaryFolder();
const file = path.join(folder, 'report.html');
let browser: Browser;

/** Five faces a class, from real crops, the least confident ones first; the first have hostile names. */
async function writeReport(): Promise<void> {
  const report = new Report(folder, {
    classNames: CLASS_NAMES,
    facts: { Model: '<b>resnet18</b>' },
  });
  const crops = readdirSync(CROPS).sort();
  for (const [k, crop] of crops.slice(0, 20).entries()) {
    const confidence = CONFIDENCES[CONFIDENCES.length - 1 - Math.floor(k / 4)];
    const probabilities = CLASS_NAMES.map((_, i) =>
      i === k % 4 ? confidence : (1 - confidence) / 3,
    );
    const options = { ignoreExif: false, maxMegapixels: 1 };
    await report.write({
      kind: 'face',
      path: Buffer.from(`faces/${HOSTILE[k] ?? crop}`),
      label: mostProbable(probabilities, CLASS_NAMES),
      probabilities,
      image: await decodeImage(Buffer.from(path.join(CROPS, crop)), options),
    });
  }
  for (const name of HOSTILE) {
    await report.write({ kind: 'failed', path: Buffer.from(name), reason: name });
  }
  await commit(report);
}

const open = (options?: BrowserContextOptions) => openPage(browser, file, true, options);

/** Confidences of the faces that can be seen, by class. */
async function visible(page: Page): Promise<Record<string, number[]>> {
  const seen: Record<string, number[]> = {};
  for (const face of await page.locator('.face:visible').all()) {
    // Not innerText, which is empty until the face is laid out.
    const label = (await face.locator('.label').textContent()) ?? '';
    seen[label] ??= [];
    seen[label].push(Number.parseFloat((await face.locator('.confidence').textContent()) ?? ''));
  }
  return seen;
}

before(async () => {
  if (skip) return;
  await writeReport();
  browser = await launchBrowser();
});
after(() => browser?.close());

const all = Object.fromEntries(CLASS_NAMES.map((name) => [name, [95, 80, 65, 50, 35]]));

test('the page shows totals and faces by class, highest confidence first, and asks for nothing', {
  skip,
}, async () => {
  const { page, trouble } = await open();
  assert.equal(await page.title(), 'facecls report: 20 faces');
  assert.ok(await page.getByRole('table', { name: 'Totals over all faces' }).isVisible());
  const row = page.getByRole('row', { name: /^Asian/ });
  assert.deepEqual(await row.getByRole('cell').allInnerTexts(), ['5', '25.0%', '65.0%', '5']);
  assert.deepEqual(await visible(page), all);
  const loaded = await page
    .locator('.face img')
    .evaluateAll((images) =>
      Promise.all(
        images.map((image) =>
          (image as unknown as { decode(): Promise<void> }).decode().then(() => true),
        ),
      ),
    );
  assert.deepEqual(loaded, new Array(20).fill(true));
  assert.deepEqual(trouble, []);
});

test('hostile names are shown as they are and do nothing', { skip }, async () => {
  const { page, trouble } = await open();
  for (const name of HOSTILE) {
    const shown = page.locator('.path', { hasText: `faces/${name}` });
    assert.equal(await shown.getAttribute('title'), `faces/${name}`);
    await shown.hover();
  }
  assert.equal(await page.locator('img').count(), 20);
  assert.equal(await page.locator('script').count(), 1);
  assert.equal(await page.locator('#failed li').count(), HOSTILE.length);
  assert.deepEqual(trouble, []);
});

test('the policy stops what would get through: scripts, handlers, the network', {
  skip,
}, async () => {
  const { page, trouble } = await open();
  await page.evaluate(`
    document.body.insertAdjacentHTML('beforeend', '<img src="https://example.org/x" onerror="alert(4)">');
    document.body.append(Object.assign(document.createElement('script'), { text: 'alert(5)' }));
    fetch('https://example.org/').catch(() => {});
  `);
  for (let waits = 0; trouble.length < 4 && waits < 40; waits += 1) await page.waitForTimeout(50);
  assert.ok(trouble.length >= 3, String(trouble));
  for (const each of trouble) assert.match(each, /^console .*Content Security Policy/);
});

test('the filter by class leaves that class alone', { skip }, async () => {
  const { page, trouble } = await open();
  for (const name of CLASS_NAMES) {
    if (name !== 'Indian') await page.getByLabel(name, { exact: true }).uncheck();
  }
  assert.deepEqual(await visible(page), { Indian: all.Indian });
  assert.equal(await page.getByRole('status').innerText(), '5 of 20 faces');
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.getByText('20 of 20 faces').waitFor();
  assert.deepEqual(await visible(page), all);
  assert.deepEqual(trouble, []);
});

test('the filter by confidence includes its ends, which do not cross', { skip }, async () => {
  const { page, trouble } = await open();
  const [least, most] = [page.getByLabel('from'), page.getByLabel('to', { exact: true })];
  await least.fill('65');
  await most.fill('94');
  const between = Object.fromEntries(CLASS_NAMES.map((name) => [name, [80, 65]]));
  assert.deepEqual(await visible(page), between);
  assert.equal(await page.getByRole('status').innerText(), '8 of 20 faces');
  await most.fill('40');
  assert.equal(await least.inputValue(), '40');
  assert.deepEqual(await visible(page), {});
  assert.equal(await page.getByText('No face of this group').locator('visible=true').count(), 4);
  assert.deepEqual(trouble, []);
});

test('a face opens with the keyboard and shows four probabilities and its whole path', {
  skip,
}, async () => {
  const { page, trouble } = await open();
  const face = page.locator('#class-1 .face').first();
  assert.ok(!(await face.locator('dl').isVisible()));
  await face.locator('summary').focus();
  await page.keyboard.press('Enter');
  assert.deepEqual(await face.locator('dt').allInnerTexts(), [...CLASS_NAMES]);
  assert.deepEqual(await face.locator('dd').allInnerTexts(), ['1.7%', '95.0%', '1.7%', '1.7%']);
  const fits = await face.locator('.path').evaluate((box) => box.scrollWidth <= box.clientWidth);
  assert.ok(fits);
  assert.deepEqual(trouble, []);
});

test('totals, faces and probabilities are there without JavaScript, and filters are not', {
  skip,
}, async () => {
  const { page, trouble } = await open({ javaScriptEnabled: false });
  assert.ok(await page.getByRole('table', { name: 'Totals over all faces' }).isVisible());
  assert.deepEqual(await visible(page), all);
  assert.ok(!(await page.locator('#filter').isVisible()));
  // Its note is in <noscript>, which Chromium does not show where only a test forbids scripts.
  assert.match((await page.locator('noscript').textContent()) ?? '', /Filters need JavaScript/);
  const face = page.locator('.face').first();
  await face.locator('summary').click();
  assert.equal(await face.locator('dd:visible').count(), 4);
  assert.deepEqual(trouble, []);
});

test('nothing is wider than a phone', { skip }, async () => {
  const { page, trouble } = await open({ viewport: { width: 390, height: 844 } });
  const overflow = await page.evaluate(`[...document.querySelectorAll('main *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth && !element.closest('.path'))
    .length`);
  assert.equal(overflow, 0);
  assert.deepEqual(trouble, []);
});
