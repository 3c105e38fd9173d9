/** Options of classification and of what is made of its results. */
import { OUTPUT_KINDS } from '../classify/output-kind.js';
import { DEFAULT_MAX_IMAGES } from '../outputs/report/sample.js';
import { BATCH_RANGE, FACES_IN_A_RUN, FACES_OF_PHOTOGRAPHS_IN_A_RUN } from './ranges.js';
import { option } from './row.js';
import { FILE, FLAG, FORMATS, NAME, number, oneOf, whole } from './values.js';

const CLASSIFIER = {
  commands: ['run', 'infer'],
  group: 'Classifier:',
  parts: ['Classifier', 'Analyzer'],
} as const;
const BATCH_SIZE = [
  'batch_size',
  whole('n', BATCH_RANGE),
  'faces in each run of the network',
] as const;
const BATCH = { group: 'Classifier:', library: 'batchSize', changesResults: true } as const;

export const CLASSIFIER_OPTIONS = [
  option('ckpt', FILE, 'checkpoint (.ckpt, .pth, .pt) or ONNX file', {
    ...CLASSIFIER,
    shown: 'pretrained_models/resnet18.ckpt if there, else the bundled model',
    library: 'checkpoint',
  }),
  option('weights', NAME, 'which network of a checkpoint that holds several', {
    ...CLASSIFIER,
    changesResults: true,
    shown: 'the usual one, not its average',
    library: 'weights',
  }),
  option(
    'output_kind',
    oneOf('kind', OUTPUT_KINDS),
    'what an ONNX file gives, logits or probabilities',
    {
      ...CLASSIFIER,
      changesResults: true,
      shown: 'what its metadata or its outputs say',
      library: 'outputKind',
    },
  ),
  option(...BATCH_SIZE, {
    ...{ ...BATCH, commands: ['infer'], parts: ['Classifier'] },
    default: FACES_IN_A_RUN,
  }),
  option(...BATCH_SIZE, {
    ...{ ...BATCH, commands: ['run'], parts: ['Analyzer'] },
    default: FACES_OF_PHOTOGRAPHS_IN_A_RUN,
  }),
  option('format', FORMATS, 'files of predictions besides txt: csv, jsonl or csv,jsonl', {
    ...CLASSIFIER,
    default: ['txt'],
  }),
] as const;

const GRIDS = { commands: ['run', 'infer'], group: 'Grids:' } as const;
const DRAWN = { ...GRIDS, needs: { option: 'visualize', says: 'says how grids look' } } as const;
const COUNT = whole('n', { least: 1, most: 10_000 });
/** Up to 10,000 pixels, of which a square takes 0.4 GB. */
const INCHES = number('inches', { least: 1, most: 100 });

/** Defaults are those of the published script. */
export const GRID_OPTIONS = [
  option(
    'visualize',
    FLAG,
    'draw grids of the faces: 0.jpg, 1.jpg, ... in the output folder',
    GRIDS,
  ),
  option('n_vis_samples_per_pic', COUNT, 'faces a grid', { ...DRAWN, default: 40 }),
  option('n_vis_rows_per_pic', COUNT, 'rows a grid', { ...DRAWN, default: 5 }),
  option('figsize_h', INCHES, 'height at 100 dpi', { ...DRAWN, default: 20 }),
  option('figsize_w', INCHES, 'width at 100 dpi', { ...DRAWN, default: 20 }),
] as const;

const REPORT = { commands: ['run', 'infer'], group: 'Report:' } as const;
const SHOWN = whole('n', { least: 0, most: 100_000 });

export const REPORT_OPTIONS = [
  option('report', FLAG, 'write report.html: composition and faces, to open in a browser', REPORT),
  option('report_max_images', SHOWN, 'faces shown in it, a uniform sample', {
    ...REPORT,
    default: DEFAULT_MAX_IMAGES,
    needs: { option: 'report', says: 'says what --report shows' },
  }),
] as const;
