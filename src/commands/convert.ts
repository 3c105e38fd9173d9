/** `facecls convert`: checkpoint to ONNX. */
import { weightsRecord } from '../batch/record.js';
import { Classifier } from '../classify/classifier.js';
import type { CommandResult } from '../cli/command.js';
import { weightsTaken } from '../cli/summary.js';
import { refuseSource, refuseTaken, writeNamedFile } from '../files/named-file.js';
import { sha256OfBytes } from '../files/sha256.js';
import { shownPath } from '../files/text/shown-path.js';
import { convertClassifier } from '../models/models.js';
import type { OptionsOf } from '../options/table.js';
import { createSession } from '../runtime/onnxruntime.js';

type Options = OptionsOf<'convert'>;

export async function execute(options: Options): Promise<CommandResult> {
  const { ckpt, out, overwrite = false, precision, temperature, weights } = options;
  const start = performance.now();
  await refuseSource('--out', out, { option: '--ckpt', file: ckpt });
  await refuseTaken('--out', out, overwrite);
  const converted = await convertClassifier(ckpt, { precision, temperature, weights });
  const { network, declared, chosen } = converted;
  // Loads and runs it once, so that what is written is known to work.
  const classifier = await Classifier.create(
    await createSession(network, shownPath(out), { threads: 1 }),
    shownPath(out),
    { ...declared, outputKind: undefined },
    1,
  );
  await classifier.release();
  await writeNamedFile('--out', out, network, overwrite);
  const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
  const sha256 = sha256OfBytes(network);
  const stored = [
    ...weightsTaken(chosen),
    precision,
    ...(temperature === undefined ? [] : [`temperature ${temperature}`]),
  ].join(', ');
  const megabytes = (network.length / 1e6).toFixed(1);
  return {
    summary: `convert: ${shownPath(ckpt)} to ${shownPath(out)}, ${stored}, ${megabytes} MB, sha256 ${sha256.slice(0, 12)}, ${seconds} s`,
    record: {
      ...{ command: 'convert', ckpt, out, precision },
      ...(temperature === undefined ? {} : { temperature }),
      ...weightsRecord(chosen),
      ...{ bytes: network.length, sha256, seconds },
    },
    failed: 0,
  };
}
