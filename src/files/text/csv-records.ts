/** Records of a CSV file that a user gives, as spreadsheets write them. */
import { isUtf8 } from 'node:buffer';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { UserError } from '../errors.js';
import { firstLineEnd, isReturnAlone, RETURN_ENDS_REASON } from './line-ends.js';
import { csvErrorReason } from './text-file.js';

export interface CsvLine {
  readonly fields: readonly string[];
  /** Line on which the record begins; the first is 1. */
  readonly line: number;
}

export interface CsvRecords {
  /** Each has as many fields as the first. */
  readonly records: readonly CsvLine[];
  /** Records that were passed over because all of their fields are empty: `,,,,`. */
  readonly emptyRecords: number;
}

const NEWLINE = 0x0a;

/** The line that tells a spreadsheet what stands between fields. */
const SEPARATOR_LINE = /^(?:\xef\xbb\xbf)?"?sep=([,;\t])"?\r?\n/i;

/**
 * @param csv UTF-8, with or without byte order mark, fields separated by commas, or by what a first
 *   line `sep=;` names; lines without anything are passed over
 * @param name the file's, for messages
 * @throws UserError for malformed CSV and other bytes than UTF-8, with the line, and for line ends of CR alone
 */
export function parseCsvRecords(csv: Buffer, name: string): CsvRecords {
  if (isReturnAlone(csv, firstLineEnd(csv, true))) {
    throw new UserError(`${name}: ${RETURN_ENDS_REASON}`);
  }
  refuseOtherText(csv, name);
  const [separatorLine = '', delimiter = ','] =
    SEPARATOR_LINE.exec(csv.toString('latin1', 0, 16)) ?? [];
  const linesBefore = separatorLine === '' ? 0 : 1;
  const records: CsvLine[] = [];
  let emptyRecords = 0;
  let line = linesBefore + 1;
  try {
    parse(csv.subarray(separatorLine.length), {
      bom: true,
      delimiter,
      record_delimiter: ['\r\n', '\n'],
      // Lines without anything have one field.
      relax_column_count: true,
      on_record: (fields: string[], info) => {
        const isEmpty = fields.every((field) => field.trim() === '');
        if (!isEmpty) refuseOtherLength(records[0], fields, name, line);
        if (!isEmpty) records.push({ fields, line });
        else if (fields.length > 1) emptyRecords += 1;
        line = linesBefore + info.lines + 1;
        // Kept above, with its line: the parser need not keep it.
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UserError(`${name}, line ${line}: ${csvErrorReason(error)}; correct the line`);
  }
  return { records, emptyRecords };
}

/** Other bytes would all become the same character, and different labels, groups and paths one. */
function refuseOtherText(csv: Buffer, name: string): void {
  if (isUtf8(csv)) return;
  let line = 1;
  for (let start = 0, end = csv.indexOf(NEWLINE); ; line++) {
    if (end < 0 || !isUtf8(csv.subarray(start, end))) break;
    start = end + 1;
    end = csv.indexOf(NEWLINE, start);
  }
  throw new UserError(`${name}, line ${line}: is not UTF-8 text; save the file as UTF-8`);
}

function refuseOtherLength(
  header: CsvLine | undefined,
  fields: readonly string[],
  name: string,
  line: number,
): void {
  if (header === undefined || header.fields.length === fields.length) return;
  throw new UserError(
    `${name}, line ${line}: has another number of fields than the header; correct the line`,
  );
}
