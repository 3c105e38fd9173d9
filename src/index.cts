/**
 * The library for CommonJS: the same functions, each of which loads the library when it is called, since Node
 * before 20.19 cannot `require` an ES module. Classes have their `open` alone, as that is the way to make one.
 * The error classes are missing: errors are known by their `name`.
 */
import type * as Library from './index.js' with { 'resolution-mode': 'import' };

const load = () => import('./index.js');

const align: typeof Library.align = async function* (photographs, options) {
  yield* (await load()).align(photographs, options);
};

const analyze: typeof Library.analyze = async function* (photographs, options) {
  yield* (await load()).analyze(photographs, options);
};

const classify: typeof Library.classify = async function* (faces, options) {
  yield* (await load()).classify(faces, options);
};

const decideIdentities: typeof Library.decideIdentities = async function* (predictions, options) {
  yield* (await load()).decideIdentities(predictions, options);
};

const walkImages: typeof Library.walkImages = async function* (folder, options) {
  yield* (await load()).walkImages(folder, options);
};

const Aligner: Pick<typeof Library.Aligner, 'open'> = {
  open: async (options) => (await load()).Aligner.open(options),
};

const Analyzer: Pick<typeof Library.Analyzer, 'open'> = {
  open: async (options) => (await load()).Analyzer.open(options),
};

const Classifier: Pick<typeof Library.Classifier, 'open'> = {
  open: async (options) => (await load()).Classifier.open(options),
};

const convertCheckpoint: typeof Library.convertCheckpoint = async (checkpoint, options) =>
  (await load()).convertCheckpoint(checkpoint, options);

const encodeImage: typeof Library.encodeImage = async (image, options) =>
  (await load()).encodeImage(image, options);

const evaluate: typeof Library.evaluate = async (samples, options) =>
  (await load()).evaluate(samples, options);

const diagnose: typeof Library.diagnose = async () => (await load()).diagnose();

const CLASS_NAMES: typeof Library.CLASS_NAMES = ['African', 'Asian', 'Caucasian', 'Indian'];

export = {
  Aligner,
  Analyzer,
  align,
  analyze,
  CLASS_NAMES,
  Classifier,
  classify,
  convertCheckpoint,
  decideIdentities,
  diagnose,
  encodeImage,
  evaluate,
  walkImages,
};
