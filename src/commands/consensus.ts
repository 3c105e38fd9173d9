/** `facecls consensus`: the identity rule, from predictions to a list of identities for each class. */
import { stat } from 'node:fs/promises';
import { ConsensusFiles } from '../analysis/consensus/consensus-files.js';
import { type ConsensusFigures, drawConsensus } from '../analysis/consensus/consensus-picture.js';
import { DRAW_METHOD, type DrawOptions, type Identity } from '../analysis/consensus/draw.js';
import {
  type LabelledImage,
  sortedIdentities,
  UnsortedError,
  unsortedIdentities,
} from '../analysis/consensus/identities.js';
import {
  BANDS,
  type Band,
  decide,
  type Fraction,
  halfWayToOne,
  type Rule,
} from '../analysis/consensus/rule.js';
import { Totals } from '../analysis/consensus/totals.js';
import { CLASS_NAMES } from '../classify/labels.js';
import type { CommandResult } from '../cli/command.js';
import { createProgress, type Progress } from '../cli/progress.js';
import { classCounts, plural } from '../cli/summary.js';
import { UserError } from '../files/errors.js';
import { createOutputFolder } from '../files/output-folder.js';
import { packageVersion } from '../files/package.js';
import { sha256OfFile } from '../files/sha256.js';
import { isFurtherFace } from '../inputs/face-name.js';
import type { OptionsOf } from '../options/table.js';
import { readPredictionBatches } from '../outputs/read-predictions.js';

type Options = OptionsOf<'consensus'>;

export async function execute(options: Options): Promise<CommandResult> {
  const start = performance.now();
  const { output_dir: outputDir } = options;
  await createOutputFolder('--output_dir', outputDir);
  const progress = await createProgress({
    name: 'consensus',
    unit: 'predictions',
    quiet: options.quiet ?? false,
  });
  try {
    const { totals, files } = await decideAll(options, progress);
    const record = await finish(files, options, totals);
    if (totals.repeated > 0) {
      const lines = plural(totals.repeated, 'line');
      progress.warn(`${lines} with an image that was there before: each image counts once`);
    }
    const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
    const { furtherFaces: further } = totals;
    const identities = totals.identities === 1 ? '1 identity' : `${totals.identities} identities`;
    return {
      summary:
        `consensus: ${identities} of ${plural(totals.images, 'image')}, ` +
        `${classCounts(totals.classes)}, undecided ${totals.undecided}, ` +
        (further > 0 ? `${plural(further, 'further face')} left out, ` : '') +
        `${seconds} s, results in ${outputDir}`,
      record: { ...record, output_dir: outputDir, seconds },
      failed: 0,
    };
  } finally {
    progress.stop();
  }
}

interface Decided {
  totals: Totals;
  /** Not committed yet. */
  files: ConsensusFiles;
}

/** As the predictions pass, where they are sorted by path; otherwise with all of them in memory. */
async function decideAll(options: Options, progress: Progress): Promise<Decided> {
  const { predictions } = options;
  try {
    return await decideInOrder(sortedIdentities, options, progress);
  } catch (error) {
    if (!(error instanceof UnsortedError)) throw error;
    if (!(await isRegularFile(predictions))) {
      throw new UserError(
        `--predictions ${predictions}: not sorted by path (${error.message}), and cannot be read a second time; give the name of a file`,
      );
    }
    progress.warn(
      `${predictions}: not sorted by path (${error.message}); reading it again, with the names of all images in memory`,
    );
    return decideInOrder(unsortedIdentities, options, progress);
  }
}

async function decideInOrder(
  identitiesOf: typeof sortedIdentities,
  options: Options,
  progress: Progress,
): Promise<Decided> {
  const totals = new Totals(CLASS_NAMES);
  const files = await ConsensusFiles.open(options.output_dir, CLASS_NAMES);
  try {
    const batches = readPredictionBatches(options.predictions, CLASS_NAMES);
    const images = mainFaces(batches, totals, progress);
    for await (const identity of identitiesOf(images, drawOptions(options))) {
      const verdict = decide(identity, rule(options));
      totals.add(identity, verdict);
      if ('label' in verdict) await files.writeDecided(identity.name, verdict.label);
      else await files.writeUndecided({ ...identity, ...verdict });
      tellNoFolder(identity, progress);
    }
    if (totals.identities === 0) {
      const reason = totals.furtherFaces > 0 ? 'has further faces only' : 'has no predictions';
      throw new UserError(`--predictions ${options.predictions}: ${reason}; give another file`);
    }
    return { totals, files };
  } catch (error) {
    await files.discard();
    throw error;
  }
}

/** Gives the files their names and returns what `summary.json` says. */
async function finish(files: ConsensusFiles, options: Options, totals: Totals): Promise<object> {
  try {
    const record = await summaryRecord(options, totals);
    await files.commit(record, await drawConsensus(figures(options, totals)));
    return record;
  } catch (error) {
    await files.discard();
    throw error;
  }
}

/** Leaves out and counts further faces: the identity is of the main face of a photograph. */
async function* mainFaces(
  batches: AsyncIterable<readonly LabelledImage[]>,
  totals: Totals,
  progress: Progress,
): AsyncGenerator<readonly LabelledImage[]> {
  let done = 0;
  for await (const batch of batches) {
    const faces = batch.filter(({ path }) => !isFurtherFace(path));
    totals.furtherFaces += batch.length - faces.length;
    yield faces;
    done += batch.length;
    progress.update(done, 0);
  }
}

function tellNoFolder({ name, images }: Identity, progress: Progress): void {
  if (name.toString() !== '.') return;
  progress.warn(`${plural(images, 'image')} in no folder: taken for one identity, "."`);
}

async function isRegularFile(file: string): Promise<boolean> {
  return file !== '-' && (await stat(file)).isFile();
}

function drawOptions({ max_per_identity: maxPerIdentity, seed }: Options): DrawOptions {
  return { maxPerIdentity, seed, classNames: CLASS_NAMES };
}

function rule({ threshold, min_images: minImages }: Options): Rule {
  return { threshold, minImages, classNames: CLASS_NAMES };
}

/** `summary.json`. Nothing in it differs between two runs on the same file. */
async function summaryRecord(options: Options, totals: Totals) {
  const { predictions, threshold, max_per_identity, seed, min_images } = options;
  const bands = usedBands(threshold);
  return {
    command: 'consensus',
    versions: { facecls: packageVersion() },
    predictions: {
      path: predictions,
      sha256: (await isRegularFile(predictions)) ? await sha256OfFile(predictions) : null,
    },
    threshold: toNumber(threshold),
    max_per_identity,
    seed,
    min_images,
    draw: DRAW_METHOD,
    counts: {
      identities: totals.identities,
      images: totals.images,
      drawn: totals.drawn,
      repeated: totals.repeated,
      further_faces: totals.furtherFaces,
      classes: totals.classes,
      undecided: totals.undecided,
    },
    decided_by_share: Object.fromEntries(
      Object.entries(totals.decided).map(([name, counts]) => [
        name,
        bands.map(({ band, from, below }) => ({
          from,
          ...(below === undefined ? {} : { below }),
          identities: counts[BANDS.indexOf(band)],
        })),
      ]),
    ),
    undecided_by_reason: {
      below_threshold: { leading: totals.leading, tie: totals.level },
      too_few_images: totals.tooFewImages,
    },
  };
}

/** The bands of shares that there can be, as numbers from 0 to 1; `from` 1 is the share 1 alone. */
function usedBands(threshold: Fraction): { band: Band; from: number; below?: number }[] {
  const least = toNumber(threshold);
  const middle = toNumber(halfWayToOne(threshold));
  return least === 1
    ? [{ band: 'all', from: 1 }]
    : [
        { band: 'all', from: 1 },
        { band: 'upper', from: middle, below: 1 },
        { band: 'lower', from: least, below: middle },
      ];
}

function figures(options: Options, totals: Totals): ConsensusFigures {
  const { threshold, max_per_identity: most, seed, min_images: minImages } = options;
  const bands = usedBands(threshold);
  const classes = Object.entries(totals.decided).map(([name, counts]) => ({
    name,
    segments: bands.map(({ band, from, below }) => ({
      name: below === undefined ? percent(from) : `${hundredths(from)} to <${percent(below)}`,
      count: counts[BANDS.indexOf(band)],
    })),
  }));
  const undecided = Object.entries(totals.leading).map(([name, count]) => ({
    name: `${name} leads`,
    count,
  }));
  undecided.push({ name: 'a tie', count: totals.level });
  if (minImages > 1) {
    undecided.push({ name: `fewer than ${minImages} images`, count: totals.tooFewImages });
  }
  return {
    title: `Identities by class: at least ${percent(toNumber(threshold))} of at most ${plural(most, 'image')}`,
    subtitle: `identities: ${totals.identities.toLocaleString('en-US')}, images: ${totals.images.toLocaleString('en-US')}, of which drawn with seed ${seed}: ${totals.drawn.toLocaleString('en-US')}`,
    classes,
    undecided,
  };
}

function percent(share: number): string {
  return `${hundredths(share)} %`;
}

/** `80`, `66.67` */
function hundredths(share: number): number {
  return Number((share * 100).toFixed(2));
}

function toNumber({ numerator, denominator }: Fraction): number {
  return Number(numerator) / Number(denominator);
}
