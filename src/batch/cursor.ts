/** The records of an earlier run, gone through side by side with the inputs of this one. */
import type { JournalRecord } from './journal.js';

export class Cursor {
  private current: JournalRecord | undefined;
  private isStarted = false;

  /**
   * @param records in the order of the inputs they were made from
   * @param listed whether the inputs come in the order of a list or of archives; otherwise in byte order of their paths
   */
  constructor(
    private readonly records: AsyncGenerator<JournalRecord, undefined>,
    private readonly listed: boolean,
  ) {}

  /**
   * What the records say of an input; to be asked in the order of the inputs. Of a walk, records of files that
   * are gone are passed over. In a list nothing tells what is gone, so after such a record nothing is found any
   * more, and the rest is computed again.
   */
  async take(relative: Buffer): Promise<JournalRecord | undefined> {
    if (!this.isStarted) await this.advance();
    while (
      !this.listed &&
      this.current !== undefined &&
      Buffer.compare(this.current.relative, relative) < 0
    ) {
      await this.advance();
    }
    if (!this.current?.relative.equals(relative)) return undefined;
    const { current } = this;
    await this.advance();
    return current;
  }

  async close(): Promise<void> {
    this.current = undefined;
    await this.records.return(undefined);
  }

  private async advance(): Promise<void> {
    this.isStarted = true;
    this.current = (await this.records.next()).value;
  }
}
