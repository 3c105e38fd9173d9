/** What a worker is at work on, as its pool hears of it, and for how long. */
export class AtWork {
  /** Two tasks may name one input, so each is counted. */
  private readonly names = new Map<string, { since: number; count: number }>();

  report(names: readonly string[], isAtWork: boolean): void {
    for (const name of names) {
      const known = this.names.get(name);
      if (isAtWork)
        this.names.set(name, { since: performance.now(), count: 1 + (known?.count ?? 0) });
      else if (known === undefined || known.count === 1) this.names.delete(name);
      else known.count -= 1;
    }
  }

  all(): ReadonlySet<string> {
    return new Set(this.names.keys());
  }

  /** @returns one that takes longer than so many milliseconds */
  overdue(limit: number): string | undefined {
    const now = performance.now();
    for (const [name, { since }] of this.names) if (now - since > limit) return name;
    return undefined;
  }

  /** Time in which nothing could work, milliseconds: all processes were suspended. */
  forgive(time: number): void {
    for (const work of this.names.values()) work.since += time;
  }
}
