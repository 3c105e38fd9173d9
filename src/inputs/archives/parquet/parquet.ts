/**
 * The images in a column of a Parquet file, a row each, in the order of its rows. The footer is
 * read by hyparquet; names come from the path beside the bytes, or from a column of names.
 */
import { type ColumnMetaData, type FileMetaData, parquetMetadata, parquetSchema } from 'hyparquet';
import type { Entry } from '../entry.js';
import { DamageError, InputError, UserError } from '../failure.js';
import type { FileWindow } from '../file-window.js';
import type { Members } from '../members.js';
import { safeRelative } from '../names.js';
import { PARQUET_MAGIC } from '../sniff.js';
import { ColumnChunk, type Value } from './parquet-chunk.js';
import { type ImageColumns, imageColumns, type Leaf } from './parquet-columns.js';
import { thriftEnd } from './thrift.js';

const TAIL_SIZE = 8;
const LARGEST_FOOTER = 2 ** 26;

type RowGroup = FileMetaData['row_groups'][number];

export interface Parquet {
  readonly columns: ImageColumns;
  readonly rowGroups: readonly RowGroup[];
}

/**
 * @param path names the file in messages
 * Throws a DamageError where the footer cannot be read, a UserError where no column has images.
 */
export async function openParquet(
  file: FileWindow,
  path: string | Buffer,
  imageColumn: string | undefined,
): Promise<Parquet> {
  const footer = await readFooter(file);
  const at = file.size - footer.length;
  try {
    const metadata = parquetMetadata(footer, { geoparquet: false });
    const columns = imageColumns(parquetSchema(metadata), path, imageColumn);
    checkRows(metadata, file.size);
    return { columns, rowGroups: metadata.row_groups };
  } catch (error) {
    if (error instanceof UserError || error instanceof DamageError) throw error;
    throw new DamageError(at, 'the schema and row groups of Parquet', { cause: error });
  }
}

/** The metadata with their length and magic. */
async function readFooter(file: FileWindow): Promise<Buffer> {
  const tail = await file.read(Math.max(0, file.size - TAIL_SIZE), TAIL_SIZE);
  const magic = tail.toString('latin1', 4);
  if (tail.length < TAIL_SIZE || magic !== PARQUET_MAGIC) {
    const what =
      magic === 'PARE' ? 'a footer of Parquet that is not encrypted' : 'the footer of Parquet';
    throw new DamageError(file.size, what);
  }
  const length = tail.readUInt32LE(0);
  const at = file.size - TAIL_SIZE - length;
  if (at < PARQUET_MAGIC.length || length > LARGEST_FOOTER) {
    throw new DamageError(
      file.size - TAIL_SIZE,
      `a footer within the file, not of ${length} bytes`,
    );
  }
  const footer = await file.read(at, length + TAIL_SIZE);
  if (typeof thriftEnd(footer.subarray(0, length)) !== 'number') {
    throw new DamageError(at, 'the schema and row groups of Parquet');
  }
  return footer;
}

/** Every image takes a byte: more rows than bytes are no images, however few bytes hold the nulls. */
function checkRows(metadata: FileMetaData, fileSize: number): void {
  const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (!(rows <= fileSize) || metadata.row_groups.some(({ num_rows }) => num_rows < 0n)) {
    throw new DamageError(
      fileSize,
      `fewer rows than ${fileSize} bytes can hold; it claims ${rows}`,
    );
  }
}

export async function* walkParquet(
  file: FileWindow,
  parquet: Parquet,
  members: Members,
): AsyncGenerator<Entry> {
  let firstRow = 0;
  // Columns that do not lie in one another have no more bytes than the file.
  let claimed = 0;
  try {
    for (const [rowGroup, group] of parquet.rowGroups.entries()) {
      const rows = Number(group.num_rows);
      claimed += claimedBytes(file, group, parquet.columns);
      if (claimed > file.size) throw new DamageError(file.size, 'row groups that do not overlap');
      const { bytes, names } = openGroup(file, group, parquet.columns);
      for (let row = 0; row < rows; row += 1) {
        const name = rowName((await names?.value(row)) ?? null, firstRow + row);
        yield takeRow(await bytes.value(row), name, members, parquet.columns.column, rowGroup, row);
      }
      firstRow += rows;
    }
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
    yield { kind: 'damage', offset: error.offset, expected: error.expected };
  }
}

function claimedBytes(file: FileWindow, group: RowGroup, { bytes, names }: ImageColumns): number {
  return [bytes, names].reduce(
    (sum, column) =>
      column ? sum + Number(columnOf(file, group, column).total_compressed_size) : sum,
    0,
  );
}

interface RowName {
  readonly name: Buffer;
  /** Whether the file gives it, or it is the number of the row. */
  readonly isGiven: boolean;
}

function rowName(given: Value, row: number): RowName {
  const isGiven = given !== null && safeRelative(given).toString('latin1') !== '_';
  // A copy, since the name outlives its page.
  return { name: isGiven ? Buffer.from(given) : Buffer.from(String(row)), isGiven };
}

function takeRow(
  bytes: Value,
  { name, isGiven }: RowName,
  members: Members,
  column: string,
  rowGroup: number,
  row: number,
): Entry {
  if (bytes === null) {
    return members.failed(name, isGiven ? 'holds a path and no bytes' : 'holds no bytes (null)');
  }
  const refused = members.refused({ name, size: bytes.length, isLink: false, fault: undefined });
  if (refused) return refused;
  return members.member(name, bytes.length, { kind: 'parquet', column, rowGroup, row }, bytes);
}

function openGroup(
  file: FileWindow,
  group: RowGroup,
  { bytes, names }: ImageColumns,
): { bytes: ColumnChunk; names: ColumnChunk | undefined } {
  const rows = Number(group.num_rows);
  return {
    bytes: new ColumnChunk(file, bytes, columnOf(file, group, bytes), rows),
    names: names && new ColumnChunk(file, names, columnOf(file, group, names), rows),
  };
}

function columnOf(file: FileWindow, group: RowGroup, { path }: Leaf): ColumnMetaData {
  for (const { meta_data: meta } of group.columns) {
    const names = meta?.path_in_schema;
    if (names?.length === path.length && names.every((name, index) => name === path[index])) {
      return meta as ColumnMetaData;
    }
  }
  throw new DamageError(file.size, 'a row group of Parquet with the column of images');
}

/** Reads rows by number in any order; rows that rise within a row group are read fastest. */
export class ParquetRows {
  readonly #file: FileWindow;
  readonly #parquet: Parquet;
  #open: { rowGroup: number; chunk: ColumnChunk } | undefined;

  constructor(file: FileWindow, parquet: Parquet) {
    this.#file = file;
    this.#parquet = parquet;
  }

  /** An InputError where the row holds no image. */
  async read(rowGroup: number, row: number): Promise<Buffer> {
    const group = this.#parquet.rowGroups[rowGroup];
    if (group === undefined || row >= Number(group.num_rows)) {
      throw new InputError(`row ${row} of row group ${rowGroup} is missing`);
    }
    if (this.#open?.rowGroup !== rowGroup) {
      const chunk = openGroup(this.#file, group, this.#parquet.columns).bytes;
      this.#open = { rowGroup, chunk };
    }
    const bytes = await this.#open.chunk.value(row);
    if (bytes === null) throw new InputError('holds no bytes (null)');
    return bytes;
  }
}
