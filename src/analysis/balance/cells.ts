/** Cells of a balanced list: a class, or a class in a group. */
import { isGroup, refuseMoreGroups } from '../results/groups.js';
import type { PredictedFace } from './face.js';

/** Numbers the groups as they come; the cell of class k in group g is g times the classes, and k. */
export class Cells {
  readonly classes: number;
  readonly isGrouped: boolean;
  private readonly groups: (string | null)[] = [];
  private readonly numbers = new Map<string | null, number>();

  constructor(classes: number, isGrouped: boolean) {
    this.classes = classes;
    this.isGrouped = isGrouped;
    if (!isGrouped) this.number(null);
  }

  /** Names of the groups by number; null alone where faces are not grouped. */
  get names(): readonly (string | null)[] {
    return this.groups;
  }

  /**
   * The number of the face's group; undefined where faces are grouped and it belongs to none.
   *
   * @throws UserError for more groups than make sense
   */
  groupOf({ group }: PredictedFace): number | undefined {
    if (!this.isGrouped) return 0;
    return isGroup(group) ? this.number(group) : undefined;
  }

  private number(name: string | null): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      refuseMoreGroups(this.groups.length);
      number = this.groups.push(name) - 1;
      this.numbers.set(name, number);
    }
    return number;
  }
}
