/** The report of `facecls run` and the page of `facecls composition`, in a browser, opened from disk. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { launchBrowser, noBrowser, openPage } from '../support/browser.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { smallPhotographs } from '../support/small-photographs.js';

const skip = noBrowser;

const cwd = temporaryFolder();
const FILES = ['results/report.html', 'composition/composition.html', 'faces_report/report.html'];
const PHONE = { viewport: { width: 390, height: 844 } };
let browser: Browser;

const open = (file: string, options?: BrowserContextOptions) =>
  openPage(browser, path.join(cwd, file), true, options);

before(async () => {
  if (skip) return;
  await smallPhotographs(path.join(cwd, 'photographs'));
  writeFileSync(path.join(cwd, 'photographs', 'broken.jpg'), 'no picture');
  const commands = [
    [3, 'run --input_dir photographs --output_dir results --format csv --report'],
    [0, 'composition --predictions results --group_by folder --output_dir composition'],
    [3, 'align --in_dir photographs --out_dir faces'],
    [0, 'infer --input_dir faces --output_dir faces_report --report'],
  ] as const;
  for (const [expected, line] of commands) {
    const { code, stderr } = await facecls(line.split(' '), { cwd, classifier: 'default' });
    assert.equal(code, expected, stderr);
  }
  browser = await launchBrowser();
});
after(() => browser?.close());

test('the report begins with shares and missed photographs, and then has the faces', {
  skip,
}, async () => {
  const { page, trouble } = await open('results/report.html');
  assert.equal(await page.title(), 'facecls report: 4 faces');
  const headings = await page.locator('h1, h2').allInnerTexts();
  const place = (text: string) => headings.findIndex((heading) => heading.startsWith(text));
  const order = [
    'Predicted groups',
    'Composition',
    'Whom the counts miss',
    'Confidence',
    'By folder',
  ];
  const places = [...order, 'African'].map(place);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.ok(
    places.every((at) => at >= 0),
    headings.join(', '),
  );
  const table = page.getByRole('table', { name: /^Shares of the 4 faces/ });
  assert.equal(await table.getByRole('columnheader', { name: 'Corrected share' }).count(), 1);
  await page.getByText('Of 3 photographs 0 have no face that was found and 1 could not').waitFor();
  assert.equal(await page.locator('.face img').count(), 4);
  assert.deepEqual(trouble, []);
});

test('the report of infer counts photographs by the manifest in its input folder', {
  skip,
}, async () => {
  const { page, trouble } = await open('faces_report/report.html');
  await page.getByText('Of 3 photographs 0 have no face that was found and 1 could not').waitFor();
  assert.deepEqual(trouble, []);
});

test('light and dark differ, and text stands out from its ground in both', { skip }, async () => {
  for (const file of FILES) {
    const grounds = new Set<string>();
    const { page, trouble } = await open(file);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { ground, contrast } = (await page.evaluate(CONTRAST)) as {
        ground: string;
        contrast: number;
      };
      grounds.add(ground);
      assert.ok(contrast > 4.5, `${file} ${colorScheme}: ${contrast}`);
    }
    assert.deepEqual(trouble, []);
    assert.equal(grounds.size, 2, file);
  }
});

test('nothing is wider than a phone', { skip }, async () => {
  for (const file of FILES) {
    const { page, trouble } = await open(file, PHONE);
    for (const group of await page.locator('.by-group summary').all()) await group.click();
    const wide = await page.evaluate(`[...document.querySelectorAll('main *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth && !element.closest('.path'))
      .length`);
    assert.equal(wide, 0, file);
    assert.deepEqual(trouble, []);
  }
});

test('a group opens with the keyboard and shows its shares', { skip }, async () => {
  for (const file of FILES) {
    const { page, trouble } = await open(file);
    const group = page.locator('.by-group details').first();
    assert.ok(!(await group.getByRole('table').isVisible()), file);
    await group.locator('summary').focus();
    await page.keyboard.press('Enter');
    assert.ok(await group.getByRole('table').isVisible(), file);
    assert.deepEqual(trouble, []);
  }
});

test('without JavaScript the shares are there', { skip }, async () => {
  for (const file of FILES) {
    const { page } = await open(file, { javaScriptEnabled: false });
    assert.ok(await page.getByRole('table', { name: /^Shares of/ }).isVisible(), file);
  }
});

/** The contrast ratio of WCAG 2 between the notes and the page. */
const CONTRAST = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (colour) => channels(colour)
    .map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = getComputedStyle(document.body).backgroundColor;
  const text = getComputedStyle(document.querySelector('.notes li')).color;
  const [low, high] = [light(ground), light(text)].sort((a, b) => a - b);
  return { ground, contrast: (high + 0.05) / (low + 0.05) };
})()`;
