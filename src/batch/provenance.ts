/**
 * Provenance: what results were made with, that is whatever may change a number or a row of them. Results that were
 * made with something else are neither gone on with nor merged.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { sha256OfFile } from '../files/sha256.js';
import { shown } from '../files/text/shown.js';
import { isReadOnce } from '../inputs/list.js';
import type { InputOptions } from '../options/options.js';
import { resultOptions } from '../options/settle.js';
import type { OptionsOf } from '../options/table.js';
import type { Device } from '../runtime/devices.js';
import type { TaskName } from '../tasks/job.js';
import { versions } from './record.js';

type Value = string | number | boolean | null | readonly number[];

/** By identifier: the name of an option without its dashes, or one of NOUNS. */
export type Provenance = Readonly<Record<string, Value>>;

/** What messages call what is no option. */
const NOUNS: Readonly<Record<string, string>> = {
  command: 'command',
  device: 'device',
  list_sha256: 'the list of SHA-256',
  archives_sha256: 'archives of SHA-256',
  model_sha256: 'model of SHA-256',
  detector_sha256: 'detector networks of SHA-256',
  facecls: 'facecls',
  node: 'node',
  'onnxruntime-node': 'onnxruntime-node',
  sharp: 'sharp',
  libvips: 'libvips',
};

/**
 * What a run of `infer`, `align` or `run` makes its results with.
 *
 * @param models SHA-256 of the networks
 */
export async function provenanceOf<C extends TaskName>(
  command: C,
  options: OptionsOf<C>,
  device: Device,
  models: Models,
): Promise<Provenance> {
  const { in_list: list } = options as InputOptions;
  const folder = inputFolder(options);
  return {
    command,
    ...resultOptions(command, options),
    ...(folder && { [folder.option]: await realpath(folder.path) }),
    ...(list !== undefined && { in_list: recordedList(list) }),
    ...(list !== undefined && !isReadOnce(list) && { list_sha256: await sha256OfFile(list) }),
    ...models,
    device,
    ...versions(),
  };
}

export interface Models {
  readonly model_sha256?: string;
  readonly detector_sha256?: string;
}

function inputFolder(
  options: object,
): { readonly option: string; readonly path: string } | undefined {
  const { in_dir, input_dir } = options as { in_dir?: string; input_dir?: string };
  if (in_dir !== undefined) return { option: 'in_dir', path: in_dir };
  return input_dir === undefined ? undefined : { option: 'input_dir', path: input_dir };
}

/** Paths as the user spelled them: they stand in the results. */
export interface GivenPaths {
  /** Input folder; absent where a list has none. */
  readonly input?: string;
  readonly output: string;
  /** Absolute, or `-` for standard input or a pipe. */
  readonly list?: string;
  readonly nul: boolean;
}

export function givenPaths(
  input: string | undefined,
  output: string,
  { in_list: list, null: nul }: InputOptions,
): GivenPaths {
  return {
    ...(input === undefined ? {} : { input }),
    output,
    ...(list === undefined ? {} : { list: recordedList(list) }),
    nul: nul ?? false,
  };
}

/** Absolute; `-` also for a pipe, which has no name that stays. */
function recordedList(list: string): string {
  return isReadOnce(list) ? '-' : path.resolve(list);
}

/** From a record that was read: run.json or the header of a journal. These are not trusted. */
export function parseProvenance(record: unknown): Provenance | undefined {
  const found = (record as { made_with?: unknown } | null | undefined)?.made_with;
  const isProvenance =
    typeof found === 'object' && found !== null && Object.values(found).every(isValue);
  return isProvenance ? (found as Provenance) : undefined;
}

function isValue(value: unknown): value is Value {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'number');
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/**
 * The first thing in which two differ, in words.
 *
 * @param except identifiers that may differ
 */
export function differenceOf(
  before: Provenance,
  now: Provenance,
  except: readonly string[] = [],
): { readonly before: string; readonly now: string } | undefined {
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (except.includes(name) || textOf(before[name]) === textOf(now[name])) continue;
    return { before: inWords(name, before[name]), now: inWords(name, now[name]) };
  }
  return undefined;
}

/** Lists as a user gives them. */
function textOf(value: Value | undefined): string {
  return [value].flat().map(partText).join(' ');
}

/** Records are not trusted: an object from JSON may not be convertible to text. */
function partText(part: unknown): string {
  return typeof part === 'object' ? JSON.stringify(part) : String(part);
}

function inWords(name: string, value: Value | undefined): string {
  const words = NOUNS[name] ?? `--${shown(name)}`;
  if (value === undefined || value === null || value === false) return `no ${words}`;
  return value === true ? words : `${words} ${shown(textOf(value))}`;
}
