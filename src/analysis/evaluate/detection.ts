/** Of the labelled photographs of each class, those in which a face was found. */
import type { ManifestPhotograph } from '../../outputs/read-manifest.js';
import { PathIndex } from '../results/path-index.js';
import { LabelMeanings } from './labels/label-map.js';
import type { LabelRow } from './labels/labels.js';

interface Labelled {
  /** Index of the class; -1 for a label that is none. */
  readonly truth: number;
  readonly found: ManifestPhotograph[];
}

/** Holds the labels; takes photographs one after the other. */
export class DetectionCounts {
  private readonly labels = new PathIndex<Labelled>();
  private readonly classNames: readonly string[];

  constructor(
    rows: readonly LabelRow[],
    classNames: readonly string[],
    meanings = new LabelMeanings(classNames),
  ) {
    this.classNames = classNames;
    for (const { path, label } of rows) {
      const meaning = meanings.of(label);
      const truth = meaning.kind === 'class' ? meaning.index : -1;
      this.labels.set(path, { truth, found: [] });
    }
    this.labels.addWithoutSpaces((row) => row);
  }

  add(photograph: ManifestPhotograph): void {
    const found = this.labels.find(photograph.source)?.row.found;
    // The second is enough to know that the label is ambiguous.
    if (found !== undefined && found.length < 2) found.push(photograph);
  }

  /**
   * By class [photographs with a face, photographs]; null where no label is of a photograph. A photograph that could not
   * be read tells nothing of the detector, and a label of two photographs nothing of either: both are left out.
   */
  finish(): Record<string, [withFace: number, photographs: number]> | null {
    const counts = this.classNames.map((): [number, number] => [0, 0]);
    let photographs = 0;
    for (const { truth, found } of this.labels.values()) {
      const [only, other] = found;
      if (only === undefined || other !== undefined || truth < 0) continue;
      if (only.outcome === 'unreadable') continue;
      photographs += 1;
      counts[truth][1] += 1;
      if (only.outcome === 'with_face') counts[truth][0] += 1;
    }
    if (photographs === 0) return null;
    return Object.fromEntries(this.classNames.map((name, k) => [name, counts[k]]));
  }
}
