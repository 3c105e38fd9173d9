/**
 * What results were made with: whatever may change a number or a row of them. Results that were made with
 * something else are neither gone on with nor merged.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { sha256OfBytes, sha256OfFile } from '../files/sha256.js';
import { shardName } from '../inputs/shard.js';
import { type DetectorSource, detectorNetworks } from '../models/detectors.js';
import type { CropFileOptions, DetectionOptions, InputOptions } from '../options/options.js';
import type { Device } from '../runtime/devices.js';
import { readNetwork } from '../runtime/network.js';
import { versions } from './record.js';

type Value = string | number | boolean | null;

/** By the names that a user knows: options, and other things in words. */
export type MadeWith = Readonly<Record<string, Value>>;

/** What all commands have in common. */
export async function inputsMadeWith(
  command: string,
  folderOption: string,
  folder: string | undefined,
  options: InputOptions,
  device: Device,
): Promise<MadeWith> {
  const list = options.in_list;
  return {
    command,
    [folderOption]: folder === undefined ? null : await realpath(folder),
    '--in_list': list === undefined ? null : absoluteList(list),
    '--follow_links': options.follow_links ?? false,
    '--ignore_exif': options.ignore_exif ?? false,
    '--max_megapixels': options.max_megapixels,
    '--shard': options.shard === undefined ? null : shardName(options.shard),
    device,
    ...(await versions()),
  };
}

/** Paths as the user spelled them: they stand in the results. */
export interface GivenPaths {
  readonly input?: string;
  readonly output: string;
  /** The list of inputs: an absolute path, or `-`. */
  readonly list?: string;
  /** Its paths end with NUL. */
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
    ...(list === undefined ? {} : { list: absoluteList(list) }),
    nul: nul ?? false,
  };
}

function absoluteList(list: string): string {
  return list === '-' ? list : path.resolve(list);
}

/** The content of a list, which decides which inputs there are and their order. */
export async function listMadeWith({ in_list: list }: InputOptions): Promise<MadeWith> {
  if (list === undefined || list === '-') return {};
  return { 'the list of SHA-256': await sha256OfFile(list) };
}

export async function facesMadeWith(
  options: DetectionOptions,
  detector: DetectorSource,
): Promise<MadeWith> {
  const networks = detectorNetworks(detector).map(({ network }) => readNetwork(network));
  const bytes = await Promise.all(networks);
  return {
    '--out_res': options.out_res,
    '--detector': detector.name,
    ...detectionMadeWith(detector),
    '--faces': options.faces,
    'detector networks of SHA-256': sha256OfBytes(Buffer.concat(bytes)),
  };
}

/** The options of the detector's own. */
function detectionMadeWith({ name, options }: DetectorSource): MadeWith {
  if (name === 'ssd') return { '--min_confidence': options.minConfidence };
  return {
    '--min_face_size': options.minFaceSize,
    '--thresholds': options.thresholds.join(' '),
    '--nms_thresholds': options.nmsThresholds.join(' '),
  };
}

export function cropsMadeWith(options: CropFileOptions): MadeWith {
  return { '--crop_format': options.crop_format, '--crop_quality': options.crop_quality };
}

/** The same from a record that was read: run.json, align_options.json or the header of a journal. */
export function parseMadeWith(record: unknown): MadeWith | undefined {
  const found = (record as { made_with?: unknown } | null | undefined)?.made_with;
  return typeof found === 'object' && found !== null ? (found as MadeWith) : undefined;
}

/**
 * The first thing in which two differ, in words.
 *
 * @param except names that may differ
 */
export function differenceOf(
  before: MadeWith,
  now: MadeWith,
  except: readonly string[] = [],
): { readonly before: string; readonly now: string } | undefined {
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (except.includes(name) || before[name] === now[name]) continue;
    return { before: inWords(name, before[name]), now: inWords(name, now[name]) };
  }
  return undefined;
}

function inWords(name: string, value: Value | undefined): string {
  if (value === undefined || value === null || value === false) return `no ${name}`;
  return value === true ? name : `${name} ${value}`;
}
