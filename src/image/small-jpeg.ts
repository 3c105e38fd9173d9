/**
 * Small JPEGs, as aligned faces are, decoded by libjpeg-turbo in WebAssembly. sharp needs five times as long for
 * them, most of it to set its machinery up and to change threads: beside a classifier that takes 5 ms a face,
 * 0.7 ms count. Only files are taken of which both make the same pixels to the bit (both are libjpeg-turbo; they
 * part only where a damaged table makes coefficients that no encoder writes); all others, those that make
 * libjpeg-turbo complain among them, are left to sharp.
 */
import { createRequire } from 'node:module';
import type { RgbImage } from './image.js';

/** Above this sharp is the faster (256 x 256 pixels). */
const MOST_PIXELS = 65536;
/** So many pixels fit into less, unless something else is in the file. */
const MOST_BYTES = 2 ** 18;

/** The part of the package's interface that is used. */
interface TurboDecoder {
  /** Room for a file, in the module's memory. */
  getEncodedBuffer(length: number): Uint8Array;
  /** Throws a number where libjpeg-turbo has an error or a warning. */
  decode(): void;
  /** In the module's memory: to be copied before the next call. */
  getDecodedBuffer(): Uint8Array;
}

interface TurboModule {
  JPEGDecoder: new () => TurboDecoder;
}

let opening: Promise<TurboDecoder | undefined> | undefined;

async function openDecoder(): Promise<TurboDecoder> {
  const create: () => Promise<TurboModule> = createRequire(import.meta.url)(
    '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs',
  );
  return new (await create()).JPEGDecoder();
}

/**
 * @param content a file that begins as a JPEG does
 * @param ignoreExif whether a file that says how it is to be turned is taken, its pixels as stored
 * @returns undefined where the file is left to the general decoder
 */
export async function decodeSmallJpeg(
  content: Buffer,
  ignoreExif: boolean,
): Promise<RgbImage | undefined> {
  const size = plainJpegSize(content, ignoreExif);
  if (size === undefined) return undefined;
  // Where it cannot be loaded, sharp makes the same pixels.
  opening ??= openDecoder().catch(() => undefined);
  const decoder = await opening;
  if (decoder === undefined) return undefined;
  try {
    decoder.getEncodedBuffer(content.length).set(content);
    decoder.decode();
    const data = Buffer.from(decoder.getDecodedBuffer());
    return data.length === size.width * size.height * 3 ? { data, ...size } : undefined;
  } catch {
    // What a failed decoding has left in the module's memory goes with it.
    opening = undefined;
    return undefined;
  }
}

const START_OF_SCAN = 0xda;
/** Baseline and extended sequential frames in Huffman code; others are progressive, lossless, arithmetic. */
const SEQUENTIAL_FRAMES = [0xc0, 0xc1];
/** Frames of all kinds; between them lie the tables DHT (C4), JPG (C8) and DAC (CC). */
const FRAMES = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
const APP1 = 0xe1;
/** Adobe's marker, which may say that the channels are not Y, Cb, Cr. */
const APP14 = 0xee;
/** Sampling of Y, Cb, Cr, horizontal and vertical in a hexadecimal digit each: 4:4:4, 4:2:2 and 4:2:0. */
const SAMPLINGS = ['11 11 11', '21 11 11', '22 11 11'];

/**
 * The size of a small JPEG in three channels Y, Cb, Cr that nothing in the file makes special; undefined for
 * any other. ITU-T T.81, annex B.
 */
export function plainJpegSize(
  content: Buffer,
  ignoreExif: boolean,
): { width: number; height: number } | undefined {
  if (content.length > MOST_BYTES) return undefined;
  let size: { width: number; height: number } | undefined;
  for (let at = 2; at + 4 <= content.length; ) {
    const marker = content[at + 1];
    const segment = content.subarray(at + 4, at + 2 + content.readUInt16BE(at + 2));
    // Fill bytes and markers without a length are allowed, and seldom.
    if (content[at] !== 0xff || marker < 0xc0 || marker === 0xff) return undefined;
    if (marker === START_OF_SCAN) return size;
    if (marker === APP14) return undefined;
    if (marker === APP1 && !ignoreExif && segment.toString('latin1', 0, 4) === 'Exif') {
      return undefined;
    }
    if (FRAMES.includes(marker)) {
      if (size !== undefined || !SEQUENTIAL_FRAMES.includes(marker)) return undefined;
      size = plainFrameSize(segment);
      if (size === undefined) return undefined;
    }
    at += 4 + segment.length;
  }
  return undefined;
}

/** @param frame precision, height, width, number of channels, and for each number, sampling and table */
function plainFrameSize(frame: Buffer): { width: number; height: number } | undefined {
  if (frame.length !== 15 || frame[0] !== 8 || frame[5] !== 3) return undefined;
  const height = frame.readUInt16BE(1);
  const width = frame.readUInt16BE(3);
  const pixels = width * height;
  const numbers = [frame[6], frame[9], frame[12]].join(' ');
  const sampling = [frame[7], frame[10], frame[13]].map((byte) => byte.toString(16)).join(' ');
  if (pixels === 0 || pixels > MOST_PIXELS) return undefined;
  return numbers === '1 2 3' && SAMPLINGS.includes(sampling) ? { width, height } : undefined;
}
