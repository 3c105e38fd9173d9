import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../../files/errors.js';
import { FormatError } from '../format-error.js';
import { landmarkOnnx } from '../networks/landmark-graph.js';
import { ssdOnnx } from '../networks/ssd-graph.js';
import { readTfjsWeights, type TfjsWeights } from './tfjs-weights.js';

/** Names of the two networks' files in the package's model folder. */
export const FACE_API_FILES = {
  ssd: 'ssd_mobilenetv1_model.bin',
  landmarks: 'face_landmark_68_model.bin',
} as const;

export type FaceApiNetwork = keyof typeof FACE_API_FILES;

const WRITERS = { ssd: ssdOnnx, landmarks: landmarkOnnx } as const;

const METADATA = { source: '@vladmandic/face-api 1.7.15', licence: 'MIT' };

/**
 * A network of @vladmandic/face-api as the bytes of an ONNX file (see `ssdOnnx` and `landmarkOnnx`); the same
 * files give the same bytes.
 *
 * @param folder the package's `model` folder
 * @throws ModelError where its files are missing or not those of the network
 */
export function readFaceApi(folder: string, network: FaceApiNetwork): Uint8Array {
  const file = join(folder, FACE_API_FILES[network]);
  try {
    return WRITERS[network](readWeights(file), METADATA);
  } catch (error) {
    if (error instanceof FormatError) {
      throw new ModelError(`${file} ${error.message}; expected that of ${METADATA.source}`);
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new ModelError(`${file} cannot be read (${code}); install facecls again`, {
      cause: error,
    });
  }
}

/** @param file the binary file; its manifest lies beside it */
export function readWeights(file: string): TfjsWeights {
  const manifest = file.replace(/\.bin$/, '-weights_manifest.json');
  return readTfjsWeights(readFileSync(manifest, 'utf8'), readFileSync(file));
}
