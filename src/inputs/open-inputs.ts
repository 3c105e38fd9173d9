/** The inputs of a run: those of its source, or of its shard of them. */
import { UserError } from '../files/errors.js';
import { plural } from '../files/text/plural.js';
import { shownPath } from '../files/text/shown-path.js';
import { DECODED_ENDINGS } from '../image/image-name.js';
import type { ArchiveFile } from './archive-inputs.js';
import { endingsText, Found } from './found.js';
import type { FoundInput } from './input.js';
import { inputSource, type SourceOptions } from './input-source.js';
import { isInShard, type Shard } from './shard.js';

/** Which images, as the options of a command say it. */
export interface InputOptions extends SourceOptions {
  readonly shard?: Shard | undefined;
}

export interface Inputs {
  readonly files: AsyncIterable<FoundInput>;
  /** Complete when `files` has ended. */
  readonly found: Found;
  /** Archives that are read, in their order. */
  readonly archives: readonly ArchiveFile[];
  /**
   * How many there are, by walking once more beside the work; undefined where that is not to be known, or
   * when the signal comes first.
   */
  count(signal: AbortSignal): Promise<number | undefined>;
}

/**
 * The images to work on: a folder's, an archive's or a list's, or those of them that belong to the shard.
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
  const {
    archives,
    canCount,
    files: filesOf,
  } = await inputSource(folderOption, folder, options, outputFolder);
  const found = new Found();
  const files = filesOf(found);
  const first = await files.next();
  if (first.done) throw noInput(folderOption, folder, options, found);
  return {
    files: inShard(prepend(first.value, files), options.shard),
    found,
    archives,
    count: async (signal) =>
      canCount ? countItems(inShard(filesOf(new Found()), options.shard), signal) : undefined,
  };
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
  const links = `but links that lead out of it (${linksOutside}); follow them with --follow_links`;
  if (list !== undefined) {
    const input = linksOutside > 0 ? ` in ${folderOption}, ${links}` : '';
    return new UserError(`--in_list ${shownPath(list)}: lists no image${input}`);
  }
  const there = [
    ...(otherFiles > 0 ? [`${plural(otherFiles, 'other file')} (${endingsText(found)})`] : []),
    ...(hidden > 0 ? [`${hidden} hidden`] : []),
  ].join(' and ');
  const remedy = found.hasClosedArchives
    ? 'read archives in it with --archives, or give a folder that holds images'
    : 'give a folder that does';
  const hint =
    linksOutside > 0
      ? `, ${links}`
      : ` (${DECODED_ENDINGS})${there && `, but ${there}`}; ${remedy}`;
  return new UserError(`${folderOption} ${shownPath(folder!)}: holds no image${hint}`);
}
