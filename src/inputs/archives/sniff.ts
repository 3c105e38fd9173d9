/** What content begins with. */

/** So many bytes are enough. */
export const SNIFFED = 32;
/** A Parquet file begins and ends with it. */
export const PARQUET_MAGIC = 'PAR1';

/** The ending that fits an image: `jpg`, `png`, ... ; undefined when the bytes begin like no image. */
export function sniffEnding(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, SNIFFED);
  if (start.startsWith('\xff\xd8\xff')) return 'jpg';
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (start.startsWith('RIFF') && start.startsWith('WEBP', 8)) return 'webp';
  if (/^GIF8[79]a/.test(start)) return 'gif';
  if (start.startsWith('BM') && start.length >= 26) return 'bmp';
  if (start.startsWith('II*\0') || start.startsWith('MM\0*')) return 'tif';
  return start.startsWith('ftyp', 4) ? heifEnding(start.slice(8)) : undefined;
}

/** From the brands of a HEIF file: the major one, its version, those it is compatible with. */
function heifEnding(brands: string): string | undefined {
  if (/^(.{4})*?avi[fs]/s.test(brands)) return 'avif';
  return /^(.{4})*?(hei[cmsx]|hev[cmsx]|mif1|msf1)/s.test(brands) ? 'heic' : undefined;
}
