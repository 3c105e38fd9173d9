/** Types of the library, as its users see them. The compiler is the test, and nothing is run. */
import {
  type AlignedPhotograph,
  Aligner,
  type AnalyzedPhotograph,
  align,
  analyze,
  type CLASS_NAMES,
  type ClassifiedImage,
  Classifier,
  type ClassName,
  classify,
  convertCheckpoint,
  type DecidedIdentity,
  type Diagnosis,
  decideIdentities,
  diagnose,
  type Evaluation,
  type EvaluationSample,
  encodeImage,
  evaluate,
  type Failure,
  type FoundImage,
  type ModelError,
  type RgbImage,
  type UndecidedIdentity,
  type UserError,
  walkImages,
} from 'facecls';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}
type Yielded<G> = G extends AsyncGenerator<infer Y, void, undefined> ? Y : never;

export async function inputs(): Promise<void> {
  const names: string[] = [];
  const paths = align(names);
  same<Yielded<typeof paths>, AlignedPhotograph<string> | Failure<string>>(true);
  const mixed = align([...names, new Uint8Array(1), new URL('file:///a.jpg')]);
  same<Yielded<typeof mixed>['input'], string | URL | Uint8Array<ArrayBuffer>>(true);
  const walked = analyze(walkImages('photographs', { followLinks: true }));
  same<Yielded<typeof walked>, AnalyzedPhotograph<FoundImage> | Failure<FoundImage>>(true);
  const pixels: RgbImage[] = [];
  const labels = classify(new Set(pixels));
  same<Yielded<typeof labels>, ClassifiedImage<RgbImage> | Failure<RgbImage>>(true);
  const named = classify([{ path: Buffer.from('a'), id: 7 }]);
  for await (const { input } of named) same<typeof input.id, number>(true);
  // @ts-expect-error a number is no image
  align([1]);
  // @ts-expect-error pixels need a size
  classify([{ data: new Uint8Array(3) }]);
}

export async function results(names: string[]): Promise<void> {
  for await (const result of analyze(names, { signal: new AbortController().signal })) {
    if (result.reason !== undefined) {
      same<typeof result, Failure<string>>(true);
      same<typeof result.faces, undefined>(true);
      continue;
    }
    const [face] = result.faces;
    same<typeof face.label, string>(true);
    same<typeof face.probabilities, Float32Array<ArrayBufferLike>>(true);
    same<typeof face.landmarks.length, 5>(true);
    same<Awaited<ReturnType<typeof encodeImage>>, Uint8Array<ArrayBufferLike>>(true);
    await encodeImage(face.crop, { format: 'png' });
    // @ts-expect-error results are not for writing
    face.label = 'Asian';
  }
  for await (const { label, reason } of classify(['a.jpg'])) {
    same<typeof label, string | undefined>(true);
    same<typeof reason, string | undefined>(true);
  }
}

export async function options(): Promise<void> {
  same<typeof CLASS_NAMES, readonly ['African', 'Asian', 'Caucasian', 'Indian']>(true);
  await using aligner = await Aligner.open({ device: 'auto', workers: 0, faces: undefined });
  aligner.align([], { signal: undefined });
  // @ts-expect-error misspelt
  await Aligner.open({ minFacesize: 20 });
  // @ts-expect-error two of three
  await Aligner.open({ thresholds: [0.9, 0.9] });
  // @ts-expect-error no such device
  await Classifier.open({ device: 'gpu' });
  // @ts-expect-error of detection
  classify([], { minFaceSize: 20 });
  // @ts-expect-error made by open()
  new Aligner();
  await convertCheckpoint('a.ckpt', { precision: 'fp16', temperature: 0.9 });
}

export async function figures(names: string[]): Promise<void> {
  const samples: EvaluationSample[] = [{ truth: 'Asian', label: 'Indian', groups: undefined }];
  for await (const { label, probabilities } of classify(names)) {
    if (label === undefined) continue;
    samples.push({ truth: 'Asian', label, probabilities, groups: { age: 'old', pose: undefined } });
  }
  const evaluation = await evaluate(samples);
  same<typeof evaluation, Evaluation<ClassName>>(true);
  const { recall }: { recall: number | null } = evaluation.classes.Asian;
  const { f1 } = evaluation.groups.age.groups.old.classes.Indian;
  same<typeof f1, typeof recall>(true);
  // @ts-expect-error no such class
  evaluation.classes.White;
  const other = await evaluate([], { classNames: ['Black', 'White'] });
  same<typeof other, Evaluation<'Black' | 'White'>>(true);
  const diagnosis = await diagnose();
  same<typeof diagnosis, Diagnosis>(true);
}

export async function identities(names: string[]): Promise<void> {
  async function* predictions() {
    for (const path of names) yield { path, label: 'Asian', id: 7 } as const;
  }
  const found = decideIdentities(predictions(), { threshold: 0.9, seed: undefined });
  same<Yielded<typeof found>, DecidedIdentity | UndecidedIdentity>(true);
  for await (const { label, reason, leading } of found) {
    same<typeof label, ClassName | undefined>(true);
    same<typeof reason, 'below_threshold' | 'too_few_images' | undefined>(true);
    same<typeof leading, ClassName | undefined>(true);
  }
  // @ts-expect-error misspelt
  decideIdentities([], { treshold: 0.9 });
}

export function errors(error: ModelError): UserError {
  same<typeof error.name, 'ModelError'>(true);
  return error;
}
