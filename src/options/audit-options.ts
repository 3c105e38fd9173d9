/** Options of the commands that tell what a data set is made of, and draw from it. */
import * as ranges from './ranges.js';
import { option } from './row.js';
import {
  FILE,
  FILE_OR_FOLDER,
  FLAG,
  FOLDER,
  NAME,
  number,
  oneOf,
  PER_CLASS,
  whole,
} from './values.js';

const BOTH = { commands: ['composition', 'balance'] } as const;
const FILES = { ...BOTH, group: 'Files:' } as const;
const COMPOSED = { commands: ['composition'], group: 'Files:' } as const;
const BALANCED = { commands: ['balance'], group: 'Files:' } as const;
const PREDICTIONS = [
  'predictions',
  FILE_OR_FOLDER,
  'folder of results of run or infer, or a file of predictions',
] as const;
const SHARES = { commands: ['composition'], group: 'Shares:' } as const;
const DRAW = { commands: ['balance'], group: 'Draw:' } as const;
const GROUPS = { ...BOTH, group: 'Groups:' } as const;

export const AUDIT_OPTIONS = [
  option(...PREDICTIONS, { ...FILES, required: true }),
  option('output_dir', FOLDER, 'where composition.json, composition.csv, picture and page go', {
    ...COMPOSED,
    required: true,
  }),
  option('output_dir', FOLDER, 'where balanced.csv, the lists and balance.json go', {
    ...BALANCED,
    required: true,
  }),
  option('manifest', FILE, 'align_manifest.jsonl of the photographs', {
    ...FILES,
    shown: 'beside the predictions, else in their input folder',
  }),
  option(
    'known_errors',
    FILE,
    'metrics.json of evaluate, or another JSON file with class_names and confusion',
    { ...FILES, shown: 'those of the bundled model, if it made the predictions' },
  ),
  option(
    'per_class',
    PER_CLASS,
    'faces to draw of each class, in each group; min: as many as the rarest has',
    { ...DRAW, required: true },
  ),
  option(
    'min_confidence',
    number('p', ranges.FRACTION),
    'leave out faces whose label has a smaller probability',
    { ...DRAW, default: 0 },
  ),
  option(
    'one_per',
    oneOf('what', ['none', 'photograph', 'identity']),
    'draw at most one face of each photograph or identity (folder)',
    { ...DRAW, default: 'none' },
  ),
  option(
    'copy',
    oneOf('how', ['none', 'hardlink', 'copy']),
    'put the faces drawn into a folder for each class: none, hardlink or copy',
    { ...DRAW, default: 'none' },
  ),
  option('seed', whole('n', ranges.SEED_RANGE), 'another seed draws other faces', {
    ...DRAW,
    default: 0,
  }),
  option(
    'faces',
    oneOf('which', ['all', 'largest']),
    'faces to count of each photograph: all or largest',
    { ...SHARES, default: 'all' },
  ),
  option('interval', number('level', ranges.LEVEL_RANGE), 'how often intervals hold the truth', {
    ...SHARES,
    default: 0.95,
  }),
  option('samples', whole('n', ranges.SAMPLES_RANGE), 'draws for the corrected intervals', {
    ...SHARES,
    default: 2000,
  }),
  option('seed', whole('n', ranges.SEED_RANGE), 'another seed gives other draws', {
    ...SHARES,
    default: 0,
  }),
  option(
    'correct_detection',
    FLAG,
    'divide corrected shares by how often a face is found in photographs of the class',
    SHARES,
  ),
  option('group_by', NAME, 'folder, or a column of --attributes', GROUPS),
  option('attributes', FILE, 'CSV file with a header: path or name first, then columns', GROUPS),
  option('overwrite', FLAG, 'replace the results of an earlier run', {
    ...BOTH,
    group: 'Earlier results:',
  }),
] as const;
