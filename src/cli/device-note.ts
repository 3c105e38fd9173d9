/** The device of a command: chosen, and told where there is something to tell. */

import type { CommonOptions, ComputeOptions } from '../options/options.js';
import { chooseDevice, type DeviceChoice } from '../runtime/choose-device.js';
import type { NamedNetwork } from '../runtime/network.js';
import { printText } from './terminal.js';

/**
 * Takes the device of --device. What `auto` took is told on standard error in one line, unless it is the CPU
 * of a machine where nothing better seems to be.
 *
 * @throws DeviceError where the device asked for cannot be had
 */
export async function takeDevice(
  { device, quiet }: ComputeOptions & CommonOptions,
  networks: readonly NamedNetwork[],
): Promise<DeviceChoice> {
  const choice = await chooseDevice(device, networks);
  if (choice.note !== undefined && !quiet) printText(`facecls: ${choice.note}`);
  return choice;
}
