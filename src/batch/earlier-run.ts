/**
 * What an earlier run left in the folder of results: whether it may be replaced, and what of it can be used. Every
 * run writes a journal (journal.ts); `keepsJournals` says which stay.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../files/errors.js';
import { fileExists } from '../files/file-exists.js';
import { shownPath } from '../files/text/shown-path.js';
import type { FoundInput, StoredImage } from '../inputs/input.js';
import { cropPath } from '../outputs/crops.js';
import type { Entry } from '../tasks/entry.js';
import type { FinishedInput } from '../tasks/finished-input.js';
import type { Job, TaskResult } from '../tasks/job.js';
import { Cursor } from './cursor.js';
import {
  isJournal,
  Journal,
  type JournalRecord,
  listJournals,
  readJournal,
  removeJournals,
} from './journal.js';
import type { FolderLock } from './lock.js';
import { KeptCrops, OldCrops } from './old-crops.js';
import { isOwned, ownedNames, RECORD_NAMES, reservedNames } from './ownership.js';
import { differenceOf, type Provenance, parseProvenance } from './provenance.js';
import { keepsJournals, type Results, recordName } from './results.js';
import { stampOf } from './stamp.js';

export class EarlierRun {
  private constructor(
    private readonly results: Results,
    /** What earlier runs say, the latest first. */
    private readonly sources: readonly Cursor[],
    /** Names in the folder that earlier runs recorded as their own. */
    private readonly owned: readonly string[],
    /** Journals of earlier runs, the oldest first. */
    private readonly journals: readonly string[],
    /** An earlier run has finished, and nothing is left to do. */
    readonly isComplete: boolean,
  ) {
    const { crops, earlier } = results;
    const isGoneOnWith = crops !== undefined && earlier.resume && owned.length > 0;
    this.kept = isGoneOnWith ? new KeptCrops() : undefined;
  }

  /**
   * Looks, and changes nothing.
   *
   * @throws UserError where there are results and the options say nothing of them, or where those were made with
   *   something else
   */
  static async open(results: Results): Promise<EarlierRun> {
    const { command, folder, folderOption, files, resumeOption, provenance, given } = results;
    const { resume, overwrite } = results.earlier;
    checkEarlier(results);
    const owned = await ownedNames(folder, recordName(command));
    await refuseForeign(results, owned);
    const journals = await listJournals(folder, command);
    const found = files.find((name) => owned.includes(name));
    if (overwrite || (journals.length === 0 && found === undefined)) {
      return new EarlierRun(results, [], owned, journals, false);
    }
    if (!resume) {
      const what = found ?? path.basename(journals[0]);
      throw new UserError(
        `${folderOption} ${shownPath(folder)}: holds ${what} of an earlier run; go on with it by ${resumeOption}, replace it by --overwrite, or give another folder`,
      );
    }
    if (found !== undefined && journals.length === 0) {
      if (keepsJournals(command, 0)) {
        throw new UserError(
          `${resumeOption}: ${shownPath(folder)} holds ${found}, but no ${command}_journal of the run that made it; replace it by --overwrite, or give another folder`,
        );
      }
      await checkRecord(results, found);
      await refuseMissing(results);
      return new EarlierRun(results, [], owned, journals, true);
    }
    const cursors: Cursor[] = [];
    for (const journal of journals) {
      const { header, records } = await readJournal(journal);
      // Cut off before it had said anything.
      if (header === undefined) continue;
      refuseOther(results, parseProvenance(header) ?? {}, provenance);
      // Only a walk without archives is in byte order.
      const isListed = given.list !== undefined || provenance.archives_sha256 !== undefined;
      cursors.unshift(new Cursor(records, isListed));
    }
    return new EarlierRun(results, cursors, owned, journals, false);
  }

  /** The archive whose members are gone through. */
  private archive: { readonly path: Buffer; readonly stamp: string | undefined } | undefined;

  /** Inputs so far that were replaced since an earlier run did them. */
  replaced = 0;

  /** Whether the journal of an earlier run is used, and stays. */
  get hasJournal(): boolean {
    return this.sources.length > 0;
  }

  /** The inputs, with those that are finished marked so. */
  async *mark(inputs: AsyncIterable<FoundInput>): AsyncGenerator<FoundInput | FinishedInput> {
    for await (const input of inputs) {
      if (input.kind === 'unreadable') {
        yield input;
        continue;
      }
      const { path, relative } = input;
      const stamp = await this.stampOf(input);
      const entry = await this.finishedEntry(relative, stamp);
      if (entry !== undefined) yield { kind: 'finished', path, relative, entry, image: input };
      else yield stamp === undefined ? input : { ...input, stamp };
    }
  }

  /** Of a member that of its archive, before anything of that is read. */
  private async stampOf(input: StoredImage): Promise<string | undefined> {
    if (input.kind === 'file') return stampOf(input.path);
    const { archive } = input;
    if (this.archive?.path !== archive) {
      this.archive = { path: archive, stamp: await stampOf(archive) };
    }
    return this.archive.stamp;
  }

  /** The job, with what its crops may not take the place of. */
  ruleCrops(job: Job, { takenAt }: FolderLock): Job {
    if (job.crops === undefined) return job;
    const { command, owns } = this.results;
    const replaceable = this.owned.length > 0 ? takenAt : undefined;
    const reserved = command === 'align' ? reservedNames(command, owns) : undefined;
    return { ...job, crops: { ...job.crops, rules: { replaceable, reserved } } };
  }

  /** Crops of this run; undefined where those of no earlier run are to be told from them. */
  private readonly kept: KeptCrops | undefined;

  /** To be told of each result that is kept. */
  keepCrops(photograph: Buffer, result: TaskResult): void {
    // What fails may be read another time, and then be done again.
    if (result.kind === 'failed' && result.mayPass) return;
    this.kept?.add(photograph, result.kind === 'photograph' ? result.faces.length : 0);
  }

  /** Crops of earlier runs, where there may be any; to be asked before the manifest is replaced, and closed. */
  async oldCrops({ takenAt }: FolderLock): Promise<OldCrops | undefined> {
    const { command, crops, folder } = this.results;
    if (command === 'infer' || this.owned.length === 0) return undefined;
    const place = crops?.folder ?? Buffer.from(path.join(folder, 'crops'));
    return OldCrops.open({ results: folder, folder: place, journals: this.journals, takenAt });
  }

  /**
   * Finds the crops of earlier runs that are to go.
   *
   * @returns how many crops stay though their photographs are not among the inputs any more
   */
  async findStale(oldCrops: OldCrops): Promise<number> {
    const { crops } = this.results;
    return this.kept === undefined || crops === undefined
      ? 0
      : oldCrops.findStale(this.kept, crops.format);
  }

  /** Removes the crops of earlier runs that are of no result any more. */
  async removeStale(oldCrops: OldCrops): Promise<void> {
    if (this.results.earlier.overwrite) await oldCrops.removeListed();
    else await oldCrops.removeStale();
  }

  /** Begins the journal of this run, and removes those that it is to replace. */
  async begin(lock: FolderLock): Promise<Journal> {
    const { command, folder, owns, earlier, provenance, given } = this.results;
    if (earlier.overwrite) {
      // What only they name is known to nobody when they are gone.
      const oldCrops = await this.oldCrops(lock);
      await oldCrops?.removeUnlisted();
      await oldCrops?.close();
      await removeJournals(folder, command);
    }
    return Journal.create(folder, command, { made_with: provenance, given, owns });
  }

  /**
   * Removes the files of earlier runs that this one has not written: they would seem to be of it.
   *
   * @param written names
   */
  async removeReplaced(written: readonly string[]): Promise<void> {
    const { command, folder } = this.results;
    for (const name of this.owned) {
      if (written.includes(name) || isJournal(name) || name === recordName(command)) continue;
      await rm(path.join(folder, name), { force: true });
    }
  }

  async close(): Promise<void> {
    for (const source of this.sources) await source.close();
  }

  private async finishedEntry(
    relative: Buffer,
    stamp: string | undefined,
  ): Promise<Entry | undefined> {
    let latest: JournalRecord | undefined;
    // All are asked, also when one has answered: they are gone through side by side.
    for (const source of this.sources) {
      const record = await source.take(relative);
      latest ??= record;
    }
    if (latest === undefined) return undefined;
    const { entry } = latest;
    if (latest.stamp === stamp) return (await this.isFinished(relative, entry)) ? entry : undefined;
    this.replaced += 1;
    return undefined;
  }

  private async isFinished(relative: Buffer, entry: Entry): Promise<boolean> {
    const { crops, earlier } = this.results;
    if (entry.kind === 'failed') return !entry.mayPass && !earlier.retryFailed;
    if (crops === undefined || entry.kind !== 'photograph') return true;
    for (const face of entry.faces.keys()) {
      if (!(await fileExists(cropPath(crops, relative, face)))) return false;
    }
    return true;
  }
}

/** Options that contradict each other. */
function checkEarlier({ resumeOption, earlier }: Results): void {
  if (earlier.resume && earlier.overwrite) {
    throw new UserError(
      `${resumeOption} goes on with the results there and --overwrite replaces them; give one`,
    );
  }
  if (earlier.retryFailed && !earlier.resume) {
    throw new UserError(`--retry_failed says what ${resumeOption} does; add it, or leave this out`);
  }
}

/** @throws UserError where a file that nobody recorded has a name that this run may need */
async function refuseForeign(
  { command, folder, folderOption, owns }: Results,
  owned: readonly string[],
): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const others = RECORD_NAMES.filter((name) => name !== recordName(command));
  const ofOthers = (await Promise.all(others.map((name) => ownedNames(folder, name)))).flat();
  const needed = [...owns, recordName(command)];
  const foreign = names.find((name) => isOwned(name, needed) && !owned.includes(name));
  if (foreign !== undefined && ofOthers.includes(foreign)) {
    throw new UserError(
      `${folderOption} ${shownPath(folder)}: holds ${shownPath(foreign)} of another command; give another folder`,
    );
  }
  if (foreign === undefined) return;
  throw new UserError(
    `${folderOption} ${shownPath(folder)}: holds ${shownPath(foreign)}, which no run of facecls recorded as its own; move it away, or give another folder`,
  );
}

/** @param result a file of results that are there without a journal */
async function checkRecord(results: Results, result: string): Promise<void> {
  const { command, resumeOption, folder, provenance } = results;
  const record = recordName(command);
  let found: Provenance | undefined;
  try {
    found = parseProvenance(JSON.parse(await readFile(path.join(folder, record), 'utf8')));
  } catch {}
  if (found === undefined) {
    throw new UserError(
      `${resumeOption}: ${shownPath(folder)} holds ${result}, but its ${record} is missing or damaged, so how it was made is not known; replace it by --overwrite, or give another folder`,
    );
  }
  refuseOther(results, found, provenance);
}

function refuseOther({ resumeOption, folder }: Results, before: Provenance, now: Provenance): void {
  if (Object.keys(before).some((name) => name.startsWith('--'))) {
    throw new UserError(
      `${resumeOption}: the results in ${shownPath(folder)} were made by an earlier build of facecls, which recorded in another form how; replace them by --overwrite, or give another folder`,
    );
  }
  const difference = differenceOf(before, now);
  if (difference === undefined) return;
  throw new UserError(
    `${resumeOption}: the results in ${shownPath(folder)} were made with ${difference.before}, now it is ${difference.now}; give the same, replace them by --overwrite, or give another folder`,
  );
}

/** A finished run is not gone through again, so all files that are wanted must be there. */
async function refuseMissing({ resumeOption, folder, files }: Results): Promise<void> {
  for (const name of files) {
    if (await fileExists(path.join(folder, name))) continue;
    throw new UserError(
      `${resumeOption}: the results in ${shownPath(folder)} are finished, but without ${name}; compute them again with --overwrite, or give another folder`,
    );
  }
}
