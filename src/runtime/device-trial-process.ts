/** The process that device-trial.ts starts: answers one setup with what came of each network, and ends. */
import { tryNetwork } from './device-self-test.js';
import type { NetworkTrial, TrialSetup } from './device-trial.js';

process.once('message', async (setup: TrialSetup) => {
  const trials: NetworkTrial[] = [];
  for (const network of setup.networks) trials.push(await tryNetwork(network, setup));
  process.send?.(trials, undefined, undefined, () => process.exit());
});
