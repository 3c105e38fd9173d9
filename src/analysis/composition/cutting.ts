/** How faces were found and cut out, as records tell: errors of a classifier hold for faces that are cut out alike. */
import { CROP_SIZE } from '../../classify/preprocess.js';
import { own } from '../../files/own.js';

/** By name of the option. */
export type Cutting = Readonly<Record<string, string>>;

/** What decides how a face looks in its crop; of `made_with` in records of `align` and `run`. */
const OPTIONS = [
  ...['detector', 'min_face_size', 'thresholds', 'nms_thresholds', 'min_confidence', 'faces'],
  ...['out_res', 'detector_sha256', 'crops'],
];
/** As known errors may spell it. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['detector networks of SHA-256', 'detector_sha256'],
]);
const LOSSLESS = 'uncompressed';
const PLAIN = /^[\w .-]{1,200}$/;

/**
 * @param madeWith of a record or of known errors, not trusted: names with or without dashes; what is none of the
 *   options, or no plain value, is passed over
 * @returns null where nothing of it is known, as in a record of `infer`
 */
export function cuttingOf(madeWith: unknown): Cutting | null {
  if (typeof madeWith !== 'object' || madeWith === null) return null;
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(madeWith)) {
    const name = SPELLINGS.get(key) ?? key.replace(/^--/, '');
    const text = Array.isArray(value) ? value.join(' ') : String(value);
    if (OPTIONS.includes(name) && value !== null && PLAIN.test(text)) found.set(name, text);
  }
  if (!found.has('detector')) return null;
  const crops = cropsOf(madeWith);
  if (crops !== undefined) found.set('crops', crops);
  // `run` classifies at the size of the model, whatever it saves.
  if (own(madeWith, 'command') === 'run') found.set('out_res', String(CROP_SIZE));
  return Object.fromEntries(
    OPTIONS.filter((name) => found.has(name)).map((n) => [n, found.get(n)!]),
  );
}

/** How crops were stored before they were classified; undefined where that is not told by the command. */
function cropsOf(madeWith: object): string | undefined {
  switch (own(madeWith, 'command')) {
    case 'run':
      return LOSSLESS;
    case 'align':
      return own(madeWith, 'crop_format') === 'png'
        ? LOSSLESS
        : `JPEG of quality ${Number(own(madeWith, 'crop_quality'))}`;
    default:
      return undefined;
  }
}
