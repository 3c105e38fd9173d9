/** What `composition` and `balance` start from: predictions with all that is known of how they came about. */

import { CLASS_NAME_RULE, classNamesProblem } from '../../classify/class-names.js';
import { UserError } from '../../files/errors.js';
import { shownPath } from '../../files/text/shown-path.js';
import { openPredictions, type PredictionsFile } from '../../outputs/read-predictions.js';
import type { Cutting } from '../composition/cutting.js';
import { cuttingOf } from '../composition/cutting.js';
import {
  type FoundErrors,
  findKnownErrors,
} from '../composition/known-errors/find-known-errors.js';
import { inOrderOf } from '../composition/known-errors/known-errors.js';
import {
  type FoundManifest,
  type FoundPredictions,
  findManifest,
  findPredictions,
} from './find-predictions.js';
import { type Grouping, openGrouping } from './grouping.js';

/** As the options of the command name them. */
export interface AuditRequest {
  readonly predictions: string;
  readonly manifest?: string | undefined;
  readonly known_errors?: string | undefined;
  readonly group_by?: string | undefined;
  readonly attributes?: string | undefined;
}

export interface AuditedResults {
  readonly found: FoundPredictions;
  readonly classNames: readonly string[];
  readonly manifest: FoundManifest | undefined;
  /** In the order of the predictions' classes. */
  readonly errors: FoundErrors;
  readonly grouping: Grouping;
  /** How the faces were cut out; null where that is not known. */
  readonly cutting: Cutting | null;
  /** The predictions from their beginning. */
  open(): Promise<PredictionsFile>;
}

/**
 * Finds and checks everything, and reads the beginning of the predictions. Whoever opens them closes them.
 *
 * @throws UserError for what is missing, cannot be read or does not fit together
 */
export async function findAudited(request: AuditRequest): Promise<AuditedResults> {
  const found = await findPredictions(request.predictions);
  const errors = await findKnownErrors(request.known_errors, found.record?.modelSha256);
  const manifest = await findManifest(request.manifest, found);
  const grouping = await openGrouping(request.group_by, request.attributes);
  const fallback = errors.kind === 'known' ? errors.known.classNames : undefined;
  let first: PredictionsFile | undefined = await openPredictions(found.file, fallback);
  const { classNames } = first;
  try {
    checkClassNames(classNames, request.known_errors);
    return {
      ...{ found, classNames, manifest, grouping },
      errors:
        errors.kind === 'known'
          ? { kind: 'known', known: inOrderOf(errors.known, classNames) }
          : errors,
      cutting: cuttingOf(found.record?.madeWith) ?? cuttingOf(manifest?.record?.madeWith),
      async open() {
        // Standard input can be read once.
        const opened = first ?? (await openPredictions(found.file, fallback));
        first = undefined;
        return opened;
      },
    };
  } catch (error) {
    await first.close();
    throw error;
  }
}

/** Those of labels without a record are the known errors', which any text may be. */
function checkClassNames(classNames: readonly string[], file: string | undefined): void {
  const problem = classNamesProblem(classNames);
  if (problem === undefined) return;
  throw new UserError(
    `--known_errors ${shownPath(file!)}: has class_names of which ${problem}; expected ${CLASS_NAME_RULE}`,
  );
}
