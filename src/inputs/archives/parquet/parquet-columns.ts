/** Which columns of a Parquet file hold the images and their names. */
import type { SchemaTree } from 'hyparquet';
import { fileText, quotedName, UserError } from '../failure.js';

/** The column of the hubs' image data sets. */
const DEFAULT_COLUMN = 'image';
/** Columns that name the images where these are no struct with a path, in order of preference. */
const NAME_COLUMNS = ['path', 'file_name', 'filename', 'file_path', 'image_path', '__key__'];
const COLUMNS_SHOWN = 20;

/** A column of values as they are stored. */
export interface Leaf {
  readonly path: readonly string[];
  /** Levels that may be null. */
  readonly depth: number;
}

export interface ImageColumns {
  readonly column: string;
  readonly bytes: Leaf;
  readonly names: Leaf | undefined;
}

type Shape = 'binary' | 'text' | 'image struct' | 'list' | 'struct' | 'other';

/**
 * The images are in the column that is asked for; else in `image`; else in the only struct with
 * bytes, or in the only binary column. A UserError names the columns where this is none.
 */
export function imageColumns(
  schema: SchemaTree,
  file: string | Buffer,
  asked: string | undefined,
): ImageColumns {
  const columns = schema.children;
  const found = asked === undefined ? defaultColumn(columns) : named(columns, asked);
  const shape = found && shapeOf(found);
  if (found && shape === 'image struct') return structColumns(found);
  if (found && (shape === 'binary' || (asked !== undefined && shape === 'text'))) {
    return { column: found.element.name, bytes: leaf([found]), names: nameColumn(columns) };
  }
  const what =
    asked === undefined ? 'holds no single column of images' : askedProblem(asked, shape);
  throw new UserError(
    `${fileText(file)}: ${what}; name one that holds the bytes of one image a row with ` +
      `--image_column. Its columns are ${describe(columns)}`,
  );
}

function askedProblem(asked: string, shape: Shape | undefined): string {
  const column = `column ${quotedName(asked)}`;
  if (shape === undefined) return `has no ${column}`;
  return shape === 'list' ? `${column} holds a list a row` : `${column} holds no bytes of images`;
}

function defaultColumn(columns: readonly SchemaTree[]): SchemaTree | undefined {
  const usual = named(columns, DEFAULT_COLUMN);
  if (usual && ['image struct', 'binary'].includes(shapeOf(usual))) return usual;
  const structs = columns.filter((column) => shapeOf(column) === 'image struct');
  if (structs.length === 1) return structs[0];
  const binaries = columns.filter((column) => shapeOf(column) === 'binary');
  return structs.length === 0 && binaries.length === 1 ? binaries[0] : undefined;
}

function structColumns(column: SchemaTree): ImageColumns {
  const bytes = named(column.children, 'bytes');
  const path = named(column.children, 'path');
  if (bytes === undefined) throw new TypeError('a struct without bytes is no image struct');
  const names = path && isText(path) ? leaf([column, path]) : undefined;
  return { column: column.element.name, bytes: leaf([column, bytes]), names };
}

function nameColumn(columns: readonly SchemaTree[]): Leaf | undefined {
  for (const name of NAME_COLUMNS) {
    const column = named(columns, name);
    if (column && isText(column)) return leaf([column]);
  }
  return undefined;
}

function leaf(path: readonly SchemaTree[]): Leaf {
  const optional = path.filter(({ element }) => element.repetition_type !== 'REQUIRED');
  return { path: path.map(({ element }) => element.name), depth: optional.length };
}

function named(columns: readonly SchemaTree[], name: string): SchemaTree | undefined {
  return columns.find(({ element }) => element.name === name);
}

function shapeOf(column: SchemaTree): Shape {
  const { element, children } = column;
  const logical = element.logical_type?.type;
  const isList = element.converted_type === 'LIST' || element.converted_type === 'MAP';
  if (isList || logical === 'LIST' || logical === 'MAP' || element.repetition_type === 'REPEATED') {
    return 'list';
  }
  if (children.length > 0) {
    const bytes = named(children, 'bytes');
    return bytes && shapeOf(bytes) === 'binary' ? 'image struct' : 'struct';
  }
  if (element.type !== 'BYTE_ARRAY') return 'other';
  return logical === undefined && element.converted_type === undefined ? 'binary' : 'text';
}

/** Whether a column holds text; old writers do not say so of their strings. */
function isText(column: SchemaTree): boolean {
  return ['text', 'binary'].includes(shapeOf(column));
}

function describe(columns: readonly SchemaTree[]): string {
  const shown = columns
    .slice(0, COLUMNS_SHOWN)
    .map((column) => `${quotedName(column.element.name)} (${shapeOf(column)})`);
  const more = columns.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
