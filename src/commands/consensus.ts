/** `facecls consensus`: the identity rule, from predictions to a list of identities for each class. */
import { type Consensus, decideFile } from '../analysis/consensus/decide-file.js';
import type { CommandResult } from '../cli/command.js';
import { runAnalysis } from '../cli/run-analysis.js';
import { classCounts, plural } from '../cli/summary.js';
import { shownPath } from '../files/text/shown-path.js';
import type { OptionsOf } from '../options/table.js';

type Options = OptionsOf<'consensus'>;

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { output_dir: folder, threshold, seed } = options;
  const { max_per_identity: maxPerIdentity, min_images: minImages } = options;
  const settings = { threshold, maxPerIdentity, seed, minImages };
  const consensus = await runAnalysis('consensus', options, async (place, events) => {
    const decided = await decideFile(options.predictions, settings, place, events);
    const { repeated } = decided.totals;
    if (repeated > 0) {
      const lines = plural(repeated, 'line');
      events.warn(`${lines} with an image that was there before: each image counts once`);
    }
    return decided;
  });
  const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
  return {
    summary: `${summaryOf(consensus)}, ${seconds} s, results in ${shownPath(folder)}`,
    record: { ...consensus.record, output_dir: folder, seconds },
    failed: 0,
  };
}

function summaryOf({ totals }: Consensus): string {
  const { identities, furtherFaces: further } = totals;
  const parts = [
    `consensus: ${identities === 1 ? '1 identity' : `${identities} identities`} of ${plural(totals.images, 'image')}`,
    classCounts(totals.classes),
    `undecided ${totals.undecided}`,
  ];
  if (further > 0) parts.push(`${plural(further, 'further face')} left out`);
  return parts.join(', ');
}
