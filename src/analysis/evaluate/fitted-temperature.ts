/** The temperature of predictions that were matched with labels, or why there is none. */
import { UserError } from '../../files/errors.js';
import { plural } from '../../files/text/plural.js';
import type { Matched } from './match.js';
import { fitTemperature, TEMPERATURE_RANGE, type TemperatureFit } from './temperature.js';

/**
 * @param predictions the file, for messages
 * @throws UserError where the predictions have no probabilities, or no temperature suits them
 */
export function fittedTemperature(
  predictions: string,
  { samples, probabilities }: Matched,
): TemperatureFit {
  const scaled = samples.map(({ truth, predicted }, i) => {
    const shares = probabilities[i];
    if (shares !== undefined) return { truth, predicted, probabilities: shares };
    throw new UserError(
      `--fit_temperature: ${predictions} has no probabilities; give predictions.csv or predictions.jsonl`,
    );
  });
  const fit = fitTemperature(scaled);
  if (fit.kind === 'fitted') return fit;
  const { least, most } = TEMPERATURE_RANGE;
  const why = {
    too_low: `the best would be below ${least}, as where all predictions are right`,
    too_high: `the best would be above ${most}, as where predictions are no better than chance`,
  };
  throw new UserError(
    `--fit_temperature: no temperature suits ${plural(samples.length, 'face')}: ${why[fit.kind]}; give more labels, or leave it out`,
  );
}
