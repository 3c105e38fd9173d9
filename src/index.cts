/**
 * The library for CommonJS: the same functions, each of which loads the library when it is called, since Node
 * before 20.19 cannot `require` an ES module. Classes have their `open` alone, as that is the way to make one.
 * The error classes are types alone: errors are known by their `name`.
 */
import type * as Library from './index.js' with { 'resolution-mode': 'import' };

// All types, those of the classes too. `export =` would leave no place for them, so values are declared one by one.
export type * from './index.js' with { 'resolution-mode': 'import' };
export type Aligner = Library.Aligner;
export type Analyzer = Library.Analyzer;
export type Classifier = Library.Classifier;

export declare const Aligner: Pick<typeof Library.Aligner, 'open'>;
export declare const Analyzer: Pick<typeof Library.Analyzer, 'open'>;
export declare const align: typeof Library.align;
export declare const analyze: typeof Library.analyze;
export declare const CLASS_NAMES: typeof Library.CLASS_NAMES;
export declare const Classifier: Pick<typeof Library.Classifier, 'open'>;
export declare const classify: typeof Library.classify;
export declare const convertCheckpoint: typeof Library.convertCheckpoint;
export declare const decideIdentities: typeof Library.decideIdentities;
export declare const diagnose: typeof Library.diagnose;
export declare const encodeImage: typeof Library.encodeImage;
export declare const evaluate: typeof Library.evaluate;
export declare const walkImages: typeof Library.walkImages;

const load = () => import('./index.js');

type Values = Omit<typeof import('./index.cjs'), 'ModelError' | 'UserError'>;

const values: Values = {
  Aligner: { open: async (options) => (await load()).Aligner.open(options) },
  Analyzer: { open: async (options) => (await load()).Analyzer.open(options) },
  Classifier: { open: async (options) => (await load()).Classifier.open(options) },
  CLASS_NAMES: ['African', 'Asian', 'Caucasian', 'Indian'],
  async *align(photographs, options) {
    yield* (await load()).align(photographs, options);
  },
  async *analyze(photographs, options) {
    yield* (await load()).analyze(photographs, options);
  },
  async *classify(faces, options) {
    yield* (await load()).classify(faces, options);
  },
  async *decideIdentities(predictions, options) {
    yield* (await load()).decideIdentities(predictions, options);
  },
  async *walkImages(folder, options) {
    yield* (await load()).walkImages(folder, options);
  },
  convertCheckpoint: async (checkpoint, options) =>
    (await load()).convertCheckpoint(checkpoint, options),
  encodeImage: async (image, options) => (await load()).encodeImage(image, options),
  evaluate: async (samples, options) => (await load()).evaluate(samples, options),
  diagnose: async () => (await load()).diagnose(),
};

module.exports = values;
