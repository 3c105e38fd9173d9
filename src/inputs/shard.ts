/** Shards: disjoint parts of the inputs, for several processes or machines that share the work. */
import path from 'node:path';
import { UserError } from '../files/errors.js';
import { quoted } from '../files/shown.js';
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

export const SHARD_FOLDER = /^shard-\d+-of-\d+$/;

/** Whether the input belongs to the shard: its path alone decides, so that every machine knows the same. */
export function isInShard(relative: Uint8Array, { index, count }: Shard): boolean {
  return xxh32(relative, 0, 0) % count === index;
}

/**
 * @param text `I/N`, or `slurm` for the part that is due to a task of an array job
 * @throws UserError where it is neither, or there is no array job
 */
export function parseShard(text: string, environment = process.env): Shard {
  if (text === 'slurm') return slurmShard(environment);
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, count] = match ? [Number(match[1]), Number(match[2])] : [0, 0];
  if (count < 1 || count > MOST_SHARDS || index >= count) {
    throw new UserError(
      `--shard: expected I/N with I from 0 to N - 1 and N up to ${MOST_SHARDS}, or slurm, received ${quoted(text)}`,
    );
  }
  return { index, count };
}

/** Of an array without gaps, as `--array=0-15`, `1-16` or `0-30:2`: task ID, first ID, step and number of tasks. */
function slurmShard(environment: NodeJS.ProcessEnv): Shard {
  const read = (name: string, without?: number): number => {
    const text = environment[`SLURM_ARRAY_TASK_${name}`];
    if (text === undefined && without !== undefined) return without;
    if (text === undefined || !/^\d{1,9}$/.test(text)) {
      throw new UserError(
        `--shard slurm: SLURM_ARRAY_TASK_${name} is ${text === undefined ? 'not set' : quoted(text)}; submit the command as an array job (sbatch --array=0-15), or give --shard I/N`,
      );
    }
    return Number(text);
  };
  const [id, first, count] = [read('ID'), read('MIN'), read('COUNT')];
  const step = read('STEP', 1);
  const last = read('MAX', first + (count - 1) * step);
  const index = (id - first) / step;
  if (
    last !== first + (count - 1) * step ||
    !Number.isInteger(index) ||
    index < 0 ||
    index >= count
  ) {
    throw new UserError(
      `--shard slurm: task ${id} of an array of ${count} tasks from ${first} to ${last}: the array has gaps; submit one without (sbatch --array=0-${Math.max(count - 1, 0)}), or give --shard I/N`,
    );
  }
  return { index, count };
}
