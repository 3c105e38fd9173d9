/** From results on the disk to balanced lists of their faces. */

import { UserError } from '../../files/errors.js';
import { own } from '../../files/own.js';
import { packageVersion } from '../../files/package.js';
import { warningsOf } from '../composition/compose-files.js';
import { Correction } from '../composition/correction.js';
import type { Errors } from '../composition/record.js';
import type { AnalysisEvents } from '../events.js';
import type { ResultKind } from '../own-results.js';
import { ResultFiles, type ResultPlace } from '../result-files.js';
import { type AuditedResults, type AuditRequest, findAudited } from '../results/audited-results.js';
import { eachFace } from '../results/each-face.js';
import { LeftOutFaces } from '../results/left-out.js';
import { type CopyMode, FaceFolders } from './copies.js';
import { Draw, type DrawnCell, type DrawOptions, FirstPass } from './draw.js';
import type { OnePer } from './face.js';
import { balancedList, balancedTable, listNames } from './lists.js';
import { type BalanceRecord, balanceRecord } from './record.js';

export interface BalanceRequest extends AuditRequest {
  /** Faces of each class, in each group; `min` for as many as the rarest has. */
  readonly per_class: number | 'min';
  readonly min_confidence: number;
  readonly one_per: OnePer;
  readonly copy: CopyMode;
  readonly seed: number;
}

const TABLE_NAME = 'balanced.csv';

/** The results of `facecls balance`. */
const BALANCE_RESULTS: ResultKind = {
  command: 'balance',
  record: 'balance.json',
  namesOf: (record) => {
    const names = own(record, 'class_names');
    const isNames = Array.isArray(names) && names.every((name) => typeof name === 'string');
    return isNames ? balanceNames(names) : [];
  },
};

function balanceNames(classNames: readonly string[]): string[] {
  return [TABLE_NAME, ...listNames(classNames)];
}

/** Of the expected purity, as `composition` has them by default. */
const INTERVAL = 0.95;
const SAMPLES = 2000;

/** Results that can be read, with their known errors, of which nothing is drawn yet. */
export class BalanceInputs {
  private constructor(
    private readonly request: BalanceRequest,
    private readonly results: AuditedResults,
    private readonly errors: Errors,
    private readonly options: DrawOptions,
  ) {}

  /** @throws UserError for what is missing, cannot be read or does not fit together */
  static async open(request: BalanceRequest): Promise<BalanceInputs> {
    if (needsTwoPasses(request) && request.predictions === '-') {
      throw new UserError(
        '--predictions -: --per_class min and --one_per read the predictions twice; give the name of a file',
      );
    }
    const results = await findAudited(request);
    const options: DrawOptions = {
      classNames: results.classNames,
      isGrouped: results.grouping.by !== null,
      minConfidence: request.min_confidence,
      onePer: request.one_per,
      seed: request.seed,
      folder: results.found.folder,
    };
    return new BalanceInputs(request, results, errorsOf(results, request), options);
  }

  /**
   * Writes `balanced.csv`, a list for each class and `balance.json`, and where it is asked for the folders of faces. To
   * be called once.
   *
   * @throws UserError for a malformed line, a face without a file that is to be copied; then no file is changed
   */
  async writeResults(place: ResultPlace, events: AnalysisEvents): Promise<BalanceRecord> {
    let copies: FaceFolders | undefined;
    const verify = async () => {
      await place.verify();
      // Before the record that tells of them has its name.
      await copies?.commit();
    };
    try {
      const whole = { ...place, verify };
      const { record } = await ResultFiles.write(whole, BALANCE_RESULTS, async (files) => {
        await files.claim(balanceNames(this.options.classNames));
        const drawn = await this.draw(events);
        copies = await this.copy(place.folder, drawn.cells);
        await writeLists(files, drawn.cells, this.options.classNames);
        return { record: this.record(drawn, copies) };
      });
      return record;
    } catch (error) {
      await copies?.discard();
      throw error;
    }
  }

  private async draw(events: AnalysisEvents) {
    const leftOut = await this.leftOut();
    const { perClass, rarest, first } = await this.size(leftOut, events);
    const draw = new Draw(this.options, perClass, first);
    const { overlapping, repeated } = await this.pass(draw, leftOut, events);
    const { totals } = draw;
    return {
      ...{
        perClass,
        rarest,
        overlapping,
        repeated,
        totals,
        cells: draw.finish(),
        labels: draw.labelCounts(),
      },
      warnings: warningsOf(this.results, leftOut),
    };
  }

  private record(
    drawn: Awaited<ReturnType<BalanceInputs['draw']>>,
    copies: FaceFolders | undefined,
  ): BalanceRecord {
    return balanceRecord({
      ...drawn,
      ...{ version: packageVersion(), options: this.options, errors: this.errors },
      groupBy: this.results.grouping.by,
      copied: copies === undefined ? null : { how: this.request.copy, faces: copies.count },
    });
  }

  private async leftOut(): Promise<LeftOutFaces | undefined> {
    const { manifest } = this.results;
    return manifest && LeftOutFaces.read(manifest, 'all', () => {});
  }

  /** How many faces of each class, by a first pass where that has to be found out. */
  private async size(leftOut: LeftOutFaces | undefined, events: AnalysisEvents) {
    const { per_class: asked } = this.request;
    if (!needsTwoPasses(this.request)) {
      return { perClass: asked as number, rarest: null, first: null };
    }
    const first = new FirstPass(this.options);
    await this.pass(first, leftOut, events);
    if (asked !== 'min') return { perClass: asked, rarest: null, first };
    const rarest = first.rarest();
    return { perClass: rarest?.available ?? 0, rarest, first };
  }

  private async pass(
    pass: FirstPass | Draw,
    leftOut: LeftOutFaces | undefined,
    events: AnalysisEvents,
  ) {
    const { found, grouping } = this.results;
    const predictions = await this.results.open();
    try {
      const groupOf = grouping.of('predictions', found.folder);
      const rules = { leftOut, groupOf, folder: found.folder };
      return await eachFace(predictions, rules, (face) => pass.add(face), events);
    } finally {
      await predictions.close();
    }
  }

  private async copy(
    folder: string,
    cells: readonly DrawnCell[],
  ): Promise<FaceFolders | undefined> {
    const { copy } = this.request;
    if (copy === 'none') return undefined;
    const { found, manifest, classNames } = this.results;
    return FaceFolders.make({ ...{ how: copy, folder, cells, classNames, found, manifest } });
  }
}

function needsTwoPasses({ per_class, one_per }: BalanceRequest): boolean {
  return per_class === 'min' || one_per !== 'none';
}

function errorsOf({ errors }: AuditedResults, { seed }: BalanceRequest): Errors {
  if (errors.kind === 'unknown') return errors;
  const options = { interval: INTERVAL, samples: SAMPLES, seed, byDetection: false };
  return { kind: 'known', correction: new Correction(errors.known, options) };
}

async function writeLists(
  files: ResultFiles,
  cells: readonly DrawnCell[],
  classNames: readonly string[],
): Promise<void> {
  const table = await files.open(TABLE_NAME);
  for (const line of balancedTable(cells, classNames)) await table.write(line);
  for (const [label, name] of listNames(classNames).entries()) {
    const list = await files.open(name);
    for (const line of balancedList(cells, label)) await list.write(line);
  }
}
