/** Options of a run over many inputs: its folders, what becomes of earlier results, where it computes. */
import { usableCores } from '../runtime/cores.js';
import { DEVICES } from '../runtime/devices.js';
import { COMMAND_NAMES } from './commands.js';
import { WORKERS_RANGE } from './ranges.js';
import type { OptionRow } from './row.js';
import { FLAG, FOLDER, INPUT, oneOf, whole } from './values.js';

const INPUT_FOLDER = { group: 'Folders:', value: INPUT } as const;
const OUTPUT_FOLDER = { group: 'Folders:', value: FOLDER, required: true } as const;

export const FOLDER_OPTIONS = [
  {
    ...INPUT_FOLDER,
    name: 'in_dir',
    commands: ['align'],
    help: 'folder of photographs, with all sub-folders; an image; an archive; or give --in_list',
  },
  {
    ...OUTPUT_FOLDER,
    name: 'out_dir',
    commands: ['align'],
    help: 'where crops and align_manifest.jsonl go',
  },
  {
    ...INPUT_FOLDER,
    name: 'input_dir',
    commands: ['run'],
    help: 'folder of photographs, with all sub-folders; an image; an archive; or give --in_list',
  },
  {
    ...INPUT_FOLDER,
    name: 'input_dir',
    commands: ['infer'],
    help: 'folder of aligned faces, with all sub-folders; an image; an archive; or give --in_list',
  },
  {
    ...OUTPUT_FOLDER,
    name: 'output_dir',
    commands: ['run'],
    help: 'where predictions, align_manifest.jsonl and run.json go',
  },
  {
    ...OUTPUT_FOLDER,
    name: 'output_dir',
    commands: ['infer'],
    help: 'where predictions and run.json go',
  },
  {
    name: 'save_crops',
    commands: ['run'],
    group: 'Folders:',
    value: FLAG,
    help: 'keep the aligned faces, in crops/ of --output_dir',
    changesResults: true,
  },
] as const satisfies readonly OptionRow[];

const EARLIER = { group: 'Earlier results:', value: FLAG } as const;
const GOING_ON = {
  ...EARLIER,
  help: 'go on with an earlier run: what it has finished is not done again',
} as const;
const RETRYING = { ...EARLIER, name: 'retry_failed' } as const;

/** What `align` calls check_exists, after the published script, the others call resume. */
export const EARLIER_RESULTS_OPTIONS = [
  { ...GOING_ON, name: 'resume', commands: ['run', 'infer'] },
  { ...GOING_ON, name: 'check_exists', commands: ['align'] },
  {
    ...RETRYING,
    commands: ['run', 'infer'],
    help: 'with --resume, try again also inputs that are damaged',
    needs: { option: 'resume', says: 'says what --resume does' },
  },
  {
    ...RETRYING,
    commands: ['align'],
    help: 'with --check_exists, try again also inputs that are damaged',
    needs: { option: 'check_exists', says: 'says what --check_exists does' },
  },
  {
    ...EARLIER,
    name: 'overwrite',
    commands: ['run', 'align', 'infer'],
    help: 'replace the results of an earlier run',
  },
] as const satisfies readonly OptionRow[];

const COMPUTING = ['run', 'align', 'infer'] as const;
const COMPUTERS = ['Aligner', 'Classifier', 'Analyzer'] as const;

export const COMPUTE_OPTIONS = [
  {
    name: 'n_threads',
    commands: COMPUTING,
    group: 'Computing:',
    value: whole('n', WORKERS_RANGE),
    help: 'worker processes, each computing on one core',
    default: () => usableCores(),
    shown: 'all cores',
    library: {
      name: 'workers',
      in: COMPUTERS,
      // None: the work is done in this process.
      value: whole('n', { ...WORKERS_RANGE, least: 0 }),
      default: 0,
    },
  },
  {
    name: 'device',
    commands: COMPUTING,
    group: 'Computing:',
    value: oneOf('name', ['auto', ...DEVICES]),
    help: `where the networks run: auto, ${DEVICES.join(', ')}`,
    default: 'auto',
    library: { name: 'device', in: COMPUTERS },
  },
] as const satisfies readonly OptionRow[];

/** All but these two, which print texts. */
type Working = Exclude<(typeof COMMAND_NAMES)[number], 'completion' | 'help'>;
const WORKING = COMMAND_NAMES.filter(
  (name): name is Working => name !== 'completion' && name !== 'help',
);

export const GENERAL_OPTIONS = [
  {
    name: 'json',
    commands: WORKING,
    group: 'General:',
    value: FLAG,
    help: 'print the summary as one JSON object',
  },
  {
    name: 'quiet',
    commands: WORKING,
    group: 'General:',
    value: FLAG,
    help: 'print errors only (and the summary, with --json)',
  },
  {
    name: 'debug',
    commands: WORKING,
    group: 'General:',
    value: FLAG,
    help: 'print timings, and stack traces of errors',
  },
] as const satisfies readonly OptionRow[];
