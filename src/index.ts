/**
 * The library: photographs -> aligned faces -> perceived labels, as async iterators, and what is made of labels.
 * Nothing is printed, no process is ended, and nothing is loaded before it is needed. See docs/library.md.
 *
 * What is not exported here may change in any version.
 */

export type { Calibration, CalibrationBin } from './analysis/evaluate/calibration.js';
export type { Evaluation } from './analysis/evaluate/evaluation.js';
export type { Gap, Grouping, GroupMetrics } from './analysis/evaluate/groups.js';
export type { ClassMetrics, Metrics } from './analysis/evaluate/metrics.js';
export type { Interval } from './analysis/wilson.js';
export { CLASS_NAMES, type ClassName } from './classify/labels.js';
export type { Box, DetectorName, Face, Point } from './detect/detector.js';
export { ModelError, UserError } from './files/errors.js';
export type { RgbImage } from './image/image.js';
export type { AffineMatrix } from './image/warp.js';
export { Aligner, align } from './library/aligner.js';
export { Analyzer, analyze } from './library/analyzer.js';
export { Classifier, classify } from './library/classifier.js';
export { diagnose } from './library/diagnosis.js';
export { type EvaluationOptions, type EvaluationSample, evaluate } from './library/evaluation.js';
export {
  type ConvertOptions,
  convertCheckpoint,
  type EncodeOptions,
  encodeImage,
  type FoundImage,
  type WalkOptions,
  walkImages,
} from './library/files.js';
export {
  decideIdentities,
  type IdentityOptions,
  type PredictedImage,
} from './library/identities.js';
export type { FileInput, ImageInput, Inputs } from './library/images.js';
export type {
  AlignerOptions,
  AnalyzerOptions,
  ClassifierOptions,
  ComputeOptions,
  IterationOptions,
} from './library/options.js';
export type {
  AlignedFace,
  AlignedPhotograph,
  AnalyzedFace,
  AnalyzedPhotograph,
  ClassifiedImage,
  DecidedIdentity,
  Failure,
  ModelFile,
  Perceived,
  UndecidedIdentity,
} from './library/results.js';
export type { DeviceState, Diagnosis, ModelState, SystemState } from './models/diagnosis.js';
export type { Device, DeviceRequest } from './runtime/devices.js';
