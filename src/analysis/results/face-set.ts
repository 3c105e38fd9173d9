/**
 * A set of faces, each with a small number, known by 64 bits of hash: among 10 million, the chance that any two are
 * taken for one is 3 in a million. Memory: 12 bytes a face, with room to spare 17 to 34, half as much again while it
 * grows.
 */
import { xxh32 } from '../../files/xxh32.js';

/** Words of a slot: two for the face, one for its number. */
const WORDS = 3;
const FIRST_CAPACITY = 1024;
const FULLEST = 0.7;
const SEEDS = [0x66616365, 0x73657473] as const;

export class FaceSet {
  private words = new Uint32Array(WORDS * FIRST_CAPACITY);
  private capacity = FIRST_CAPACITY;
  private held = 0;

  get size(): number {
    return this.held;
  }

  /** @param value 0 .. 2^32 - 1; of a face that is there, the first stays */
  add(face: Buffer, value: number): void {
    if (this.held >= FULLEST * this.capacity) this.grow();
    const [first, second] = fingerprint(face);
    const at = this.slot(first, second);
    if (this.words[at] !== 0) return;
    this.held += 1;
    this.words.set([first, second, value], at);
  }

  get(face: Buffer): number | undefined {
    if (this.held === 0) return undefined;
    const at = this.slot(...fingerprint(face));
    return this.words[at] === 0 ? undefined : this.words[at + 2];
  }

  /** Where the face is, or would be. */
  private slot(first: number, second: number): number {
    const { words, capacity } = this;
    for (let place = second & (capacity - 1); ; place = (place + 1) & (capacity - 1)) {
      const at = WORDS * place;
      if (words[at] === 0 || (words[at] === first && words[at + 1] === second)) return at;
    }
  }

  private grow(): void {
    const old = this.words;
    this.capacity *= 2;
    this.words = new Uint32Array(WORDS * this.capacity);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at] === 0) continue;
      this.words.set(old.subarray(at, at + WORDS), this.slot(old[at], old[at + 1]));
    }
  }
}

/** Two hashes, the first of which is not 0: that marks a free slot. */
function fingerprint(face: Buffer): [number, number] {
  return [xxh32(face, 0, SEEDS[0]) || 1, xxh32(face, 0, SEEDS[1])];
}
