import type { Field } from './mutate.js';

/** Where the records of a zip archive keep numbers: signature, then [offset, width]. */
const ZIP_RECORDS: readonly [string, readonly (readonly [number, number])[]][] = [
  [
    'PK\x03\x04',
    [
      [6, 2],
      [8, 2],
      [18, 4],
      [22, 4],
      [26, 2],
      [28, 2],
    ],
  ],
  [
    'PK\x01\x02',
    [
      [8, 2],
      [10, 2],
      [20, 4],
      [24, 4],
      [28, 2],
      [30, 2],
      [32, 2],
      [42, 4],
    ],
  ],
  [
    'PK\x05\x06',
    [
      [8, 2],
      [10, 2],
      [12, 4],
      [16, 4],
      [20, 2],
    ],
  ],
  ['PK\x06\x07', [[8, 8]]],
  [
    'PK\x06\x06',
    [
      [4, 8],
      [24, 8],
      [32, 8],
      [40, 8],
      [48, 8],
    ],
  ],
  // The 64-bit extra field of an entry: its length and three numbers.
  [
    '\x01\x00\x18\x00',
    [
      [2, 2],
      [4, 8],
      [12, 8],
      [20, 8],
    ],
  ],
];

/** Every size, offset, count, flag and method of a zip archive. */
export function zipFields(archive: Buffer): Field[] {
  const fields: Field[] = [];
  for (const [signature, places] of ZIP_RECORDS) {
    const mark = Buffer.from(signature, 'latin1');
    for (let at = archive.indexOf(mark); at !== -1; at = archive.indexOf(mark, at + 1)) {
      for (const [offset, width] of places) {
        if (at + offset + width <= archive.length) fields.push({ at: at + offset, width });
      }
    }
  }
  return fields;
}
