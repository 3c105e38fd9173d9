/** `align_manifest.jsonl` read back, a photograph at a time: memory does not grow with the file. */
import { InputError, UserError } from '../files/errors.js';
import { own } from '../files/own.js';
import { parsePathLine } from '../files/paths.js';
import { shownPath } from '../files/text/shown-path.js';
import { readChunks } from './prediction-chunks.js';

export interface ManifestFace {
  /** Number of the face in its photograph. */
  readonly face: number;
  /** The file of the crop; null where none was kept. */
  readonly crop: Buffer | null;
  /** Of its box, pixels. */
  readonly area: number;
  /** Whether it overlaps a better face of the photograph. */
  readonly isOverlapping: boolean;
}

export interface ManifestPhotograph {
  readonly source: Buffer;
  readonly outcome: 'with_face' | 'no_face' | 'unreadable';
  readonly faces: readonly ManifestFace[];
}

const NEWLINE = 0x0a;
/** A longer line is none of a manifest. */
const MAX_LINE = 1 << 20;
const REMEDY = 'give an align_manifest.jsonl that `facecls align` or `facecls run` wrote';

type Row =
  | { readonly kind: 'face'; readonly source: Buffer; readonly face: ManifestFace }
  | {
      readonly kind: 'status';
      readonly source: Buffer;
      readonly outcome: 'no_face' | 'unreadable';
    };

/** Rows of a photograph follow each other. @throws UserError for a file that cannot be read, or a malformed line */
export async function* readManifest(file: string): AsyncGenerator<ManifestPhotograph> {
  let source: Buffer | undefined;
  let faces: ManifestFace[] = [];
  for await (const row of readRows(file)) {
    const isNext = row.kind === 'status' || !(source?.equals(row.source) ?? false);
    if (isNext && source !== undefined) yield { source, outcome: 'with_face', faces };
    if (row.kind === 'status') {
      source = undefined;
      yield { source: row.source, outcome: row.outcome, faces: [] };
      continue;
    }
    if (isNext) {
      source = row.source;
      faces = [];
    }
    faces.push(row.face);
  }
  if (source !== undefined) yield { source, outcome: 'with_face', faces };
}

async function* readRows(file: string): AsyncGenerator<Row> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 0;
  for await (const chunk of readChunks(file, shownPath(file), REMEDY)) {
    const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = buffer.indexOf(NEWLINE); end >= 0; end = buffer.indexOf(NEWLINE, from)) {
      line += 1;
      if (end > from) yield parseRow(buffer.toString('utf8', from, end), file, line);
      from = end + 1;
    }
    rest = buffer.subarray(from);
    if (rest.length > MAX_LINE) throw malformed(file, line + 1, 'is longer than 1 MiB');
  }
  if (rest.length > 0) yield parseRow(rest.toString(), file, line + 1);
}

function parseRow(text: string, file: string, line: number): Row {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw malformed(file, line, 'is not a complete JSON object');
  }
  const source = pathOf(own(row, 'source'), file, line);
  if (source === null) throw malformed(file, line, 'has no `source`');
  const status = own(row, 'status');
  if (status !== undefined) {
    if (status === 'no_face' || status === 'unreadable') {
      return { kind: 'status', source, outcome: status };
    }
    throw malformed(file, line, 'has a `status` that is neither no_face nor unreadable');
  }
  const face = own(row, 'face');
  if (!Number.isSafeInteger(face) || (face as number) < 0) {
    throw malformed(file, line, 'has neither a `status` nor the number of a `face`');
  }
  const crop = pathOf(own(row, 'crop'), file, line);
  // Older manifests have no such key.
  const isOverlapping = (own(row, 'overlaps') ?? null) !== null;
  const area = areaOf(own(row, 'box'), file, line);
  return { kind: 'face', source, face: { face: face as number, crop, area, isOverlapping } };
}

function pathOf(value: unknown, file: string, line: number): Buffer | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw malformed(file, line, 'has a path that is no text');
  try {
    return parsePathLine(value);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw malformed(file, line, `has a path that is ${error.message}`);
  }
}

function areaOf(value: unknown, file: string, line: number): number {
  const box: unknown[] = Array.isArray(value) ? value : [];
  if (box.length !== 4 || !box.every((side) => Number.isFinite(side))) {
    throw malformed(file, line, 'has a `box` that is not four numbers');
  }
  const [left, top, right, bottom] = box as number[];
  return (right - left + 1) * (bottom - top + 1);
}

function malformed(file: string, line: number, problem: string): UserError {
  return new UserError(`${shownPath(file)}, line ${line}: ${problem}; ${REMEDY}`);
}
