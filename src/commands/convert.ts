/** `facecls convert`: checkpoint to ONNX. */
import type { Command } from 'commander';
import { Classifier } from '../classify/classifier.js';
import type { CommandResult } from '../cli/command.js';
import { writeFileAtomic } from '../files/atomic.js';
import { InputError, UserError } from '../files/errors.js';
import { sha256OfBytes } from '../files/sha256.js';
import { convertClassifier } from '../models/models.js';
import { addCommonOptions, addPrecisionOption, type CommonOptions } from '../options/options.js';
import { createSession } from '../runtime/onnxruntime.js';

interface Options extends CommonOptions {
  readonly ckpt: string;
  readonly out: string;
  readonly precision: 'fp32' | 'fp16';
}

export function define(command: Command): void {
  command
    .optionsGroup('Conversion:')
    .requiredOption('--ckpt <file>', 'PyTorch checkpoint of a ResNet-18 with four classes')
    .requiredOption('--out <file>', 'ONNX file to write');
  addPrecisionOption(command);
  addCommonOptions(command);
}

export async function execute({ ckpt, out, precision }: Options): Promise<CommandResult> {
  const start = performance.now();
  const { network, classNames } = await convertClassifier(ckpt, { precision });
  // Loads and runs it once, so that what is written is known to work.
  const classifier = await Classifier.create(
    await createSession(network, out, { threads: 1 }),
    out,
    { classNames, outputKind: undefined },
    1,
  );
  await classifier.release();
  await writeNetwork(out, network);
  const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
  const sha256 = sha256OfBytes(network);
  const megabytes = (network.length / 1e6).toFixed(1);
  return {
    summary: `convert: ${ckpt} to ${out}, ${precision}, ${megabytes} MB, sha256 ${sha256.slice(0, 12)}, ${seconds} s`,
    record: { command: 'convert', ckpt, out, precision, bytes: network.length, sha256, seconds },
    failed: 0,
  };
}

async function writeNetwork(out: string, network: Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(out, network);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new UserError(`--out ${out}: ${error.message}; give another name`, undefined, {
      cause: error,
    });
  }
}
