/** The known errors that fit to predictions: those given, or the bundled model's where it made the predictions. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../../files/errors.js';
import { fileErrorReason } from '../../../files/file-errors.js';
import { packageFile } from '../../../files/package.js';
import { shownPath } from '../../../files/text/shown-path.js';
import { type KnownErrors, parseKnownErrors } from './known-errors.js';

export type FoundErrors =
  | { readonly kind: 'known'; readonly known: KnownErrors }
  | { readonly kind: 'unknown'; readonly reason: string };

const BUNDLED = 'pretrained_models/resnet18-fairface.json';
const HOW =
  'to measure them, run `facecls evaluate` on labelled photographs, and give its metrics.json as --known_errors';

/**
 * @param given file; undefined where the bundled model's are to be taken, if it is that model
 * @param sha256 of the model that made the predictions; undefined where that is not known
 * @throws UserError for a file that cannot be read or used
 */
export async function findKnownErrors(
  given: string | undefined,
  sha256: string | undefined,
): Promise<FoundErrors> {
  if (given !== undefined) {
    return { kind: 'known', known: parseKnownErrors(await readGiven(given), shownPath(given)) };
  }
  if (sha256 === undefined) {
    return unknown('no record tells which model made the predictions');
  }
  const bundled = parseKnownErrors(await readFile(packageFile(BUNDLED)), path.basename(BUNDLED));
  if (bundled.modelSha256 === sha256) return { kind: 'known', known: bundled };
  return unknown('the predictions are of another model than the bundled one');
}

function unknown(problem: string): FoundErrors {
  return { kind: 'unknown', reason: `${problem}, so its errors are not known; ${HOW}` };
}

async function readGiven(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UserError(
      `--known_errors ${shownPath(file)}: ${fileErrorReason(error)}; give the metrics.json of \`facecls evaluate\``,
    );
  }
}
