/** Values out of JSON that is not trusted. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined for what is no JSON, and for JSON that is no object. */
export function parseObject(json: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** Undefined for what is no object: null and arrays are none. */
export function asObject(value: unknown): JsonObject | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : undefined;
}

/** Whether it is a whole number from 0 that a double holds exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
