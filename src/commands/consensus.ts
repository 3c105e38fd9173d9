/** `facecls consensus`: the identity rule, from predictions to a list of identities for each class. */
import { type Consensus, decideFile } from '../analysis/consensus/decide-file.js';
import { withOutputFolder } from '../batch/with-output-folder.js';
import type { CommandResult } from '../cli/command.js';
import { createProgress } from '../cli/progress.js';
import { classCounts, plural } from '../cli/summary.js';
import { shownPath } from '../files/text/shown-path.js';
import type { OptionsOf } from '../options/table.js';

type Options = OptionsOf<'consensus'>;

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { output_dir: folder } = options;
  const consensus = await withOutputFolder('--output_dir', folder, 'consensus', (lock) =>
    decideAll(options, () => lock.verify()),
  );
  const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
  return {
    summary: `${summaryOf(consensus)}, ${seconds} s, results in ${shownPath(folder)}`,
    record: { ...consensus.record, output_dir: folder, seconds },
    failed: 0,
  };
}

async function decideAll(options: Options, verify: () => Promise<void>): Promise<Consensus> {
  const { predictions, output_dir: folder, overwrite = false } = options;
  const { threshold, seed, quiet = false } = options;
  const { max_per_identity: maxPerIdentity, min_images: minImages } = options;
  const settings = { threshold, maxPerIdentity, seed, minImages };
  const place = { folder, option: '--output_dir', overwrite, verify };
  const progress = await createProgress({ name: 'consensus', unit: 'predictions', quiet });
  try {
    const consensus = await decideFile(predictions, settings, place, {
      progress: (count) => progress.update(count, 0),
      warn: (text) => progress.warn(text),
    });
    const { repeated } = consensus.totals;
    if (repeated > 0) {
      const lines = plural(repeated, 'line');
      progress.warn(`${lines} with an image that was there before: each image counts once`);
    }
    return consensus;
  } finally {
    progress.stop();
  }
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
