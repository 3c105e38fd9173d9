/** Options of the commands that work on results, and of convert. */
import { parseThreshold } from '../analysis/consensus/rule.js';
import { TEMPERATURE_RANGE } from '../analysis/evaluate/temperature.js';
import * as ranges from './ranges.js';
import { option } from './row.js';
import {
  FILE,
  FILE_OR_FOLDER,
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

const CONVERSION = { commands: ['convert'], group: 'Conversion:' } as const;
const NEEDED = { ...CONVERSION, required: true } as const;

export const CONVERT_OPTIONS = [
  option('ckpt', FILE, 'PyTorch checkpoint of a ResNet-18 with four classes', NEEDED),
  option('out', FILE, 'ONNX file to write', NEEDED),
  option('overwrite', FLAG, 'replace the file that --out names', CONVERSION),
  option('weights', NAME, 'which network of a checkpoint that holds several', {
    ...CONVERSION,
    shown: 'the usual one, not its average',
    library: 'weights',
    parts: ['convertCheckpoint'],
  }),
  option(
    'precision',
    oneOf('kind', ['fp32', 'fp16']),
    'how weights are stored, fp32 or fp16; computing is fp32',
    { ...CONVERSION, default: 'fp32', library: 'precision', parts: ['convertCheckpoint'] },
  ),
  option(
    'temperature',
    number('t', TEMPERATURE_RANGE),
    'divide the logits by it; evaluate --fit_temperature finds it',
    { ...CONVERSION, library: 'temperature', parts: ['convertCheckpoint'] },
  ),
] as const;

const DECIDED = { commands: ['consensus'], group: 'Files:', required: true } as const;
const RULE = {
  commands: ['consensus'],
  group: 'Rule (an identity is a folder; of a photograph, only face 0 counts):',
  parts: ['decideIdentities'],
} as const;

export const CONSENSUS_OPTIONS = [
  option(
    'predictions',
    FILE_OR_FOLDER,
    'folder of results of run or infer, or a file of predictions (- is stdin, sorted by path)',
    DECIDED,
  ),
  option('output_dir', FOLDER, 'where lists, undecided.csv, summary.json, picture go', DECIDED),
  option('overwrite', FLAG, 'replace the results of an earlier consensus', {
    commands: ['consensus'],
    group: 'Files:',
  }),
  option('threshold', THRESHOLD_SHARE, 'share of the drawn images that has to be of a class', {
    ...RULE,
    default: parseThreshold(`${ranges.THRESHOLD}`)!,
    library: 'threshold',
  }),
  option(
    'max_per_identity',
    whole('n', ranges.MAX_PER_IDENTITY_RANGE),
    'images of an identity to draw at most',
    { ...RULE, default: ranges.MAX_PER_IDENTITY, library: 'maxPerIdentity' },
  ),
  option('seed', whole('n', ranges.SEED_RANGE), 'another seed draws other images', {
    ...RULE,
    default: 0,
    library: 'seed',
  }),
  option(
    'min_images',
    whole('n', ranges.MIN_IMAGES_RANGE),
    'leave identities with fewer images undecided',
    { ...RULE, default: 1, library: 'minImages' },
  ),
  option('sorted', FLAG, 'predictions come sorted by path; the command sees whether they do', {
    ...RULE,
    commands: [],
    default: true,
    library: 'sorted',
  }),
] as const;

const COMPARED = { commands: ['evaluate'], group: 'Files:', required: true } as const;
const COLUMNS = { commands: ['evaluate'], group: 'Columns of --labels:' } as const;

export const EVALUATE_OPTIONS = [
  option(
    'predictions',
    FILE_OR_FOLDER,
    'folder of results of run or infer, or a file of predictions (- is stdin); only csv and jsonl hold confidences',
    COMPARED,
  ),
  option(
    'labels',
    FILE,
    'CSV file with a header: path or name, label, others (- is stdin)',
    COMPARED,
  ),
  option(
    'output_dir',
    FOLDER,
    'where metrics.json, confusion.csv, unmatched.csv and pictures go',
    COMPARED,
  ),
  option('manifest', FILE, 'align_manifest.jsonl, to count photographs without a face', {
    commands: ['evaluate'],
    group: 'Files:',
    shown: 'beside the predictions, else in their input folder',
  }),
  option('overwrite', FLAG, 'replace the results of an earlier evaluate', {
    commands: ['evaluate'],
    group: 'Files:',
  }),
  option('path_column', NAME, 'paths or names of images', { ...COLUMNS, shown: 'the first' }),
  option('label_column', NAME, 'labels', { ...COLUMNS, shown: 'label, or the second' }),
  option(
    'label_map',
    LABEL_MAP,
    'classes that labels stand for: White=Caucasian,Other=,... (nothing after = leaves out), a CSV file of two columns, or fairface',
    COLUMNS,
  ),
  option('group_column', NAMES, 'give figures for each value of these columns too', COLUMNS),
  option(
    'fit_temperature',
    FLAG,
    'find the temperature that makes confidences agree with the share that is right, for convert --temperature',
    { commands: ['evaluate'], group: 'Calibration:' },
  ),
] as const;

const MERGE = { commands: ['merge'], group: 'Options:' } as const;
const MERGED = { ...MERGE, required: true } as const;

export const MERGE_OPTIONS = [
  option('inputs', FOLDERS, 'folders of shards, or folders that hold shard-I-of-N', MERGED),
  option('output_dir', FOLDER, 'where the joined results go', MERGED),
  option('overwrite', FLAG, 'replace results that are there', MERGE),
] as const;
