/** `facecls composition`: the shares of the classes in a data set, corrected for the known errors of the classifier. */
import { CompositionInputs } from '../analysis/composition/compose-files.js';
import type { CompositionRecord } from '../analysis/composition/record.js';
import { faces, summaryLine } from '../analysis/composition/words.js';
import { withOutputFolder } from '../batch/with-output-folder.js';
import type { CommandResult } from '../cli/command.js';
import { createProgress } from '../cli/progress.js';
import { integer } from '../files/text/plural.js';
import { shownPath } from '../files/text/shown-path.js';
import type { OptionsOf } from '../options/table.js';

type Options = OptionsOf<'composition'>;

export async function execute(options: Options): Promise<CommandResult> {
  const { output_dir: folder, quiet = false, overwrite = false } = options;
  const inputs = await CompositionInputs.open(options);
  const record = await withOutputFolder('--output_dir', folder, 'composition', async (lock) => {
    const progress = await createProgress({ quiet, unit: 'predictions', name: 'composition' });
    try {
      const place = { folder, option: '--output_dir', overwrite, verify: () => lock.verify() };
      const written = await inputs.writeResults(place, {
        progress: (count) => progress.update(count, 0),
        warn: (text) => progress.warn(text),
      });
      for (const note of written.notes) progress.warn(note);
      return written;
    } finally {
      progress.stop();
    }
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
  if (groups.length > 1) parts.push(`${integer(groups.length - 1)} groups`);
  return `${parts.join('; ')}; results in ${shownPath(folder)}`;
}
