/**
 * The one module that knows onnxruntime-node: it creates sessions and runs them. Everything else sees named
 * float32 tensors, so that networks can be replaced by fakes in tests and the runtime is loaded only when a
 * network is (it costs 0.1 s and 50 MB).
 */
import { createRequire } from 'node:module';
import type { InferenceSession } from 'onnxruntime-node';
import { ModelError } from './errors.js';

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
}

export interface LoadedSession extends Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  release(): Promise<void>;
}

export interface SessionOptions {
  /** Threads that one run may use. */
  readonly threads: number;
}

/**
 * @param model ONNX bytes
 * @param source what the error names: the file the bytes come from
 * @throws ModelError where onnxruntime cannot load the bytes
 */
export async function createSession(
  model: Uint8Array,
  source: string,
  options: SessionOptions,
): Promise<LoadedSession> {
  const ort = await import('onnxruntime-node');
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  } catch (error) {
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
  };
}

/** Version of onnxruntime-node, read without loading it. */
export function runtimeVersion(): string {
  return createRequire(import.meta.url)('onnxruntime-node/package.json').version;
}

function tensorInfo(metadata: InferenceSession.ValueMetadata): TensorInfo {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'non-tensor', shape: [] };
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0];
}
