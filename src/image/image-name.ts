/** Names of image files, by their endings: which are looked at, and which of these cannot be decoded. */

const DECODED = ['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif'];
/** Images that are listed as failed, for whoever has them would miss them. */
const NOT_DECODED = ['bmp', 'heic', 'heif', 'hif'];
/** What cameras store of their sensors. Many are TIFF files, of which only a small preview could be decoded. */
const RAW = [
  ...['3fr', 'arw', 'cr2', 'cr3', 'crw', 'dcr', 'dng', 'erf', 'fff', 'iiq', 'kdc', 'mef', 'mos'],
  ...['mrw', 'nef', 'nrw', 'orf', 'pef', 'raf', 'rw2', 'rwl', 'sr2', 'srf', 'srw', 'x3f'],
];

/** How the names of images end. */
export const IMAGE_NAME = ending([...DECODED, ...NOT_DECODED, ...RAW]);

/** How the names of a camera's raw files end. */
export const RAW_NAME = ending(RAW);

/** The endings of images that can be decoded, for messages. */
export const DECODED_ENDINGS = DECODED.map((name) => `.${name}`).join(', ');

function ending(names: readonly string[]): RegExp {
  return new RegExp(`\\.(${names.join('|')})$`, 'i');
}
