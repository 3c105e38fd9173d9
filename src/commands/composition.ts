/** `facecls composition`: the shares of the classes in a data set, corrected for the known errors of the classifier. */
import { CompositionInputs } from '../analysis/composition/compose-files.js';
import type { CompositionRecord } from '../analysis/composition/record.js';
import { faces, summaryLine } from '../analysis/composition/words.js';
import type { CommandResult } from '../cli/command.js';
import { runAnalysis } from '../cli/run-analysis.js';
import { integer, integerPlural } from '../files/text/plural.js';
import { shownPath } from '../files/text/shown-path.js';
import type { OptionsOf } from '../options/table.js';

type Options = OptionsOf<'composition'>;

export async function execute(options: Options): Promise<CommandResult> {
  const { output_dir: folder } = options;
  const inputs = await CompositionInputs.open(options);
  const record = await runAnalysis('composition', options, async (place, events) => {
    const written = await inputs.writeResults(place, events);
    for (const note of written.notes) events.warn(note);
    return written;
  });
  return { summary: summaryOf(record, folder), record, failed: 0 };
}

/** `composition: 400 faces, African 24 % (22-26), ... (corrected); 20 photographs missed; results in DIR` */
function summaryOf(record: CompositionRecord, folder: string): string {
  const { n, not_corrected, photographs, groups } = record;
  const shares = not_corrected === null ? 'corrected' : 'as labelled, not corrected';
  const parts = [`composition: ${faces(n)}: ${summaryLine(record)} (${shares})`];
  if (photographs !== null) {
    const { seen, no_face, unreadable } = photographs;
    parts.push(
      `of ${integer(seen)} photographs ${integer(no_face)} without a face, ${integer(unreadable)} unreadable`,
    );
  }
  if (groups.length > 1) parts.push(integerPlural(groups.length - 1, 'group'));
  return `${parts.join('; ')}; results in ${shownPath(folder)}`;
}
