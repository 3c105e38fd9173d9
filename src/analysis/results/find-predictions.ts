/** Where results lie: the predictions, the record beside them, and the manifest of the photographs. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../files/errors.js';
import { fileErrorReason } from '../../files/file-errors.js';
import { fileExists } from '../../files/file-exists.js';
import { shownPath } from '../../files/text/shown-path.js';
import { MANIFEST_NAME } from '../../outputs/manifest.js';
import { PREDICTION_NAMES } from '../../outputs/predictions.js';
import { RECORD_NAME, type RunRecord, readRunRecord } from '../../outputs/run-record.js';

export interface FoundPredictions {
  /** `-` is standard input. */
  readonly file: string;
  /** That of the run that wrote them. */
  readonly record: RunRecord | undefined;
  /** The input folder as the paths begin, with its slash; empty where it is not known. */
  readonly folder: Buffer;
}

export interface FoundManifest {
  readonly file: string;
  readonly record: RunRecord | undefined;
  /** The input folder as paths of photographs begin, with its slash; empty where it is not known. */
  readonly folder: Buffer;
  /** The same of the crops. */
  readonly cropFolder: Buffer;
}

/** With probabilities where there are any. */
const FORMATS = [PREDICTION_NAMES.csv, PREDICTION_NAMES.jsonl, PREDICTION_NAMES.txt];
/** The record of `align`. */
const ALIGN_RECORD = 'align.json';

/**
 * @param given a file of predictions, a folder of results, or `-`
 * @throws UserError where there is no such file, or nothing in the folder
 */
export async function findPredictions(given: string): Promise<FoundPredictions> {
  const file = await predictionsFile(given);
  const record =
    file === '-' ? undefined : await readRunRecord(path.join(path.dirname(file), RECORD_NAME));
  return { file, record, folder: withSlash(record?.input) };
}

/**
 * The file of predictions in a folder of results; what is no folder as it is given.
 *
 * @throws UserError as `findPredictions`
 */
export async function predictionsFile(given: string): Promise<string> {
  if (given === '-') return given;
  try {
    if (!(await stat(given)).isDirectory()) return given;
  } catch (error) {
    const reason = fileErrorReason(error);
    throw new UserError(
      `--predictions ${shownPath(given)}: ${reason}; give a folder of results of \`facecls run\` or \`facecls infer\`, or a file in it`,
    );
  }
  for (const name of FORMATS) {
    const file = path.join(given, name);
    if (await fileExists(file)) return file;
  }
  throw new UserError(
    `--predictions ${shownPath(given)}: has none of ${FORMATS.join(', ')}; give a folder of results of \`facecls run\` or \`facecls infer\`, shards merged`,
  );
}

/**
 * The manifest that is given; by default the one beside the predictions, else the one in the input folder that the
 * record of the predictions names.
 */
export async function findManifest(
  given: string | undefined,
  { file, record }: FoundPredictions,
): Promise<FoundManifest | undefined> {
  if (given === '-') {
    throw new UserError('--manifest: cannot be standard input; give the name of a file');
  }
  if (given !== undefined) return describeManifest(given);
  const folders = [
    ...(file === '-' ? [] : [path.dirname(file)]),
    ...[record?.realInput ?? record?.input].filter((folder) => folder !== undefined),
  ];
  for (const folder of folders) {
    const manifest = await manifestIn(folder);
    if (manifest !== undefined) return manifest;
  }
  return undefined;
}

export async function manifestIn(folder: string): Promise<FoundManifest | undefined> {
  const file = path.join(folder, MANIFEST_NAME);
  return (await fileExists(file)) ? describeManifest(file) : undefined;
}

async function describeManifest(file: string): Promise<FoundManifest> {
  const folder = path.dirname(file);
  const record =
    (await readRunRecord(path.join(folder, ALIGN_RECORD))) ??
    (await readRunRecord(path.join(folder, RECORD_NAME)));
  const crops =
    record?.command === 'run' && record.output !== undefined
      ? path.join(record.output, 'crops')
      : record?.output;
  return { file, record, folder: withSlash(record?.input), cropFolder: withSlash(crops) };
}

/** As paths begin that lie in it; empty for none. */
export function withSlash(folder: string | undefined): Buffer {
  return Buffer.from(folder === undefined ? '' : `${folder.replace(/\/+$/, '')}/`);
}

/** The path below the folder; as it is where it does not begin so. */
export function below(file: Buffer, folder: Buffer): Buffer {
  return folder.length > 0 && file.subarray(0, folder.length).equals(folder)
    ? file.subarray(folder.length)
    : file;
}
