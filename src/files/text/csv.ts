/**
 * Records of CSV. A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@` or a tab; such text from outside is
 * written in the JSON-quoted form of paths (paths.ts), which begins with a double quote, and `csvText` undoes.
 */

/** How a cell begins that a spreadsheet may take for a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;

/** A number does nothing. */
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** What `csvRecord` makes of a formula. */
const QUOTED_FORMULA = /^"(?:[=+\-@]|\\[trn]).*"$/s;

/** One record as RFC 4180 has it, with its line end. */
export function csvRecord(fields: readonly (string | number)[]): string {
  const quoted = fields.map((field) => {
    const text = withoutFormula(String(field));
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(',')}\r\n`;
}

/** The text of a cell that `csvRecord` wrote, or another program did. */
export function csvText(cell: string): string {
  if (!QUOTED_FORMULA.test(cell)) return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

function withoutFormula(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? JSON.stringify(text) : text;
}
