/**
 * Trying networks on a device, in a process of its own: native code may end its process (a driver's fault),
 * wait forever, or write to standard error.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { type Device, meaningOf, type Obstacle } from './devices.js';
import type { NamedNetwork } from './network.js';

export interface TrialSetup {
  readonly device: Device;
  /** For networks on the CPU. */
  readonly threads: number;
  readonly networks: readonly NamedNetwork[];
  /** Measures the speed of the network of this name. */
  readonly measure?: { readonly name: string; readonly milliseconds: number };
}

/** What came of one network. */
export type NetworkTrial =
  | {
      readonly kind: 'passed';
      readonly name: string;
      /** Largest difference from the CPU's outputs; 0 on the CPU. */
      readonly difference: number;
      /** Images per second in batches of TRIAL_BATCH, where it was measured. */
      readonly imagesPerSecond?: number;
    }
  | { readonly kind: 'failed'; readonly name: string; readonly obstacle: Obstacle };

/** Images that networks with a free batch axis get at once, unless they say otherwise. */
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
  if (answer.kind === 'trials') return answer.trials;
  const obstacle =
    answer.kind === 'silence'
      ? { cause: `a process that tried it ${answer.instead}`, remedy: 'use --device cpu' }
      : meaningOf(setup.device, answer.error.message);
  return setup.networks.map(({ name }) => ({ kind: 'failed', name, obstacle }));
}

/** What a process that was asked came to. */
type Answer =
  | { readonly kind: 'trials'; readonly trials: readonly NetworkTrial[] }
  /** It could not be started or spoken to. */
  | { readonly kind: 'error'; readonly error: Error }
  /** What it did instead of answering, after its name in a sentence. */
  | { readonly kind: 'silence'; readonly instead: string };

function ask(setup: TrialSetup, file: URL, timeLimit: number): Promise<Answer> {
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
      resolve({ kind: 'error', error: error as Error });
      return;
    }
    child.on('message', (trials: NetworkTrial[]) => resolve({ kind: 'trials', trials }));
    child.on('error', (error) => resolve({ kind: 'error', error }));
    child.on('exit', (code, signal) => {
      const instead = child.killed
        ? `did not answer in ${timeLimit / 1000} s`
        : `ended with ${signal ?? `exit code ${code}`}`;
      resolve({ kind: 'silence', instead });
    });
    child.send(setup, () => {});
  });
}
