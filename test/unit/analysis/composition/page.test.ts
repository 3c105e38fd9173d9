/** The page as its readers meet it: opened from disk in a browser, without a network. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { compositionPage } from '../../../../src/analysis/composition/page.js';
import { launchBrowser, noBrowser, openPage } from '../../../support/browser.js';
import { temporaryFolder } from '../../../support/cli.js';
import { exampleRecord, HOSTILE } from './example.js';

const skip = noBrowser;

const FACTS = { Predictions: '<img src=x onerror=alert(2)>' };
const file = path.join(temporaryFolder(), 'composition.html');
let browser: Browser;

const open = (options?: BrowserContextOptions) => openPage(browser, file, false, options);

/** Elements that stick out of the window. */
function tooWide(page: Page): Promise<number> {
  return page.evaluate(`[...document.querySelectorAll('main *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth).length`);
}

describe('composition.html in a browser', { skip }, () => {
  before(async () => {
    writeFileSync(file, compositionPage(exampleRecord(), FACTS));
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  test('shows shares, missed photographs and confidences, and asks for nothing', async () => {
    const { page, trouble } = await open();
    assert.equal(await page.title(), 'facecls composition: 2,025 faces');
    const table = page.getByRole('table', { name: /^Shares of the 2,025 faces/ });
    const cells = table.getByRole('row', { name: /^African/ }).getByRole('cell');
    const [count, raw, corrected] = await cells.allInnerTexts();
    assert.equal(count, '600');
    assert.match(raw, /^30 % \(28-32\)/);
    assert.match(corrected, /^\d+ % \(\d+-\d+\)/);
    assert.ok(await page.getByText('Of 2,249 photographs 224 have no face').isVisible());
    assert.ok(await page.getByRole('table', { name: /^Faces by the probability/ }).isVisible());
    assert.deepEqual(trouble, []);
  });

  test('hostile names are shown as they are and do nothing', async () => {
    const { page, trouble } = await open();
    assert.equal(await page.locator('script, img').count(), 0);
    assert.equal(await page.locator('summary', { hasText: HOSTILE.slice(0, 30) }).count(), 1);
    await page.getByText('About this run').click();
    assert.ok(await page.getByText(FACTS.Predictions).isVisible());
    assert.deepEqual(trouble, []);
  });

  test('a group opens with the keyboard', async () => {
    const { page, trouble } = await open();
    const group = page.locator('.by-group details').first();
    assert.ok(!(await group.getByRole('table').isVisible()));
    await group.locator('summary').focus();
    await page.keyboard.press('Enter');
    assert.ok(await group.getByRole('table').isVisible());
    assert.deepEqual(trouble, []);
  });

  test('nothing is wider than a phone', async () => {
    const { page, trouble } = await open({ viewport: { width: 360, height: 800 } });
    for (const summary of await page.locator('summary').all()) await summary.click();
    assert.equal(await tooWide(page), 0);
    assert.deepEqual(trouble, []);
  });

  test('dark as the system is, text stays readable', async () => {
    const { page } = await open({ colorScheme: 'dark' });
    const [ink, ground] = await page.evaluate<number[]>(`
      [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]
        .map((colour) => Number(colour.match(/\\d+/)[0]))`);
    assert.ok(ink > 200 && ground < 50, `${ink} on ${ground}`);
  });
});
