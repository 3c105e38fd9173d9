/** Photographs that take little time, with faces that the published thresholds find. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { samplePhotographs } from './fixture.js';

/** By the name they get: photograph and width in pixels. */
const PHOTOGRAPHS = {
  'party.jpg': ['sample1.jpg', 1000],
  'ann/1.jpg': ['sample2.jpg', 640],
} as const;

/** `party.jpg` has three faces, `ann/1.jpg` has one. */
export async function smallPhotographs(folder: string): Promise<void> {
  mkdirSync(path.join(folder, 'ann'), { recursive: true });
  for (const [name, [source, width]] of Object.entries(PHOTOGRAPHS)) {
    await sharp(path.join(samplePhotographs(), source))
      .resize(width)
      .toFile(path.join(folder, name));
  }
}
