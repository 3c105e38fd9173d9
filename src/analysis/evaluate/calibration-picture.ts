/** How confidence and accuracy agree: a reliability plot, over a histogram of the confidences. */
import { createPicture, encodePng, type SKRSContext2D } from '../../plots/picture.js';
import { drawText, drawTextUpwards, INK } from '../../plots/text.js';

export interface CalibrationPlot {
  readonly title: string;
  readonly bins: readonly CalibrationBar[];
}

export interface CalibrationBar {
  /** Confidences from `from` to `to`, 0..1. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** 0..1; null in an empty bin. */
  readonly accuracy: number | null;
  readonly confidence: number | null;
  /** Within 0..1; null in an empty bin. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** Of both plots; the reliability plot is square. */
const LEFT = 110;
const SIDE = 600;
const TOP = 70;
const HISTOGRAM_TOP = TOP + SIDE + 30;
const HISTOGRAM_HEIGHT = 130;
const BOTTOM = HISTOGRAM_TOP + HISTOGRAM_HEIGHT;
const WIDTH = LEFT + SIDE + 40;
const HEIGHT = BOTTOM + 80;
/** Where the titles of the vertical axes stand. */
const AXIS_TITLE = 34;

const GRID = '#e3e7eb';
const BAR = '#6baed6';
/** Orange beside blue: told apart by everyone (Okabe and Ito's palette has the pair). */
const CONFIDENCE = '#d55e00';
const COUNT = '#b5bec8';
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

export async function drawCalibration({ title, bins }: CalibrationPlot): Promise<Buffer> {
  const picture = await createPicture(WIDTH, HEIGHT);
  const { context } = picture;
  drawText(context, title, LEFT + SIDE / 2, TOP / 2, { size: 22, bold: true, width: SIDE });
  drawReliability(context, bins);
  drawHistogram(context, bins);
  const axis = 'confidence (probability of the predicted class)';
  drawText(context, axis, LEFT + SIDE / 2, HEIGHT - 24, { size: 18 });
  return encodePng(picture);
}

const across = (value: number) => LEFT + SIDE * value;
const up = (value: number) => TOP + SIDE * (1 - value);

function drawReliability(context: SKRSContext2D, bins: readonly CalibrationBar[]): void {
  for (const tick of TICKS) {
    line(context, [across(tick), up(0)], [across(tick), up(1)], GRID);
    line(context, [across(0), up(tick)], [across(1), up(tick)], GRID);
    drawText(context, tick.toFixed(1), LEFT - 10, up(tick), { size: 16, align: 'right' });
  }
  for (const { from, to, accuracy } of bins) {
    if (accuracy === null) continue;
    context.fillStyle = BAR;
    context.fillRect(
      across(from) + 1,
      up(accuracy),
      across(to) - across(from) - 2,
      SIDE * accuracy,
    );
  }
  context.setLineDash([8, 6]);
  line(context, [across(0), up(0)], [across(1), up(1)], INK, 2);
  context.setLineDash([]);
  for (const bin of bins) drawMarks(context, bin);
  context.strokeStyle = INK;
  context.lineWidth = 1;
  context.strokeRect(LEFT - 0.5, TOP - 0.5, SIDE + 1, SIDE + 1);
  drawTextUpwards(context, 'accuracy', AXIS_TITLE, up(0.5), { size: 18 });
  drawLegend(context);
}

/** The interval of the accuracy, and the mean confidence, at which the bar would end if calibrated. */
function drawMarks(
  context: SKRSContext2D,
  { from, to, confidence, interval }: CalibrationBar,
): void {
  if (confidence === null || interval === null) return;
  const middle = Math.round(across((from + to) / 2));
  const [low, high] = interval.map(up);
  line(context, [middle, low], [middle, high], INK, 1.5);
  for (const y of [low, high]) line(context, [middle - 5, y], [middle + 5, y], INK, 1.5);
  line(
    context,
    [across(from) + 1, up(confidence)],
    [across(to) - 1, up(confidence)],
    CONFIDENCE,
    4,
  );
}

function drawLegend(context: SKRSContext2D): void {
  const [x, y] = [LEFT + 16, TOP + 16];
  context.fillStyle = 'rgba(255, 255, 255, 0.9)';
  context.fillRect(x, y, 292, 118);
  context.strokeStyle = '#c8d2dc';
  context.strokeRect(x + 0.5, y + 0.5, 292, 118);
  const row = (k: number) => y + 21 + 26 * k;
  context.fillStyle = BAR;
  context.fillRect(x + 12, row(0) - 7, 28, 14);
  line(context, [x + 26, row(1) - 9], [x + 26, row(1) + 9], INK, 1.5);
  for (const end of [-9, 9])
    line(context, [x + 21, row(1) + end], [x + 31, row(1) + end], INK, 1.5);
  line(context, [x + 12, row(2)], [x + 40, row(2)], CONFIDENCE, 4);
  context.setLineDash([8, 6]);
  line(context, [x + 12, row(3)], [x + 40, row(3)], INK, 2);
  context.setLineDash([]);
  for (const [k, words] of [
    'accuracy of the bin',
    '95 % interval (Wilson)',
    'mean confidence of the bin',
    'accuracy equal to confidence',
  ].entries()) {
    drawText(context, words, x + 52, row(k), { size: 15, align: 'left' });
  }
}

function drawHistogram(context: SKRSContext2D, bins: readonly CalibrationBar[]): void {
  const most = Math.max(...bins.map(({ count }) => count), 1);
  for (const { from, to, count } of bins) {
    // Room above the highest bar for its number.
    const height = ((HISTOGRAM_HEIGHT - 22) * count) / most;
    context.fillStyle = COUNT;
    context.fillRect(across(from) + 1, BOTTOM - height, across(to) - across(from) - 2, height);
    if (count > 0) {
      const width = across(to) - across(from) - 2;
      drawText(context, short(count), across((from + to) / 2), BOTTOM - height - 10, {
        ...{ size: 13, width },
      });
    }
  }
  for (const tick of TICKS) {
    drawText(context, tick.toFixed(1), across(tick), BOTTOM + 18, { size: 16 });
  }
  line(context, [across(0), BOTTOM + 0.5], [across(1), BOTTOM + 0.5], INK);
  const middle = HISTOGRAM_TOP + HISTOGRAM_HEIGHT / 2;
  drawTextUpwards(context, 'count', AXIS_TITLE, middle, { size: 18 });
}

/** `950`, `12k`, `3.4M`: fits above a bar. */
function short(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1e6 ? `${Math.round(count / 1e3)}k` : `${(count / 1e6).toFixed(1)}M`;
}

type Point = readonly [x: number, y: number];

function line(context: SKRSContext2D, from: Point, to: Point, colour: string, width = 1): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}
