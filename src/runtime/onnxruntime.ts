/**
 * The one module that knows onnxruntime-node: it creates sessions and runs them. Everything else sees named
 * float32 tensors, so that networks can be replaced by fakes in tests and the runtime is loaded only when a
 * network is (it costs 0.1 s and 50 MB).
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { FormatError } from '../convert/format-error.js';
import { hasExternalData } from '../convert/onnx/external-data.js';
import { ModelError } from '../files/errors.js';
import { cannotBeLoaded } from '../files/package.js';
import { firstLine } from '../files/text/shown.js';
import { type Device, DeviceError, meaningOf } from './devices.js';

/** Dense float32, row-major. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Name, element type (`float32`, ...) and shape of an input or output; a name or -1 stands for a free axis. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface Session {
  /** Runs the network; tensors go in and come out by name. */
  run(inputs: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  /**
   * Whether each new shape of input costs time once, so that callers should pad theirs to a few: a GPU's
   * libraries search for the best algorithm anew, and onnxruntime-node passes no option to stop them.
   */
  readonly prefersFewShapes?: boolean;
  /** Lets go of the network; fakes hold none. */
  release?(): Promise<void>;
}

export interface LoadedSession extends Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  release(): Promise<void>;
}

export interface SessionOptions {
  /** Threads that one run may use on the CPU. */
  readonly threads: number;
  /** The CPU unless given. */
  readonly device?: Device;
}

/**
 * A network on a device. On any but the CPU all of it: onnxruntime would let the CPU do what a device cannot,
 * up to everything, and say nothing; `session.disable_cpu_ep_fallback` makes that an error. The check is by
 * node of the optimized graph. A network that works on shapes (Shape, Gather) may fail it on CUDA, which
 * leaves such nodes to the CPU on purpose; the bundled networks and converted checkpoints have none.
 *
 * @param model ONNX bytes with all data inside: onnxruntime would look for the rest in the current folder
 * @param source what the error names: the file the bytes come from
 * @throws ModelError where onnxruntime cannot load the bytes, DeviceError where the device cannot run them
 */
export async function createSession(
  model: Uint8Array,
  source: string,
  options: SessionOptions,
): Promise<LoadedSession> {
  checkIsWhole(model, source);
  const ort = await loadRuntime();
  const device = options.device ?? 'cpu';
  let session: InferenceSession;
  try {
    if (device !== 'cpu') ort.env.logLevel = 'fatal';
    session = await ort.InferenceSession.create(model, {
      ...PROVIDERS[device](),
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      // What goes wrong comes as an error; the log would say it a second time.
      logSeverityLevel: 4,
    });
  } catch (error) {
    if (device !== 'cpu') {
      throw new DeviceError(device, meaningOf(device, firstLine(error)), { cause: error });
    }
    throw new ModelError(
      `${source}: onnxruntime cannot load it (${firstLine(error)}); give an ONNX file or a checkpoint that \`facecls convert\` accepts`,
      { cause: error },
    );
  }
  return {
    inputs: session.inputMetadata.map(tensorInfo),
    outputs: session.outputMetadata.map(tensorInfo),
    async run(inputs) {
      const feeds = Object.entries(inputs).map(
        ([name, { data, dims }]) => [name, new ort.Tensor('float32', data, dims)] as const,
      );
      const results = await session.run(Object.fromEntries(feeds));
      const outputs: Record<string, Tensor> = {};
      for (const [name, { data, dims }] of Object.entries(results)) {
        outputs[name] = { data: data as Float32Array, dims };
      }
      return outputs;
    },
    release: () => session.release(),
    prefersFewShapes: device !== 'cpu',
  };
}

/** @throws ModelError where the bytes are no ONNX model, or tensors of it have their numbers elsewhere */
function checkIsWhole(model: Uint8Array, source: string): void {
  try {
    if (!hasExternalData(model)) return;
  } catch (error) {
    if (error instanceof FormatError) throw new ModelError(`${source} ${error.message}`);
    throw error;
  }
  throw new ModelError(`${source} has its data in other files: give a network of one file`);
}

async function loadRuntime() {
  // onnxruntime would report its use to its maker and keep a device number in the home folder.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new ModelError(cannotBeLoaded('onnxruntime-node', error), { cause: error });
  }
}

const ALL_OF_IT = { session: { disable_cpu_ep_fallback: '1' } };

/** Session options that put a network on a device. */
const PROVIDERS: Readonly<Record<Device, () => InferenceSession.SessionOptions>> = {
  cpu: () => ({ executionProviders: ['cpu'] }),
  cuda() {
    // TF32 rounds factors to 10 bits. onnxruntime-node hands CUDA's provider a device number and nothing
    // else (js/node/src/session_options_helper.cc), so `use_tf32` cannot be set; cuBLAS and cuDNN heed this
    // variable of NVIDIA's when they are loaded. Not tried for want of a GPU: `npm run gpu-check` tells.
    process.env.NVIDIA_TF32_OVERRIDE ??= '0';
    return { executionProviders: ['cuda'], extra: ALL_OF_IT };
  },
  webgpu: () => ({ executionProviders: ['webgpu'], extra: ALL_OF_IT }),
  // DirectML forbids memory patterns (onnxruntime's documentation of its provider).
  dml: () => ({ executionProviders: ['dml'], extra: ALL_OF_IT, enableMemPattern: false }),
  coreml: () => ({ executionProviders: ['coreml'], extra: ALL_OF_IT }),
};

/** Folder of onnxruntime-node, which need not be loadable; undefined where there is none. */
export function runtimeFolder(): string | undefined {
  try {
    return path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch {
    return undefined;
  }
}

/** Version of onnxruntime-node, read without loading it. @throws ModelError where it is missing */
export function runtimeVersion(): string {
  try {
    return createRequire(import.meta.url)('onnxruntime-node/package.json').version;
  } catch (error) {
    throw new ModelError(cannotBeLoaded('onnxruntime-node', error), { cause: error });
  }
}

function tensorInfo(metadata: InferenceSession.ValueMetadata): TensorInfo {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'non-tensor', shape: [] };
}
