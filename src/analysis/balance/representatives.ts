/**
 * Which face represents each photograph or identity: the one with the smallest hash, whatever its class. So a list
 * has one face of it in all, not one in each class; and a face that differs in label from all others of its identity,
 * which is often wrong, has no better chance than they.
 *
 * That cannot be known before all faces have passed, so it takes a first pass and some memory for each photograph or
 * identity, however long the list: 20 bytes, with room to spare 29 to 57, half as much again while the table grows.
 */
import { xxh32 } from '../../files/xxh32.js';
import { KeyTable } from '../results/key-table.js';

/** Of a key: two for the smallest face, one for its cell. */
const NUMBERS = 3;
/** Seeds of hashes besides the one by which faces are drawn: any numbers that differ. */
const KEY_SEEDS = [0x6b65795f, 0x66616365] as const;
const SECOND_SEED = 0x7365636f;

export class Representatives {
  private readonly table = new KeyTable(NUMBERS, KEY_SEEDS);

  /** Different keys. */
  get size(): number {
    return this.table.size;
  }

  /**
   * @param hash by which the face is drawn
   * @param cell any number below 2^32 that comes back with the representative
   */
  add(key: Buffer, path: Buffer, hash: number, cell: number): void {
    const { at, isNew } = this.table.add(key);
    const { words } = this.table;
    const further = secondHash(path, hash);
    const isSmaller = hash < words[at] || (hash === words[at] && further < words[at + 1]);
    if (!isNew && !isSmaller) return;
    words[at] = hash;
    words[at + 1] = further;
    words[at + 2] = cell;
  }

  /** Whether the face represents its key; a row that comes twice does so both times. */
  isOne(key: Buffer, path: Buffer, hash: number): boolean {
    const at = this.table.find(key);
    if (at === undefined) return false;
    const { words } = this.table;
    return words[at] === hash && words[at + 1] === secondHash(path, hash);
  }

  /** The cell of each representative. */
  *cells(): Generator<number> {
    for (const at of this.table.places()) yield this.table.words[at + 2];
  }
}

/** Tells faces of one hash apart. */
function secondHash(path: Buffer, hash: number): number {
  return xxh32(path, 0, (SECOND_SEED ^ hash) >>> 0);
}
