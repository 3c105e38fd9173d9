/**
 * Trying networks on a device, in a process of its own: native code may end its process (a driver's fault),
 * wait forever, or write to standard error.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { NamedNetwork } from '../models/models.js';
import { type Device, meaningOf, type Obstacle } from './devices.js';

export interface TrialSetup {
  readonly device: Device;
  /** For networks on the CPU. */
  readonly threads: number;
  readonly networks: readonly NamedNetwork[];
  /** Measures the speed of the network of this name. */
  readonly measure?: { readonly name: string; readonly milliseconds: number };
}

/** What came of one network. */
export interface NetworkTrial {
  readonly name: string;
  /** Largest difference from the CPU's outputs; 0 on the CPU. Absent with `obstacle`. */
  readonly difference?: number;
  /** Images a second in batches of TRIAL_BATCH, where it was measured. */
  readonly imagesPerSecond?: number;
  readonly obstacle?: Obstacle;
}

/** Images that networks with a free batch axis get at once. */
export const TRIAL_BATCH = 16;

/** CUDA needs seconds to start; what takes longer than this is stuck. Milliseconds. */
const TIME_LIMIT = 90_000;

/** Never rejects: what goes wrong is an obstacle of every network. */
export async function tryDevice(
  setup: TrialSetup,
  file = new URL('device-trial-process.js', import.meta.url),
  timeLimit = TIME_LIMIT,
): Promise<readonly NetworkTrial[]> {
  const answer = await ask(setup, file, timeLimit);
  if (Array.isArray(answer)) return answer;
  const obstacle =
    typeof answer === 'string'
      ? { cause: `a process that tried it ${answer}`, remedy: 'use --device cpu' }
      : meaningOf(setup.device, answer.message);
  return setup.networks.map(({ name }) => ({ name, obstacle }));
}

/** @returns the child's answer, an error of it, or what it did instead */
function ask(
  setup: TrialSetup,
  file: URL,
  timeLimit: number,
): Promise<NetworkTrial[] | Error | string> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = fork(file, [], {
        serialization: 'advanced',
        execArgv: [],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        timeout: timeLimit,
        killSignal: 'SIGKILL',
      });
    } catch (error) {
      resolve(error as Error);
      return;
    }
    child.on('message', (answer: NetworkTrial[] | Error) => resolve(answer));
    child.on('error', resolve);
    child.on('exit', (code, signal) =>
      resolve(
        child.killed
          ? `did not answer in ${timeLimit / 1000} s`
          : `ended with ${signal ?? `exit code ${code}`}`,
      ),
    );
    child.send(setup, () => {});
  });
}
