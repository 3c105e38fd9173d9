/** The composition of the faces of a run, as the first part of its report. */
import { UserError } from '../../files/errors.js';
import { packageVersion } from '../../files/package.js';
import type { AuditPart } from '../../outputs/report/page.js';
import type { ReportAudit, ReportRow } from '../../outputs/report/report.js';
import { below, type FoundManifest, manifestIn } from '../results/find-predictions.js';
import { FOLDER_GROUPS, NO_GROUPS } from '../results/grouping.js';
import { LeftOutFaces } from '../results/left-out.js';
import { compositionRecord } from './compose.js';
import { Correction } from './correction.js';
import { CompositionCounts } from './counts.js';
import { type Cutting, cuttingOf } from './cutting.js';
import { type FoundErrors, findKnownErrors } from './known-errors/find-known-errors.js';
import { inOrderOf } from './known-errors/known-errors.js';
import { compositionSection } from './page-section.js';
import { COMPOSITION_STYLE } from './page-style.js';
import { faces as facesText } from './words.js';

/** As `composition` has them by default. */
const INTERVAL = 0.95;
const SAMPLES = 2000;
const SEED = 0;
/** With more folders a page is no place for them. */
const MOST_GROUPS = 200;

export interface AuditOptions {
  readonly command: 'infer' | 'run';
  readonly classNames: readonly string[];
  readonly modelSha256: string;
  /** Of `run`, what its record says of how faces are cut out. */
  readonly madeWith: unknown;
  /** The input folder as paths begin, with its slash; empty where there is none. */
  readonly folder: Buffer;
  /** Of `infer`, where all its faces are from one folder: that folder, in which a manifest may be. */
  readonly crops: string | undefined;
}

/** Counts with the folders as groups, and without, since there may turn out to be too many of them. */
export class CompositionAudit implements ReportAudit {
  private readonly whole: CompositionCounts;
  private grouped: CompositionCounts | undefined;
  private readonly indices: ReadonlyMap<string, number>;
  private readonly groupOf: (path: Buffer) => string | null;
  private failed = 0;

  private constructor(
    private readonly options: AuditOptions,
    private readonly errors: FoundErrors,
    private readonly cutting: Cutting | null,
    private readonly manifest: FoundManifest | undefined,
  ) {
    const { classNames, folder } = options;
    this.whole = new CompositionCounts(classNames);
    this.grouped = new CompositionCounts(classNames);
    this.indices = new Map(classNames.map((name, k) => [name, k]));
    this.groupOf = FOLDER_GROUPS.of('predictions', folder);
  }

  private leftOut: LeftOutFaces | undefined;

  /** Reads the manifest that goes with crops; one that cannot be read is as good as none. */
  static async open(options: AuditOptions): Promise<CompositionAudit> {
    const { classNames, modelSha256, madeWith, crops } = options;
    const found = await findKnownErrors(undefined, modelSha256);
    const errors: FoundErrors =
      found.kind === 'known' ? { kind: 'known', known: inOrderOf(found.known, classNames) } : found;
    const manifest = crops === undefined ? undefined : await manifestIn(crops);
    const cutting = cuttingOf(madeWith) ?? cuttingOf(manifest?.record?.madeWith);
    const audit = new CompositionAudit(options, errors, cutting, manifest);
    if (manifest === undefined) return audit;
    try {
      await audit.readManifest(manifest);
      return audit;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return new CompositionAudit(options, errors, cutting, undefined);
    }
  }

  add(row: ReportRow): void {
    switch (row.kind) {
      case 'face':
        this.addFace(row);
        return;
      case 'photograph':
        this.addPhotograph(row.outcome, this.groupOf(row.path));
        return;
      case 'failed':
        if (this.options.command === 'run') {
          this.addPhotograph('unreadable', this.groupOf(row.path));
        } else this.failed += 1;
    }
  }

  part(): AuditPart {
    const { command } = this.options;
    const isGrouped = (this.grouped?.groupCount ?? 0) > 1;
    const counts = isGrouped ? this.grouped! : this.whole;
    const options = { interval: INTERVAL, samples: SAMPLES, seed: SEED, byDetection: false };
    const record = compositionRecord({
      ...{ version: packageVersion(), counts, interval: INTERVAL, samples: SAMPLES, seed: SEED },
      errors:
        this.errors.kind === 'known'
          ? { kind: 'known', correction: new Correction(this.errors.known, options) }
          : this.errors,
      photographsKnown: command === 'run' || this.manifest !== undefined,
      cutting: this.cutting,
      groupBy: isGrouped ? FOLDER_GROUPS.by : NO_GROUPS.by,
      warnings: this.warnings(),
    });
    return { section: compositionSection(record), style: COMPOSITION_STYLE };
  }

  private warnings(): string[] {
    const warnings: string[] = [];
    if (this.grouped === undefined) {
      warnings.push(
        `There are more than ${MOST_GROUPS} folders: \`facecls composition --group_by folder\` tells them apart.`,
      );
    }
    if (this.failed > 0) {
      warnings.push(`${facesText(this.failed)} could not be read, and count nowhere.`);
    }
    return warnings;
  }

  private async readManifest(manifest: FoundManifest): Promise<void> {
    const groupOf = FOLDER_GROUPS.of('manifest', manifest.folder);
    this.leftOut = await LeftOutFaces.read(manifest, 'all', ({ source, outcome }) =>
      this.addPhotograph(outcome, groupOf(source)),
    );
  }

  private addFace({
    path,
    label: name,
    probabilities,
    overlaps,
  }: Extract<ReportRow, { kind: 'face' }>) {
    const label = this.indices.get(name)!;
    const listed = this.leftOut?.reasonOf(below(path, this.options.folder));
    const reason = typeof overlaps === 'number' ? 'overlapping' : listed;
    const face = { label, confidence: probabilities[label], group: this.groupOf(path) };
    for (const counts of this.both()) {
      if (reason === undefined) counts.addFace(face);
      else counts.leaveOut(reason);
    }
  }

  private addPhotograph(outcome: 'with_face' | 'no_face' | 'unreadable', group: string | null) {
    for (const counts of this.both()) counts.addPhotograph({ outcome, group });
  }

  private both(): CompositionCounts[] {
    if ((this.grouped?.groupCount ?? 0) > MOST_GROUPS) this.grouped = undefined;
    return this.grouped === undefined ? [this.whole] : [this.whole, this.grouped];
  }
}
