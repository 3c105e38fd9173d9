/** Options of the commands that work on results, and of convert. */
import { parseThreshold } from '../analysis/consensus/rule.js';
import { TEMPERATURE_RANGE } from '../analysis/evaluate/temperature.js';
import {
  MAX_PER_IDENTITY,
  MAX_PER_IDENTITY_RANGE,
  MIN_IMAGES_RANGE,
  SEED_RANGE,
  THRESHOLD,
} from './ranges.js';
import type { OptionRow } from './row.js';
import {
  FILE,
  FLAG,
  FOLDER,
  FOLDERS,
  LABEL_MAP,
  NAME,
  NAMES,
  number,
  oneOf,
  THRESHOLD_SHARE,
  whole,
} from './values.js';

export const CONVERT_OPTIONS = [
  {
    name: 'ckpt',
    commands: ['convert'],
    group: 'Conversion:',
    value: FILE,
    help: 'PyTorch checkpoint of a ResNet-18 with four classes',
    required: true,
  },
  {
    name: 'out',
    commands: ['convert'],
    group: 'Conversion:',
    value: FILE,
    help: 'ONNX file to write',
    required: true,
  },
  {
    name: 'precision',
    commands: ['convert'],
    group: 'Conversion:',
    value: oneOf('kind', ['fp32', 'fp16']),
    help: 'how weights are stored, fp32 or fp16; computing is fp32',
    default: 'fp32',
    library: { name: 'precision', in: ['convertCheckpoint'] },
  },
  {
    name: 'temperature',
    commands: ['convert'],
    group: 'Conversion:',
    value: number('t', TEMPERATURE_RANGE),
    help: 'divide the logits by it; evaluate --fit_temperature finds it',
    library: { name: 'temperature', in: ['convertCheckpoint'] },
  },
] as const satisfies readonly OptionRow[];

const RULE = {
  commands: ['consensus'],
  group: 'Rule (an identity is a folder; of a photograph, only face 0 counts):',
} as const;
const DECIDING = ['decideIdentities'] as const;

export const CONSENSUS_OPTIONS = [
  {
    name: 'predictions',
    commands: ['consensus'],
    group: 'Files:',
    value: FILE,
    help: 'pred_ethnicities.txt, predictions.csv or predictions.jsonl (- is stdin, sorted by path)',
    required: true,
  },
  {
    name: 'output_dir',
    commands: ['consensus'],
    group: 'Files:',
    value: FOLDER,
    help: 'where lists, undecided.csv, summary.json, picture go',
    required: true,
  },
  {
    ...RULE,
    name: 'threshold',
    value: THRESHOLD_SHARE,
    help: 'share of the drawn images that has to be of a class',
    default: parseThreshold(`${THRESHOLD}`)!,
    library: { name: 'threshold', in: DECIDING },
  },
  {
    ...RULE,
    name: 'max_per_identity',
    value: whole('n', MAX_PER_IDENTITY_RANGE),
    help: 'images of an identity to draw at most',
    default: MAX_PER_IDENTITY,
    library: { name: 'maxPerIdentity', in: DECIDING },
  },
  {
    ...RULE,
    name: 'seed',
    value: whole('n', SEED_RANGE),
    help: 'another seed draws other images',
    default: 0,
    library: { name: 'seed', in: DECIDING },
  },
  {
    ...RULE,
    name: 'min_images',
    value: whole('n', MIN_IMAGES_RANGE),
    help: 'leave identities with fewer images undecided',
    default: 1,
    library: { name: 'minImages', in: DECIDING },
  },
  {
    ...RULE,
    name: 'sorted',
    commands: [],
    value: FLAG,
    help: 'predictions come sorted by path; the command sees whether they do',
    default: true,
    library: { name: 'sorted', in: DECIDING },
  },
] as const satisfies readonly OptionRow[];

const COLUMNS = { commands: ['evaluate'], group: 'Columns of --labels:' } as const;

export const EVALUATE_OPTIONS = [
  {
    name: 'predictions',
    commands: ['evaluate'],
    group: 'Files:',
    value: FILE,
    help: 'pred_ethnicities.txt, predictions.csv or .jsonl (- is stdin); only csv and jsonl hold confidences',
    required: true,
  },
  {
    name: 'labels',
    commands: ['evaluate'],
    group: 'Files:',
    value: FILE,
    help: 'CSV file with a header: path or name, label, others (- is stdin)',
    required: true,
  },
  {
    name: 'output_dir',
    commands: ['evaluate'],
    group: 'Files:',
    value: FOLDER,
    help: 'where metrics.json, confusion.csv, unmatched.csv and pictures go',
    required: true,
  },
  {
    ...COLUMNS,
    name: 'path_column',
    value: NAME,
    help: 'paths or names of images',
    shown: 'the first',
  },
  {
    ...COLUMNS,
    name: 'label_column',
    value: NAME,
    help: 'labels',
    shown: 'label, or the second',
  },
  {
    ...COLUMNS,
    name: 'label_map',
    value: LABEL_MAP,
    help: 'classes that labels stand for: White=Caucasian,Other=,... (nothing after = leaves out), a CSV file of two columns, or fairface',
  },
  {
    ...COLUMNS,
    name: 'group_column',
    value: NAMES,
    help: 'give figures for each value of these columns too',
  },
  {
    name: 'fit_temperature',
    commands: ['evaluate'],
    group: 'Calibration:',
    value: FLAG,
    help: 'find the temperature that makes confidences agree with the share that is right, for convert --temperature',
  },
] as const satisfies readonly OptionRow[];

export const MERGE_OPTIONS = [
  {
    name: 'inputs',
    commands: ['merge'],
    group: 'Options:',
    value: FOLDERS,
    help: 'folders of shards, or folders that hold shard-I-of-N',
    required: true,
  },
  {
    name: 'output_dir',
    commands: ['merge'],
    group: 'Options:',
    value: FOLDER,
    help: 'where the joined results go',
    required: true,
  },
  {
    name: 'overwrite',
    commands: ['merge'],
    group: 'Options:',
    value: FLAG,
    help: 'replace results that are there',
  },
] as const satisfies readonly OptionRow[];
