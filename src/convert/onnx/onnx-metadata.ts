import { ModelError } from '../../files/errors.js';
import { shownPath } from '../../files/text/shown-path.js';
import { FormatError } from '../format-error.js';
import { protobufFields } from './protobuf-reader.js';

/**
 * The metadata of an ONNX file, read without running or loading it. Safe on any bytes.
 * Throws `ModelError`, beginning with `file`, if the bytes are not an ONNX model.
 */
export function readOnnxMetadata(bytes: Uint8Array, file: string): ReadonlyMap<string, string> {
  try {
    return readModel(bytes);
  } catch (error) {
    if (error instanceof FormatError) throw new ModelError(`${shownPath(file)} ${error.message}`);
    throw error;
  }
}

/* Field numbers below are those of onnx/onnx.proto. */

function readModel(bytes: Uint8Array): Map<string, string> {
  let graph: Uint8Array | undefined;
  const metadata = new Map<string, string>();
  for (const { number, value } of protobufFields(bytes)) {
    if (typeof value === 'number') continue;
    if (metadata.size > MOST_ENTRIES) throw tooMany();
    if (number === 7) graph = value;
    else if (number === 14) metadata.set(stringField(value, 1), stringField(value, 2));
  }
  if (graph === undefined) {
    throw new FormatError('is not an ONNX file (it has no graph): give one, or a checkpoint');
  }
  checkGraph(graph);
  return metadata;
}

/** Constants 5, inputs 11 and outputs 12 of a graph. */
const GRAPH_PARTS = [5, 11, 12];

/** Refuses a graph that is cut off, or that has more parts than onnxruntime should be given. */
function checkGraph(graph: Uint8Array): void {
  let parts = 0;
  for (const { number } of protobufFields(graph)) {
    if (GRAPH_PARTS.includes(number)) parts++;
    if (parts > MOST_ENTRIES) throw tooMany();
  }
}

/** The last text of a field, '' if there is none. */
function stringField(bytes: Uint8Array, field: number): string {
  let text: Uint8Array = new Uint8Array(0);
  for (const { number, value } of protobufFields(bytes)) {
    if (number === field && typeof value !== 'number') text = value;
  }
  const part = text.subarray(0, LONGEST_TEXT);
  return Buffer.from(part.buffer, part.byteOffset, part.length).toString('utf8');
}

/** Longer names and values than this are cut: no real one is, and a hostile one may be huge. */
const LONGEST_TEXT = 1 << 12;

/** Parts of a graph and entries of metadata, at most: ten times those of large networks. */
const MOST_ENTRIES = 1 << 16;

function tooMany(): FormatError {
  return new FormatError('is no classifier (it has far too many parts): give another ONNX file');
}
