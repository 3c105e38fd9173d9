import type { Diagnosis } from '../models/diagnosis.js';

/**
 * What this installation can use, as `facecls doctor` finds it: versions, devices, models, each with what is wrong
 * with it. Networks are tried in processes of their own, which takes some seconds. Throws nothing: what is broken is
 * what is asked for.
 *
 * @example
 * ```js
 * import { diagnose } from 'facecls';
 *
 * const { ok, devices } = await diagnose();
 * console.log(ok, devices.filter((device) => device.ok).map(({ name }) => name));
 * ```
 */
export async function diagnose(): Promise<Diagnosis> {
  const { diagnose: find } = await import('../models/diagnosis.js');
  return find();
}
