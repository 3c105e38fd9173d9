/** Faces that are not counted, and what came of photographs, as a manifest tells. */
import { UserError } from '../../files/errors.js';
import { facePath } from '../../inputs/face-name.js';
import { type ManifestFace, readManifest } from '../../outputs/read-manifest.js';
import { FaceSet } from './face-set.js';
import { below, type FoundManifest } from './find-predictions.js';

/** Why a face is not counted. */
export type LeftOut = 'overlapping' | 'further_face';

/** Why a prediction is not counted: its face is not, or was counted before. */
export type Omitted = LeftOut | 'repeated';

const REASONS: readonly LeftOut[] = ['overlapping', 'further_face'];

/** Which faces of a photograph count: all, or the one of the largest box. Those that overlap a better one never do. */
export type FacesCounted = 'all' | 'largest';

export interface SeenPhotograph {
  /** As the manifest has it. */
  readonly source: Buffer;
  readonly outcome: 'with_face' | 'no_face' | 'unreadable';
}

/** Known by their paths below the input folder, or of crops below theirs. */
export class LeftOutFaces {
  private readonly faces = new FaceSet();
  private listed = 0;
  /** How many of them came by. */
  private found = 0;

  /** Goes through the manifest; `visit` sees each photograph. */
  static async read(
    manifest: FoundManifest,
    counted: FacesCounted,
    visit: (photograph: SeenPhotograph) => void,
  ): Promise<LeftOutFaces> {
    const leftOut = new LeftOutFaces();
    for await (const { source, outcome, faces } of readManifest(manifest.file)) {
      visit({ source, outcome });
      for (const [face, reason] of leftOutOf(faces, counted)) {
        leftOut.add(below(source, manifest.folder), face, manifest, reason);
      }
    }
    return leftOut;
  }

  /** @param path below the input folder of the predictions */
  reasonOf(path: Buffer): LeftOut | undefined {
    const reason = this.faces.get(path);
    if (reason === undefined) return undefined;
    this.found += 1;
    return REASONS[reason];
  }

  /** How many faces the manifest leaves out. */
  get size(): number {
    return this.listed;
  }

  /** Once all faces came by: whether the manifest leaves faces out of which not one was among them. */
  get isOfOtherFaces(): boolean {
    return this.listed > 0 && this.found === 0;
  }

  private add(
    source: Buffer,
    { face, crop }: ManifestFace,
    { cropFolder }: FoundManifest,
    reason: LeftOut,
  ): void {
    const value = REASONS.indexOf(reason);
    this.listed += 1;
    this.faces.add(facePath(source, face), value);
    if (crop !== null) this.faces.add(below(crop, cropFolder), value);
  }
}

function leftOutOf(
  faces: readonly ManifestFace[],
  counted: FacesCounted,
): (readonly [ManifestFace, LeftOut])[] {
  const single = faces.filter(({ isOverlapping }) => !isOverlapping);
  const overlapping = faces
    .filter(({ isOverlapping }) => isOverlapping)
    .map((face) => [face, 'overlapping'] as const);
  if (counted === 'all' || single.length < 2) return overlapping;
  const largest = single.reduce((best, face) => (face.area > best.area ? face : best));
  const further = single
    .filter((face) => face !== largest)
    .map((face) => [face, 'further_face'] as const);
  return [...overlapping, ...further];
}

/** @throws UserError where the largest faces are asked for and no manifest tells their boxes */
export function checkManifestForLargest(
  counted: FacesCounted,
  manifest: FoundManifest | undefined,
): void {
  if (counted === 'all' || manifest !== undefined) return;
  throw new UserError(
    '--faces largest: the boxes of the faces are in a manifest, and there is none; give it with --manifest',
  );
}
