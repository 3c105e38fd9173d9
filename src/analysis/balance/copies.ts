/** A folder for each class with the faces drawn, as training tools want them. */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeError } from '../../files/atomic.js';
import { UserError } from '../../files/errors.js';
import { fileErrorReason } from '../../files/file-errors.js';
import { own } from '../../files/own.js';
import { joinPath } from '../../files/paths.js';
import { shownPath } from '../../files/text/shown-path.js';
import { IMAGE_NAME } from '../../image/image-name.js';
import { facePath } from '../../inputs/face-name.js';
import { readManifest } from '../../outputs/read-manifest.js';
import { below, type FoundManifest, type FoundPredictions } from '../results/find-predictions.js';
import { ArchiveFaces, archiveOf } from './archive-faces.js';
import type { DrawnCell } from './draw.js';

export type CopyMode = 'none' | 'hardlink' | 'copy';

export interface CopyRequest {
  readonly how: 'hardlink' | 'copy';
  /** The output folder. */
  readonly folder: string;
  readonly cells: readonly DrawnCell[];
  readonly classNames: readonly string[];
  readonly found: FoundPredictions;
  readonly manifest: FoundManifest | undefined;
}

/** A file of a face, and where it goes below the folder of its class. */
interface Source {
  readonly file: Buffer;
  readonly name: Buffer;
}

const HASH_NUMBER = /#\d+$/;

/** Folders under partial names, with the faces in them. */
export class FaceFolders {
  /** Classes whose folders have their names. */
  private readonly named = new Set<string>();

  private constructor(
    private readonly folder: string,
    private readonly names: readonly string[],
    /** Faces. */
    readonly count: number,
  ) {}

  /** @throws UserError where a folder of a class is there, or a face has no file; then nothing is left behind */
  static async make(request: CopyRequest): Promise<FaceFolders> {
    const { folder, cells, classNames } = request;
    const sources = new Sources(request, await cropsOf(request));
    for (const name of classNames) await refuseThere(folder, name);
    const made = new FaceFolders(
      folder,
      classNames,
      cells.reduce((sum, { faces }) => sum + faces.length, 0),
    );
    try {
      const members = new ArchiveFaces();
      for (const [label, name] of classNames.entries()) {
        const target = Buffer.from(path.join(folder, partial(name)));
        await mkdir(target);
        for (const cell of cells.filter((one) => one.label === label)) {
          for (const face of cell.faces) {
            await place(sources.of(face.path), target, request.how, members);
          }
        }
      }
      await members.extract(imageColumnOf(request.found));
    } catch (error) {
      await made.discard();
      throw error;
    }
    return made;
  }

  /** Gives the folders their names. @throws UserError where a name was taken meanwhile */
  async commit(): Promise<void> {
    for (const name of this.names) {
      const target = path.join(this.folder, name);
      try {
        await rename(path.join(this.folder, partial(name)), target);
      } catch (error) {
        throw writeError(Buffer.from(target), error);
      }
      this.named.add(name);
    }
  }

  /** Removes the folders, those too that have their names. */
  async discard(): Promise<void> {
    for (const name of this.names) {
      const current = this.named.has(name) ? name : partial(name);
      await rm(path.join(this.folder, current), { recursive: true, force: true });
    }
  }
}

function partial(name: string): string {
  return `${name}.partial`;
}

async function refuseThere(folder: string, className: string): Promise<void> {
  for (const name of [className, partial(className)]) {
    const there = await readdir(path.join(folder, name)).catch((error) =>
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : [],
    );
    if (there === undefined) continue;
    throw new UserError(
      `--copy: ${shownPath(path.join(folder, name))} is there, and folders of faces are not replaced; remove it, or give another --output_dir`,
    );
  }
}

/** Which file a face has, and under which name it is put. */
class Sources {
  constructor(
    private readonly request: CopyRequest,
    private readonly crops: ReadonlyMap<string, Buffer | null>,
  ) {}

  /** @throws UserError where the face has none */
  of(face: Buffer): Source {
    const { found, manifest } = this.request;
    const relative = below(face, found.folder);
    const crop = this.crops.get(relative.toString('latin1'));
    if (crop !== undefined && crop !== null) {
      return { file: crop, name: safeName(below(crop, manifest!.cropFolder)) };
    }
    const name = relative.toString('latin1');
    if (crop === null || HASH_NUMBER.test(name)) {
      throw new UserError(
        `--copy: the face ${shownPath(face)} has no file of its own; label with \`facecls run --save_crops\`, or leave --copy out`,
      );
    }
    return { file: face, name: safeName(relative) };
  }
}

/** Files of faces that have none under their own path, as the manifest tells them: null for one that was not kept. */
async function cropsOf({
  cells,
  found,
  manifest,
}: CopyRequest): Promise<ReadonlyMap<string, Buffer | null>> {
  const crops = new Map<string, Buffer | null>();
  for (const { faces } of cells) {
    for (const face of faces) {
      const key = below(face.path, found.folder).toString('latin1');
      if (HASH_NUMBER.test(key)) crops.set(key, null);
    }
  }
  if (manifest === undefined || crops.size === 0) return crops;
  for await (const { source, faces } of readManifest(manifest.file)) {
    for (const { face, crop } of faces) {
      const key = facePath(below(source, manifest.folder), face).toString('latin1');
      if (crops.has(key)) crops.set(key, crop);
    }
  }
  return crops;
}

/** A path that stays below the folder it is put in, whatever the predictions say. */
function safeName(name: Buffer): Buffer {
  const parts = name
    .toString('latin1')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .map((part) => (part === '..' ? '__' : part));
  return Buffer.from(parts.join('/'), 'latin1');
}

/** Links or copies a file at once; a member of an archive is written when all of them are known. */
async function place(
  { file, name }: Source,
  folder: Buffer,
  how: CopyRequest['how'],
  members: ArchiveFaces,
): Promise<void> {
  const shown = shownPath(file);
  const target = joinPath(folder, name);
  const status = await stat(file).catch(() => undefined);
  const member = status === undefined ? await archiveOf(file) : undefined;
  if (member !== undefined) {
    if (how === 'copy') return members.add(member, target);
    throw new UserError(
      `--copy hardlink: ${shown} is in an archive, out of which no link leads; give --copy copy`,
    );
  }
  if (status?.isFile() === false || !IMAGE_NAME.test(file.toString('latin1'))) {
    throw new UserError(`--copy: ${shown} is no image file; leave --copy out`);
  }
  try {
    await mkdir(target.subarray(0, target.lastIndexOf('/')), { recursive: true });
    // Of a link, the file that it leads to.
    if (how === 'hardlink') await link(await realpath(file), target);
    else await copyFile(file, target, constants.COPYFILE_EXCL);
  } catch (error) {
    throw new UserError(`--copy: ${shown}: ${reasonOf(error)}`, undefined, { cause: error });
  }
}

/** The column of Parquet files from which the predictions were made. */
function imageColumnOf({ record }: FoundPredictions): string | undefined {
  const column = own(record?.madeWith, 'image_column');
  return typeof column === 'string' ? column : undefined;
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EXDEV':
      return 'is on another file system than --output_dir, where no hard link can be; give --copy copy';
    case 'EEXIST':
      return 'another face would get the same name in the folder of its class; label folders one at a time';
    case 'ENOENT':
      return 'is not there any more; run facecls from the folder from which the faces were labelled, or label them again';
    default:
      return `${fileErrorReason(error)}; leave --copy out, or give another --output_dir`;
  }
}
