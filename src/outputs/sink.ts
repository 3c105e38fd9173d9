/** Where results go: a sink is one kind of result file, and a composite of sinks is one too. */
import { discardStaged, publish, type StagedFile } from '../files/atomic.js';

export interface Sink<Row> {
  /** Names in the folder of results that it may create; `<n>` stands for a number. */
  readonly owns: readonly string[];
  /** Opens its files under partial names. When it throws, it leaves none. */
  open(): Promise<void>;
  write(row: Row): Promise<void>;
  /** Writes its files out; what is returned only lacks its names, which `commit` gives. */
  seal(): Promise<readonly StagedFile[]>;
  /** Leaves what was written under partial names, for whoever wants to look at it. */
  suspend(): Promise<void>;
  /** Removes what was written. Never throws. */
  discard(): Promise<void>;
}

/** Gives the files of a sink their names, all of them once all are on the disk. */
export async function commit<Row>(sink: Sink<Row>): Promise<void> {
  const staged = await sink.seal();
  try {
    await publish(staged);
  } catch (error) {
    await discardStaged(staged);
    throw error;
  }
}

/** Hands what is written to each of several sinks, in their order. */
export function composite<Row>(sinks: readonly Sink<Row>[]): Sink<Row> {
  return {
    owns: sinks.flatMap(({ owns }) => owns),
    async open() {
      const opened: Sink<Row>[] = [];
      try {
        for (const sink of sinks) {
          await sink.open();
          opened.push(sink);
        }
      } catch (error) {
        for (const sink of opened) await sink.discard();
        throw error;
      }
    },
    async write(row) {
      for (const sink of sinks) await sink.write(row);
    },
    async seal() {
      const staged: StagedFile[] = [];
      try {
        for (const sink of sinks) staged.push(...(await sink.seal()));
      } catch (error) {
        await discardStaged(staged);
        throw error;
      }
      return staged;
    },
    async suspend() {
      for (const sink of sinks) await sink.suspend();
    },
    async discard() {
      for (const sink of sinks) await sink.discard();
    },
  };
}

/** A sink of results, each of which is any number of rows for `sink`. */
export function mapped<Result, Row>(
  sink: Sink<Row>,
  rowsOf: (result: Result) => readonly Row[],
): Sink<Result> {
  return {
    owns: sink.owns,
    open: () => sink.open(),
    async write(result) {
      for (const row of rowsOf(result)) await sink.write(row);
    },
    seal: () => sink.seal(),
    suspend: () => sink.suspend(),
    discard: () => sink.discard(),
  };
}
