/** The pictures of an evaluation, as bytes of PNG files. */
import { integerPlural } from '../../files/text/plural.js';
import { wilsonInterval } from '../wilson.js';
import { drawCalibration } from './calibration-picture.js';
import { drawConfusion } from './confusion-picture.js';
import type { Metrics } from './metrics.js';
import { figure } from './table.js';

export function confusionPicture(
  { n, accuracy, confusion }: Metrics,
  classNames: readonly string[],
): Promise<Buffer> {
  return drawConfusion({
    title: `Confusion matrix: ${faces(n)}, accuracy ${(100 * (accuracy ?? 0)).toFixed(1)} %`,
    classNames,
    counts: confusion,
  });
}

/** @returns undefined where there is no calibration */
export async function calibrationPicture({ n, calibration }: Metrics): Promise<Buffer | undefined> {
  if (calibration === null) return undefined;
  return drawCalibration({
    title: `Calibration: ${faces(n)}, expected calibration error ${figure(calibration.ece)}`,
    bins: calibration.bins.map((bin) => ({
      ...bin,
      interval: wilsonInterval(bin.correct, bin.count),
    })),
  });
}

function faces(n: number): string {
  return integerPlural(n, 'face');
}
