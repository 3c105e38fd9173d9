/** Network input for each grey level: (level - 127.5) / 128, exact in float32. */
const NORMALIZED = Float32Array.from({ length: 256 }, (_, level) => (level - 127.5) / 128);

/**
 * Writes an HWC RGB image, 0..255, as normalized CHW planes.
 *
 * @param pixels [height * width * 3]
 * @param out written from `offset`, pixels.length numbers
 */
export function writePlanes(pixels: Uint8Array, out: Float32Array, offset: number): void {
  const plane = pixels.length / 3;
  for (let i = 0, at = 0; i < plane; i++, at += 3) {
    out[offset + i] = NORMALIZED[pixels[at]];
    out[offset + plane + i] = NORMALIZED[pixels[at + 1]];
    out[offset + 2 * plane + i] = NORMALIZED[pixels[at + 2]];
  }
}
