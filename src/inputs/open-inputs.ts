import { stat } from 'node:fs/promises';
import { invalidOption, UserError } from '../files/errors.js';
import { realOutputFolder } from '../files/output-folder.js';
import { realPath } from '../files/paths.js';
import { plural } from '../files/plural.js';
import { DECODED_ENDINGS } from '../image/image-name.js';
import { isWithin, walkImages } from './folder.js';
import { endingsText, Found } from './found.js';
import type { FoundInput, ImageFile } from './input.js';
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
  readonly found: Found;
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
  const found = new Found();
  if (folder === '') throw invalidOption(folderOption, 'a folder', folder);
  const root = folder === undefined ? undefined : Buffer.from(folder);
  let files: AsyncGenerator<FoundInput>;
  let count: Inputs['count'] = async () => undefined;
  if (options.in_list !== undefined) {
    const nul = options.null ?? false;
    if (root) await checkFolder(folderOption, root);
    const listed = listImages(options.in_list, root ? { folder: root, nul } : { nul });
    files = countImages(
      root && !options.follow_links ? withoutLinksOutside(listed, root, found) : listed,
      found,
    );
  } else if (root) {
    const walkOptions = {
      option: folderOption,
      followLinks: options.follow_links ?? false,
      exclude: await realOutputFolder(outputFolder),
    };
    files = walkImages(root, { ...walkOptions, found });
    count = (signal) => countItems(inShard(walkImages(root, walkOptions), options.shard), signal);
  } else {
    throw new UserError(
      `${folderOption}: give the folder of images, or a list of them with --in_list`,
    );
  }
  const first = await files.next();
  if (first.done) throw noInput(folderOption, folder, options, found);
  return { files: inShard(prepend(first.value, files), options.shard), found, count };
}

/** Listed files below `folder`, but for those that links lead out of it: a walk does not follow them either. */
async function* withoutLinksOutside(
  files: AsyncIterable<ImageFile>,
  folder: Buffer,
  found: Found,
): AsyncGenerator<ImageFile> {
  const root = await realPath(folder);
  for await (const file of files) {
    // What is missing fails when it is read, and is listed.
    const real = await realPath(file.path).catch(() => undefined);
    if (real === undefined || isWithin(real, root)) yield file;
    else found.linksOutside += 1;
  }
}

async function* countImages<T>(files: AsyncIterable<T>, found: Found): AsyncGenerator<T> {
  for await (const file of files) {
    found.images += 1;
    yield file;
  }
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
  throw new UserError(`${option} ${folder}: ${what}; give the folder that listed paths are in`);
}

async function* prepend<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

function noInput(
  folderOption: string,
  folder: string | undefined,
  { in_list: list }: InputOptions,
  found: Found,
): UserError {
  const { linksOutside, otherFiles, hidden } = found;
  if (list !== undefined) {
    const links =
      linksOutside > 0
        ? ` but links that lead out of the input folder (${linksOutside}); follow them with --follow_links`
        : '';
    return new UserError(`--in_list ${list}: lists no image${links}`);
  }
  const there = [
    ...(otherFiles > 0 ? [`${plural(otherFiles, 'other file')} (${endingsText(found)})`] : []),
    ...(hidden > 0 ? [`${hidden} hidden`] : []),
  ].join(' and ');
  const hint =
    linksOutside > 0
      ? `, but links that lead out of it (${linksOutside}); follow them with --follow_links`
      : ` (${DECODED_ENDINGS})${there && `, but ${there}`}; give a folder that does`;
  return new UserError(`${folderOption} ${folder}: holds no image${hint}`);
}
