/* IEEE 754 binary16: one sign bit, five of exponent (bias 15), ten of fraction. */

let table: Float32Array | undefined;

/** The value of every half-precision bit pattern. */
function halfTable(): Float32Array {
  const values = new Float32Array(0x10000);
  for (let bits = 0; bits < 0x8000; bits++) {
    const exponent = bits >> 10;
    const fraction = bits & 0x3ff;
    let value: number;
    if (exponent === 0) value = fraction * 2 ** -24;
    else if (exponent === 31) value = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    else value = (1 + fraction / 1024) * 2 ** (exponent - 15);
    values[bits] = value;
    values[bits | 0x8000] = -value;
  }
  return values;
}

/** Half-precision bit patterns to their exact values. */
export function halfToFloat(bits: Uint16Array): Float32Array {
  table ??= halfTable();
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]];
  return values;
}

/**
 * Finite float32 values to half precision, rounded to nearest, ties to even. A value of 65520 or
 * more in magnitude has no finite half and becomes an infinity (0x7c00).
 */
export function floatToHalf(values: Float32Array): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < source.length; i++) {
    const bits = source[i];
    const sign = (bits >>> 16) & 0x8000;
    const exponent = ((bits >>> 23) & 0xff) - 112;
    let half: number;
    if (exponent >= 31) {
      half = 0x7c00;
    } else if (exponent > 0) {
      half = roundShift((exponent << 23) | (bits & 0x7fffff), 13);
    } else if (exponent >= -10) {
      // Subnormal: the leading one becomes part of the fraction.
      half = roundShift(0x800000 | (bits & 0x7fffff), 14 - exponent);
    } else {
      half = 0;
    }
    halves[i] = sign | half;
  }
  return halves;
}

/** value / 2^shift rounded to nearest, ties to even. A carry into the exponent is what is wanted. */
function roundShift(value: number, shift: number): number {
  const result = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return rest > tie || (rest === tie && (result & 1) === 1) ? result + 1 : result;
}

/** Whether every half is finite. */
export function allHalvesFinite(halves: Uint16Array): boolean {
  for (let i = 0; i < halves.length; i++) {
    if ((halves[i] & 0x7c00) === 0x7c00) return false;
  }
  return true;
}
