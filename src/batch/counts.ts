/** Counts of what came of the inputs of a run. */
import { CROP_SIZE } from '../classify/preprocess.js';
import { overlaps } from '../detect/overlaps.js';
import type { TaskResult } from '../tasks/job.js';
import type { ClassifiedFace, Photograph } from '../tasks/photograph.js';

/** Whether an image is not of the size of a crop. */
export function isOtherSize({ width, height }: { width: number; height: number }): boolean {
  return width !== CROP_SIZE || height !== CROP_SIZE;
}

export class Counts {
  /** Inputs that are through, failed ones among them. */
  seen = 0;
  failed = 0;
  /** Inputs that an earlier run had finished. */
  finishedBefore = 0;
  /** Inputs that an earlier run had finished, and that were replaced since. */
  replaced = 0;
  /** Crops of earlier runs that stay though their photographs are gone, or could not be read now. */
  leftCrops = 0;
  faces = 0;
  /** Faces that overlap a better one: the same face twice, of which the better alone counts for its class. */
  overlapping = 0;
  /** Photographs without a face. */
  noFace = 0;
  /** Images that are not of the size of a crop. */
  otherSizes = 0;
  /** Images whose 16-bit samples are all below 4096. */
  twelveBit = 0;
  /** Faces with a label, those that overlap a better one among them. */
  predicted = 0;
  /** Faces by label, without those that overlap a better one. */
  readonly classes: Record<string, number>;

  constructor(classNames: readonly string[]) {
    this.classes = Object.fromEntries(classNames.map((name) => [name, 0]));
  }

  add(result: TaskResult, wasFinishedBefore: boolean): void {
    this.seen += 1;
    if (wasFinishedBefore) this.finishedBefore += 1;
    if (result.kind !== 'failed' && result.isTwelveBit) this.twelveBit += 1;
    switch (result.kind) {
      case 'failed':
        this.failed += 1;
        return;
      case 'prediction':
        this.predicted += 1;
        this.classes[result.label] += 1;
        if (isOtherSize(result)) this.otherSizes += 1;
        return;
      case 'photograph':
        this.addPhotograph(result);
    }
  }

  private addPhotograph({ faces }: Photograph): void {
    this.faces += faces.length;
    if (faces.length === 0) this.noFace += 1;
    const better = overlaps(faces);
    for (const [index, face] of faces.entries()) {
      const { label } = face as Partial<ClassifiedFace>;
      if (label !== undefined) this.predicted += 1;
      if (better[index] !== null) this.overlapping += 1;
      else if (label !== undefined) this.classes[label] += 1;
    }
  }

  /** Photographs in which a face was found. */
  get withFaces(): number {
    return this.seen - this.failed - this.noFace;
  }
}
