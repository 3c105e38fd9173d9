/** Pages as their readers meet them: opened from disk in a browser, without a network. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = [process.env.CHROMIUM_PATH ?? '', ...BROWSERS].find(existsSync);

/** Why tests that need a browser are skipped, or false. */
export const noBrowser =
  executablePath === undefined &&
  `no browser at ${BROWSERS.join(', ')} or in CHROMIUM_PATH (Debian: apt-get install chromium)`;

/** Only where `noBrowser` is false. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath as string,
    // Its sandbox does not start for root, as in a container.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** What must not be: requests, messages of the console, errors, dialogs. */
  readonly trouble: string[];
}

/** Pages of one context share a process, which takes half a second to start. They have no storage to share. */
const contexts = new Map<string, Promise<BrowserContext>>();

function contextOf(browser: Browser, options: BrowserContextOptions): Promise<BrowserContext> {
  const key = JSON.stringify(options);
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const context = browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  contexts.set(key, context);
  return context;
}

/**
 * Closes the page that was opened before with the same options.
 *
 * @param hasImages whether the page may hold images, as `data:`
 */
export async function openPage(
  browser: Browser,
  file: string,
  hasImages: boolean,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const url = pathToFileURL(file).href;
  const context = await contextOf(browser, options);
  for (const earlier of context.pages()) await earlier.close();
  const page = await context.newPage();
  const trouble: string[] = [];
  await page.route('**', (route) => {
    const target = route.request().url();
    if (target === url || (hasImages && target.startsWith('data:'))) return route.continue();
    trouble.push(`request ${target}`);
    return route.abort();
  });
  page.on('console', (message) => trouble.push(`console ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(`error ${error.message}`));
  page.on('dialog', (dialog) => {
    trouble.push(`dialog ${dialog.message()}`);
    return dialog.dismiss();
  });
  await page.goto(url);
  return { page, trouble };
}
