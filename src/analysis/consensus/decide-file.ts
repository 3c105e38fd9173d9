/** The class of each identity in a file of predictions, and the files of results. */
import { stat } from 'node:fs/promises';
import { UserError } from '../../files/errors.js';
import { sha256OfFile } from '../../files/sha256.js';
import { plural } from '../../files/text/plural.js';
import { shownPath } from '../../files/text/shown-path.js';
import { isFurtherFace } from '../../inputs/face-name.js';
import { openPredictions, type PredictionsFile } from '../../outputs/read-predictions.js';
import type { AnalysisEvents } from '../events.js';
import { ResultFiles, type ResultPlace } from '../result-files.js';
import { predictionsFile } from '../results/find-predictions.js';
import { drawConsensus } from './consensus-picture.js';
import { type Identity, type LabelledImage, TwoLabelsError } from './draw.js';
import { folderLength } from './face-path.js';
import { consensusFigures } from './figures.js';
import { sortedIdentities, UnsortedError, unsortedIdentities } from './identities.js';
import { IdentityLists } from './identity-lists.js';
import { summaryRecord } from './record.js';
import { CONSENSUS_RESULTS, consensusNames } from './result-kind.js';
import { decide } from './rule.js';
import type { ConsensusSettings } from './settings.js';
import { Totals } from './totals.js';

/** What came of it. */
export interface Consensus {
  readonly totals: Totals;
  /** `summary.json` */
  readonly record: object;
}

/**
 * Decides as the predictions pass, where they are sorted by path; otherwise with the names of all images in memory.
 * Writes `CLASS.txt` for each class, `undecided.csv`, `consensus.png` and `summary.json`.
 *
 * @param given a folder of results, a file of predictions, or `-` for standard input
 * @throws UserError for predictions that cannot be read or are unsorted standard input, and where other files are in
 *   the way; then no file is changed
 */
export async function decideFile(
  given: string,
  settings: ConsensusSettings,
  place: ResultPlace,
  events: AnalysisEvents,
): Promise<Consensus> {
  const predictions = await predictionsFile(given);
  const decideBy = (identitiesOf: typeof sortedIdentities) =>
    ResultFiles.write(place, CONSENSUS_RESULTS, (files) =>
      decideInto(files, identitiesOf, predictions, settings, events),
    );
  try {
    return await decideInOrder(predictions, decideBy, events);
  } catch (error) {
    if (!(error instanceof TwoLabelsError)) throw error;
    const [first, second] = error.lines!;
    throw new UserError(
      `--predictions ${shownPath(predictions)}, lines ${first} and ${second}: ${error.reason}`,
    );
  }
}

/** In the order of the file, or where that is none of paths, in any. */
async function decideInOrder(
  predictions: string,
  decideBy: (identitiesOf: typeof sortedIdentities) => Promise<Consensus>,
  events: AnalysisEvents,
): Promise<Consensus> {
  try {
    return await decideBy(sortedIdentities);
  } catch (error) {
    if (!(error instanceof UnsortedError)) throw error;
    if (!(await isRegularFile(predictions))) {
      throw new UserError(
        `--predictions ${shownPath(predictions)}: not sorted by path (${error.message}), and cannot be read a second time; give the name of a file`,
      );
    }
    events.warn(
      `${shownPath(predictions)}: not sorted by path (${error.message}); reading it again, with the names of all images in memory`,
    );
    return decideBy(unsortedIdentities);
  }
}

async function decideInto(
  files: ResultFiles,
  identitiesOf: typeof sortedIdentities,
  predictions: string,
  settings: ConsensusSettings,
  events: AnalysisEvents,
): Promise<Consensus> {
  const opened = await openPredictions(predictions);
  try {
    const { classNames } = opened;
    await files.claim(consensusNames(classNames));
    const totals = new Totals(classNames);
    const lists = await IdentityLists.open(files, classNames);
    const images = mainFaces(opened, totals, events);
    for await (const identity of identitiesOf(images, { ...settings, classNames })) {
      const verdict = decide(identity, { ...settings, classNames });
      totals.add(identity, verdict);
      await lists.add(identity, verdict);
      tellNoFolder(identity, events);
    }
    if (totals.identities === 0) {
      const reason = totals.furtherFaces > 0 ? 'has further faces only' : 'has no predictions';
      throw new UserError(`--predictions ${shownPath(predictions)}: ${reason}; give another file`);
    }
    const sha256 = (await isRegularFile(predictions)) ? await sha256OfFile(predictions) : null;
    const record = summaryRecord({ path: predictions, sha256 }, settings, totals);
    await files.put('consensus.png', await drawConsensus(consensusFigures(settings, totals)));
    return { totals, record };
  } finally {
    await opened.close();
  }
}

/** Leaves out and counts further faces: the identity is of the main face of a photograph. */
async function* mainFaces(
  { batches }: PredictionsFile,
  totals: Totals,
  events: AnalysisEvents,
): AsyncGenerator<readonly LabelledImage[]> {
  let done = 0;
  let isFlat = true;
  for await (const batch of batches) {
    // Here and not at the end: whoever hears it may stop the run.
    if (done > 0 && isFlat) {
      events.warn(
        `the first ${plural(done, 'image')} are in no folder: taken for one identity, "."`,
      );
      isFlat = false;
    }
    const faces = batch.filter(({ path }) => !isFurtherFace(path));
    totals.furtherFaces += batch.length - faces.length;
    yield faces;
    done += batch.length;
    events.progress(done);
    isFlat &&= faces.every(({ path }) => folderLength(path) === 0);
  }
}

function tellNoFolder({ name, images }: Identity, events: AnalysisEvents): void {
  if (name.toString() !== '.') return;
  events.warn(`${plural(images, 'image')} in no folder: taken for one identity, "."`);
}

async function isRegularFile(file: string): Promise<boolean> {
  return file !== '-' && (await stat(file)).isFile();
}
