/** The faces with the smallest hashes among all that pass, at most one for each key: in bounded memory. */

export interface DrawnFace {
  /** The bytes, made at each reading. */
  readonly path: Buffer;
  readonly confidence: number | null;
  readonly hash: number;
}

/** Millions may be held. A string of bytes is a third of a `Buffer`, which would also keep the slab it is cut from. */
class Entry implements DrawnFace {
  /** What has one face at most; a character a byte, as in `name`. */
  readonly key: string;
  private name: string;
  hash: number;
  confidence: number | null;
  /** Where in the heap. */
  at = 0;

  constructor(name: string, hash: number, confidence: number | null, key: string) {
    this.name = name;
    this.hash = hash;
    this.confidence = confidence;
    // One string where both say the same.
    this.key = key === name ? name : key;
  }

  get path(): Buffer {
    return Buffer.from(this.name, 'latin1');
  }

  become(name: string, hash: number, confidence: number | null): void {
    this.name = name;
    this.hash = hash;
    this.confidence = confidence;
  }

  /** By hash, then by path: characters are bytes, so that their order is that of the bytes. */
  compareTo(other: Entry): number {
    return this.hash - other.hash || (this.name < other.name ? -1 : Number(this.name > other.name));
  }

  /** Whether such a face does not come before this one. */
  isBefore(hash: number, path: Buffer): boolean {
    return (hash - this.hash || Buffer.compare(path, this.path)) >= 0;
  }
}

/**
 * A key is represented by its smallest face: by hash, then by path. Of the keys those with the smallest
 * representatives are held. Which they are depends on the faces alone, not on their order, and a larger size only
 * adds. That holds though only `size` faces are kept: once it is full, the largest held never grows, and what is
 * turned away or pushed out is not below it, so it could not have been among the smallest at the end.
 */
export class SmallestFaces {
  readonly size: number;
  /** The largest first. */
  private readonly heap: Entry[] = [];
  private readonly byKey = new Map<string, Entry>();

  /** @param size from 0 */
  constructor(size: number) {
    this.size = size;
  }

  /** Faces held: at most `size`. */
  get held(): number {
    return this.heap.length;
  }

  /** @param keyOf called where the face may be held */
  add(path: Buffer, hash: number, confidence: number | null, keyOf: () => string): void {
    const isFull = this.heap.length === this.size;
    if (this.size === 0 || (isFull && this.heap[0].isBefore(hash, path))) return;
    const key = keyOf();
    const entry = this.byKey.get(key);
    if (entry?.isBefore(hash, path)) return;
    const name = path.toString('latin1');
    if (entry !== undefined) {
      entry.become(name, hash, confidence);
      this.sink(entry);
      return;
    }
    const added = new Entry(name, hash, confidence, key);
    this.byKey.set(key, added);
    if (isFull) {
      this.byKey.delete(this.heap[0].key);
      this.heap[0] = added;
      this.sink(added);
    } else {
      added.at = this.heap.push(added) - 1;
      this.rise(added);
    }
  }

  /** Those held, the smallest first: the first so many are those of a smaller size. */
  sorted(): DrawnFace[] {
    return this.heap.toSorted((a, b) => a.compareTo(b));
  }

  private rise(entry: Entry): void {
    while (entry.at > 0) {
      const parent = this.heap[(entry.at - 1) >> 1];
      if (parent.compareTo(entry) >= 0) return;
      this.swap(parent, entry);
    }
  }

  private sink(entry: Entry): void {
    const { heap } = this;
    for (;;) {
      const left = 2 * entry.at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const isRight = right < heap.length && heap[right].compareTo(heap[left]) > 0;
      const child = heap[isRight ? right : left];
      if (child.compareTo(entry) <= 0) return;
      this.swap(entry, child);
    }
  }

  private swap(one: Entry, other: Entry): void {
    const { at } = one;
    one.at = other.at;
    other.at = at;
    this.heap[one.at] = one;
    this.heap[other.at] = other;
  }
}
