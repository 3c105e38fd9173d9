/** Reading an ONNX file, and the files beside it in which its tensors have their numbers. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { FormatError, quoted } from '../convert/format-error.js';
import {
  externalFiles,
  MOST_BYTES,
  tooLarge,
  withDataInside,
} from '../convert/onnx/external-data.js';
import { lastOperator } from '../convert/onnx/last-operator.js';
import { ModelError } from '../files/errors.js';
import { fileErrorReason } from '../files/file-errors.js';

/** A network of one file or several, in memory. */
export interface OnnxFile {
  /** ONNX bytes with all data inside. */
  readonly network: Uint8Array;
  /** Of the graph, and then of each data file in the order of their names, lower-case hexadecimal. */
  readonly sha256: string;
  /** The data files, sorted, from the folder of the model; none where the graph has its data inside. */
  readonly files: readonly string[];
  /** What makes the first output: `Softmax`, `Gemm`, ... */
  readonly lastOperator: string | undefined;
}

/**
 * @throws node:fs errors where the file itself cannot be read, ModelError where it is no ONNX file, or its data is
 *   missing, elsewhere than beside it, or does not fit
 */
export async function readOnnxFile(file: string): Promise<OnnxFile> {
  const graph = await readFile(file);
  const hash = createHash('sha256').update(graph);
  try {
    const files = externalFiles(graph);
    const contents = await readBeside(file, files);
    for (const name of files) hash.update(contents.get(name)!);
    return {
      network: withDataInside(graph, contents),
      ...{ sha256: hash.digest('hex'), files, lastOperator: lastOperator(graph) },
    };
  } catch (error) {
    if (error instanceof FormatError) throw new ModelError(`${file} ${error.message}`);
    throw error;
  }
}

async function readBeside(
  model: string,
  names: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  let room = MOST_BYTES;
  for (const name of names) {
    const bytes = await readData(model, name, room);
    room -= bytes.length;
    contents.set(name, bytes);
  }
  return contents;
}

/** @param room bytes it may have at most */
async function readData(model: string, name: string, room: number): Promise<Uint8Array> {
  try {
    const folder = await realpath(path.dirname(model));
    const file = await realpath(path.join(folder, name));
    if (!file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep)) {
      throw new FormatError(
        `has its data in ${quoted(name)}, a link out of its folder, which is not followed: put the file itself beside the model`,
      );
    }
    // A pipe would wait for somebody to write, so it is not waited for.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const status = await handle.stat();
      if (!status.isFile()) {
        throw new FormatError(
          `has its data in ${quoted(name)}, which is not a regular file: export the model again`,
        );
      }
      if (status.size > room) throw tooLarge();
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(
      `has its data in ${quoted(name)}, beside it, which cannot be read (${fileErrorReason(error)}): put both files in one folder, as they were exported`,
    );
  }
}
