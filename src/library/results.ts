/** What the library gives for each image, and for each identity. */
import type { ClassName } from '../classify/labels.js';
import type { Face } from '../detect/detector.js';
import type { RgbImage } from '../image/image.js';
import type { AffineMatrix } from '../image/warp.js';

/** An image that could not be used. It costs nothing but itself. */
export interface Failure<I> {
  /** What was given, the very object. */
  readonly input: I;
  /** In a few words, without the path. */
  readonly reason: string;
  /** Whether another attempt may succeed: the file system refused, the content was not at fault. */
  readonly mayPass: boolean;
  readonly faces?: undefined;
  readonly label?: undefined;
  readonly probabilities?: undefined;
}

/** A face, cut out of its photograph. */
export interface AlignedFace extends Face {
  /** Number of the face in its photograph, from 0, best score first. */
  readonly index: number;
  /** `cropSize` x `cropSize` pixels, black where the photograph ends. */
  readonly crop: RgbImage;
  /** Maps pixels of the upright photograph to pixels of the crop. */
  readonly matrix: AffineMatrix;
  /**
   * Number of the best face before this one whose box it overlaps by more than 0.6 (intersection over union): most
   * often the same face found twice, so leave it out of counts. Undefined where there is none.
   */
  readonly overlaps: number | undefined;
}

/** A photograph with its faces. */
export interface AlignedPhotograph<I> {
  /** What was given, the very object. */
  readonly input: I;
  /** Best score first; empty where no face was found. */
  readonly faces: readonly AlignedFace[];
  readonly reason?: undefined;
}

/** A label for a face: how it looks, not whose face it is or where that person comes from. */
export interface Perceived {
  /** The most probable class; of `ClassName` with the bundled model. */
  readonly label: string;
  /** In the order of the `classNames` of the classifier, with the bundled model `CLASS_NAMES`; they add up to one. */
  readonly probabilities: Float32Array;
}

/** An aligned face with its label. */
export interface ClassifiedImage<I> extends Perceived {
  /** What was given, the very object. */
  readonly input: I;
  /** Size of the image, pixels; the classifier was trained on 112 x 112. */
  readonly width: number;
  readonly height: number;
  readonly reason?: undefined;
}

/** A face, cut out of its photograph, with its label. */
export interface AnalyzedFace extends AlignedFace, Perceived {}

/** A photograph with its faces and their labels. */
export interface AnalyzedPhotograph<I> {
  /** What was given, the very object. */
  readonly input: I;
  /** Best score first; empty where no face was found. */
  readonly faces: readonly AnalyzedFace[];
  readonly reason?: undefined;
}

/** A model that is in use. */
export interface ModelFile {
  readonly path: string;
  /** Of the file, and then of `files` in their order, lower-case hexadecimal. */
  readonly sha256: string;
  /** Data files of an ONNX file, sorted, from its folder; absent where it has none. */
  readonly files?: readonly string[];
  /** What its outputs are taken as, where an option or the outputs said so and not the model. */
  readonly outputKind?: 'logits' | 'probabilities';
  /** Whether its probabilities do not add up to one, and are divided by their sum. */
  readonly dividedBySum?: true;
  /** Which network of a checkpoint it is, where there are others or one was asked for; `.` is the top level. */
  readonly weights?: string;
  /** The other networks of the checkpoint, where there are any. */
  readonly passedOver?: readonly string[];
}

/** An identity: a folder of images of one person. */
interface CountedIdentity {
  /** The folder, without a slash at its end; `.` for images in none. */
  readonly name: Buffer;
  /** Different images that it has. */
  readonly images: number;
  /** Images that came a second time, with the same label; they do not count. */
  readonly repeated: number;
  /** Images that were drawn, all of them where there are no more than `maxPerIdentity`. */
  readonly drawn: number;
  /** Of the drawn images, how many are of each class, in the order of `classNames`. */
  readonly counts: readonly number[];
}

/** An identity with a class. */
export interface DecidedIdentity<C extends string = ClassName> extends CountedIdentity {
  readonly label: C;
  readonly reason?: undefined;
  readonly leading?: undefined;
}

/** An identity that is of no class. */
export interface UndecidedIdentity<C extends string = ClassName> extends CountedIdentity {
  readonly label?: undefined;
  readonly reason: 'below_threshold' | 'too_few_images';
  /** The class that most of the drawn images are of; undefined where several are level. */
  readonly leading: C | undefined;
}
