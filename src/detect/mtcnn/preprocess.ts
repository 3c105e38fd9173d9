/** Network input for each grey level: (level - 127.5) / 128, exact in float32. */
const NORMALIZED = Float32Array.from({ length: 256 }, (_, level) => (level - 127.5) / 128);

/**
 * Writes grey levels as network input.
 *
 * @param levels 0..255, in planes CHW as the network wants them
 * @param out written from `offset`, levels.length numbers
 */
export function normalize(levels: Uint8Array, out: Float32Array, offset: number): void {
  for (let i = 0; i < levels.length; i++) out[offset + i] = NORMALIZED[levels[i]];
}
