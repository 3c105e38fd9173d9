/**
 * Predictions brought together by identity. Both ways give the same identities in the same order: an
 * identity comes after those in its sub-folders, otherwise they stand in byte order of the folders'
 * names as `name/`. This is the order in which they are complete when images come sorted by path.
 */
import { shownPath } from '../../files/text/shown-path.js';
import { Draw, type DrawOptions, drawOf, type Identity, type LabelledImage } from './draw.js';
import { compareFacePaths, folderLength, withoutDotSlash } from './face-path.js';

export type { LabelledImage };

type Batches = AsyncIterable<readonly LabelledImage[]>;

/** Images do not come in the order that was expected: they have to be held in memory. */
export class UnsortedError extends Error {
  override readonly name = 'UnsortedError';
}

/**
 * The identities of images sorted by path (`compareFacePaths`). Memory holds one draw for each
 * identity from the current folder up to the topmost, however many images there are.
 *
 * @throws UnsortedError for an image that should have come earlier
 */
export async function* sortedIdentities(
  batches: Batches,
  options: DrawOptions,
): AsyncGenerator<Identity> {
  const open = new OpenIdentities(options);
  for await (const batch of batches) {
    for (const { path, label, line } of batch) {
      // `yield*` of nothing would cost as much as all the rest.
      for (const identity of open.add(path, label, line)) yield identity;
    }
  }
  yield* open.finish();
}

const NONE: readonly Identity[] = [];

/** The identities that may have further images, as sorted images pass. */
export class OpenIdentities {
  private readonly options: DrawOptions;
  /** Each in a sub-folder, at any depth, of the one before it. */
  private readonly draws: Draw[] = [];
  private previous: Buffer = Buffer.alloc(0);

  constructor(options: DrawOptions) {
    this.options = options;
  }

  /** How many are open: at most one for each level of the current path. */
  get size(): number {
    return this.draws.length;
  }

  /**
   * Adds an image and returns the identities whose folders it leaves.
   *
   * @throws UnsortedError where the image should have come before the last one
   */
  add(given: Buffer, label: string, line?: number): readonly Identity[] {
    const path = withoutDotSlash(given);
    if (compareFacePaths(this.previous, path) > 0) {
      throw new UnsortedError(`${shownPath(path)} comes after ${shownPath(this.previous)}`);
    }
    this.previous = path;
    const complete = this.leave((folder) => !startsWith(path, folder));
    const length = folderLength(path);
    let draw = this.draws.at(-1);
    if (draw?.folder.length !== length) {
      draw = new Draw(path.subarray(0, length), this.options);
      this.draws.push(draw);
    }
    draw.add(path, label, line);
    return complete;
  }

  /** The identities that are still open, after the last image. */
  finish(): readonly Identity[] {
    return this.leave(() => true);
  }

  private leave(isLeft: (folder: Buffer) => boolean): readonly Identity[] {
    let complete = NONE;
    for (let draw = this.draws.at(-1); draw && isLeft(draw.folder); draw = this.draws.at(-1)) {
      complete = [...complete, draw.finish()];
      this.draws.pop();
    }
    return complete;
  }
}

function startsWith(path: Buffer, folder: Buffer): boolean {
  return (
    path.length >= folder.length && path.compare(folder, 0, folder.length, 0, folder.length) === 0
  );
}

/** The identities of images in any order; memory holds the names of all images. */
export async function* unsortedIdentities(
  batches: Batches,
  options: DrawOptions,
): AsyncGenerator<Identity> {
  // A byte is a character: strings take far less memory than as many buffers.
  const folders = new Map<
    string,
    { names: string[]; labels: string[]; lines: (number | undefined)[] }
  >();
  for await (const batch of batches) {
    for (const image of batch) {
      const path = withoutDotSlash(image.path);
      const length = folderLength(path);
      const folder = path.toString('latin1', 0, length);
      let images = folders.get(folder);
      if (images === undefined) {
        images = { names: [], labels: [], lines: [] };
        folders.set(folder, images);
      }
      images.names.push(path.toString('latin1', length));
      images.labels.push(image.label);
      images.lines.push(image.line);
    }
  }
  for (const folder of [...folders.keys()].sort(compareFolders)) {
    const { names, labels, lines } = folders.get(folder)!;
    const images = names.map((name, i) => ({
      path: Buffer.from(folder + name, 'latin1'),
      label: labels[i],
      line: lines[i],
    }));
    yield drawOf(Buffer.from(folder, 'latin1'), images, options);
  }
}

/** Sub-folders first, otherwise byte order. Folders are given with their slash, a byte a character. */
function compareFolders(left: string, right: string): number {
  if (left.startsWith(right)) return -1;
  if (right.startsWith(left)) return 1;
  return left < right ? -1 : 1;
}
