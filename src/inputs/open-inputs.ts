import { stat } from 'node:fs/promises';
import { invalidOption, UserError } from '../files/errors.js';
import { realOutputFolder } from '../files/output-folder.js';
import { shownPath } from '../files/shown-path.js';
import { type WalkCounts, walkImages } from './folder.js';
import type { FoundInput } from './input.js';
import { listImages } from './list.js';
import { isInShard, type Shard } from './shard.js';

/** Which images, as the options of a command say it. */
export interface InputOptions {
  readonly shard?: Shard | undefined;
  readonly in_list?: string | undefined;
  readonly null?: boolean | undefined;
  readonly follow_links?: boolean | undefined;
}

export interface Inputs {
  readonly files: AsyncIterable<FoundInput>;
  /** Complete when `files` has ended. */
  readonly links: WalkCounts;
  /**
   * How many there are, by walking once more beside the work; undefined where that is not to be known, or
   * when the signal comes first.
   */
  count(signal: AbortSignal): Promise<number | undefined>;
}

/**
 * The images to work on: a folder's or a list's, or those of them that belong to the shard.
 *
 * @param folderOption name of the option that gave `folder`
 * @param outputFolder its files are not taken as input
 * @throws UserError where there is no input; a shard may be empty
 */
export async function openInputs(
  folderOption: string,
  folder: string | undefined,
  options: InputOptions,
  outputFolder: string,
): Promise<Inputs> {
  const links: WalkCounts = { linksOutside: 0, linkLoops: 0 };
  if (folder === '') throw invalidOption(folderOption, 'a folder', folder);
  const root = folder === undefined ? undefined : Buffer.from(folder);
  let files: AsyncGenerator<FoundInput>;
  let count: Inputs['count'] = async () => undefined;
  if (options.in_list !== undefined) {
    const nul = options.null ?? false;
    if (root) await checkFolder(folderOption, root);
    files = listImages(options.in_list, root ? { folder: root, nul } : { nul });
  } else if (root) {
    const walkOptions = {
      option: folderOption,
      followLinks: options.follow_links ?? false,
      exclude: await realOutputFolder(outputFolder),
    };
    files = walkImages(root, { ...walkOptions, counts: links });
    count = (signal) => countItems(inShard(walkImages(root, walkOptions), options.shard), signal);
  } else {
    throw new UserError(
      `${folderOption}: give the folder of images, or a list of them with --in_list`,
    );
  }
  const first = await files.next();
  if (first.done) throw noInput(folderOption, folder, options, links);
  return { files: inShard(prepend(first.value, files), options.shard), links, count };
}

async function* inShard(
  files: AsyncIterable<FoundInput>,
  shard: Shard | undefined,
): AsyncGenerator<FoundInput> {
  for await (const file of files) {
    if (shard === undefined || isInShard(file.relative, shard)) yield file;
  }
}

/** undefined where the items cannot be read to their end: whoever reads them for the work will say so. */
async function countItems(
  items: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<number | undefined> {
  let count = 0;
  try {
    for await (const _ of items) {
      if (signal.aborted) return undefined;
      count += 1;
    }
  } catch {
    return undefined;
  }
  return count;
}

async function checkFolder(option: string, folder: Buffer): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  const what = found === undefined ? 'no such folder' : 'is not a folder';
  throw new UserError(
    `${option} ${shownPath(folder)}: ${what}; give the folder that listed paths are in`,
  );
}

async function* prepend<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

function noInput(
  folderOption: string,
  folder: string | undefined,
  { in_list: list }: InputOptions,
  { linksOutside }: WalkCounts,
): UserError {
  if (list !== undefined) return new UserError(`--in_list ${shownPath(list)}: lists no image`);
  const hint =
    linksOutside > 0
      ? `, but links that lead out of it (${linksOutside}); follow them with --follow_links`
      : ' (.jpg, .jpeg, .png, .webp, .bmp, .tif, .tiff, .avif, .gif); give a folder that does';
  return new UserError(`${folderOption} ${shownPath(folder!)}: holds no image${hint}`);
}
