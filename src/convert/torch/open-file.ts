import { ModelError, UserError } from '../../files/errors.js';
import { shownPath } from '../../files/text/shown-path.js';
import { FormatError } from '../format-error.js';
import { type ByteSource, FileSource } from './byte-source.js';

/**
 * Opens a file for `use` and closes it. What `use` finds wrong with the bytes becomes a
 * `ModelError` that names the file; a file that is not there is a `UserError` that ends with `advice`.
 */
export function withFile<T>(
  path: string,
  use: (source: ByteSource) => T,
  advice = 'check the path',
): T {
  let source: FileSource | undefined;
  try {
    source = new FileSource(path);
    return use(source);
  } catch (error) {
    if (error instanceof FormatError) throw new ModelError(`${shownPath(path)} ${error.message}`);
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new UserError(`${shownPath(path)} does not exist: ${advice}`);
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new ModelError(`${shownPath(path)} cannot be read: check its permissions`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    source?.close();
  }
}
