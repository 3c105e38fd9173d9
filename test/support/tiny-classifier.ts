import { OnnxGraph } from '../../src/convert/onnx/onnx-graph.js';

/** Rows are red, green and blue: what each adds to the outputs of four classes. */
const WEIGHTS = Float32Array.of(2, -1, 0.5, 0, -0.5, 1, 0, 0.25, 0, 0.5, -2, 1);

/**
 * A classifier of four classes: outputs are linear in the mean red, green and blue, and then go through `operators`.
 */
export function tinyClassifier(
  operators: readonly string[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = new OnnxGraph('tiny');
  const image = graph.input('input', ['N', 3, 'H', 'W']);
  const mean = graph.node('GlobalAveragePool', 'mean', [image]);
  const flat = graph.node('Flatten', 'flat', [mean], { axis: 1 });
  const weights = graph.constant('weights', [3, 4], WEIGHTS);
  let output = graph.node('MatMul', 'logits', [flat, weights]);
  for (const [i, operator] of operators.entries()) {
    const attributes = /Softmax|Flatten/.test(operator) ? { axis: 1 } : {};
    output = graph.node(operator, `${operator}${i}`, [output], attributes);
  }
  graph.output(output, ['N', 4]);
  return graph.model(metadata);
}

/** The logits, from the mean red, green and blue as numbers from -1 to 1. */
export function tinyLogits(colour: readonly [number, number, number]): number[] {
  return [0, 1, 2, 3].map((k) => colour.reduce((sum, c, i) => sum + c * WEIGHTS[4 * i + k], 0));
}
