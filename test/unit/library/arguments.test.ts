/** Arguments that types refuse and JavaScript lets through. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  Analyzer,
  analyze,
  convertCheckpoint,
  decideIdentities,
  encodeImage,
  evaluate,
  type RgbImage,
  walkImages,
} from 'facecls';
import { collect } from '../../support/collect.js';
import { CROPS } from '../../support/library.js';

let analyzer: Analyzer;
before(async () => {
  analyzer = await Analyzer.open();
});
after(() => analyzer.close());

async function refused(call: () => unknown, message: RegExp): Promise<void> {
  const outcome = async () => {
    const given = call() as AsyncIterable<unknown>;
    return Symbol.asyncIterator in given ? collect(given) : given;
  };
  await assert.rejects(outcome, { name: 'UserError', message });
}

test('options that are no object are refused', async () => {
  for (const options of [null, 5, 'cpu'] as unknown as object[]) {
    for (const call of [
      () => analyzer.analyze([], options),
      () => analyze([], options),
      () => Analyzer.open(options),
      () => walkImages('.', options),
      () => evaluate([], options),
      () => decideIdentities([], options),
      () => convertCheckpoint('a.ckpt', options),
      () => encodeImage({ data: new Uint8Array(3), width: 1, height: 1 }, options),
    ]) {
      await refused(call, /^options: expected an object, received (null|5|"cpu")$/);
    }
  }
});

test('options of an iteration are checked, and what is misspelt is refused', async () => {
  const { signal } = new AbortController();
  const misspelt = { signa: signal } as object;
  await refused(() => analyzer.analyze([], misspelt), /^signa: no such option; there is signal$/);
  await refused(() => analyze([], misspelt), /^signa: no such option; there are /);
  for (const wrong of [5, null, {}] as unknown as AbortSignal[]) {
    const message = /^signal: expected an AbortSignal, received (5|null|\{\})$/;
    await refused(() => analyzer.analyze([], { signal: wrong }), message);
    await refused(() => analyze([], { signal: wrong }), message);
  }
  assert.deepEqual(await collect(analyzer.analyze([], { signal })), []);
});

test('a folder is text, bytes or a file: URL', async () => {
  const folder = path.dirname(CROPS[0]);
  const walked = await collect(walkImages(folder));
  assert.ok(walked.length > 0);
  assert.deepEqual(await collect(walkImages(pathToFileURL(folder))), walked);
  assert.deepEqual(await collect(walkImages(Buffer.from(folder))), walked);
  for (const wrong of [undefined, null, 5, new URL('https://example.org/')] as unknown as URL[]) {
    await refused(
      () => walkImages(wrong),
      /^folder: expected a path of text or bytes, or a file: URL, received /,
    );
  }
});

test('options of a walk are checked', async () => {
  const misspelt = { folowLinks: true } as object;
  await refused(
    () => walkImages('.', misspelt),
    /^folowLinks: no such option; there is followLinks$/,
  );
  const wrong = { followLinks: 'no' as unknown as boolean };
  await refused(() => walkImages('.', wrong), /^followLinks: expected true or false, /);
});

test('what is no image is not encoded', async () => {
  for (const wrong of [null, undefined, 5] as unknown as RgbImage[]) {
    await refused(() => encodeImage(wrong), /^image: expected an object, received /);
  }
  for (const [bytes, width, height] of [
    [11, 2, 2],
    [16, 2, 2],
    [0, 0, 2],
  ]) {
    await refused(
      () => encodeImage({ data: new Uint8Array(bytes), width, height }),
      /^image: expected \{ data, width, height \} with width x height x 3 bytes of RGB$/,
    );
  }
});

test('a checkpoint to convert is a path', async () => {
  for (const wrong of [undefined, null, new URL('file:///a.ckpt')] as unknown as string[]) {
    await refused(() => convertCheckpoint(wrong), /^checkpoint: expected a path, received /);
  }
});
