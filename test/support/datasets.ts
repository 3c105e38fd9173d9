/** The data set in all forms (test/fixtures/datasets), and archives made of its faces. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  recordData,
  recordPart,
  TAR_END,
  tarMember,
} from '../unit/inputs/archives/make-archives.js';
import { fixture } from './fixture.js';

export const DATASETS = fixture('datasets');

/** Paths of the 60 faces, in byte order. */
export function faceFiles(): string[] {
  const folder = path.join(DATASETS, 'folder');
  return readdirSync(folder)
    .sort()
    .flatMap((identity) =>
      readdirSync(path.join(folder, identity))
        .sort()
        .map((file) => path.join(folder, identity, file)),
    );
}

/** `count` images, the faces over and over; each eleventh is none. */
function images(count: number): Buffer[] {
  const faces = faceFiles().map((file) => readFileSync(file));
  return Array.from({ length: count }, (_, i) =>
    i % 11 === 10 ? Buffer.from('damaged') : faces[i % faces.length],
  );
}

/** Members in the order of falling names, so that the archive's order is not that of the bytes. */
export function tarOf(count: number): Buffer {
  const members = images(count).map((data, i) =>
    tarMember({ name: `${count - i}/${i}.jpg`, data }),
  );
  return Buffer.concat([...members, TAR_END]);
}

/** Records whose labels, 0 to 6, take turns. */
export function recordsOf(count: number): Buffer {
  const records = images(count).map((image, i) =>
    recordData({ image, label: i % 7, id: BigInt(i) }),
  );
  return Buffer.concat(records.map((data) => recordPart(data)));
}
