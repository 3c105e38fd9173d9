/**
 * What is wrong with the bytes of a file, as the part of a sentence that follows the file's name
 * ("is cut off: download it again"). The public functions of this folder turn it into a
 * `ModelError` with the name in front, so that the readers below need not know any path.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** For a name that is taken from a file. */
export { quoted } from '../files/text/shown.js';
