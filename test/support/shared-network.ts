/** ResNet-18s of which all tensors are views of a few storages: large networks in small files. */
import { bytes, tensor, text, tuple } from './bytes.js';

/** Each shape of a ResNet-18 of a width, in no order. */
function shapes(width: number): Map<string, number[]> {
  const found = new Map<string, number[]>([
    ['fc.weight', [4, 8 * width]],
    ['fc.bias', [4]],
  ]);
  const layer = (conv: string, norm: string, shape: number[]) => {
    found.set(`${conv}.weight`, shape);
    for (const name of ['weight', 'bias', 'running_mean', 'running_var']) {
      found.set(`${norm}.${name}`, [shape[0]]);
    }
  };
  layer('conv1', 'bn1', [width, 3, 7, 7]);
  for (let i = 0; i < 8; i++) {
    const name = `layer${(i >> 1) + 1}.${i % 2}`;
    const outputs = width << (i >> 1);
    const widens = i % 2 === 0 && i > 0;
    const inputs = widens ? outputs / 2 : outputs;
    layer(`${name}.conv1`, `${name}.bn1`, [outputs, inputs, 3, 3]);
    layer(`${name}.conv2`, `${name}.bn2`, [outputs, outputs, 3, 3]);
    if (widens) layer(`${name}.downsample.0`, `${name}.downsample.1`, [outputs, inputs, 1, 1]);
  }
  return found;
}

interface View {
  readonly kind: string;
  /** Elements of each storage. */
  readonly elements: number;
  /** The storage of a tensor. */
  readonly key?: (index: number) => string;
  readonly strides?: (shape: number[]) => number[];
}

export function rowMajor(shape: number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
}

/** The pickle of a ResNet-18 of which all tensors are views of a few storages. */
export function sharedNetwork(
  width: number,
  { kind, elements, key = () => '0', strides = rowMajor }: View,
) {
  const items = [...shapes(width)].map(([name, shape], index) =>
    bytes(
      text(name),
      tensor({
        kind,
        elements,
        key: key(index),
        shape: tuple(...shape),
        strides: tuple(...strides(shape)),
      }),
    ),
  );
  return bytes('\x80\x02}(', ...items, 'u.');
}
