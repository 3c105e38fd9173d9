/** Results of shards, written by hand as docs/formats.md has them, with records that vouch for them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isInShard } from '../../src/inputs/shard.js';

const CLASSES = ['African', 'Asian', 'Caucasian', 'Indian'];

export type Command = 'align' | 'infer' | 'run';

/** The inputs that a hand-made run has, in their order: of every fourth the result is a failure. */
export const INPUTS = Array.from({ length: 20 }, (_, i) => `${i < 10 ? 'a' : 'b'}/${i % 10}.jpg`);

/** Texts of the files of results by their names. */
export type Texts = Record<string, string>;

/** What a run over the inputs would write. */
export function textsOf(command: Command, inputs: readonly string[]): Texts {
  const lines: Record<string, string[]> = {
    'pred_ethnicities.txt': [],
    'predictions.csv': [
      `path,label,confidence,${CLASSES}${command === 'run' ? ',overlaps' : ''}\r\n`,
    ],
    'predictions.jsonl': [],
    'failed.txt': [],
    'align_manifest.jsonl': [],
  };
  const label = (name: string, index: number) => {
    const p = `in/${name}`;
    const shares = CLASSES.map((_, k) => (k === index % 4 ? '0.700000' : '0.100000'));
    const shown = CLASSES[index % 4];
    const classes = CLASSES.map((one, k) => `"${one}":${shares[k]}`);
    lines['pred_ethnicities.txt'].push(`${p} ${shown}\n`);
    lines['predictions.csv'].push(
      `${p},${shown},0.700000,${shares}${command === 'run' ? ',' : ''}\r\n`,
    );
    lines['predictions.jsonl'].push(
      `{"path":"${p}","label":"${shown}","confidence":0.700000,${classes}${command === 'run' ? ',"overlaps":null' : ''}}\n`,
    );
  };
  for (const name of inputs) {
    const index = INPUTS.indexOf(name);
    const isFailed = index % 4 === 3;
    const faces = command === 'infer' ? 1 : index % 3;
    if (isFailed) lines['failed.txt'].push(`in/${name}\tnot an image\n`);
    else if (command === 'infer') label(name, index);
    else for (let k = 0; k < faces; k++) label(`${name}#${k}`, index + k);
    const manifest = lines['align_manifest.jsonl'];
    const status = (value: string) =>
      manifest.push(`{"source":"in/${name}","status":"${value}","reason":"because"}\n`);
    if (isFailed) status('unreadable');
    else if (faces === 0) status('no_face');
    else for (let k = 0; k < faces; k++) manifest.push(`{"source":"in/${name}","face":${k}}\n`);
  }
  const made = Object.entries(lines).filter(([name, { length }]) => {
    if (name === 'align_manifest.jsonl') return command !== 'infer';
    return command !== 'align' && (name !== 'failed.txt' || length > 0);
  });
  return Object.fromEntries(made.map(([name, all]) => [name, all.join('')]));
}

/**
 * The inputs of a shard of two.
 *
 * @param folder what their paths begin with where no input folder is given
 */
export function inputsOf(index: number, inputs: readonly string[] = INPUTS, folder = ''): string[] {
  return inputs.filter((name) => isInShard(Buffer.from(folder + name), { index, count: 2 }));
}

function countsOf(command: Command, inputs: readonly string[]): object {
  const texts = textsOf(command, inputs);
  const rows = (texts['pred_ethnicities.txt'] ?? '').split('\n').slice(0, -1);
  const manifest = texts['align_manifest.jsonl'] ?? '';
  const failed = inputs.filter((name) => INPUTS.indexOf(name) % 4 === 3).length;
  const classes = CLASSES.map((one) => [one, rows.filter((row) => row.endsWith(one)).length]);
  const labels = { predicted: rows.length, classes: Object.fromEntries(classes) };
  const found = {
    faces: manifest.split('"face"').length - 1,
    no_face: manifest.split('no_face').length - 1,
  };
  return {
    ...{ seen: inputs.length, failed },
    ...(command === 'infer' ? {} : found),
    ...(command === 'align' ? {} : labels),
  };
}

export const recordNameOf = (command: Command) => (command === 'align' ? 'align.json' : 'run.json');

/** Writes both shards. @returns the folder that holds them */
export function writeShards(
  folder: string,
  command: Command,
  list?: {
    readonly file: string;
    readonly inputs: readonly string[];
    /** Paths are relative to the current folder, of which no record speaks. */
    readonly isWithoutFolder?: true;
  },
): string {
  for (const index of [0, 1]) {
    const shard = shardOf(folder, index);
    mkdirSync(shard, { recursive: true });
    const input = list?.isWithoutFolder ? undefined : 'in';
    const inputs = inputsOf(index, list?.inputs, input === undefined ? 'in/' : '');
    const texts = textsOf(command, inputs);
    for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(shard, name), text);
    const record = {
      command,
      made_with: { command, shard: `${index}/2`, device: 'cpu' },
      given: {
        ...(input && { input }),
        output: 'out',
        nul: false,
        ...(list && { list: list.file }),
      },
      counts: countsOf(command, inputs),
      seconds: 1.5,
      files: Object.entries(texts).map(([name, text]) => fileRecord(name, text)),
    };
    writeFileSync(path.join(shard, recordNameOf(command)), JSON.stringify(record));
  }
  return folder;
}

export function shardOf(folder: string, index: number): string {
  return path.join(folder, `shard-${index}-of-2`);
}

function fileRecord(name: string, text: string) {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { name, lines: text.split('\n').length - 1, sha256 };
}

/** Changes a file and its record with it, as somebody would who means to deceive. */
export function forge(shard: string, name: string, change: (text: string) => string): void {
  const file = path.join(shard, name);
  const text = change(readFileSync(file, 'utf8'));
  writeFileSync(file, text);
  changeRecord(shard, (record) => {
    record.files = (record.files as { name: string }[]).map((one) =>
      one.name === name ? fileRecord(name, text) : one,
    );
  });
}

export function changeRecord(
  shard: string,
  change: (record: Record<string, unknown>) => void,
  name = 'run.json',
): void {
  const file = path.join(shard, name);
  const record = JSON.parse(readFileSync(file, 'utf8'));
  change(record);
  writeFileSync(file, JSON.stringify(record));
}
