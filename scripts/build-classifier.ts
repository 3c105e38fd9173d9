/**
 * `npm run build:classifier -- --ckpt FILE --validation DIR`: makes the bundled classifier and all that is said of it.
 *
 * DIR has `photographs` and `labels.csv` (file, race, label, gender, age; no label for groups that are none of the
 * classes). The temperature is fitted on one half of them, chosen by a hash of the name, and its effect measured on the
 * other. Written are `pretrained_models/resnet18-fairface.onnx`, `resnet18-fairface.json` with the figures, and these
 * in MODEL_CARD.md and README.md. Everything is measured before anything is written.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { CLASS_NAMES } from '../src/classify/labels.js';
import { writeFileAtomic } from '../src/files/atomic.js';
import { packageFile } from '../src/files/package.js';
import { csvRecord } from '../src/files/text/csv.js';
import { xxh32 } from '../src/files/xxh32.js';
import {
  type ClassifierFigures,
  cardWith,
  type GroupFigures,
  readmeWith,
} from './classifier-figures.js';

/** Finds faces in photographs that are mostly face (docs/detectors.md); one face a label. */
const DETECTION = ['--preset', 'recall', '--faces', 'largest'];

/** What `run.json` says of how faces were cut out; the rest of `made_with` is of the photographs or the classifier. */
const CUT_BY = [
  ...['detector', 'min_face_size', 'thresholds', 'nms_thresholds', 'faces', 'out_res'],
  'detector_sha256',
];

const FIT = ['--fit_temperature'];

const SOURCE = 'FairFace validation, Karkkainen and Joo, WACV 2021, CC BY 4.0';

/** Of `labels.csv`. */
interface Label {
  readonly file: string;
  /** FairFace's group. */
  readonly race: string;
  /** Ours, empty where there is none. */
  readonly label: string;
  readonly gender: string;
  readonly age: string;
}

/** What a command printed with --json. */
// biome-ignore lint/suspicious/noExplicitAny: the project's own commands wrote it
type Json = any;

/** What `facecls run` wrote. */
interface Run {
  readonly predictions: string;
  /** By photograph: what its face is called; undefined where none was found. */
  readonly called: ReadonlyMap<string, string | undefined>;
  readonly record: Json;
}

const { values } = parseArgs({
  options: { ckpt: { type: 'string' }, validation: { type: 'string' } },
});
if (values.ckpt === undefined || values.validation === undefined) {
  process.stderr.write('build-classifier: give --ckpt FILE and --validation DIR\n');
  process.exit(2);
}

const work = mkdtempSync(path.join(tmpdir(), 'facecls-classifier-'));
try {
  await build(values.ckpt, values.validation);
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function build(checkpoint: string, validation: string): Promise<void> {
  const labels = readLabels(path.join(validation, 'labels.csv'));
  const photographs = path.join(validation, 'photographs');
  const known = labels.filter(({ label }) => label !== '');
  const fitting = labelFile('fitting', known.filter(inFirstHalf));
  const checking = labelFile(
    'checking',
    known.filter((row) => !inFirstHalf(row)),
  );

  const plain = run(convert(checkpoint, 'plain', []), photographs, labels);
  const { temperature_fit: fit } = evaluate(plain, fitting, FIT);
  const temperature = Number(fit.temperature.toFixed(4));
  const network = convert(checkpoint, 'calibrated', ['--temperature', String(temperature)]);
  const calibrated = run(network, photographs, labels);
  const metrics = evaluate(calibrated, labelFile('known', known), [
    '--group_column',
    'gender',
    'age',
  ]);

  const { made_with, model } = calibrated.record;
  const figures: ClassifierFigures = {
    model_sha256: model.sha256,
    date: new Date().toISOString().slice(0, 10),
    source: SOURCE,
    made_with: {
      ...Object.fromEntries(CUT_BY.map((name) => [name, made_with[name]])),
      crops: 'uncompressed',
    },
    temperature,
    class_names: CLASS_NAMES,
    n: metrics.n,
    accuracy: metrics.accuracy,
    accuracy_interval: metrics.accuracy_interval,
    balanced_accuracy: metrics.balanced_accuracy,
    classes: metrics.classes,
    confusion: metrics.confusion,
    confusion_by_confidence: metrics.confusion_by_confidence,
    detection: detectionOf(known, calibrated),
    calibration: {
      fitted_on: fit.n,
      ...calibrationOf(evaluate(plain, checking, FIT), evaluate(calibrated, checking, FIT)),
    },
    groups: { gender: groupsOf(metrics, 'gender'), age: groupsOf(metrics, 'age') },
    left_out: leftOutOf(labels, calibrated),
  };
  await write(network, figures);
}

async function write(network: string, figures: ClassifierFigures): Promise<void> {
  const inPlace = (name: string, change: (text: string, figures: ClassifierFigures) => string) =>
    [packageFile(name), change(readFileSync(packageFile(name), 'utf8'), figures)] as const;
  const files = [
    [packageFile('pretrained_models/resnet18-fairface.onnx'), readFileSync(network)] as const,
    [packageFile('pretrained_models/resnet18-fairface.json'), json(figures)] as const,
    inPlace('pretrained_models/MODEL_CARD.md', cardWith),
    inPlace('README.md', readmeWith),
  ];
  for (const [file, content] of files) {
    await writeFileAtomic(file, content);
    process.stdout.write(`${file}\n`);
  }
}

/** Rows of numbers on a line each. */
function json(figures: ClassifierFigures): string {
  const text = JSON.stringify(figures, null, 2);
  return `${text.replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, row) => `[${row.replace(/\s+/g, ' ')}]`)}\n`;
}

function readLabels(file: string): Label[] {
  const labels: Label[] = parse(readFileSync(file), { columns: true });
  const classes: readonly string[] = CLASS_NAMES;
  const odd = labels.find(({ label }) => label !== '' && !classes.includes(label));
  if (odd !== undefined) throw new Error(`${file}: ${odd.file} has the label ${odd.label}`);
  return labels;
}

function inFirstHalf({ file }: Label): boolean {
  return xxh32(Buffer.from(file), 0, 0) % 2 === 0;
}

function labelFile(name: string, rows: readonly Label[]): string {
  const file = path.join(work, `${name}.csv`);
  const records = rows.map((row) => csvRecord([row.file, row.label, row.gender, row.age]));
  writeFileSync(file, csvRecord(['file', 'label', 'gender', 'age']) + records.join(''));
  return file;
}

function convert(checkpoint: string, name: string, options: readonly string[]): string {
  const file = path.join(work, `${name}.onnx`);
  facecls(['convert', '--ckpt', checkpoint, '--out', file, '--precision', 'fp16', ...options]);
  return file;
}

function run(network: string, photographs: string, labels: readonly Label[]): Run {
  const out = `${network}-results`;
  const record = facecls([
    ...['run', '--input_dir', photographs, '--output_dir', out, '--ckpt', network],
    ...[...DETECTION, '--format', 'csv'],
  ]);
  const predictions = path.join(out, 'predictions.csv');
  const rows: { path: string; label: string }[] = parse(readFileSync(predictions), {
    columns: true,
  });
  const nameOf = (face: string) => path.relative(photographs, face.replace(/#\d+$/, ''));
  const found = new Map(rows.map((row) => [nameOf(row.path), row.label]));
  const manifest = readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8').trimEnd();
  const seen = new Set(
    manifest.split('\n').map((line) => path.relative(photographs, JSON.parse(line).source)),
  );
  // An unreadable photograph fails the run, so those without a prediction have no face.
  const missing = labels.filter(({ file }) => !seen.has(file));
  if (missing.length > 0) {
    throw new Error(
      `${photographs}: ${missing[0].file} and ${missing.length - 1} more are missing`,
    );
  }
  const called = new Map(labels.map(({ file }) => [file, found.get(file)]));
  return { predictions, called, record };
}

function evaluate({ predictions }: Run, labels: string, options: readonly string[]): Json {
  const out = path.join(work, 'evaluation');
  const files = ['--predictions', predictions, '--labels', labels, '--output_dir', out];
  return facecls(['evaluate', ...files, '--overwrite', ...options]);
}

/**
 * Metrics of the half that the temperature was not fitted on. Of the fits to it only what they begin with counts: the
 * likelihood without a further temperature.
 */
function calibrationOf(
  before: Json,
  after: Json,
): Omit<ClassifierFigures['calibration'], 'fitted_on'> {
  return {
    measured_on: after.n,
    expected_calibration_error: {
      before: before.expected_calibration_error,
      after: after.expected_calibration_error,
    },
    negative_log_likelihood: {
      before: before.temperature_fit.negative_log_likelihood.before,
      after: after.temperature_fit.negative_log_likelihood.before,
    },
  };
}

function detectionOf(known: readonly Label[], { called }: Run): ClassifierFigures['detection'] {
  const each = CLASS_NAMES.map((name): [string, readonly [number, number]] => {
    const photographs = known.filter(({ label }) => label === name);
    const found = photographs.filter(({ file }) => called.get(file) !== undefined);
    return [name, [found.length, photographs.length]];
  });
  return Object.fromEntries(each);
}

function leftOutOf(labels: readonly Label[], { called }: Run): ClassifierFigures['left_out'] {
  const leftOut = labels.filter(({ label }) => label === '');
  const names = [...new Set(leftOut.map(({ race }) => race))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const own = leftOut.filter(({ race }) => race === name).map(({ file }) => called.get(file));
      const counts = CLASS_NAMES.map((label) => own.filter((other) => other === label).length);
      return [name, { photographs: own.length, called: counts }];
    }),
  );
}

/** In the order of the first number in their names: `3-9` before `10-19`. */
function groupsOf(metrics: Json, column: string): Record<string, GroupFigures> {
  const order = (name: string) => Number(/\d+/.exec(name)?.[0] ?? 0);
  const groups: [string, Json][] = Object.entries(metrics.groups[column].groups);
  return Object.fromEntries(
    groups
      .sort(([a], [b]) => order(a) - order(b))
      .map(([name, { n, accuracy, balanced_accuracy, classes, small }]) => {
        const recall = Object.fromEntries(
          CLASS_NAMES.map((label) => [label, classes[label].recall]),
        );
        return [name, { n, accuracy, balanced_accuracy, recall, small }];
      }),
  );
}

function facecls(args: readonly string[]): Json {
  process.stdout.write(`facecls ${args.join(' ')}\n`);
  const command = [packageFile('bin/facecls.js'), ...args, '--json', '--quiet'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`facecls ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}
