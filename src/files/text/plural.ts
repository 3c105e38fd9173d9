/**
 * 1234567 -> 1,234,567. `toLocaleString('en-US')` gives the same, and takes a command 14 ms for its first number.
 *
 * @param value whole, below 1e21
 */
export function integer(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 image`, `2 images` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1 image`, `1,234 images` */
export function integerPlural(count: number, noun: string): string {
  return `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;
}
