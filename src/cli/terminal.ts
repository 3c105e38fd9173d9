/**
 * What a command prints for people and programs. All of it passes here: names and values from outside are in it, and a
 * terminal must not carry them out.
 */
import { forTerminal, jsonLine } from '../files/text/shown.js';

/** @param text lines for people, of which only the newlines are kept as controls */
export function printText(text: string, stream: NodeJS.WritableStream = process.stderr): void {
  stream.write(`${forTerminal(text)}\n`);
}

/** @param value for programs, on one line */
export function printJson(value: unknown, stream: NodeJS.WritableStream): void {
  stream.write(`${jsonLine(value)}\n`);
}
