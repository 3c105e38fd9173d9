/**
 * Provenance: what results were made with, that is whatever may change a number or a row of them. Results that were
 * made with something else are neither gone on with nor merged.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { sha256OfBytes, sha256OfFile } from '../files/sha256.js';
import { shardName } from '../inputs/shard.js';
import { type DetectorSource, detectorNetworks } from '../models/detectors.js';
import type { InputOptions } from '../options/options.js';
import type { CropFiles } from '../outputs/crops.js';
import type { Device } from '../runtime/devices.js';
import { readNetwork } from '../runtime/network.js';
import type { AlignOptions } from '../tasks/align.js';
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
  model_sha256: 'model of SHA-256',
  detector_sha256: 'detector networks of SHA-256',
  facecls: 'facecls',
  node: 'node',
  'onnxruntime-node': 'onnxruntime-node',
  sharp: 'sharp',
  libvips: 'libvips',
};

/**
 * What all commands have in common.
 *
 * @param folderOption identifier of the option that gave `folder`
 */
export async function inputProvenance(
  command: TaskName,
  folderOption: 'in_dir' | 'input_dir',
  folder: string | undefined,
  options: InputOptions,
  device: Device,
): Promise<Provenance> {
  const { in_list: list, shard } = options;
  return {
    command,
    [folderOption]: folder === undefined ? null : await realpath(folder),
    in_list: list === undefined ? null : absoluteList(list),
    follow_links: options.follow_links ?? false,
    ignore_exif: options.ignore_exif ?? false,
    max_megapixels: options.max_megapixels,
    shard: shard === undefined ? null : shardName(shard),
    device,
    ...(await versions()),
  };
}

/** Paths as the user spelled them: they stand in the results. */
export interface GivenPaths {
  /** Input folder; absent where a list has none. */
  readonly input?: string;
  readonly output: string;
  /** Absolute, or `-`. */
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
    ...(list === undefined ? {} : { list: absoluteList(list) }),
    nul: nul ?? false,
  };
}

function absoluteList(list: string): string {
  return list === '-' ? list : path.resolve(list);
}

/** The content of a list, which decides which inputs there are and their order. */
export async function listProvenance(list: string | undefined): Promise<Provenance> {
  if (list === undefined || list === '-') return {};
  return { list_sha256: await sha256OfFile(list) };
}

export async function faceProvenance(
  { cropSize, faces }: AlignOptions,
  detector: DetectorSource,
): Promise<Provenance> {
  const networks = detectorNetworks(detector).map(({ network }) => readNetwork(network));
  const bytes = await Promise.all(networks);
  return {
    out_res: cropSize,
    detector: detector.name,
    ...detectorProvenance(detector),
    faces,
    detector_sha256: sha256OfBytes(Buffer.concat(bytes)),
  };
}

/** The options of the detector's own. */
function detectorProvenance({ name, options }: DetectorSource): Provenance {
  if (name === 'ssd') return { min_confidence: options.minConfidence };
  const { minFaceSize, thresholds, nmsThresholds } = options;
  return { min_face_size: minFaceSize, thresholds, nms_thresholds: nmsThresholds };
}

export function cropProvenance({ format, quality }: CropFiles): Provenance {
  return { crop_format: format, crop_quality: quality };
}

/** From a record that was read: run.json or the header of a journal. */
export function parseProvenance(record: unknown): Provenance | undefined {
  const found = (record as { made_with?: unknown } | null | undefined)?.made_with;
  return typeof found === 'object' && found !== null ? (found as Provenance) : undefined;
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
  return Array.isArray(value) ? value.join(' ') : String(value);
}

function inWords(name: string, value: Value | undefined): string {
  const words = NOUNS[name] ?? `--${name}`;
  if (value === undefined || value === null || value === false) return `no ${words}`;
  return value === true ? words : `${words} ${textOf(value)}`;
}
