/** The result files of `facecls consensus`. */

import type { AtomicFile } from '../../files/atomic.js';
import { pathLine, pathText } from '../../files/paths.js';
import { csvRecord } from '../../files/text/csv.js';
import type { ResultFiles } from '../result-files.js';
import type { Identity } from './draw.js';
import { listName } from './result-kind.js';
import type { Verdict } from './rule.js';

const SHARE_DECIMALS = 6;
/** What stands for the leading class where there is none. */
const TIE = 'tie';

/** `CLASS.txt` with an identity a line, and `undecided.csv`. */
export class IdentityLists {
  private constructor(
    private readonly decided: ReadonlyMap<string, AtomicFile>,
    private readonly undecided: AtomicFile,
  ) {}

  static async open(files: ResultFiles, classNames: readonly string[]): Promise<IdentityLists> {
    const decided = new Map<string, AtomicFile>();
    for (const name of classNames) decided.set(name, await files.open(listName(name)));
    const undecided = await files.open('undecided.csv');
    await undecided.write(
      csvRecord(['identity', 'images', 'drawn', ...classNames, 'best_class', 'reason']),
    );
    return new IdentityLists(decided, undecided);
  }

  /** @param verdict of one of the class names */
  async add({ name, images, drawn, counts }: Identity, verdict: Verdict): Promise<void> {
    if (verdict.kind === 'decided') {
      await this.decided.get(verdict.label)!.write(`${pathLine(name)}\n`);
      return;
    }
    const { reason, leading = TIE } = verdict;
    const shares = counts.map((count) => (count / drawn).toFixed(SHARE_DECIMALS));
    await this.undecided.write(
      csvRecord([pathText(name), `${images}`, `${drawn}`, ...shares, leading, reason]),
    );
  }
}
