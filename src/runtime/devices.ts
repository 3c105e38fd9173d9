/**
 * Where networks can run, what each place needs, and how to say that it is not to be had. Knows files and
 * messages only: nothing is loaded, so that asking costs nothing and cannot fail.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ModelError } from '../files/errors.js';

export const DEVICES = ['cpu', 'cuda', 'webgpu', 'dml', 'coreml'] as const;
export type Device = (typeof DEVICES)[number];
/** What a user may ask for. */
export type DeviceRequest = Device | 'auto';

/** Why a device is not to be had, and what to do; both go into a sentence. */
export interface Obstacle {
  readonly cause: string;
  readonly remedy: string;
}

/** A device that is not to be had, or cannot run a network. */
export class DeviceError extends ModelError {
  constructor(
    device: Device,
    readonly obstacle: Obstacle,
    options?: ErrorOptions,
  ) {
    super(`--device ${device}: ${obstacle.cause}; ${obstacle.remedy}`, options);
  }
}

/** What of this machine decides which devices are worth trying. */
export interface Host {
  /** `linux/x64`, ... */
  readonly platform: string;
  readonly hasCudaLibrary: boolean;
  readonly hasNvidiaGpu: boolean;
}

/** Platforms for which onnxruntime-node 1.30.0 brings a provider (its README, "Requirements"; its bin folder). */
const PLATFORMS: Readonly<Record<Device, readonly string[]>> = {
  cpu: ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64', 'win32/arm64'],
  cuda: ['linux/x64'],
  webgpu: ['linux/x64', 'darwin/arm64', 'win32/x64', 'win32/arm64'],
  dml: ['win32/x64', 'win32/arm64'],
  coreml: ['darwin/arm64'],
};

/** Fetched by onnxruntime-node's install script, not part of the package. */
const CUDA_LIBRARY = 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so';

/** Of NVIDIA's driver on Linux, and on Linux in Windows (where /dev/dxg may be any GPU's). */
const NVIDIA_FILES = ['/dev/nvidiactl', '/usr/lib/wsl/lib/nvidia-smi'];

/**
 * The script `install:cuda` says `true` where the option says `cuda12`: the parser of onnxruntime-node 1.30.0
 * (script/install-utils.js) reads `cuda12` as nothing said, which in a checkout means that nothing is fetched.
 */
const INSTALL_CUDA =
  'run `npm run install:cuda` in a checkout, or install again with `--onnxruntime-node-install=cuda12`';

/** @param runtimeFolder of onnxruntime-node; undefined where it is not installed */
export function thisHost(runtimeFolder: string | undefined): Host {
  return {
    platform: `${process.platform}/${process.arch}`,
    hasCudaLibrary:
      runtimeFolder !== undefined && existsSync(path.join(runtimeFolder, CUDA_LIBRARY)),
    hasNvidiaGpu: NVIDIA_FILES.some((file) => existsSync(file)),
  };
}

/** What keeps a device from being tried; undefined where trying it is worth the time. */
export function obstacle(device: Device, host: Host): Obstacle | undefined {
  if (!PLATFORMS[device].includes(host.platform)) {
    return {
      cause: `is only for ${PLATFORMS[device].join(', ')}, and this is ${host.platform}`,
      remedy: device === 'cpu' ? 'use one of these' : 'use --device auto',
    };
  }
  if (device !== 'cuda') return undefined;
  if (!host.hasCudaLibrary) {
    const gpu = host.hasNvidiaGpu ? '' : ', and no NVIDIA GPU is seen';
    return {
      cause: `CUDA's provider library is not installed${gpu}`,
      remedy: INSTALL_CUDA,
    };
  }
  return host.hasNvidiaGpu ? undefined : NO_NVIDIA_GPU;
}

/** The devices that `auto` tries before the CPU, best first. WebGPU is experimental: only for those who ask. */
export function betterThanCpu(host: Host): Device[] {
  const devices: Device[] = [];
  // Either alone is a sign that CUDA is expected to work, and that it is worth saying why it does not.
  if (PLATFORMS.cuda.includes(host.platform) && (host.hasCudaLibrary || host.hasNvidiaGpu)) {
    devices.push('cuda');
  }
  if (PLATFORMS.coreml.includes(host.platform)) devices.push('coreml');
  if (PLATFORMS.dml.includes(host.platform)) devices.push('dml');
  return devices;
}

const NO_NVIDIA_GPU: Obstacle = {
  cause: 'no NVIDIA GPU answers',
  remedy: "install NVIDIA's driver (a container needs `--gpus all`)",
};

/**
 * What errors of onnxruntime 1.30 mean. Only "WebGPU adapter" and "default CPU EP" were seen; the others are
 * from its sources and documentation, for want of a GPU to see them on.
 */
const MEANINGS: readonly (readonly [device: Device | undefined, RegExp, Obstacle])[] = [
  [
    'webgpu',
    /WebGPU adapter/,
    { cause: 'no GPU answers', remedy: "install the GPU's driver (on Linux that for Vulkan)" },
  ],
  ['cuda', /no CUDA-capable device|CUDA failure (35|100)\b|driver version/, NO_NVIDIA_GPU],
  [
    'cuda',
    /load (shared )?library|cannot open shared object/,
    {
      cause: "libraries that CUDA's provider needs cannot be loaded",
      remedy: 'install CUDA 12 and cuDNN 9 where the loader finds them (LD_LIBRARY_PATH)',
    },
  ],
  [
    undefined,
    /assigned to the default CPU EP/,
    { cause: 'it cannot run every part of this model', remedy: 'use another device or model' },
  ],
  [
    undefined,
    /out of memory|Failed to allocate/,
    { cause: "the GPU's memory is full", remedy: 'free some, or give fewer --n_threads' },
  ],
];

/** @param message of the error that a session on the device ended with */
export function meaningOf(device: Device, message: string): Obstacle {
  if (device === 'cpu') return { cause: message, remedy: 'install facecls again' };
  const known = MEANINGS.find(
    ([of, pattern]) => (of ?? device) === device && pattern.test(message),
  );
  return known?.[2] ?? { cause: message, remedy: 'use --device cpu, or see `facecls doctor`' };
}
