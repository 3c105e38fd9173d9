/*
 * Files made to hurt, each in its own way: small files that ask for much memory or time. Each is refused or
 * converted in seconds, and all of them in `MOST_MEMORY`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateRawSync } from 'node:zlib';
import { CLASS_NAMES } from '../../src/classify/labels.js';
import { checkpointToOnnx } from '../../src/convert/checkpoint.js';
import { ModelError } from '../../src/files/errors.js';
import { bytes, zip } from './bytes.js';

/** What the process has in use at most, bytes; 60 MB of it are Node.js and up to 300 MB the files, made here. */
const MOST_MEMORY = 1e9;

/** Milliseconds of processor time that a case may take; the longest takes some three. */
const LONGEST = 10_000;

const scratch = mkdtempSync(join(tmpdir(), 'facecls-worst-'));
after(() => {
  rmSync(scratch, { recursive: true });
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(`worst cases: at most ${(peak / 1e6).toFixed(0)} MB in use`);
  assert.ok(peak < MOST_MEMORY, `${peak} bytes`);
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A test that fails when its case takes long. What it leaves is not held against the next one. */
export function worst(name: string, body: () => void | Promise<void>): void {
  test(name, async (context) => {
    const start = process.cpuUsage();
    await body();
    const { user, system } = process.cpuUsage(start);
    const time = (user + system) / 1000;
    collectGarbage();
    const peak = process.resourceUsage().maxRSS / 1024;
    context.diagnostic(`${time.toFixed(0)} ms, ${peak.toFixed(0)} MB`);
    assert.ok(time < LONGEST, `took ${time} ms`);
  });
}

export function convert(contents: Uint8Array): Promise<Uint8Array> {
  const path = join(scratch, 'file');
  writeFileSync(path, contents);
  return checkpointToOnnx(path, { precision: 'fp32', classNames: CLASS_NAMES });
}

export async function refused(contents: Uint8Array, reason: RegExp): Promise<void> {
  await assert.rejects(convert(contents), (error) => {
    assert.ok(error instanceof ModelError, String(error));
    const { message } = error;
    assert.ok(message.startsWith(join(scratch, 'file ')) && !/[\r\n]/.test(message), message);
    assert.match(message, reason);
    return true;
  });
}

/** A checkpoint of the zip form with nothing but a pickle. */
export function pickled(...parts: (string | Uint8Array)[]): Buffer {
  return zip({ 'a/data.pkl': bytes('\x80\x02', ...parts) });
}

export const NO_RESNET = /holds no ResNet-18/;

/** A zip archive of one packed part, quickly packed, and where its directory has the size of it. */
export function bomb(contents: Uint8Array): { file: Buffer; sizeAt: number } {
  const file = zip({ 'a/data.pkl': deflateRawSync(contents, { level: 1 }) });
  const directory = file.indexOf('PK\x01\x02');
  file.writeUInt16LE(8, directory + 10);
  file.writeUInt32LE(contents.length, directory + 24);
  return { file, sizeAt: directory + 24 };
}
