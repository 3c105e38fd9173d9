/** The folder of results of a run: what the user said of it, and what is to stand there. */
import type { InputOptions, ResumeOptions } from '../options/options.js';
import type { CropFiles } from '../outputs/crops.js';
import { RECORD_NAME } from '../outputs/run-record.js';
import type { TaskName } from '../tasks/job.js';
import { type GivenPaths, givenPaths, type Provenance } from './provenance.js';

/** What the user wants done with results that are there. */
export interface EarlierResults {
  /** Go on with them: `--resume`, or `--check_exists` of align. */
  readonly resume: boolean;
  readonly overwrite: boolean;
  /** With `resume`: try inputs again that are damaged. */
  readonly retryFailed: boolean;
}

export interface Results {
  readonly command: TaskName;
  /** The option that names the folder: --output_dir or --out_dir. */
  readonly folderOption: string;
  /** As the user gave it, or the shard's folder in it. */
  readonly folder: string;
  /** Names that the run may create in the folder, its record aside (outputs/sink.ts). */
  readonly owns: readonly string[];
  /** Files that are there when a run is finished. */
  readonly files: readonly string[];
  /** Crops that have to be there besides; undefined where none are kept. */
  readonly crops: CropFiles | undefined;
  readonly provenance: Provenance;
  readonly given: GivenPaths;
  /** The option that goes on with an earlier run. */
  readonly resumeOption: '--resume' | '--check_exists';
  readonly earlier: EarlierResults;
}

/** What the options of all three commands say of results. */
export function resultsGiven(
  command: TaskName,
  options: InputOptions & ResumeOptions & GivenFolders,
): Pick<Results, 'command' | 'folderOption' | 'given' | 'resumeOption' | 'earlier'> {
  const { in_dir, input_dir = in_dir, out_dir, output_dir, resume, check_exists } = options;
  return {
    command,
    folderOption: output_dir === undefined ? '--out_dir' : '--output_dir',
    given: givenPaths(input_dir, output_dir ?? out_dir!, options),
    resumeOption: command === 'align' ? '--check_exists' : '--resume',
    earlier: earlierResults(options, resume ?? check_exists),
  };
}

interface GivenFolders {
  readonly in_dir?: string | undefined;
  readonly input_dir?: string | undefined;
  readonly out_dir?: string | undefined;
  readonly output_dir?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly check_exists?: boolean | undefined;
}

function earlierResults(
  { overwrite, retry_failed: retryFailed }: ResumeOptions,
  resume: boolean | undefined,
): EarlierResults {
  return {
    resume: resume ?? false,
    overwrite: overwrite ?? false,
    retryFailed: retryFailed ?? false,
  };
}

/** The file that says what finished results were made with, and which files they are. */
export function recordName(command: TaskName): string {
  return command === 'align' ? 'align.json' : RECORD_NAME;
}

/**
 * Whether a finished run keeps its journals. `align` does, so that it can be run again when photographs have been
 * added; `infer` and `run` do only where inputs failed, so that these can be tried again.
 */
export function keepsJournals(command: TaskName, failed: number): boolean {
  return command === 'align' || failed > 0;
}
