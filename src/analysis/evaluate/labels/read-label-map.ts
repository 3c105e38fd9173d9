/** The value of --label_map: pairs, a file of them, or a name. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../../../files/errors.js';
import { fileErrorReason } from '../../../files/file-errors.js';
import { parseCsvRecords } from '../../../files/text/csv-records.js';
import { shown } from '../../../files/text/shown.js';
import { notTextReason } from '../../../files/text/text-file.js';
import { comparable, FAIRFACE_MAP, type Mapping } from './label-map.js';

const EXPECTED =
  'give LABEL=CLASS,LABEL=CLASS,..., fairface, or a CSV file of two columns, label and class';

/** First line of a file of pairs, if it likes to have one. */
const HEADER = ['label', 'class'];

/**
 * @param given `White=Caucasian,Middle Eastern=`, `fairface`, or a file
 * @throws UserError where it is none of these
 */
export async function readLabelMap(given: string): Promise<readonly Mapping[]> {
  if (given === 'fairface') return FAIRFACE_MAP;
  return given.includes('=') ? pairsOf(given) : readPairs(given);
}

function pairsOf(given: string): Mapping[] {
  return given.split(',').map((pair) => {
    const [label, className, ...more] = pair.split('=');
    if (className === undefined || more.length > 0) {
      throw new UserError(`--label_map: "${shown(pair)}" is no LABEL=CLASS; ${EXPECTED}`);
    }
    return { label: label.trim(), className: className.trim(), source: '--label_map' };
  });
}

async function readPairs(file: string): Promise<Mapping[]> {
  const name = `--label_map ${shown(file)}`;
  let csv: Buffer;
  try {
    csv = await readFile(file);
  } catch (error) {
    throw new UserError(`${name}: ${fileErrorReason(error)}; ${EXPECTED}`);
  }
  const problem = notTextReason(csv, EXPECTED);
  if (problem !== undefined) throw new UserError(`${name}: ${problem}`);
  const { records } = parseCsvRecords(csv, name);
  const [first] = records;
  if (first === undefined) throw new UserError(`${name}: is empty; ${EXPECTED}`);
  if (first.fields.length !== 2) {
    throw new UserError(`${name}: has ${first.fields.length} columns; ${EXPECTED}`);
  }
  const hasHeader = first.fields.every((field, i) => comparable(field) === HEADER[i]);
  return records.slice(hasHeader ? 1 : 0).map(({ fields: [label, className], line }) => ({
    ...{ label: label.trim(), className: className.trim() },
    source: `${name}, line ${line}`,
  }));
}
