import { readFile } from 'node:fs/promises';

/** A network that any process can load: its file, or the bytes of one made in memory. */
export type NetworkSource = string | Uint8Array;

/** A network with what messages call it. */
export interface NamedNetwork {
  readonly name: string;
  readonly network: NetworkSource;
  /** Images that it gets at once in use, where its batch axis is free and this is known. */
  readonly batch?: number;
}

/** @returns ONNX bytes. Throws node:fs errors. */
export async function readNetwork(network: NetworkSource): Promise<Uint8Array> {
  return typeof network === 'string' ? readFile(network) : network;
}
