import type { StoredImage } from '../inputs/input.js';
import type { Entry } from './entry.js';

/** An image that an earlier run has finished. */
export interface FinishedInput {
  readonly kind: 'finished';
  readonly path: Buffer;
  readonly relative: Buffer;
  readonly entry: Entry;
  /** Where its pixels are. */
  readonly image: StoredImage;
}
