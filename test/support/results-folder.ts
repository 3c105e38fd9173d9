/** Results of `facecls run` for commands that read them, written by hand. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CLASS_NAMES } from '../../src/classify/labels.js';

export interface WrittenFace {
  /** `a/1.jpg` below the input folder. */
  readonly photograph: string;
  readonly label: string;
  readonly confidence?: number;
  /** Side of its box, pixels. */
  readonly side?: number;
  readonly overlaps?: number;
}

export interface WrittenResults {
  readonly faces: readonly WrittenFace[];
  readonly noFace?: readonly string[];
  readonly unreadable?: readonly string[];
  /** Of `run.json`; none is written for null. */
  readonly record?: object | null;
  readonly hasManifest?: boolean;
}

export const RECORD = {
  command: 'run',
  class_names: CLASS_NAMES,
  made_with: { command: 'run', detector: 'mtcnn', faces: 'all', model_sha256: 'ab'.repeat(32) },
  given: { input: 'photographs', output: 'results' },
};

/** Faces of a photograph are numbered as they come. */
export function writeResults(folder: string, results: WrittenResults): void {
  const { faces, noFace = [], unreadable = [], record = RECORD, hasManifest = true } = results;
  mkdirSync(folder, { recursive: true });
  const counts = new Map<string, number>();
  const numbered = faces.map((face) => {
    const number = counts.get(face.photograph) ?? 0;
    counts.set(face.photograph, number + 1);
    return { ...face, number, source: `photographs/${face.photograph}` };
  });
  const rows = numbered.map(({ source, number, label, confidence = 0.9, overlaps = '' }) => {
    const rest = ((1 - confidence) / 3).toFixed(6);
    const shares = CLASS_NAMES.map((name) => (name === label ? confidence : rest));
    return [`${source}#${number}`, label, confidence, ...shares, overlaps].join(',');
  });
  const header = ['path', 'label', 'confidence', ...CLASS_NAMES, 'overlaps'].join(',');
  writeFileSync(path.join(folder, 'predictions.csv'), [header, ...rows, ''].join('\r\n'));
  const manifest = [
    ...numbered.map(({ source, number, side = 100, overlaps = null }) => ({
      ...{ source, face: number, crop: null, score: 0.99, box: [0, 0, side - 1, side - 1] },
      overlaps,
    })),
    ...noFace.map((name) => ({ source: `photographs/${name}`, status: 'no_face', reason: '' })),
    ...unreadable.map((name) => ({
      ...{ source: `photographs/${name}`, status: 'unreadable', reason: '' },
    })),
  ];
  const lines = manifest.map((row) => `${JSON.stringify(row)}\n`).join('');
  if (hasManifest) writeFileSync(path.join(folder, 'align_manifest.jsonl'), lines);
  if (record !== null) writeFileSync(path.join(folder, 'run.json'), JSON.stringify(record));
}

/** So many faces of each class, each in a photograph of its own. */
export function facesOf(counts: Readonly<Record<string, number>>, folder = 'a'): WrittenFace[] {
  return Object.entries(counts).flatMap(([label, n]) =>
    Array.from({ length: n }, (_, k) => ({ photograph: `${folder}/${label}${k}.jpg`, label })),
  );
}

/** Four classes, 100 labelled faces each, of which 90 get their label. */
export const KNOWN_ERRORS = {
  class_names: CLASS_NAMES,
  confusion: CLASS_NAMES.map((_, i) => CLASS_NAMES.map((__, j) => (i === j ? 91 : 3))),
  source: 'a labelled sample',
};
