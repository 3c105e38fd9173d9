/** `composition.csv`: a line a class and group. */
import { csvRecord } from '../../files/text/csv.js';
import type { Estimate } from './correction.js';
import type { CompositionRecord } from './record.js';

const COLUMNS = [
  ...['group', 'class', 'n', 'raw', 'raw_low', 'raw_high'],
  ...['corrected', 'corrected_low', 'corrected_high'],
];
const NO_ESTIMATE = ['', '', ''] as const;

/** Lines with their ends, the header first. The whole has an empty group; a share that is not known is empty. */
export function* compositionTable({ class_names, groups }: CompositionRecord): Generator<string> {
  yield csvRecord(COLUMNS);
  for (const { group, classes } of groups) {
    // Not the order of the keys, which is another one where a class is named by a number.
    for (const name of class_names) {
      const { n, raw, corrected } = classes[name];
      yield csvRecord([group ?? '', name, n, ...fields(raw), ...fields(corrected)]);
    }
  }
}

function fields(estimate: Estimate | null): readonly (string | number)[] {
  return estimate ?? NO_ESTIMATE;
}
