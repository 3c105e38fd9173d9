/**
 * A uniform sample of a stream of unknown length that does not depend on its order: the items whose
 * paths have the smallest hashes. Holds no more than its size at any time.
 */
import { createHash } from 'node:crypto';

/** At this many faces the page is some 9 MB and still opens at once. */
export const DEFAULT_MAX_IMAGES = 2000;

/** Orders paths as if drawn at random, alike on any machine: the SHA-256 of the bytes, as hex. */
export function rankOf(path: Buffer): string {
  return createHash('sha256').update(path).digest('hex');
}

export class UniformSample<T> {
  private readonly size: number;
  /** Ascending; `ranks[i]` is that of `items[i]`. */
  private readonly ranks: string[] = [];
  readonly items: T[] = [];

  constructor(size: number) {
    this.size = size;
  }

  /** Whether an item of this rank belongs to the sample of what has come so far. */
  takes(rank: string): boolean {
    return this.ranks.length < this.size || rank < (this.ranks.at(-1) ?? '');
  }

  /** Adds an item that the sample takes; a full one drops its last. */
  insert(rank: string, item: T): void {
    if (this.ranks.length === this.size) {
      this.ranks.pop();
      this.items.pop();
    }
    const place = this.placeOf(rank);
    this.ranks.splice(place, 0, rank);
    this.items.splice(place, 0, item);
  }

  /** The first place whose rank is above `rank`, by bisection. */
  private placeOf(rank: string): number {
    let low = 0;
    let high = this.ranks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranks[middle] <= rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
