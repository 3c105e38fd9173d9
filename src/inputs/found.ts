/**
 * What was met where a run looked for images, so that nothing is passed over without a count. All of it is of the
 * whole folder, list or archive, whichever shard of it a run takes.
 */
import { shown } from '../files/text/shown.js';
import type { UnfitIndex } from './archives/entry.js';

/** The fields of a record that say what was found; every shard has them alike. */
export const FOUND_FIELDS = [
  ...['found', 'images', 'other_files', 'other_endings', 'hidden', 'links_outside', 'link_loops'],
  ...['archives', 'archive_links', 'index_records', 'repeated_names'],
  ...['inexact_labels', 'unfit_indexes'],
] as const;

/** Distinct endings that are told apart: a folder may have millions. */
const MOST_ENDINGS = 10_000;
const ENDINGS_RECORDED = 10;

const ARCHIVE_ENDINGS = ['tar', 'tgz', 'gz', 'zip', 'rec', 'parquet'];

interface UnfitIndexOf extends UnfitIndex {
  readonly archive: Buffer;
}

export class Found {
  /** Inputs: files with the name of an image, images in archives, and what is lost with all that is in it. */
  images = 0;
  /** Files that are no images by their names. */
  otherFiles = 0;
  /** Names that begin with a dot; a folder counts once, with all that is in it. */
  hidden = 0;
  /** Links that lead out of the folder, and are not followed. */
  linksOutside = 0;
  /** Links that lead back to a folder they lie in. */
  linkLoops = 0;
  /** Archives that were read; they are no files of the folder, but their members are. */
  archives = 0;
  /** Links in archives. */
  archiveLinks = 0;
  /** Records of RecordIO that hold ranges of other records, and no image. */
  indexRecords = 0;
  /** Images that had the name of an earlier one in their archive, and are called `NAME;k`. */
  repeatedNames = 0;
  /** Labels in RecordIO that float32 cannot tell from others. */
  inexactLabels = 0;
  /** Indexes beside RecordIO files that do not fit them. */
  unfitIndexes = 0;
  /** The first of them. */
  firstUnfitIndex: UnfitIndexOf | undefined;
  private readonly endings = new Map<string, number>();

  /** @param ending of its name, in lower case without the dot; empty where it has none */
  addOther(ending: string): void {
    this.otherFiles += 1;
    const isKnown = this.endings.has(ending) || this.endings.size < MOST_ENDINGS;
    const key = isKnown ? ending : '';
    this.endings.set(key, (this.endings.get(key) ?? 0) + 1);
  }

  addUnfitIndex(index: UnfitIndexOf): void {
    this.unfitIndexes += 1;
    this.firstUnfitIndex ??= index;
  }

  /** The commonest endings of other files, the commonest first; `''` where names have none. */
  commonestEndings(most = ENDINGS_RECORDED): [string, number][] {
    return [...this.endings].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, most);
  }

  /** For the record of a run: `found` is the sum of the numbers after it up to archives, of links in these and index records. */
  record(): Record<(typeof FOUND_FIELDS)[number], number | Record<string, number>> {
    const { images, otherFiles, hidden, linksOutside, linkLoops, archiveLinks, indexRecords } =
      this;
    const links = linksOutside + linkLoops + archiveLinks;
    return {
      found: images + otherFiles + hidden + links + indexRecords,
      images,
      other_files: otherFiles,
      other_endings: Object.fromEntries(this.commonestEndings()),
      hidden,
      links_outside: linksOutside,
      link_loops: linkLoops,
      archives: this.archives,
      archive_links: archiveLinks,
      index_records: indexRecords,
      repeated_names: this.repeatedNames,
      inexact_labels: this.inexactLabels,
      unfit_indexes: this.unfitIndexes,
    };
  }

  /** Whether some other files are archives by their names. */
  get hasClosedArchives(): boolean {
    return ARCHIVE_ENDINGS.some((ending) => this.endings.has(ending));
  }
}

const ENDINGS_TOLD = 5;

/** The commonest endings of other files: `.json 30, .txt 12, without an ending 2, ...` */
export function endingsText(found: Found): string {
  const endings = found.commonestEndings(ENDINGS_TOLD + 1);
  const told = endings.slice(0, ENDINGS_TOLD).map(([ending, count]) => {
    return `${ending === '' ? 'without an ending' : `.${shown(ending)}`} ${count}`;
  });
  return [...told, ...(endings.length > ENDINGS_TOLD ? ['...'] : [])].join(', ');
}
