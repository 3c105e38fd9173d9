/** The files of a finished shard: whether they are those that its record lists, byte for byte. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../files/errors.js';
import { fileErrorReason, isFileError } from '../../files/file-errors.js';
import type { FileRecord } from '../../files/file-record.js';
import { openRegularFile } from '../../files/open-file.js';
import { shownPath } from '../../files/text/shown-path.js';
import { MANIFEST_NAME } from '../../outputs/manifest.js';
import { PREDICTION_NAMES } from '../../outputs/predictions.js';
import type { TaskName } from '../../tasks/job.js';
import { MERGED_FILES } from './merge-files.js';
import type { ShardRecord } from './shard-record.js';

/** Files that every run of a command makes. */
const NEEDED: Readonly<Record<TaskName, readonly string[]>> = {
  align: [MANIFEST_NAME],
  infer: [PREDICTION_NAMES.txt],
  run: [PREDICTION_NAMES.txt, MANIFEST_NAME],
};

const REMEDY = 'run the shard again with --overwrite';
const LINE_END = 0x0a;

/**
 * Checks lines and SHA-256 of the files of a shard that can be merged.
 *
 * @returns their names
 * @throws UserError for one that is missing, was changed, or is not the shard's
 */
export async function checkFiles(folder: string, record: ShardRecord): Promise<readonly string[]> {
  const listed = new Map(record.files.map((file) => [file.name, file]));
  const names = await readdir(folder);
  const ofKind = MERGED_FILES.filter((name) => names.includes(name) || listed.has(name));
  const lacking = NEEDED[record.command].find((name) => !listed.has(name));
  if (lacking !== undefined) {
    throw new UserError(
      `${path.join(folder, record.name)}: does not list ${lacking}, which \`facecls ${record.command}\` always makes; ${REMEDY}`,
    );
  }
  for (const name of ofKind) {
    const file = path.join(folder, name);
    const expected = listed.get(name);
    if (expected === undefined) {
      throw new UserError(
        `${shownPath(file)}: is not of this shard, as ${record.name} does not list it; move it away`,
      );
    }
    await checkFile(file, expected, record.name);
  }
  return ofKind;
}

async function checkFile(file: string, expected: FileRecord, record: string): Promise<void> {
  let found: Omit<FileRecord, 'name'>;
  try {
    found = await readWhole(file);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new UserError(
      `${shownPath(file)}: ${fileErrorReason(error)}, though ${record} lists it; restore it, or ${REMEDY}`,
    );
  }
  if (found.lines !== expected.lines) {
    throw new UserError(
      `${shownPath(file)}: has ${found.lines} lines, and according to ${record} the shard wrote ${expected.lines}; restore it, or ${REMEDY}`,
    );
  }
  if (found.sha256 !== expected.sha256) {
    throw new UserError(
      `${shownPath(file)}: was changed since the shard wrote it (its SHA-256 is not that of ${record}); restore it, or ${REMEDY}`,
    );
  }
}

async function readWhole(file: string): Promise<{ lines: number; sha256: string }> {
  const hash = createHash('sha256');
  let lines = 0;
  const handle = await openRegularFile(file);
  for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) {
    hash.update(chunk);
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) {
      lines += 1;
    }
  }
  return { lines, sha256: hash.digest('hex') };
}
