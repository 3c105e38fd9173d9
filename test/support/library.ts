/** Images for the library, and its results as arrays. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { collect } from './collect.js';
import { fixture, jsonFixture, samplePhotographs } from './fixture.js';

/** Sample photographs that are small, of one face and of three. */
export const SMALL = Object.keys(jsonFixture('align/golden.json').images).slice(1, 3);
export const sample = (name: string) => path.join(samplePhotographs(), name);
export const CROPS = ['sample2.jpg_0.png', 'sample3.jpg_0.png', 'sample3.jpg_1.png'].map((name) =>
  fixture(`align/crops/upstream/${name}`),
);

/** What cannot be used has failed the test. */
export async function used<T extends { readonly reason?: string | undefined }>(
  items: AsyncIterable<T>,
): Promise<Extract<T, { readonly reason?: undefined }>[]> {
  const all = await collect(items);
  for (const { reason } of all) assert.equal(reason, undefined);
  return all as Extract<T, { readonly reason?: undefined }>[];
}
