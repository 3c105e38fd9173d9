/** Names that a Windows file system can hold. */

/** Characters that no Windows file name holds, and the separators of its paths. */
const NOT_ON_WINDOWS = /[\\:*?"<>|\p{Cc}]/gu;
/** Windows leaves these out at the end of a name: `.. ` would be `..`. */
const LOST_ON_WINDOWS = /[. ](?=[. ]*(?:\/|$))/g;
/** Names of devices, whatever their ending. */
const WINDOWS_DEVICE = /(?<=^|\/)(?=(?:con|prn|aux|nul|com\d|lpt\d)(?:[./]|$))/gi;

/**
 * A safe relative path as one that Windows can write: each character that Windows takes for a
 * separator, a drive or a pattern, or leaves out, is `_`, and so begins the name of a device. Two
 * names may become one: see `foldedName`.
 */
export function windowsSafe(relative: string): string {
  return relative
    .replace(NOT_ON_WINDOWS, '_')
    .replace(LOST_ON_WINDOWS, '_')
    .replace(WINDOWS_DEVICE, '_');
}
