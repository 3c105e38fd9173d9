import { xxh32 } from '../../files/xxh32.js';

const FIRST_CAPACITY = 1024;
const FULLEST = 0.7;

/**
 * A hash table of keys, each with a few numbers of 32 bits: open addressing in one array, since a `Map` of ten million
 * strings takes gigabytes. Keys are known by 64 bits of hash: among 10 million, the chance that any two are taken for
 * one is 3 in a million. It is at least a third full and at most seven tenths; half as much again is held while it grows.
 */
export class KeyTable {
  /** Of a slot: two words for the key, then the numbers. */
  private readonly slotWords: number;
  private readonly seeds: readonly [number, number];
  private slots: Uint32Array<ArrayBuffer>;
  private capacity = FIRST_CAPACITY;
  private held = 0;

  /**
   * @param numbers that each key has
   * @param seeds of the two hashes of a key: any two that differ, and from those of hashes that keys are chosen by
   */
  constructor(numbers: number, seeds: readonly [number, number]) {
    this.slotWords = 2 + numbers;
    this.seeds = seeds;
    this.slots = new Uint32Array(this.slotWords * this.capacity);
  }

  /** Different keys. */
  get size(): number {
    return this.held;
  }

  /** All slots: the numbers of a key begin at what `find` and `add` return. They move when a key is added. */
  get words(): Uint32Array {
    return this.slots;
  }

  /** Where the numbers of the key begin in `words`, or undefined. */
  find(key: Buffer): number | undefined {
    const at = this.slot(...this.fingerprint(key));
    return this.slots[at] === 0 ? undefined : at + 2;
  }

  /** The same, of a key that gets a place where it has none; `isNew` tells that its numbers are still 0. */
  add(key: Buffer): { readonly at: number; readonly isNew: boolean } {
    if (this.held >= FULLEST * this.capacity) this.grow();
    const [first, second] = this.fingerprint(key);
    const at = this.slot(first, second);
    const isNew = this.slots[at] === 0;
    if (isNew) {
      this.held += 1;
      this.slots[at] = first;
      this.slots[at + 1] = second;
    }
    return { at: at + 2, isNew };
  }

  /** Where the numbers of each key begin. */
  *places(): Generator<number> {
    for (let at = 0; at < this.slots.length; at += this.slotWords) {
      if (this.slots[at] !== 0) yield at + 2;
    }
  }

  /** Two hashes, the first of which is not 0: that marks a free slot. */
  private fingerprint(key: Buffer): [number, number] {
    return [xxh32(key, 0, this.seeds[0]) || 1, xxh32(key, 0, this.seeds[1])];
  }

  /** Where the key is, or would be. */
  private slot(first: number, second: number): number {
    const { slots, capacity, slotWords } = this;
    for (let place = second & (capacity - 1); ; place = (place + 1) & (capacity - 1)) {
      const at = slotWords * place;
      if (slots[at] === 0 || (slots[at] === first && slots[at + 1] === second)) return at;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.capacity *= 2;
    this.slots = new Uint32Array(this.slotWords * this.capacity);
    for (let at = 0; at < old.length; at += this.slotWords) {
      if (old[at] === 0) continue;
      this.slots.set(old.subarray(at, at + this.slotWords), this.slot(old[at], old[at + 1]));
    }
  }
}
