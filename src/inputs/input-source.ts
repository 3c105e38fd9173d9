/** Where the inputs of a run come from: a list, a folder, an archive or an image. */

import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { invalidOption, UserError } from '../files/errors.js';
import { fileErrorReason } from '../files/file-errors.js';
import { realOutputFolder } from '../files/output-folder.js';
import { realPath } from '../files/paths.js';
import { shownPath } from '../files/text/shown-path.js';
import { IMAGE_NAME } from '../image/image-name.js';
import {
  type ArchiveFile,
  archiveInputs,
  openArchiveFile,
  tryArchiveFile,
} from './archive-inputs.js';
import { nameEnding } from './archives/names.js';
import { SNIFFED, sniffEnding } from './archives/sniff.js';
import { isWithin, type WalkOptions, walkFolder, walkImages } from './folder.js';
import { Found } from './found.js';
import type { FoundInput, UnreadableInput } from './input.js';
import { listImages } from './list.js';
import { ListedMembers } from './listed-members.js';

/** Which images, as the options of a command say it. */
export interface SourceOptions {
  readonly in_list?: string | undefined;
  readonly null?: boolean | undefined;
  readonly follow_links?: boolean | undefined;
  readonly archives?: boolean | undefined;
  readonly image_column?: string | undefined;
}

export interface InputSource {
  /** The inputs in their order, from the first on each call; `found` is filled on the way. */
  files(found: Found): AsyncGenerator<FoundInput>;
  /** Those that are read, in their order. */
  readonly archives: readonly ArchiveFile[];
  /** Whether going through them a second time costs little. */
  readonly canCount: boolean;
}

/**
 * @param folderOption name of the option that gave `folder`
 * @param folder a folder, an archive or an image
 * @param outputFolder its files are not taken as input
 * @throws UserError where there is nothing of that kind
 */
export async function inputSource(
  folderOption: string,
  folder: string | undefined,
  options: SourceOptions,
  outputFolder: string,
): Promise<InputSource> {
  if (folder === '') throw invalidOption(folderOption, 'a folder', folder);
  if (options.in_list !== undefined) return listSource(folderOption, folder, options);
  if (folder === undefined) {
    throw new UserError(
      `${folderOption}: give the folder of images, or a list of them with --in_list`,
    );
  }
  const status = await stat(folder).catch(() => undefined);
  if (status !== undefined && !status.isDirectory()) {
    return fileSource(folderOption, folder, options);
  }
  return folderSource(folder, options, {
    option: folderOption,
    followLinks: options.follow_links ?? false,
    exclude: await realOutputFolder(outputFolder),
  });
}

async function listSource(
  option: string,
  folder: string | undefined,
  { in_list: list, null: nul = false, follow_links, image_column }: SourceOptions,
): Promise<InputSource> {
  const root = folder === undefined ? undefined : Buffer.from(folder);
  if (root) await checkFolder(option, root);
  return {
    archives: [],
    canCount: false,
    async *files(found) {
      const realRoot = root && !follow_links ? await realPath(root) : undefined;
      const members = new ListedMembers(image_column, found);
      for await (const listed of listImages(list!, root ? { folder: root, nul } : { nul })) {
        const input = await members.resolve(listed);
        if (realRoot && (await leadsOutside(input, realRoot))) {
          found.linksOutside += 1;
          continue;
        }
        found.images += 1;
        yield input;
      }
    },
  };
}

async function checkFolder(option: string, folder: Buffer): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  const what = found === undefined ? 'no such folder' : 'is not a folder';
  throw new UserError(
    `${option} ${shownPath(folder)}: ${what}; give the folder that listed paths are in`,
  );
}

/** Whether links lead a listed input out of the folder: a walk does not follow them either. */
async function leadsOutside(input: FoundInput, root: Buffer): Promise<boolean> {
  const file = input.kind === 'member' ? input.archive : input.path;
  // What is missing fails when it is read, and is listed.
  const real = await realPath(file).catch(() => undefined);
  return real !== undefined && !isWithin(real, root);
}

/** An archive or an image, given in place of a folder. */
async function fileSource(
  option: string,
  file: string,
  { archives, image_column }: SourceOptions,
): Promise<InputSource> {
  if (archives) {
    throw new UserError(
      `--archives reads the archives in a folder, and ${option} ${shownPath(file)} is a file; leave it out`,
    );
  }
  const bytes = Buffer.from(file);
  const relative = Buffer.from(path.basename(file));
  const archive = await openGiven(option, bytes, relative, image_column);
  if (archive !== undefined) {
    return {
      archives: [archive],
      canCount: isWalkedFast(archive),
      files: (found) => archiveInputs(archive, found),
    };
  }
  if (!IMAGE_NAME.test(file) && !(await beginsAsImage(file))) {
    throw new UserError(
      `${option} ${shownPath(bytes)}: is neither a folder nor an image nor an archive that is read (tar, tar.gz, zip, RecordIO, Parquet); give one of these`,
    );
  }
  return {
    archives: [],
    canCount: true,
    async *files(found) {
      found.images += 1;
      yield { kind: 'file', path: bytes, relative };
    },
  };
}

async function openGiven(
  option: string,
  file: Buffer,
  relative: Buffer,
  imageColumn: string | undefined,
): Promise<ArchiveFile | undefined> {
  try {
    return await openArchiveFile(file, { relative, below: relative }, imageColumn);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${option} ${shownPath(file)}: ${fileErrorReason(error)}; give a folder, an image or an archive`,
    );
  }
}

async function beginsAsImage(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFFED), 0, SNIFFED, 0);
    return sniffEnding(buffer.subarray(0, bytesRead)) !== undefined;
  } finally {
    await handle.close();
  }
}

/** Those that are not have to be unpacked to be walked over. */
function isWalkedFast({ archive: { kind } }: ArchiveFile): boolean {
  return kind !== 'tar.gz' && kind !== 'parquet';
}

async function folderSource(
  folder: string,
  { archives: readsArchives, image_column }: SourceOptions,
  options: WalkOptions,
): Promise<InputSource> {
  const root = Buffer.from(folder);
  if (!readsArchives) {
    const files = (found: Found) => walkImages(root, { ...options, found });
    return { archives: [], canCount: true, files };
  }
  const opened = await findArchives(root, options, image_column);
  const archives = [...opened.values()].filter((file) => file.kind === 'archive');
  return {
    archives,
    canCount: archives.every(isWalkedFast),
    files: (found) => walkWithArchives(root, { ...options, found }, opened),
  };
}

type OpenedArchives = ReadonlyMap<string, ArchiveFile | UnreadableInput>;

/** All other files are opened, for the name of an archive says nothing. By their relative paths. */
async function findArchives(
  folder: Buffer,
  options: WalkOptions,
  imageColumn: string | undefined,
): Promise<OpenedArchives> {
  const opened = new Map<string, ArchiveFile | UnreadableInput>();
  for await (const { kind, path: file, relative } of walkFolder(folder, options)) {
    if (kind !== 'other') continue;
    const archive = await tryArchiveFile(file, relative, imageColumn);
    if (archive !== undefined) opened.set(relative.toString('latin1'), archive);
  }
  return opened;
}

async function* walkWithArchives(
  folder: Buffer,
  { found = new Found(), ...options }: WalkOptions,
  opened: OpenedArchives,
): AsyncGenerator<FoundInput> {
  for await (const file of walkFolder(folder, { ...options, found })) {
    const archive =
      file.kind === 'other' ? opened.get(file.relative.toString('latin1')) : undefined;
    if (archive?.kind === 'archive') {
      yield* archiveInputs(archive, found);
      continue;
    }
    const input = archive ?? file;
    if (input.kind === 'other') {
      found.addOther(nameEnding(input.relative));
      continue;
    }
    found.images += 1;
    yield input;
  }
}
