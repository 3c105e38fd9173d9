/** A progressive JPEG that takes long (ITU-T T.81, annex G): one scan, which says that nothing changes, again and again. */

/** Blocks that one code word passes over: a run of end-of-band of category 14, its smallest. */
const BLOCKS_A_RUN = 2 ** 14;
const BITS_A_RUN = 15;

/** @param side of the grey image, pixels: 1024, 2048, ... */
export function manyScans(side: number, scans: number): Buffer {
  const blocks = (side / 8) ** 2;
  const constants = scan(0, 0, zeros(blocks));
  const nothing = scan(1, 63, zeros((blocks / BLOCKS_A_RUN) * BITS_A_RUN));
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...new Array(64).fill(1)]),
    segment(0xc2, [8, side >> 8, side & 255, side >> 8, side & 255, 1, 1, 0x11, 0]),
    // One code word each, a zero bit: no difference between constants, and the run.
    segment(0xc4, [0x00, 1, ...new Array(15).fill(0), 0x00]),
    segment(0xc4, [0x10, 1, ...new Array(15).fill(0), 0xe0]),
    constants,
    ...new Array<Buffer>(scans).fill(nothing),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function segment(marker: number, content: readonly number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 255, ...content]);
}

function scan(first: number, last: number, data: Buffer): Buffer {
  return Buffer.concat([segment(0xda, [1, 1, 0x00, first, last, 0x00]), data]);
}

/** So many zero bits; ones fill the last byte. */
function zeros(count: number): Buffer {
  const data = Buffer.alloc(Math.ceil(count / 8));
  const left = count % 8;
  if (left > 0) data[data.length - 1] = 255 >> left;
  return data;
}
