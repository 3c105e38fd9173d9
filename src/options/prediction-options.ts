/** Options of classification and of what is made of its results. */
import { DEFAULT_MAX_IMAGES } from '../outputs/report/sample.js';
import { BATCH_RANGE, FACES_IN_A_RUN, FACES_OF_PHOTOGRAPHS_IN_A_RUN } from './ranges.js';
import type { OptionRow } from './row.js';
import { FILE, FLAG, FORMATS, number, whole } from './values.js';

const PREDICTING = ['run', 'infer'] as const;

const BATCH_SIZE = {
  name: 'batch_size',
  group: 'Classifier:',
  value: whole('n', BATCH_RANGE),
  help: 'faces in each run of the network',
  changesResults: true,
} as const;

export const CLASSIFIER_OPTIONS = [
  {
    name: 'ckpt',
    commands: PREDICTING,
    group: 'Classifier:',
    value: FILE,
    help: 'checkpoint (.ckpt, .pth, .pt) or ONNX file',
    shown: 'pretrained_models/resnet18.ckpt if there, else the bundled model',
    library: { name: 'checkpoint', in: ['Classifier', 'Analyzer'] },
  },
  {
    ...BATCH_SIZE,
    commands: ['infer'],
    default: FACES_IN_A_RUN,
    library: { name: 'batchSize', in: ['Classifier'] },
  },
  {
    ...BATCH_SIZE,
    commands: ['run'],
    default: FACES_OF_PHOTOGRAPHS_IN_A_RUN,
    library: { name: 'batchSize', in: ['Analyzer'] },
  },
  {
    name: 'format',
    commands: PREDICTING,
    group: 'Classifier:',
    value: FORMATS,
    help: 'files of predictions besides txt: csv, jsonl or csv,jsonl',
    default: ['txt'],
  },
] as const satisfies readonly OptionRow[];

const COUNT = { least: 1, most: 10_000 };
/** Inches: 10,000 pixels, of which a square takes 0.4 GB. */
const FIGURE = { least: 1, most: 100 };
const DRAWN = { option: 'visualize', says: 'says how grids look' } as const;

/** Defaults are those of the published script. */
export const GRID_OPTIONS = [
  {
    name: 'visualize',
    commands: PREDICTING,
    group: 'Grids:',
    value: FLAG,
    help: 'draw grids of the faces: 0.jpg, 1.jpg, ... in the output folder',
  },
  {
    name: 'n_vis_samples_per_pic',
    commands: PREDICTING,
    group: 'Grids:',
    value: whole('n', COUNT),
    help: 'faces a grid',
    default: 40,
    needs: DRAWN,
  },
  {
    name: 'n_vis_rows_per_pic',
    commands: PREDICTING,
    group: 'Grids:',
    value: whole('n', COUNT),
    help: 'rows a grid',
    default: 5,
    needs: DRAWN,
  },
  {
    name: 'figsize_h',
    commands: PREDICTING,
    group: 'Grids:',
    value: number('inches', FIGURE),
    help: 'height at 100 dpi',
    default: 20,
    needs: DRAWN,
  },
  {
    name: 'figsize_w',
    commands: PREDICTING,
    group: 'Grids:',
    value: number('inches', FIGURE),
    help: 'width at 100 dpi',
    default: 20,
    needs: DRAWN,
  },
] as const satisfies readonly OptionRow[];

export const REPORT_OPTIONS = [
  {
    name: 'report',
    commands: ['infer'],
    group: 'Report:',
    value: FLAG,
    help: 'write report.html, a contact sheet to open in a browser',
  },
  {
    name: 'report_max_images',
    commands: ['infer'],
    group: 'Report:',
    value: whole('n', { least: 0, most: 100_000 }),
    help: 'faces shown in it, a uniform sample',
    default: DEFAULT_MAX_IMAGES,
    needs: { option: 'report', says: 'says what --report shows' },
  },
] as const satisfies readonly OptionRow[];
