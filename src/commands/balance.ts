/** `facecls balance`: as many faces of each class, drawn so that anybody can repeat it, and how pure the lists are. */
import { BalanceInputs } from '../analysis/balance/balance-files.js';
import { type BalanceRecord, takenByClass } from '../analysis/balance/record.js';
import { balanceSummary } from '../analysis/balance/words.js';
import { faces } from '../analysis/composition/words.js';
import type { CommandResult } from '../cli/command.js';
import { runAnalysis } from '../cli/run-analysis.js';
import { ExitCode } from '../files/errors.js';
import { integer } from '../files/text/plural.js';
import { shownPath } from '../files/text/shown-path.js';
import type { OptionsOf } from '../options/table.js';

type Options = OptionsOf<'balance'>;

export async function execute(options: Options): Promise<CommandResult> {
  const { output_dir: folder } = options;
  const inputs = await BalanceInputs.open(options);
  const record = await runAnalysis('balance', options, async (place, events) => {
    const written = await inputs.writeResults(place, events);
    for (const note of written.notes) events.warn(note);
    return written;
  });
  return {
    summary: summaryOf(record, folder),
    record,
    failed: 0,
    // A list of nothing is none to go on with; a shortfall alone may be what there is.
    ...(record.taken === 0 ? { exitCode: ExitCode.someInputsFailed } : {}),
  };
}

/** `balance: 1,200 of 4,000 faces: African 300, purity 92 % (89-95), ...; results in DIR` */
function summaryOf(record: BalanceRecord, folder: string): string {
  const drawn = `${integer(record.taken)} of ${faces(record.faces)}`;
  return `balance: ${drawn}: ${balanceSummary(takenByClass(record))}; results in ${shownPath(folder)}`;
}
