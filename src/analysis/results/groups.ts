import { UserError } from '../../files/errors.js';
import { integer } from '../../files/text/plural.js';

const MOST_GROUPS = 100_000;

/** An empty cell of a table is no group. */
export function isGroup(name: string | null): name is string {
  return name !== null && name !== '';
}

/**
 * @param there groups that there are, before one more
 * @throws UserError for more groups than make sense
 */
export function refuseMoreGroups(there: number): void {
  if (there < MOST_GROUPS) return;
  throw new UserError(
    `--group_by: there are more than ${integer(MOST_GROUPS)} groups. Group by what has fewer values.`,
  );
}
