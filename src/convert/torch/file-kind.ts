import { FormatError } from '../format-error.js';
import type { ByteSource } from './byte-source.js';

/** How much of a file is looked at to tell what it is: past the mark of a tar archive, at 257. */
const HEAD_SIZE = 1024;

/**
 * Refuses, each kind with its own message, what is plainly not something torch.save wrote. The
 * content decides, never the file's name. Throws `FormatError`.
 */
export function checkIsTorchFile(source: ByteSource): void {
  if (source.size === 0) {
    throw new FormatError('is empty: download or copy it again');
  }
  const bytes = source.read(0, Math.min(source.size, HEAD_SIZE));
  const head = Buffer.from(bytes).toString('latin1');
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return;
  const reason = otherKind(head, bytes);
  if (reason !== undefined) throw new FormatError(reason);
  // PROTO, the first opcode of every pickle that torch.save writes in the old form.
  if (!head.startsWith('\x80')) {
    throw new FormatError(
      'is not a checkpoint: give a file that torch.save wrote (.ckpt, .pth or .pt)',
    );
  }
}

/** Why a file is not a checkpoint, if it is of a kind that people mistake for one. */
function otherKind(head: string, bytes: Uint8Array): string | undefined {
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^<(!doctype|html|head|body|\?xml|!--)/i.test(text)) {
    return 'is a web page, not a checkpoint: the download went wrong (Google Drive shows such a page before it gives a large file), download it again';
  }
  if (text.startsWith('version https://git-lfs')) {
    return 'is a Git LFS pointer, not the checkpoint itself: fetch it with "git lfs pull"';
  }
  if (head.slice(257, 262) === 'ustar') {
    return 'is a tar archive: if PyTorch before 0.2 wrote it, load and save it again with a newer PyTorch, else unpack it first';
  }
  if (head.startsWith('\x1f\x8b')) return 'is a gzip archive: unpack it first';
  if (head.startsWith('\x89HDF')) {
    return 'is an HDF5 file (Keras), not a PyTorch checkpoint: give a file that torch.save wrote';
  }
  if (head.slice(8, 10) === '{"') {
    return 'is a safetensors file, not a PyTorch checkpoint: give a file that torch.save wrote';
  }
  if (isOnnx(bytes)) return 'is an ONNX file already: it needs no conversion';
  return undefined;
}

/** ONNX's ModelProto has these fields (onnx/onnx.proto) after the first, `ir_version`. */
const MODEL_FIELDS = new Set([2, 3, 4, 5, 6, 7, 8, 14, 20, 25]);

/**
 * Whether a file that begins with `head` (16 bytes are enough) is an ONNX model rather than a
 * checkpoint. ONNX has no magic number: it begins with the field `ir_version`, a small integer,
 * and goes on with another field of the model.
 */
export function isOnnx(head: Uint8Array): boolean {
  const [tag, version, next] = head;
  return tag === 0x08 && version > 0 && version < 0x80 && MODEL_FIELDS.has(next >> 3);
}
