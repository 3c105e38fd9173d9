/** Iterations that end early. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Aligner, align, Classifier } from 'facecls';
import { collect } from '../../support/collect.js';
import { CROPS, SMALL, sample } from '../../support/library.js';

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
