/**
 * What labels stand for: a class of the predictions, nothing on purpose, or nothing known. Labels compare without case
 * and surrounding space.
 */
import { UserError } from '../../../files/errors.js';
import { shown } from '../../../files/text/shown.js';

/** `left_out`: a map says that it stands for nothing. `empty_label`: there is none. */
export type Meaning =
  | { readonly kind: 'class'; readonly index: number }
  | { readonly kind: 'unknown_label' | 'left_out' | 'empty_label' };

/** A label and the class that it stands for; an empty class leaves it out. */
export interface Mapping {
  readonly label: string;
  readonly className: string;
  /** Where it stands, for messages: `--label_map` or a line of a file. */
  readonly source: string;
}

/**
 * The seven groups of FairFace (Karkkainen and Joo, WACV 2021) as the four classes of the bundled model, which has none
 * for two of them.
 */
export const FAIRFACE_MAP = [
  ['White', 'Caucasian'],
  ['Black', 'African'],
  ['East Asian', 'Asian'],
  ['Southeast Asian', 'Asian'],
  ['Indian', 'Indian'],
  ['Middle Eastern', ''],
  ['Latino_Hispanic', ''],
].map(([label, className]): Mapping => ({ label, className, source: '--label_map fairface' }));

export class LabelMeanings {
  /** Keys are labels as they compare. */
  private readonly meanings = new Map<string, Meaning>();

  /**
   * @param mappings stand before the names of classes
   * @throws UserError for a mapping to what is no class, for one without a label, and for two of one label that differ
   */
  constructor(
    private readonly classNames: readonly string[],
    private readonly mappings: readonly Mapping[] = [],
  ) {
    for (const mapping of mappings) this.add(mapping);
    for (const [index, name] of classNames.entries()) {
      const key = comparable(name);
      if (!this.meanings.has(key)) this.meanings.set(key, { kind: 'class', index });
    }
  }

  of(label: string): Meaning {
    const key = comparable(label);
    if (key === '') return { kind: 'empty_label' };
    return this.meanings.get(key) ?? { kind: 'unknown_label' };
  }

  /** Each label of the map with its class, null where it is left out; null where there is no map. */
  get record(): Readonly<Record<string, string | null>> | null {
    if (this.mappings.length === 0) return null;
    const entries = this.mappings.map(({ label }) => {
      const meaning = this.of(label);
      return [label, meaning.kind === 'class' ? this.classNames[meaning.index] : null];
    });
    return Object.fromEntries(entries);
  }

  private add({ label, className, source }: Mapping): void {
    const key = comparable(label);
    if (key === '') {
      throw new UserError(`${source}: ${shown(className)} has no label; write LABEL=CLASS`);
    }
    const meaning = this.meaningOf(className);
    if (meaning === undefined) {
      throw new UserError(
        `${source}: ${quoted(className)} is no class; expected one of ${this.classNames.join(', ')}, or nothing to leave ${quoted(label)} out`,
      );
    }
    const earlier = this.meanings.get(key);
    if (earlier !== undefined && !sameMeaning(earlier, meaning)) {
      throw new UserError(`${source}: ${quoted(label)} is mapped twice, differently; keep one`);
    }
    this.meanings.set(key, meaning);
  }

  private meaningOf(className: string): Meaning | undefined {
    const key = comparable(className);
    if (key === '') return { kind: 'left_out' };
    const index = this.classNames.findIndex((name) => comparable(name) === key);
    return index < 0 ? undefined : { kind: 'class', index };
  }
}

/** A label as it compares with others. */
export function comparable(label: string): string {
  return label.trim().toLowerCase();
}

function sameMeaning(a: Meaning, b: Meaning): boolean {
  return a.kind === 'class' ? b.kind === 'class' && a.index === b.index : a.kind === b.kind;
}

function quoted(text: string): string {
  return `"${shown(text)}"`;
}
