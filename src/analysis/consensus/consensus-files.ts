/** The result files of `facecls consensus`. */

import { AtomicFile, commitAll, writeFileAtomic } from '../../files/atomic.js';
import { csvRecord } from '../../files/csv.js';
import { joinPath, pathLine, pathText } from '../../files/paths.js';

/** An identity without a class, as a line of `undecided.csv`. */
export interface UndecidedIdentity {
  name: Buffer;
  /** Images it has, and how many of them were drawn. */
  images: number;
  drawn: number;
  /** Of the drawn images, how many were predicted to be of each class. */
  counts: readonly number[];
  /** The class with the largest share; absent where several have it. */
  leading?: string;
  reason: string;
}

const SHARE_DECIMALS = 6;
/** What stands for the leading class where there is none. */
const TIE = 'tie';

/**
 * `<Class>.txt` with an identity a line, `undecided.csv`, `summary.json` and `consensus.png`. All take
 * their final names together, with `commit`.
 */
export class ConsensusFiles {
  private readonly picturePath: Buffer;
  private readonly lists: ReadonlyMap<string, AtomicFile>;
  private readonly undecided: AtomicFile;
  private readonly summary: AtomicFile;

  private constructor(
    picturePath: Buffer,
    lists: ReadonlyMap<string, AtomicFile>,
    undecided: AtomicFile,
    summary: AtomicFile,
  ) {
    this.picturePath = picturePath;
    this.lists = lists;
    this.undecided = undecided;
    this.summary = summary;
  }

  static async open(folder: string, classNames: readonly string[]): Promise<ConsensusFiles> {
    const inFolder = (name: string) => joinPath(Buffer.from(folder), Buffer.from(name));
    const lists = new Map<string, AtomicFile>();
    for (const name of classNames) {
      lists.set(name, await AtomicFile.create(inFolder(`${name}.txt`)));
    }
    const undecided = await AtomicFile.create(inFolder('undecided.csv'));
    await undecided.write(
      csvRecord(['identity', 'images', 'drawn', ...classNames, 'best_class', 'reason']),
    );
    const summary = await AtomicFile.create(inFolder('summary.json'));
    return new ConsensusFiles(inFolder('consensus.png'), lists, undecided, summary);
  }

  /** @param label one of the class names */
  async writeDecided(identity: Buffer, label: string): Promise<void> {
    await this.lists.get(label)!.write(`${pathLine(identity)}\n`);
  }

  async writeUndecided(identity: UndecidedIdentity): Promise<void> {
    const { name, images, drawn, counts, leading = TIE, reason } = identity;
    const shares = counts.map((count) => (count / drawn).toFixed(SHARE_DECIMALS));
    await this.undecided.write(
      csvRecord([pathText(name), `${images}`, `${drawn}`, ...shares, leading, reason]),
    );
  }

  /** @param picture the bytes of `consensus.png` */
  async commit(summary: object, picture: Uint8Array): Promise<void> {
    await this.summary.write(`${JSON.stringify(summary, null, 2)}\n`);
    await writeFileAtomic(this.picturePath, picture);
    await commitAll(this.files());
  }

  /** Removes what was written; results of an earlier run stay. */
  async discard(): Promise<void> {
    for (const file of this.files()) await file.discard();
  }

  private files(): AtomicFile[] {
    return [...this.lists.values(), this.undecided, this.summary];
  }
}
