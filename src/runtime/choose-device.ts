/** Which device a run takes. */

import { type NetworkTrial, tryDevice } from './device-trial.js';
import {
  betterThanCpu,
  type Device,
  DeviceError,
  type DeviceRequest,
  type Host,
  type Obstacle,
  obstacle,
  thisHost,
} from './devices.js';
import type { NamedNetwork } from './network.js';
import { runtimeFolder } from './onnxruntime.js';

/** What is known about a device other than the CPU because the run's own networks ran on it. */
export interface DeviceProof {
  /** onnxruntime refuses a session of which the CPU would have to run a node. */
  readonly cpu_ep_fallback: 'disabled';
  readonly networks: readonly string[];
  /** From the CPU's outputs, for an input of numbers from -1 to 1. */
  readonly largest_difference: number;
}

export interface DeviceChoice {
  readonly requested: DeviceRequest;
  readonly device: Device;
  /** Of every device but the CPU. */
  readonly proof?: DeviceProof;
  /** What a user who left the choice to us should know; undefined in the plain case. */
  readonly note?: string;
}

/** Tries the networks on a device. */
type Attempt = (device: Device) => Promise<readonly NetworkTrial[]>;

/**
 * `auto` takes the best device that runs the networks and gives the CPU's results, at last the CPU. Any other
 * request is met or is an error: a run that quietly takes ten times as long helps nobody.
 *
 * @throws DeviceError where the device asked for cannot be had
 */
export async function chooseDevice(
  requested: DeviceRequest,
  networks: readonly NamedNetwork[],
  host: Host = thisHost(runtimeFolder()),
  attempt: Attempt = (device) => tryDevice({ device, threads: 1, networks }),
): Promise<DeviceChoice> {
  if (requested === 'cpu') return { requested, device: 'cpu' };
  if (requested !== 'auto') {
    const result = await tryOn(requested, host, attempt);
    if (result.kind === 'fails') throw new DeviceError(requested, result.obstacle);
    return { requested, device: requested, proof: result.proof };
  }
  const reasons: string[] = [];
  const why = () => reasons.map((reason) => `; ${reason}`).join('');
  for (const device of betterThanCpu(host)) {
    const result = await tryOn(device, host, attempt);
    if (result.kind === 'works') {
      return { requested, device, proof: result.proof, note: `device ${device}${why()}` };
    }
    const { cause, remedy } = result.obstacle;
    reasons.push(`not ${device}: ${cause}; ${remedy}`);
  }
  const plain: DeviceChoice = { requested, device: 'cpu' };
  return reasons.length === 0 ? plain : { ...plain, note: `device cpu${why()}` };
}

type DeviceResult =
  | { readonly kind: 'works'; readonly proof: DeviceProof }
  | { readonly kind: 'fails'; readonly obstacle: Obstacle };

async function tryOn(device: Device, host: Host, attempt: Attempt): Promise<DeviceResult> {
  const known = obstacle(device, host);
  if (known !== undefined) return { kind: 'fails', obstacle: known };
  const names: string[] = [];
  const differences: number[] = [];
  for (const trial of await attempt(device)) {
    if (trial.kind === 'failed') return { kind: 'fails', obstacle: trial.obstacle };
    names.push(trial.name);
    differences.push(trial.difference);
  }
  const proof: DeviceProof = {
    cpu_ep_fallback: 'disabled',
    networks: names,
    largest_difference: Math.max(...differences),
  };
  return { kind: 'works', proof };
}
