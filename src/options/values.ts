/**
 * What the value of an option may be. Each kind reads it from the command line, checks it where a program gives it
 * to the library, and says what a shell offers for it.
 */
import { existsSync } from 'node:fs';
import { type Fraction, parseThreshold, THRESHOLDS } from '../analysis/consensus/rule.js';
import { invalidOption, UserError } from '../files/errors.js';
import { shownPath } from '../files/text/shown-path.js';
import { parseShard, type Shard, shardName } from '../inputs/shard.js';
import type { PredictionFormat } from '../outputs/predictions.js';
import { FRACTION, numberIn, PER_CLASS_RANGE, type Range, wholeNumberIn } from './ranges.js';

/** What a shell completes by; the values themselves, none where only the user knows them. */
export type Offered = 'files' | 'folders' | readonly string[];

export interface OptionValue<T> {
  /** What the help calls it; undefined for a flag, which takes none. */
  readonly placeholder: string | undefined;
  /** Whether several words follow the option. */
  readonly isList: boolean;
  readonly offered: Offered;
  /** @param texts words of the command line, one unless it is a list. @throws UserError */
  parse(option: string, texts: readonly string[]): T;
  /** @throws UserError where the value, of any type, is not one that the option takes */
  check(name: string, value: unknown): T;
  /** As a user would write it. */
  text(value: T): string;
}

/** A value in one word. */
interface Word<T> {
  readonly placeholder: string;
  readonly offered?: Offered;
  /** For messages: `a whole number from 1 to 4096`. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** What the text stands for, which need not be acceptable; the text itself by default. */
  readonly read?: (text: string) => T | undefined;
}

function word<T>({ placeholder, offered = [], expected, accepts, read }: Word<T>): OptionValue<T> {
  return {
    placeholder,
    isList: false,
    offered,
    parse(option, [text]) {
      const value = read === undefined ? text : read(text);
      if (accepts(value)) return value as T;
      throw invalidOption(option, expected, text);
    },
    check(name, value) {
      if (accepts(value)) return value as T;
      throw invalidOption(name, expected, value);
    },
    text: String,
  };
}

/** Any number of values. */
function list<T>(each: OptionValue<T>): OptionValue<readonly T[]> {
  return {
    placeholder: `${each.placeholder}...`,
    isList: true,
    offered: each.offered,
    parse: (option, texts) => texts.map((text) => each.parse(option, [text])),
    check(name, values) {
      if (!Array.isArray(values)) throw invalidOption(name, 'an array', values);
      return values.map((value) => each.check(name, value));
    },
    text: (values) => values.map(each.text).join(' '),
  };
}

function isIn(value: unknown, { least, most }: Range): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

export function number(placeholder: string, range: Range): OptionValue<number> {
  return word({
    placeholder,
    expected: numberIn(range),
    accepts: (value) => Number.isFinite(value) && isIn(value, range),
    read: (text) => (DECIMAL.test(text) ? Number(text) : undefined),
  });
}

export function whole(placeholder: string, range: Range): OptionValue<number> {
  return word({
    placeholder,
    expected: wholeNumberIn(range),
    accepts: (value) => Number.isInteger(value) && isIn(value, range),
    read: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
  });
}

/** A number of faces, or that of the rarest class. */
export const PER_CLASS: OptionValue<number | 'min'> = word<number | 'min'>({
  placeholder: 'n',
  offered: ['min'],
  expected: `${wholeNumberIn(PER_CLASS_RANGE)}, or min`,
  accepts: (value) => value === 'min' || (Number.isInteger(value) && isIn(value, PER_CLASS_RANGE)),
  read: (text) => (text === 'min' ? text : /^\d+$/.test(text) ? Number(text) : undefined),
});

export function oneOf<const T extends string>(
  placeholder: string,
  choices: readonly T[],
): OptionValue<T> {
  return word({
    placeholder,
    offered: choices,
    expected: choices.join(' or '),
    accepts: (value) => choices.includes(value as T),
  });
}

/** Given or not. */
export const FLAG: OptionValue<boolean> = {
  ...word({
    placeholder: '',
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
  }),
  placeholder: undefined,
  parse: () => true,
};

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function path(placeholder: string, expected: string, offered: Offered): OptionValue<string> {
  const value = word<string>({ placeholder, offered, expected, accepts: isPath });
  return {
    ...value,
    parse(option, texts) {
      refuseLostBytes(option, texts[0]);
      return value.parse(option, texts);
    },
  };
}

/**
 * Node makes U+FFFD of the bytes of an argument that are not UTF-8: the path is another then, and results would go
 * there. A name may also hold U+FFFD itself, and is there then: the file system tells.
 */
function refuseLostBytes(option: string, text: string): void {
  const last = text.lastIndexOf(REPLACEMENT);
  if (last < 0) return;
  const end = text.slice(last).search(/[/\\]|$/);
  if (existsSync(text.slice(0, last + end))) return;
  throw new UserError(
    `${option} ${shownPath(text)}: the path is not UTF-8, and cannot be given as an argument; cd into its folder and give ., or name images by --in_list`,
  );
}

const REPLACEMENT = '\ufffd';

export const FILE = path('file', 'a path', 'files');
export const FOLDER = path('dir', 'a folder', 'folders');
/** A folder, an image or an archive. */
export const INPUT = path('dir', 'a folder, an image or an archive', 'files');
export const FOLDERS = list(FOLDER);
export const FILE_OR_FOLDER = path('path', 'a path', 'files');

/** A name that only the user knows. */
export const NAME: OptionValue<string> = word({
  placeholder: 'name',
  expected: 'a name',
  accepts: (value) => typeof value === 'string',
});
export const NAMES = list(NAME);

/** Pairs, a file of them, or the name of some that are built in; evaluate reads it. */
export const LABEL_MAP: OptionValue<string> = word({
  placeholder: 'map',
  offered: 'files',
  expected: 'LABEL=CLASS,..., a file or fairface',
  accepts: isPath,
});

const FRACTIONS = list(number('p r o', FRACTION));

/** Three fractions, for the networks of MTCNN. */
export const THREE_FRACTIONS: OptionValue<readonly [number, number, number]> = {
  ...FRACTIONS,
  parse(option, texts) {
    if (texts.some((text) => text.includes(','))) {
      const expected = 'three numbers, separated by spaces, as in 0.6 0.7 0.7';
      throw invalidOption(option, expected, texts.join(' '));
    }
    const [pnet, rnet, onet, ...more] = FRACTIONS.parse(option, texts);
    if (onet !== undefined && more.length === 0) return [pnet, rnet, onet];
    throw invalidOption(option, 'three numbers, for P-Net, R-Net and O-Net', texts.join(' '));
  },
  check(name, values) {
    const isFraction = (value: unknown) => isIn(value, FRACTION);
    if (Array.isArray(values) && values.length === 3 && values.every(isFraction)) {
      return values as [number, number, number];
    }
    throw invalidOption(name, 'three numbers from 0 to 1, for P-Net, R-Net and O-Net', values);
  },
};

const FORMAT = oneOf('list', ['txt', 'csv', 'jsonl']);

/** Formats of predictions, of which txt is always one. */
export const FORMATS: OptionValue<readonly PredictionFormat[]> = {
  ...list(FORMAT),
  placeholder: 'list',
  isList: false,
  offered: ['csv', 'jsonl', 'csv,jsonl'],
  parse(option, [text]) {
    const given = text.split(',').map((name) => FORMAT.parse(option, [name.trim()]));
    return [...new Set<PredictionFormat>(['txt', ...given])];
  },
};

export const SHARD: OptionValue<Shard> = {
  ...word({ placeholder: 'i/n', offered: ['slurm'], expected: 'a shard', accepts: () => true }),
  parse: (_, [text]) => parseShard(text),
  text: shardName,
};

/** Exactly the decimal number that is written: what floating point stores for 0.8 is larger. */
export const THRESHOLD_SHARE: OptionValue<Fraction> = {
  ...word<Fraction>({
    placeholder: 'share',
    expected: THRESHOLDS,
    accepts: (value) => value !== undefined,
    read: parseThreshold,
  }),
  check(name, value) {
    const exact = typeof value === 'number' ? parseThreshold(`${value}`) : undefined;
    if (exact === undefined) throw invalidOption(name, THRESHOLDS, value);
    return exact;
  },
  text: ({ numerator, denominator }) => `${Number(numerator) / Number(denominator)}`,
};
