/** What this installation can use. Nothing here throws: what is broken is what is asked for. */
import { access } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { FACE_API_FILES, type FaceApiNetwork } from '../convert/tfjs/face-api.js';
import { packageVersion } from '../files/package.js';
import { firstLine } from '../files/text/shown.js';
import { canvasVersion } from '../image/canvas.js';
import { loadSharp } from '../image/sharp.js';
import { usableCores } from '../runtime/cores.js';
import { tryDevice } from '../runtime/device-trial.js';
import { DEVICES, type Device, type Host, obstacle, thisHost } from '../runtime/devices.js';
import type { NamedNetwork, NetworkSource } from '../runtime/network.js';
import { runtimeFolder, runtimeVersion } from '../runtime/onnxruntime.js';
import { ssdFile, ssdNetwork } from './detectors.js';
import {
  bundledClassifier,
  bundledMtcnn,
  findClassifier,
  hashFile,
  paperCheckpoint,
} from './models.js';

/** What this installation can use. */
export interface Diagnosis {
  /** By name; a text in brackets where a package cannot be loaded. */
  readonly versions: Readonly<Record<string, string>>;
  readonly system: SystemState;
  readonly devices: readonly DeviceState[];
  readonly models: readonly ModelState[];
  /** Whether decoding, drawing, the CPU and every model work. */
  readonly ok: boolean;
}

/** The machine, as far as this process may use it. */
export interface SystemState {
  /** `linux/x64`, ... */
  readonly platform: string;
  /** Cores this process may use. */
  readonly cores: number;
  /** Bytes this process may use. */
  readonly memory: number;
}

/** A device, and whether it runs the networks with the CPU's results. */
export interface DeviceState {
  readonly name: Device;
  readonly ok: boolean;
  /** Where it is not: why, and what to do. */
  readonly cause?: string;
  readonly remedy?: string;
  /** Of the bundled classifier, in batches of 16, with all cores on the CPU. */
  readonly cropsPerSecond?: number;
}

/** The file of a network. */
export interface ModelState {
  readonly name: string;
  readonly path: string;
  readonly sha256?: string;
  readonly ok: boolean;
  /** Why it cannot be used. */
  readonly cause?: string;
}

/** How long each device is measured, milliseconds. */
const SPEED_CHECK = 500;

const CLASSIFIER = 'classifier';
const SSD_MODELS = [
  ['SSD detector', 'ssd'],
  ['SSD landmarks', 'landmarks'],
] as const;
export const PAPER_MODEL = "paper's checkpoint";

/** @param host for tests: another machine */
export async function diagnose(host: Host = thisHost(runtimeFolder())): Promise<Diagnosis> {
  const { versions, ok: versionsOk } = await installedVersions();
  const files = await modelFiles();
  const found = files.flatMap(({ network }) => (network === undefined ? [] : [network]));
  const cores = usableCores();
  const tryOn = (device: Device, networks: readonly NamedNetwork[]) =>
    tryDevice({
      device,
      threads: cores,
      networks,
      measure: { name: CLASSIFIER, milliseconds: SPEED_CHECK },
    });

  const onCpu = await tryOn('cpu', found);
  const models = files.map(({ state }) => {
    const trial = onCpu.find(({ name }) => name === state.name);
    return trial?.kind === 'failed' ? { ...state, ok: false, ...trial.obstacle } : state;
  });
  const usable = found.filter(({ name }) =>
    models.some((model) => model.name === name && model.ok),
  );

  const devices: DeviceState[] = [];
  for (const name of DEVICES) {
    const known = obstacle(name, host);
    if (known !== undefined) devices.push({ name, ok: false, ...known });
    else if (found.length === 0) devices.push({ name, ok: false, ...NO_MODEL });
    else devices.push(deviceState(name, name === 'cpu' ? onCpu : await tryOn(name, usable)));
  }
  const ok = versionsOk && devices[0].ok && models.every((model) => model.ok);
  return { versions, system: systemState(host, cores), devices, models, ok };
}

const NO_MODEL = { cause: 'there is no model to try it with', remedy: 'install facecls again' };

/** A model that fails on the CPU is the model's fault, unless all do. */
function deviceState(name: Device, trials: Awaited<ReturnType<typeof tryDevice>>): DeviceState {
  const failed = trials.filter((trial) => trial.kind === 'failed');
  const broken = name === 'cpu' ? failed.length === trials.length : failed.length > 0;
  if (broken) return { name, ok: false, ...(failed[0]?.obstacle ?? NO_MODEL) };
  const [speed] = trials.flatMap((trial) =>
    trial.kind === 'passed' ? (trial.imagesPerSecond ?? []) : [],
  );
  return speed === undefined
    ? { name, ok: true }
    : { name, ok: true, cropsPerSecond: Number(speed.toPrecision(3)) };
}

function systemState({ platform }: Host, cores: number): SystemState {
  // 0 and absurdly large numbers stand for no limit.
  const limit = process.constrainedMemory?.() ?? 0;
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { platform, cores, memory };
}

async function installedVersions() {
  let ok = true;
  const read = async (version: () => string | Promise<string>): Promise<string> => {
    try {
      return await version();
    } catch (error) {
      ok = false;
      return `(cannot be loaded: ${firstLine((error as Error).cause ?? error)})`;
    }
  };
  const versions = {
    facecls: await read(packageVersion),
    node: process.versions.node,
    'onnxruntime-node': await read(runtimeVersion),
    sharp: await read(() => loadSharp().versions.sharp ?? ''),
    libvips: await read(() => loadSharp().versions.vips),
    canvas: await read(canvasVersion),
  };
  return { versions, ok };
}

interface ModelFile {
  readonly state: ModelState;
  /** Absent where the file cannot be read or converted. */
  readonly network?: NamedNetwork;
}

/** The bundled models, and the paper's checkpoint where there is one. */
async function modelFiles(): Promise<ModelFile[]> {
  const { pnet, rnet, onet } = bundledMtcnn();
  const bundled = [
    ['MTCNN P-Net', pnet],
    ['MTCNN R-Net', rnet],
    ['MTCNN O-Net', onet],
    [CLASSIFIER, bundledClassifier()],
  ] as const;
  const files: ModelFile[] = [];
  for (const [name, file] of bundled) {
    files.push(await modelFile(name, file, async () => ({ network: file })));
  }
  for (const [name, network] of SSD_MODELS) {
    files.push(await ssdModel(name, network));
  }
  const checkpoint = await paperCheckpoint();
  if (checkpoint !== undefined) {
    const find = async () => {
      const { network, model } = await findClassifier(checkpoint);
      return { network, sha256: model.sha256 };
    };
    files.push(await modelFile(PAPER_MODEL, checkpoint, find));
  }
  return files;
}

async function ssdModel(name: string, network: FaceApiNetwork): Promise<ModelFile> {
  let file: string;
  try {
    file = ssdFile(network);
  } catch (error) {
    const state = { name, path: FACE_API_FILES[network], ok: false, cause: firstLine(error) };
    return { state };
  }
  return modelFile(name, file, async () => ({ network: ssdNetwork(network) }));
}

interface LoadedFile {
  readonly network: NetworkSource;
  /** Where it is not that of the file alone. */
  readonly sha256?: string;
}

async function modelFile(
  name: string,
  file: string,
  load: () => Promise<LoadedFile>,
): Promise<ModelFile> {
  let state: ModelState = { name, path: file, ok: false };
  try {
    await access(file);
    const hash = await hashFile(file);
    state = { ...state, sha256: hash };
    const { network, sha256 = hash } = await load();
    return { state: { ...state, sha256, ok: true }, network: { name, network } };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { state: { ...state, cause: isMissing ? 'is missing' : firstLine(error) } };
  }
}
