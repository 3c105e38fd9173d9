import { InputError } from '../files/errors.js';
import { fileErrorReason, isFileError } from '../files/file-errors.js';
import {
  type DecodedPixels,
  type DecodeOptions,
  decodeContent,
  decodeImage,
  refuseRaw,
} from '../image/decode.js';
import { MemberReader } from '../inputs/archives/member-reader.js';
import type { ArchiveMember } from '../inputs/input.js';
import { orderedMap } from '../workers/ordered.js';
import { atWorkOn } from './at-work.js';
import { type FailedInput, failedBy, failedInput } from './failed-input.js';
import type { ImageSource, TaskInput } from './input.js';

export interface DecodedImage {
  readonly kind: 'decoded';
  readonly path: Buffer;
  readonly relative: Buffer;
  readonly image: DecodedPixels;
}

/** Images decoded ahead of their use, at most: enough to keep the decoder's threads busy. */
const AHEAD = 4;
/** Pixels of images decoded ahead, together (75 MB): a folder of large photographs stays within memory. */
const PIXELS_AHEAD = 25e6;

/** The inputs decoded, in their order; those that cannot be are passed on as failures. */
export function decoded(
  inputs: AsyncIterable<TaskInput>,
  options: DecodeOptions,
): AsyncGenerator<DecodedImage | FailedInput> {
  return orderedMap(inputs, (input) => decodeOrFail(input, options), {
    items: AHEAD,
    cost: { of: pixelsOf, limit: PIXELS_AHEAD },
  });
}

export async function decodeOrFail(
  input: TaskInput,
  options: DecodeOptions,
): Promise<DecodedImage | FailedInput> {
  const { path, relative } = input;
  if (input.kind === 'unreadable') return failedInput(path, input.reason, input.mayPass);
  try {
    return {
      kind: 'decoded',
      path,
      relative,
      image: await atWorkOn([input], () => pixelsFor(input, options)),
    };
  } catch (error) {
    if (error instanceof InputError) return failedBy(path, error);
    throw error;
  }
}

async function pixelsFor(input: ImageSource, options: DecodeOptions): Promise<DecodedPixels> {
  if (input.kind === 'file') return decodeImage(input.path, options);
  if (input.kind === 'member') return decodeContent(await memberBytes(input), options);
  const { content } = input;
  return content instanceof Uint8Array ? decodeContent(content, options) : content;
}

/** Of this process: groups of inputs follow each other in one archive, which stays open. */
const memberReader = new MemberReader();

async function memberBytes({ path, archive, content }: ArchiveMember): Promise<Buffer> {
  refuseRaw(path);
  if (content.kind === 'bytes') return asBuffer(content.bytes);
  try {
    return await memberReader.read(asBuffer(archive), content.locator);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new InputError(fileErrorReason(error), { cause: error, mayPass: true });
  }
}

/** Between processes a Buffer may become a Uint8Array. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function pixelsOf(input: DecodedImage | FailedInput): number {
  return input.kind === 'decoded' ? input.image.width * input.image.height : 0;
}
