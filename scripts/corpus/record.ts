/** The record of a run: text without what differs from one run to the next. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Finished } from './execute.js';
import type { Run } from './run.js';

/** What is replaced by a word wherever it is printed. */
export interface Replaced {
  /** The folder of the corpus, and that of the package that is run. */
  readonly folder: string;
  readonly packageFolder: string;
  readonly version: string;
}

export interface Recording {
  readonly text: string;
  /** What results were made with, apart, since it may change where nothing else does. */
  readonly madeWith: string;
}

/** JSON files that hold times or versions; of the others the bytes count. */
const JSON_RECORD = /(^|\/)(run|summary|metrics)\.json$/;
const JOURNAL = /_journal-\d+\.jsonl$/;
const TEXT = /\.(txt|csv|jsonl|html)(\.partial)?$/;
const PROGRESS =
  /^(align|infer|run|facecls): [\d,]+( of [\d,]+)? \w+(?![^\n]*results in)(,[^\n]*)?\n/gm;
const TIMES = ['seconds', 'images_per_second'];
const VERSIONS = ['version', 'versions'];

export function record(run: Run, finished: Finished, replaced: Replaced): Recording {
  const { name, args, recorded = 'all', out = [] } = run;
  const writer = new RecordWriter(replaced);
  writer.section(`facecls ${args.map((arg) => JSON.stringify(arg)).join(' ')}`, '');
  writer.section('exit code', String(finished.end));
  if (recorded === 'all' || recorded === 'words') {
    const digits = recorded === 'words';
    writer.printed('stdout', finished.stdout, digits);
    writer.printed('stderr', finished.stderr, digits);
  }
  if (recorded === 'all' || recorded === 'results' || recorded === 'names') {
    for (const path of out) writer.files(path, recorded);
  }
  return writer.finish(name);
}

class RecordWriter {
  private readonly parts: string[] = [];
  private readonly madeWith: string[] = [];

  constructor(private readonly replaced: Replaced) {}

  section(title: string, text: string): void {
    const end = text === '' || text.endsWith('\n') ? '' : '\n';
    this.parts.push(`=== ${title}\n${text}${end}`);
  }

  printed(title: string, text: string, withoutDigits: boolean): void {
    const json = /^\{.*\}\n$/.test(text) ? parsed(text) : undefined;
    const normal = json === undefined ? this.normal(text) : this.json(title, json);
    this.section(title, withoutDigits ? normal.replace(/\d+/g, '<n>') : normal);
  }

  /** Files below a path by their SHA-256, and JSON records in full. */
  files(path: string, recorded: 'all' | 'results' | 'names'): void {
    const lines: string[] = [];
    const records: [string, string][] = [];
    for (const { file, shown, kind } of entriesOf(Buffer.from(path))) {
      if (kind !== 'file') {
        lines.push(`${kind}  ${shown}`);
        continue;
      }
      const isRecord = JSON_RECORD.test(shown);
      if (recorded === 'results' && (isRecord || JOURNAL.test(shown))) continue;
      if (recorded === 'names') lines.push(shown);
      else if (isRecord) {
        lines.push(`in full below  ${shown}`);
        records.push([shown, readFileSync(file, 'utf8')]);
      } else lines.push(`${sha256(this.content(file, shown))}  ${shown}`);
    }
    this.section(`files of ${this.normal(path)}`, this.normal(lines.join('\n')));
    for (const [shown, text] of records) {
      const json = parsed(text);
      this.section(
        this.normal(shown),
        json === undefined ? this.normal(text) : this.json(shown, json),
      );
    }
  }

  finish(name: string): Recording {
    const madeWith = this.madeWith.length > 0 ? `=== ${name}\n${this.madeWith.join('')}` : '';
    return { text: this.parts.join(''), madeWith };
  }

  private content(file: Buffer, shown: string): Buffer | string {
    const bytes = readFileSync(file);
    if (JOURNAL.test(shown)) return this.journal(shown, bytes.toString('latin1'));
    return TEXT.test(shown) ? this.normal(bytes.toString('latin1')) : bytes;
  }

  /** A journal without the checksums of lines that hold what is replaced: the first, and failures. */
  private journal(title: string, text: string): string {
    const [header, ...entries] = text.split('\n');
    const json = parsed(header.slice(header.indexOf(' ') + 1));
    const rest = entries.map((entry) => {
      const normal = this.normal(entry);
      return normal === entry ? entry : normal.slice(normal.indexOf(' '));
    });
    return [json === undefined ? header : this.json(title, json), ...rest].join('\n');
  }

  private json(title: string, value: unknown): string {
    const text = JSON.stringify(
      value,
      (key, each) => {
        if (key === 'made_with') {
          const made = this.normal(JSON.stringify(each, undefined, 2));
          this.madeWith.push(`--- ${this.normal(title)}\n${made}\n`);
          return '<apart>';
        }
        if (TIMES.includes(key)) return '<time>';
        if (!VERSIONS.includes(key)) return each;
        return typeof each === 'object' ? `<versions of ${Object.keys(each)}>` : '<version>';
      },
      2,
    );
    return this.normal(text);
  }

  private normal(text: string): string {
    const { folder, packageFolder, version } = this.replaced;
    return (
      text
        .replaceAll(folder, '<corpus>')
        .replaceAll(packageFolder, '<package>')
        .replaceAll(`facecls ${version}`, 'facecls <version>')
        .replace(/^\d+\.\d+\.\d+\n$/, '<version>\n')
        .replace(/(<dt>(?:Date|Versions)<\/dt><dd>)[^<]*(?=<\/dd>)/g, '$1<apart>')
        .replace(/\b\d+(\.\d+)? s \([\d.]+\/s\)/g, '<time>')
        .replace(/\b\d+(\.\d+)? s(?=[,;]|$)/gm, '<time>')
        // Now and then libvips does not tell it.
        .replace(/(damaged or incomplete \w+ data) \([^()]*\)/g, '$1 (<cause>)')
        // Progress, which a busy machine prints now and then; a summary tells where the results are.
        .replace(PROGRESS, '')
    );
  }
}

interface Entry {
  readonly file: Buffer;
  readonly shown: string;
  readonly kind: string;
}

/** Everything below a path and the path itself, in byte order. */
function entriesOf(file: Buffer): Entry[] {
  const status = lstatSync(file, { throwIfNoEntry: false });
  const shown = shownPath(file);
  if (status === undefined) return [{ file, shown, kind: 'missing' }];
  if (status.isSymbolicLink()) return [{ file, shown, kind: `link to ${readlinkSync(file)}` }];
  if (status.isFile()) return [{ file, shown, kind: 'file' }];
  const names = readdirSync(file, { encoding: 'buffer' }).sort(Buffer.compare);
  const below = names.flatMap((name) => entriesOf(Buffer.concat([file, Buffer.from('/'), name])));
  return [{ file, shown: `${shown}/`, kind: 'folder' }, ...below];
}

/** One line whatever the bytes. */
function shownPath(file: Buffer): string {
  const text = file.toString('utf8');
  const isText = Buffer.from(text).equals(file);
  return JSON.stringify(isText ? text : `latin1:${file.toString('latin1')}`).slice(1, -1);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sha256(content: Buffer | string): string {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return createHash('sha256').update(bytes).digest('hex');
}
