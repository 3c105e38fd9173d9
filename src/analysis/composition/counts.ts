/** What the rows of predictions and of a manifest add up to, in all and by group, as they pass. */
import type { CountedFace } from '../results/each-face.js';
import { isGroup, refuseMoreGroups } from '../results/groups.js';
import type { Omitted } from '../results/left-out.js';

/** A face that was given a label. */
export type LabelledFace = Omit<CountedFace, 'path'>;

/** What came of a photograph. */
export interface SeenPhotograph {
  readonly outcome: 'with_face' | 'no_face' | 'unreadable';
  readonly group: string | null;
}

/** Ranges of the confidence, equally wide; the last includes its end. */
const CONFIDENCE_RANGES = 10;

/** Of one group, or of all. */
export class GroupCounts {
  /** Null for the whole. */
  readonly name: string | null;
  /** Faces by class. */
  readonly labels: Float64Array;
  /** Faces by range of the confidence. */
  readonly confidences = new Float64Array(CONFIDENCE_RANGES);
  readonly photographs = { with_face: 0, no_face: 0, unreadable: 0 };

  constructor(name: string | null, classes: number) {
    this.name = name;
    this.labels = new Float64Array(classes);
  }

  /** Whether any face has a confidence; true where there is none to have one. */
  get hasConfidences(): boolean {
    return this.n === 0 || this.confidences.some((count) => count > 0);
  }

  /** Faces. */
  get n(): number {
    return this.labels.reduce((sum, count) => sum + count, 0);
  }

  addFace({ label, confidence }: LabelledFace): void {
    this.labels[label] += 1;
    if (confidence === null) return;
    this.confidences[Math.min(Math.floor(confidence * CONFIDENCE_RANGES), CONFIDENCE_RANGES - 1)]++;
  }
}

export class CompositionCounts {
  readonly classNames: readonly string[];
  readonly whole: GroupCounts;
  /** Predictions that were left out, by the reason. */
  readonly leftOut: Record<Omitted, number> = { overlapping: 0, further_face: 0, repeated: 0 };
  /** Faces and photographs without a group; they count for the whole. */
  readonly ungrouped = { faces: 0, photographs: 0 };
  private readonly byName = new Map<string, GroupCounts>();

  constructor(classNames: readonly string[]) {
    this.classNames = classNames;
    this.whole = new GroupCounts(null, classNames.length);
  }

  /** @throws UserError for more groups than make sense */
  addFace(face: LabelledFace): void {
    this.whole.addFace(face);
    const group = this.group(face.group);
    if (group === undefined) this.ungrouped.faces += 1;
    else group.addFace(face);
  }

  /** @throws UserError for more groups than make sense */
  addPhotograph({ outcome, group: name }: SeenPhotograph): void {
    this.whole.photographs[outcome] += 1;
    const group = this.group(name);
    if (group === undefined) this.ungrouped.photographs += 1;
    else group.photographs[outcome] += 1;
  }

  leaveOut(reason: Omitted): void {
    this.leftOut[reason] += 1;
  }

  get groupCount(): number {
    return this.byName.size;
  }

  /** The one with the most faces first, of equal ones by name. */
  groups(): GroupCounts[] {
    const groups = [...this.byName.values()].map((group) => ({ group, n: group.n }));
    groups.sort((a, b) => b.n - a.n || (a.group.name! < b.group.name! ? -1 : 1));
    return groups.map(({ group }) => group);
  }

  private group(name: string | null): GroupCounts | undefined {
    if (!isGroup(name)) return undefined;
    let group = this.byName.get(name);
    if (group === undefined) {
      refuseMoreGroups(this.byName.size);
      group = new GroupCounts(name, this.classNames.length);
      this.byName.set(name, group);
    }
    return group;
  }
}
