/** What a network's outputs are, found out from what it gives for a few images. */
import { ModelError } from '../files/errors.js';

/** What the network's output holds: logits still have to pass through softmax. */
export type OutputKind = 'probabilities' | 'logits';

export const OUTPUT_KINDS = ['logits', 'probabilities'] as const satisfies readonly OutputKind[];

/** What is known of a network's outputs before it is run. */
export interface DeclaredOutput {
  /** Names of the outputs, in order. */
  readonly classNames: readonly string[];
  /** What the user or the model's metadata says; without it, the outputs for some images tell. */
  readonly outputKind: OutputKind | undefined;
  /** ONNX operator that makes them, where it is known. */
  readonly lastOperator?: string | undefined;
}

/** How far from one the sum of an output may be and still be one of probabilities. */
const SUM_TOLERANCE = 1e-3;

/** Rounding may carry a probability beyond 0 or 1 by so much. */
const RANGE_TOLERANCE = 1e-6;

function give(kinds: string): string {
  return `give --output_kind ${kinds} (outputKind in the library)`;
}

/**
 * The kind of a network's outputs. Of two that look alike, none is guessed: softmax on top of softmax would bring all
 * probabilities near one another, and labels that are the same would hide it.
 *
 * @param rows outputs for different images
 * @param source the model file, for error messages
 * @throws ModelError where the outputs may be either, or contradict what is declared
 */
export function outputKindOf(
  rows: readonly Float32Array[],
  { outputKind, lastOperator }: Omit<DeclaredOutput, 'classNames'>,
  source: string,
): OutputKind {
  const inRange = rows.every(isInRange);
  if (outputKind === 'logits') {
    if (lastOperator !== 'Softmax') return outputKind;
    throw new ModelError(
      `${source}: its outputs are said to be logits and come from a Softmax; ${give('probabilities')}`,
    );
  }
  if (outputKind === 'probabilities') {
    if (inRange) return outputKind;
    throw new ModelError(
      `${source}: its outputs are said to be probabilities and do not lie in [0, 1] (${shownRow(rows.find((row) => !isInRange(row)))}); ${give('logits')}`,
    );
  }
  if (lastOperator === 'LogSoftmax' || !inRange) return 'logits';
  if (rows.every(addsUpToOne)) return 'probabilities';
  const from = lastOperator === 'Sigmoid' ? 'come from a Sigmoid' : 'lie in [0, 1]';
  throw new ModelError(
    `${source}: its outputs ${from} and do not add up to one (${shownRow(rows.find((row) => !addsUpToOne(row)))}), so they may be probabilities or logits; ${give('logits or --output_kind probabilities')}`,
  );
}

function isInRange(row: Float32Array): boolean {
  return row.every((value) => value >= -RANGE_TOLERANCE && value <= 1 + RANGE_TOLERANCE);
}

export function addsUpToOne(row: Float32Array): boolean {
  return Math.abs(sumOf(row) - 1) < SUM_TOLERANCE;
}

/**
 * Probabilities of the classes, which add up to one: outputs that do not, such as those of a sigmoid for each class,
 * are divided by their sum.
 *
 * @throws Error where none is above 0
 */
export function normalized(row: Float32Array): Float32Array {
  if (addsUpToOne(row)) return row;
  const sum = sumOf(row);
  if (sum > 0) return row.map((value) => value / sum);
  throw new Error('the model gives it no probability above 0');
}

/** exp(x_i) / sum exp(x_j), shifted by the largest so that nothing overflows. */
export function softmax(logits: Float32Array): Float32Array {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = sumOf(powers);
  return powers.map((power) => power / sum);
}

function sumOf(row: Float32Array): number {
  return row.reduce((total, value) => total + value, 0);
}

/** Cut where there are many classes. */
function shownRow(row: Float32Array = new Float32Array()): string {
  const part = Array.from(row.subarray(0, 6), (value) => Number(value.toPrecision(4)));
  return `${part.join(' ')}${row.length > part.length ? ' …' : ''}`;
}
