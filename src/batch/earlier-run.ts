/**
 * What an earlier run left in the folder of results: whether it may be replaced, and what of it can be used.
 *
 * Every run writes a journal (output/journal.ts). `infer` and `run` remove it when all inputs have results;
 * `align` keeps it, so that it can be run again when photographs have been added.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../files/errors.js';
import { fileExists } from '../files/file-exists.js';
import type { Input } from '../inputs/open-inputs.js';
import type { ResumeOptions } from '../options/options.js';
import { type CropFiles, cropPath } from '../outputs/crops.js';
import type { Entry, FinishedImage } from '../tasks/entry.js';
import { Cursor } from './cursor.js';
import { Journal, journalName, listJournals, readJournal, removeJournals } from './journal.js';
import { differenceOf, type GivenPaths, type MadeWith, parseMadeWith } from './provenance.js';

export interface Results {
  /** The option that names the folder: --output_dir or --out_dir. */
  readonly folderOption: string;
  /** As the user gave it. */
  readonly folder: string;
  /** Files that are there when a run is finished. */
  readonly files: readonly string[];
  /**
   * The file that says what finished results were made with, where a finished run removes its journal;
   * undefined where it keeps it.
   */
  readonly record: string | undefined;
  /** Crops that have to be there besides; undefined where none are kept. */
  readonly crops: CropFiles | undefined;
  readonly madeWith: MadeWith;
  readonly given: GivenPaths;
  /** The option that goes on with an earlier run. */
  readonly resumeOption: '--resume' | '--check_exists';
  readonly options: ResumeOptions;
}

export class PreviousRun {
  private constructor(
    private readonly results: Results,
    /** What earlier runs say, the latest first. */
    private readonly sources: readonly Cursor<Entry>[],
    /** An earlier run has finished, and nothing is left to do. */
    readonly isComplete: boolean,
  ) {}

  /**
   * Looks, and changes nothing.
   *
   * @throws UserError where there are results and the options say nothing of them, or where those were made with
   *   something else
   */
  static async open(results: Results): Promise<PreviousRun> {
    const { folder, folderOption, resumeOption, madeWith, options, given } = results;
    const { resume, overwrite, retry_failed: retryFailed } = options;
    if (resume && overwrite) {
      throw new UserError(
        `${resumeOption} goes on with the results there and --overwrite replaces them; give one`,
      );
    }
    if (retryFailed && !resume) {
      throw new UserError(
        `--retry_failed says what ${resumeOption} does; add it, or leave this out`,
      );
    }
    const journals = await listJournals(folder, commandOf(results));
    const found = await firstThere(folder, results.files);
    if (overwrite || (journals.length === 0 && found === undefined)) {
      return new PreviousRun(results, [], false);
    }
    if (!resume) {
      const what = found ?? path.basename(journals[0]);
      throw new UserError(
        `${folderOption} ${folder}: holds ${what} of an earlier run; go on with it by ${resumeOption}, replace it by --overwrite, or give another folder`,
      );
    }
    if (found !== undefined && journals.length === 0) {
      await checkRecord(results, found);
      await refuseMissing(results);
      return new PreviousRun(results, [], true);
    }
    const cursors: Cursor<Entry>[] = [];
    for (const journal of journals) {
      const { header, records } = await readJournal<Entry>(journal);
      // Cut off before it had said anything.
      if (header === undefined) continue;
      refuseOther(results, parseMadeWith(header) ?? {}, madeWith);
      cursors.unshift(new Cursor(records, given.list !== undefined));
    }
    return new PreviousRun(results, cursors, false);
  }

  /** Whether the journal of an earlier run is used, and stays. */
  get hasJournal(): boolean {
    return this.sources.length > 0;
  }

  /** The inputs, with those that are finished marked so. */
  async *mark(inputs: AsyncIterable<Input>): AsyncGenerator<Input | FinishedImage> {
    for await (const input of inputs) {
      const entry = 'reason' in input ? undefined : await this.finishedEntry(input);
      yield entry === undefined ? input : { ...input, entry };
    }
  }

  /** Begins the journal of this run, and removes what it is to replace. */
  async begin(): Promise<Journal> {
    const { folder, options, madeWith, given } = this.results;
    const command = commandOf(this.results);
    if (options.overwrite) await removeJournals(folder, command);
    return Journal.create(folder, command, { facecls_journal: 1, made_with: madeWith, given });
  }

  /**
   * To be called when the results have their names.
   *
   * @param failed inputs without a result: with any, the journal stays, so that they can be tried again
   */
  async finish(failed: number): Promise<void> {
    const { record, folder } = this.results;
    if (failed === 0 && record !== undefined) await removeJournals(folder, commandOf(this.results));
  }

  async close(): Promise<void> {
    for (const source of this.sources) await source.close();
  }

  private async finishedEntry(input: Input): Promise<Entry | undefined> {
    let found: Entry | undefined;
    // All are asked, also when one has answered: they are gone through side by side.
    for (const source of this.sources) {
      const entry = await source.take(input.relative);
      if (found === undefined && entry !== undefined && (await this.isFinished(input, entry))) {
        found = entry;
      }
    }
    return found;
  }

  private async isFinished({ relative }: Input, entry: Entry): Promise<boolean> {
    const { crops, options } = this.results;
    if ('reason' in entry) return !entry.mayPass && !options.retry_failed;
    if (crops === undefined || !('faces' in entry)) return true;
    for (const face of entry.faces.keys()) {
      if (!(await fileExists(cropPath(crops, relative, face)))) return false;
    }
    return true;
  }
}

function commandOf({ madeWith }: Results): string {
  return String(madeWith.command);
}

async function firstThere(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    if (await fileExists(path.join(folder, name))) return name;
  }
  return undefined;
}

/** @param result a file of results that are there without a journal */
async function checkRecord(results: Results, result: string): Promise<void> {
  const { resumeOption, folder, record = journalName(commandOf(results)), madeWith } = results;
  let found: MadeWith | undefined;
  try {
    found = parseMadeWith(JSON.parse(await readFile(path.join(folder, record), 'utf8')));
  } catch {}
  if (found === undefined) {
    throw new UserError(
      `${resumeOption}: ${folder} holds ${result}, but its ${record} is missing or damaged, so how it was made is not known; replace it by --overwrite, or give another folder`,
    );
  }
  refuseOther(results, found, madeWith);
}

function refuseOther({ resumeOption, folder }: Results, before: MadeWith, now: MadeWith): void {
  const difference = differenceOf(before, now);
  if (difference === undefined) return;
  throw new UserError(
    `${resumeOption}: the results in ${folder} were made with ${difference.before}, now it is ${difference.now}; give the same, replace them by --overwrite, or give another folder`,
  );
}

/** A finished run is not gone through again, so all files that are wanted must be there. */
async function refuseMissing({ resumeOption, folder, files }: Results): Promise<void> {
  for (const name of files) {
    if (await fileExists(path.join(folder, name))) continue;
    throw new UserError(
      `${resumeOption}: the results in ${folder} are finished, but without ${name}; compute them again with --overwrite, or give another folder`,
    );
  }
}
