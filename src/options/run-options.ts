/** Options of a run over many inputs: its folders, what becomes of earlier results, where it computes. */
import { usableCores } from '../runtime/cores.js';
import { DEVICES } from '../runtime/devices.js';
import { IMAGE_TIMEOUT, TIMEOUT_RANGE, WORKERS_RANGE } from './ranges.js';
import { option } from './row.js';
import { FLAG, FOLDER, INPUT, number, oneOf, whole } from './values.js';

const ALIGN = { commands: ['align'], group: 'Folders:' } as const;
const RUN = { commands: ['run'], group: 'Folders:' } as const;
const INFER = { commands: ['infer'], group: 'Folders:' } as const;
const REQUIRED = { required: true } as const;
const PHOTOGRAPHS =
  'photographs: a folder with all sub-folders, an archive or an image; or give --in_list';
const FACES =
  'aligned faces: a folder with all sub-folders, an archive or an image; or give --in_list';

export const FOLDER_OPTIONS = [
  option('in_dir', INPUT, PHOTOGRAPHS, ALIGN),
  option('out_dir', FOLDER, 'where crops and align_manifest.jsonl go', { ...ALIGN, ...REQUIRED }),
  option('input_dir', INPUT, PHOTOGRAPHS, RUN),
  option('input_dir', INPUT, FACES, INFER),
  option('output_dir', FOLDER, 'where predictions, align_manifest.jsonl and run.json go', {
    ...RUN,
    ...REQUIRED,
  }),
  option('output_dir', FOLDER, 'where predictions and run.json go', { ...INFER, ...REQUIRED }),
  option('save_crops', FLAG, 'keep the aligned faces, in crops/ of --output_dir', {
    ...RUN,
    changesResults: true,
  }),
] as const;

const EARLIER = 'Earlier results:';
const PREDICTING = { commands: ['run', 'infer'], group: EARLIER } as const;
const ALIGNING = { commands: ['align'], group: EARLIER } as const;
const GOING_ON = 'go on with an earlier run: what it has finished is not done again';

/** What `align` calls check_exists, after the published script, the others call resume. */
export const EARLIER_RESULTS_OPTIONS = [
  option('resume', FLAG, GOING_ON, PREDICTING),
  option('check_exists', FLAG, GOING_ON, ALIGNING),
  option('retry_failed', FLAG, 'with --resume, try again also inputs that are damaged', {
    ...PREDICTING,
    needs: { option: 'resume', says: 'says what --resume does' },
  }),
  option('retry_failed', FLAG, 'with --check_exists, try again also inputs that are damaged', {
    ...ALIGNING,
    needs: { option: 'check_exists', says: 'says what --check_exists does' },
  }),
  option('overwrite', FLAG, 'replace the results of an earlier run', {
    commands: ['run', 'align', 'infer'],
    group: EARLIER,
  }),
] as const;

const COMPUTING = {
  commands: ['run', 'align', 'infer'],
  group: 'Computing:',
  parts: ['Aligner', 'Classifier', 'Analyzer'],
} as const;

export const COMPUTE_OPTIONS = [
  option('n_threads', whole('n', WORKERS_RANGE), 'worker processes, each computing on one core', {
    ...COMPUTING,
    default: () => usableCores(),
    shown: 'all cores',
    library: 'workers',
    // By default none: the work is done in the process that asks for it.
    inLibrary: { value: whole('n', { ...WORKERS_RANGE, least: 0 }), default: 0 },
  }),
  option(
    'image_timeout',
    number('seconds', TIMEOUT_RANGE),
    'give an image up that takes a worker longer; 0: never',
    { commands: COMPUTING.commands, group: COMPUTING.group, default: IMAGE_TIMEOUT },
  ),
  option(
    'device',
    oneOf('name', ['auto', ...DEVICES]),
    `where the networks run: auto, ${DEVICES.join(', ')}`,
    { ...COMPUTING, default: 'auto', library: 'device' },
  ),
] as const;

const GENERAL = {
  commands: [
    ...([
      'run',
      'align',
      'infer',
      'convert',
      'consensus',
      'evaluate',
      'composition',
      'balance',
    ] as const),
    ...(['merge', 'doctor'] as const),
  ],
  group: 'General:',
} as const;

export const GENERAL_OPTIONS = [
  option('json', FLAG, 'print the summary as one JSON object', GENERAL),
  option('quiet', FLAG, 'print errors only (and the summary, with --json)', GENERAL),
  option('debug', FLAG, 'print timings, and stack traces of errors', GENERAL),
] as const;
