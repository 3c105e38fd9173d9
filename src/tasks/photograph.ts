/** A photograph with the faces found in it, as `align` and `run` give it. */
import type { Face } from '../detect/detector.js';
import type { RgbImage } from '../image/image.js';
import type { AffineMatrix } from '../image/warp.js';

export interface AlignedFace extends Face {
  /** Number of the face in its photograph, from 0, best score first. */
  readonly index: number;
  /** Maps pixels of the photograph to pixels of the crop. */
  readonly matrix: AffineMatrix;
  /** undefined where the pixels were let go. */
  readonly crop: RgbImage | undefined;
  /** The crop's file; undefined where none is kept. */
  readonly cropPath: Buffer | undefined;
}

export interface ClassifiedFace extends AlignedFace {
  readonly label: string;
  /** In the order of the classifier's classes; they add up to one. */
  readonly probabilities: Float32Array;
}

export interface Photograph<F extends AlignedFace = AlignedFace> {
  readonly kind: 'photograph';
  readonly path: Buffer;
  readonly relative: Buffer;
  /** Empty where no face was found. */
  readonly faces: readonly F[];
  /** See `DecodedPixels`; of results of earlier runs it is not known. */
  readonly isTwelveBit?: true;
}
