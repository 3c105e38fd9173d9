/**
 * The figures of a classifier, as `npm run build:classifier` measures them and keeps them beside it, and what the model
 * card and the README say of them. Labels are appearance groups as annotators perceived them.
 */
import { wilsonInterval } from '../src/analysis/wilson.js';

type Matrix = readonly (readonly number[])[];
type ByClass<T> = Readonly<Record<string, T>>;
interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

/** `pretrained_models/resnet18-fairface.json`: names are those of `metrics.json`. */
export interface ClassifierFigures {
  readonly model_sha256: string;
  /** The day of measuring, YYYY-MM-DD. */
  readonly date: string;
  /** The photographs and their labels, in words. */
  readonly source: string;
  /** How faces were found and cut out: options, sizes, hashes, by name as in `run.json`. */
  readonly made_with: Readonly<Record<string, string | number | null | readonly number[]>>;
  /** What the network divides its logits by. */
  readonly temperature: number;
  readonly class_names: readonly string[];
  /** Faces compared. */
  readonly n: number;
  readonly accuracy: number;
  readonly accuracy_interval: readonly [number, number];
  readonly balanced_accuracy: number;
  readonly classes: ByClass<{
    readonly recall: number;
    readonly recall_interval: readonly [number, number];
    readonly support: number;
  }>;
  /** Rows are the truth, columns the prediction. */
  readonly confusion: Matrix;
  readonly confusion_by_confidence: readonly {
    readonly from: number;
    readonly to: number;
    readonly confusion: Matrix;
  }[];
  /** Of the photographs of each class: those with a face, and all. */
  readonly detection: ByClass<readonly [found: number, photographs: number]>;
  /** The temperature was fitted on one half of the faces, and these come from the other. */
  readonly calibration: {
    readonly fitted_on: number;
    readonly measured_on: number;
    readonly expected_calibration_error: BeforeAfter;
    readonly negative_log_likelihood: BeforeAfter;
  };
  /** By kind of group, and then by group. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, GroupFigures>>>>;
  /** Annotated groups that are none of the classes: photographs, and faces by what they are called. */
  readonly left_out: Readonly<
    Record<string, { readonly photographs: number; readonly called: readonly number[] }>
  >;
}

export interface GroupFigures {
  readonly n: number;
  readonly accuracy: number;
  readonly balanced_accuracy: number;
  /** Null where the group has no face of the class. */
  readonly recall: ByClass<number | null>;
  /** Too few faces to rely on. */
  readonly small: boolean;
}

const FIGURES = /(<!-- figures: [^>]* -->\n)[\s\S]*?(<!-- \/figures -->)/;

/** The model card with the figures between its marks. @throws Error where it has not the marks once */
export function cardWith(card: string, figures: ClassifierFigures): string {
  return replaceOnce(card, FIGURES, (_, start, end) => `${start}\n${cardText(figures)}\n${end}`);
}

/** The README with the share of errors and the table. @throws Error where one of them is not there once */
export function readmeWith(readme: string, figures: ClassifierFigures): string {
  const sentence = `wrong for about one face in ${oneIn(figures)} with the bundled model`;
  const told = replaceOnce(
    readme,
    /wrong for [a-z\s]+?\swith\sthe\sbundled\smodel/,
    () => sentence,
  );
  const table = /Share of each group's faces that the bundled model[^|]*\n\n(\|.*\n)+/;
  return replaceOnce(told, table, () => readmeTable(figures));
}

function replaceOnce(
  text: string,
  pattern: RegExp,
  change: (...matched: string[]) => string,
): string {
  const count = [...text.matchAll(new RegExp(pattern, 'g'))].length;
  if (count !== 1) throw new Error(`expected ${pattern} once, found it ${count} times`);
  return text.replace(pattern, change);
}

const NUMBERS = [
  ...['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen', 'twenty'],
];

/** `eight`, where one face in eight is wrong, of groups that count alike. */
function oneIn({ balanced_accuracy }: ClassifierFigures): string {
  const faces = Math.round(1 / (1 - balanced_accuracy));
  return NUMBERS[faces - 2] ?? String(faces);
}

function readmeTable({ class_names, classes, n, balanced_accuracy }: ClassifierFigures): string {
  const rows = [
    [...class_names, 'balanced accuracy'],
    [...class_names.map((name) => share(classes[name].recall)), share(balanced_accuracy)],
  ];
  const told = `Share of each group's faces that the bundled model labels as annotated (${count(n)} FairFace validation faces):`;
  // Narrow, for `facecls help labels` prints it.
  return `${paragraph(told, 80)}\n\n${table(rows)}\n`;
}

function cardText(figures: ClassifierFigures): string {
  const { class_names, n, accuracy, accuracy_interval, balanced_accuracy, source } = figures;
  const photographs = class_names.reduce((sum, name) => sum + figures.detection[name][1], 0);
  const overall = `The whole tool, photographs to labels, on ${count(photographs)} photographs of the four groups
    (${source}), ${count(n)} of them with a face: accuracy ${share(accuracy)} (95 % interval
    ${interval(accuracy_interval)}), balanced ${share(balanced_accuracy)}. Rows: annotated; recall is the share of a
    group's faces that get its label:`;
  const detection = `Faces were found and cut out with ${madeWith(figures)}. Measured on ${figures.date}.`;
  return `${paragraph(overall)}

${confusionTable(figures)}

By gender and age as annotated, with the recall of each group (* fewer than 30 faces, too few to tell):

${groupsTable(figures)}

${calibrationText(figures)}

Groups without a counterpart among the four, and what their faces are called:

${leftOutTable(figures)}

${paragraph(detection)}
`;
}

function confusionTable({ class_names, classes, confusion, detection }: ClassifierFigures): string {
  const called = class_names.map((name, k) => (k === 0 ? `called ${name}` : name));
  return table([
    ['', 'recall', ...called, 'with a face'],
    ...class_names.map((name, k) => {
      const { recall, recall_interval } = classes[name];
      const [found, photographs] = detection[name];
      return [
        ...[name, `${share(recall)} (${interval(recall_interval)})`, ...confusion[k].map(String)],
        `${found} of ${photographs}`,
      ];
    }),
  ]);
}

function groupsTable({ class_names, groups }: ClassifierFigures): string {
  const head = ['', 'faces', 'accuracy', 'balanced', ...class_names];
  const rows = Object.values(groups).flatMap((kind) =>
    Object.entries(kind).map(([name, { n, accuracy, balanced_accuracy, recall, small }]) => [
      ...[small ? `${name} *` : name, String(n), share(accuracy), share(balanced_accuracy)],
      ...class_names.map((label) => share(recall[label])),
    ]),
  );
  return table([head, ...rows]);
}

function calibrationText({
  calibration,
  temperature,
  confusion_by_confidence,
}: ClassifierFigures): string {
  const { fitted_on, measured_on } = calibration;
  const { expected_calibration_error: error, negative_log_likelihood: loss } = calibration;
  const rows = confusion_by_confidence.flatMap(({ from, to, confusion }) => {
    const n = confusion.flat().reduce((sum, faces) => sum + faces, 0);
    const right = confusion.reduce((sum, row, k) => sum + row[k], 0);
    if (n === 0) return [];
    return [
      [
        `${from} to ${to}`,
        String(n),
        `${share(right / n)} (${interval(wilsonInterval(right, n)!)})`,
      ],
    ];
  });
  const told = `Calibration: the network divides its logits by the temperature ${temperature}, fitted on
    ${count(fitted_on)} of the faces (one half by a hash of the name). On the other ${count(measured_on)} the expected
    calibration error (fifteen bins) is ${share(error.after)}, and the negative log-likelihood ${share(loss.after)};
    without the temperature they would be ${share(error.before)} and ${share(loss.before)}. All faces by confidence:`;
  return `${paragraph(told)}

${table([['confidence', 'faces', 'right'], ...rows])}`;
}

function leftOutTable({ class_names, left_out }: ClassifierFigures): string {
  const head = ['', ...class_names, 'faces', 'photographs'];
  const rows = Object.entries(left_out).map(([name, { photographs, called }]) => {
    const faces = called.reduce((sum, n) => sum + n, 0);
    const shares = called.map((n) => (faces === 0 ? '-' : `${Math.round((100 * n) / faces)} %`));
    return [name, ...shares, String(faces), String(photographs)];
  });
  return table([head, ...rows]);
}

function madeWith({ made_with }: ClassifierFigures): string {
  const { detector_sha256, crops, ...options } = made_with;
  const given = Object.entries(options).map(
    ([name, value]) => `--${name} ${[value].flat().join(' ')}`,
  );
  return `\`${given.join(' ')}\``;
}

/** A Markdown table; the first row is its head. */
function table([head, ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, k) => Math.max(...[head, ...rows].map((row) => row[k].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, k) => cell.padEnd(widths[k])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** A paragraph in lines of at most `width` characters, where words allow it. */
function paragraph(text: string, width = 120): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

function share(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

function interval([low, high]: readonly [number, number]): string {
  return `${share(low)} to ${share(high)}`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
