/** 1234567 -> 1,234,567 */
export function integer(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 image`, `2 images` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1 image`, `1,234 images` */
export function integerPlural(count: number, noun: string): string {
  return `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;
}
