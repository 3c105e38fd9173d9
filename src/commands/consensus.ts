/** `facecls consensus`: the identity rule, from predictions to a list of identities for each class. */
import { type Command, Option } from 'commander';
import { type Consensus, decideFile } from '../analysis/consensus/decide-file.js';
import { type Fraction, parseThreshold, THRESHOLDS } from '../analysis/consensus/rule.js';
import { withOutputFolder } from '../batch/with-output-folder.js';
import type { CommandResult } from '../cli/command.js';
import { createProgress } from '../cli/progress.js';
import { classCounts, plural } from '../cli/summary.js';
import { invalidOption } from '../files/errors.js';
import { addCommonOptions, type CommonOptions, wholeNumber } from '../options/options.js';
import {
  MAX_PER_IDENTITY,
  MAX_PER_IDENTITY_RANGE,
  MIN_IMAGES_RANGE,
  SEED_RANGE,
  THRESHOLD,
} from '../options/ranges.js';

interface Options extends CommonOptions {
  readonly predictions: string;
  readonly output_dir: string;
  readonly threshold: Fraction;
  readonly max_per_identity: number;
  readonly seed: number;
  readonly min_images: number;
}

export function define(command: Command): void {
  command
    .optionsGroup('Files:')
    .requiredOption(
      '--predictions <file>',
      'pred_ethnicities.txt, predictions.csv or predictions.jsonl (- is stdin, sorted by path)',
    )
    .requiredOption('--output_dir <dir>', 'where lists, undecided.csv, summary.json, picture go')
    .optionsGroup('Rule (an identity is a folder; of a photograph, only face 0 counts):')
    .addOption(
      new Option('--threshold <share>', 'share of the drawn images that has to be of a class')
        .argParser(thresholdOption)
        .default(thresholdOption(`${THRESHOLD}`), `${THRESHOLD}`),
    )
    .addOption(
      new Option('--max_per_identity <n>', 'images of an identity to draw at most')
        .argParser(wholeNumber('--max_per_identity', MAX_PER_IDENTITY_RANGE))
        .default(MAX_PER_IDENTITY),
    )
    .addOption(
      new Option('--seed <n>', 'another seed draws other images')
        .argParser(wholeNumber('--seed', SEED_RANGE))
        .default(0),
    )
    .addOption(
      new Option('--min_images <n>', 'leave identities with fewer images undecided')
        .argParser(wholeNumber('--min_images', MIN_IMAGES_RANGE))
        .default(1),
    );
  addCommonOptions(command);
}

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { output_dir: folder } = options;
  const consensus = await withOutputFolder('--output_dir', folder, () => decideAll(options));
  const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
  return {
    summary: `${summaryOf(consensus)}, ${seconds} s, results in ${folder}`,
    record: { ...consensus.record, output_dir: folder, seconds },
    failed: 0,
  };
}

async function decideAll(options: Options): Promise<Consensus> {
  const { predictions, output_dir, threshold, seed, quiet = false } = options;
  const { max_per_identity: maxPerIdentity, min_images: minImages } = options;
  const settings = { threshold, maxPerIdentity, seed, minImages };
  const progress = await createProgress({ name: 'consensus', unit: 'predictions', quiet });
  try {
    const consensus = await decideFile(predictions, settings, output_dir, {
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

function thresholdOption(text: string): Fraction {
  const threshold = parseThreshold(text);
  if (threshold === undefined) throw invalidOption('--threshold', THRESHOLDS, text);
  return threshold;
}
