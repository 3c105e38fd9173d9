/** Cells that a spreadsheet turned into a date when it opened a file: the range `3-9` becomes `9-Mar` or `03-Sep`. */

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';

const DATE = new RegExp(`^(?:\\d{1,2}-${MONTH}|${MONTH}-(?:\\d{2}|\\d{4}))$`, 'i');

/** Whether the cell says less than it did before: which range it was can no longer be told. */
export function isSpreadsheetDate(cell: string): boolean {
  return DATE.test(cell.trim());
}
