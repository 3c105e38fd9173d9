import { KeyTable } from './key-table.js';

const SEEDS = [0x66616365, 0x73657473] as const;

/** A set of faces, each with a small number. Memory: 12 bytes a face, with room to spare 17 to 34. */
export class FaceSet {
  private readonly table = new KeyTable(1, SEEDS);

  get size(): number {
    return this.table.size;
  }

  /**
   * @param value 0 .. 2^32 - 1; of a face that is there, the first stays
   * @returns the value of a face that was there
   */
  add(face: Buffer, value: number): number | undefined {
    const { at, isNew } = this.table.add(face);
    if (!isNew) return this.table.words[at];
    this.table.words[at] = value;
    return undefined;
  }

  get(face: Buffer): number | undefined {
    if (this.table.size === 0) return undefined;
    const at = this.table.find(face);
    return at === undefined ? undefined : this.table.words[at];
  }
}
