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
const AXIS = BOTTOM + 56;
const LEGEND_TOP = AXIS + 42;
const HEIGHT = LEGEND_TOP + 54;
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
  drawText(context, axis, LEFT + SIDE / 2, AXIS, { size: 18 });
  drawLegend(context);
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

/** Two rows of two, below the axis: over the plot it would cover bars and intervals. */
function drawLegend(context: SKRSContext2D): void {
  const place = (k: number): Point => [
    LEFT + 20 + 300 * (k % 2),
    LEGEND_TOP + 28 * Math.floor(k / 2),
  ];
  const [[barX, barY], [rangeX, rangeY], [meanX, meanY], [equalX, equalY]] = [0, 1, 2, 3].map(
    place,
  );
  context.fillStyle = BAR;
  context.fillRect(barX, barY - 7, 28, 14);
  const middle = rangeX + 14;
  line(context, [middle, rangeY - 9], [middle, rangeY + 9], INK, 1.5);
  for (const end of [-9, 9])
    line(context, [middle - 5, rangeY + end], [middle + 5, rangeY + end], INK, 1.5);
  line(context, [meanX, meanY], [meanX + 28, meanY], CONFIDENCE, 4);
  context.setLineDash([8, 6]);
  line(context, [equalX, equalY], [equalX + 28, equalY], INK, 2);
  context.setLineDash([]);
  for (const [k, words] of [
    'accuracy of the bin',
    '95 % interval (Wilson)',
    'mean confidence of the bin',
    'accuracy equal to confidence',
  ].entries()) {
    const [x, y] = place(k);
    drawText(context, words, x + 40, y, { size: 15, align: 'left' });
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
