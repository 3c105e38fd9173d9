/** The faces with the smallest hashes among all that pass, at most one for each key: in bounded memory. */

export interface DrawnFace {
  readonly path: Buffer;
  readonly confidence: number | null;
  readonly hash: number;
}

interface Entry {
  face: DrawnFace;
  /** What has one face at most; a character a byte. */
  readonly key: string;
  /** Where in the heap. */
  at: number;
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
    if (this.size === 0 || (isFull && isAfter(hash, path, this.heap[0].face))) return;
    const key = keyOf();
    const entry = this.byKey.get(key);
    if (entry !== undefined && isAfter(hash, path, entry.face)) return;
    // A copy: the reader's buffer holds many rows.
    const face = { path: Buffer.from(path), confidence, hash };
    if (entry !== undefined) {
      entry.face = face;
      this.sink(entry);
      return;
    }
    const added: Entry = { face, key, at: 0 };
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
    return this.heap.map(({ face }) => face).sort(compare);
  }

  private rise(entry: Entry): void {
    while (entry.at > 0) {
      const parent = this.heap[(entry.at - 1) >> 1];
      if (compare(parent.face, entry.face) >= 0) return;
      this.swap(parent, entry);
    }
  }

  private sink(entry: Entry): void {
    const { heap } = this;
    for (;;) {
      const left = 2 * entry.at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const isRight = right < heap.length && compare(heap[right].face, heap[left].face) > 0;
      const child = heap[isRight ? right : left];
      if (compare(child.face, entry.face) <= 0) return;
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

function compare(a: DrawnFace, b: DrawnFace): number {
  return a.hash - b.hash || Buffer.compare(a.path, b.path);
}

/** Whether such a face does not come before `face`. */
function isAfter(hash: number, path: Buffer, face: DrawnFace): boolean {
  return (hash - face.hash || Buffer.compare(path, face.path)) >= 0;
}
