/** Shards: disjoint parts of the inputs, for several processes or machines that share the work. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../files/errors.js';
import { quoted } from '../files/text/shown.js';
import { shownPath } from '../files/text/shown-path.js';
import { xxh32 } from '../files/xxh32.js';

export interface Shard {
  /** 0 .. count - 1. */
  readonly index: number;
  readonly count: number;
}

const MOST_SHARDS = 100_000;

/** `3/16` */
export function shardName({ index, count }: Shard): string {
  return `${index}/${count}`;
}

/** The folder of a shard's results, in the output folder: `shard-03-of-16`, so that names sort as numbers. */
export function shardFolder({ index, count }: Shard): string {
  return `shard-${String(index).padStart(String(count - 1).length, '0')}-of-${count}`;
}

/** Where results go: a shard's into a folder of their own, so that shards do not meet. */
export function resultsFolder(folder: string, shard: Shard | undefined): string {
  return shard === undefined ? folder : path.join(folder, shardFolder(shard));
}

export const SHARD_FOLDER = /^shard-\d+-of-(\d+)$/;

/** Whether the input belongs to the shard: its path alone decides, so that every machine knows the same. */
export function isInShard(relative: Uint8Array, { index, count }: Shard): boolean {
  return xxh32(relative, 0, 0) % count === index;
}

/**
 * Shards of another number have other parts of the inputs: together they would do some inputs twice and others never.
 *
 * @param option name of the option that gave `folder`
 * @throws UserError where the folder holds those of another number
 */
export async function refuseOtherShards(
  option: string,
  folder: string,
  shard: Shard | undefined,
): Promise<void> {
  if (shard === undefined) return;
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const other = found.find(
    (entry) => entry.isDirectory() && isOfOtherNumber(entry.name, shard.count),
  );
  if (other === undefined) return;
  const count = SHARD_FOLDER.exec(other.name)![1];
  throw new UserError(
    `${option} ${shownPath(folder)}: holds ${other.name}, so its inputs are shared among ${count} shards, and this is shard ${shardName(shard)}; give --shard I/${count} (in an array job --shard slurm/${count}), or another folder`,
  );
}

function isOfOtherNumber(name: string, count: number): boolean {
  const match = SHARD_FOLDER.exec(name);
  return match !== null && Number(match[1]) !== count;
}

/**
 * @param text `I/N`; for the part that is due to a task of an array job `slurm/N`, or `slurm` where the array has a
 *   task for each shard
 * @throws UserError where it is none of them, or the array job has no such part
 */
export function parseShard(text: string, environment = process.env): Shard {
  if (text === 'slurm') return slurmShard(environment);
  const match = /^(\d{1,6}|slurm)\/(\d{1,6})$/.exec(text);
  const count = match === null ? 0 : Number(match[2]);
  const isCount = count >= 1 && count <= MOST_SHARDS;
  if (isCount && match![1] === 'slurm') return slurmShardOf(count, environment);
  const index = match === null ? 0 : Number(match[1]);
  if (!isCount || index >= count) {
    throw new UserError(
      `--shard: expected I/N with I from 0 to N - 1 and N up to ${MOST_SHARDS}, slurm/N or slurm, received ${quoted(text)}`,
    );
  }
  return { index, count };
}

/** By the task ID alone, so that some tasks of an array can be run again. */
function slurmShardOf(count: number, environment: NodeJS.ProcessEnv): Shard {
  const read = taskVariables(`slurm/${count}`, count, environment);
  const index = read('ID');
  const outside = [index, read('MAX', index)].find((id) => id >= count);
  if (outside === undefined) return { index, count };
  throw new UserError(
    `--shard slurm/${count}: the array has a task ${outside}, and the IDs of ${count} shards are 0 to ${count - 1}; submit tasks of --array=0-${count - 1}, or give --shard I/${count}`,
  );
}

/** Of an array without gaps, as `--array=0-15`, `1-16` or `0-30:2`: task ID, first ID, step and number of tasks. */
function slurmShard(environment: NodeJS.ProcessEnv): Shard {
  const read = taskVariables('slurm', 16, environment);
  const [id, first, count] = [read('ID'), read('MIN'), read('COUNT')];
  const step = read('STEP', 1);
  const last = read('MAX', first + (count - 1) * step);
  const index = (id - first) / step;
  if (count === 1 && id > 0) {
    throw new UserError(
      `--shard slurm: task ${id} is the only one of its array, so it is not known of how many shards it is one; give their number, --shard slurm/N (or --shard ${id}/N)`,
    );
  }
  if (
    last !== first + (count - 1) * step ||
    !Number.isInteger(index) ||
    index < 0 ||
    index >= count
  ) {
    throw new UserError(
      `--shard slurm: task ${id} of an array of ${count} tasks from ${first} to ${last}: the array has gaps; give the number of shards, --shard slurm/N, submit an array without gaps (sbatch --array=0-${Math.max(count - 1, 0)}), or give --shard I/N`,
    );
  }
  return { index, count };
}

/**
 * Reads variables that Slurm sets for the tasks of an array job.
 *
 * @param value of --shard, for messages
 * @param count of shards, for the remedy
 */
function taskVariables(value: string, count: number, environment: NodeJS.ProcessEnv) {
  return (name: string, without?: number): number => {
    const text = environment[`SLURM_ARRAY_TASK_${name}`];
    if (text === undefined && without !== undefined) return without;
    if (text === undefined || !/^\d{1,9}$/.test(text)) {
      throw new UserError(
        `--shard ${value}: SLURM_ARRAY_TASK_${name} is ${text === undefined ? 'not set' : quoted(text)}; submit the command as an array job (sbatch --array=0-${count - 1}), or give --shard I/N`,
      );
    }
    return Number(text);
  };
}
