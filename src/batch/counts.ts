/** Counts of what came of the inputs of a run. */
import { CROP_SIZE } from '../classify/preprocess.js';
import type { TaskResult } from '../tasks/job.js';
import type { ClassifiedFace } from '../tasks/photograph.js';

export class Counts {
  /** Inputs that are through, failed ones among them. */
  seen = 0;
  failed = 0;
  /** Inputs that an earlier run had finished. */
  finishedBefore = 0;
  /** Inputs that an earlier run had finished, and that were replaced since. */
  replaced = 0;
  faces = 0;
  /** Photographs without a face. */
  noFace = 0;
  /** Images that are not of the size of a crop. */
  otherSizes = 0;
  /** Faces by label. */
  readonly classes: Record<string, number>;

  constructor(classNames: readonly string[]) {
    this.classes = Object.fromEntries(classNames.map((name) => [name, 0]));
  }

  add(result: TaskResult, wasFinishedBefore: boolean): void {
    this.seen += 1;
    if (wasFinishedBefore) this.finishedBefore += 1;
    switch (result.kind) {
      case 'failed':
        this.failed += 1;
        return;
      case 'prediction':
        this.classes[result.label] += 1;
        if (result.width !== CROP_SIZE || result.height !== CROP_SIZE) this.otherSizes += 1;
        return;
      case 'photograph':
        this.faces += result.faces.length;
        if (result.faces.length === 0) this.noFace += 1;
        for (const { label } of result.faces as readonly Partial<ClassifiedFace>[]) {
          if (label !== undefined) this.classes[label] += 1;
        }
    }
  }

  get predicted(): number {
    return Object.values(this.classes).reduce((sum, count) => sum + count, 0);
  }
}
