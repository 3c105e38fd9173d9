/** The confusion matrix as an annotated heat map. */
import { integer } from '../../files/text/plural.js';
import { createPicture, encodePng, type SKRSContext2D } from '../../plots/picture.js';
import { drawText, drawTextUpwards } from '../../plots/text.js';

export interface ConfusionPlot {
  readonly title: string;
  readonly classNames: readonly string[];
  /** Rows are the truth, columns the prediction. */
  readonly counts: readonly (readonly number[])[];
}

const MOST_CELL = 150;
/** Many classes have smaller cells, so that the picture can still be held in memory. */
const MOST_SIDE = 4800;
const LEFT = 190;
const TOP = 90;
const BOTTOM = 100;
const BAR_GAP = 30;
const BAR_WIDTH = 26;
const RIGHT = BAR_GAP + BAR_WIDTH + 85;

/**
 * Light to dark in one hue, so that it can be read without seeing colour: "Blues" of ColorBrewer
 * (Brewer, Harrower; colorbrewer2.org, marked colour-blind safe).
 */
const BLUES = [
  [247, 251, 255],
  [222, 235, 247],
  [198, 219, 239],
  [158, 202, 225],
  [107, 174, 214],
  [66, 146, 198],
  [33, 113, 181],
  [8, 81, 156],
  [8, 48, 107],
] as const;

/** Each cell: the count, and its share of the row, which is also its colour. */
export async function drawConfusion({ title, classNames, counts }: ConfusionPlot): Promise<Buffer> {
  const cell = Math.min(MOST_CELL, Math.floor(MOST_SIDE / classNames.length));
  const side = cell * classNames.length;
  const picture = await createPicture(LEFT + side + RIGHT, TOP + side + BOTTOM);
  const { context } = picture;
  const write = drawText.bind(undefined, context);
  write(title, LEFT + side / 2, TOP / 2, { size: 24, bold: true, width: LEFT + side });
  for (const [row, values] of counts.entries()) drawRow(context, row, values, cell);
  drawGrid(context, classNames.length, cell);
  for (const [k, name] of classNames.entries()) {
    write(name, LEFT + (k + 0.5) * cell, TOP + side + 24, { size: 20, width: cell - 8 });
    write(name, LEFT - 12, TOP + (k + 0.5) * cell, {
      ...{ size: 20, align: 'right', width: LEFT - 70 },
    });
  }
  write('predicted', LEFT + side / 2, TOP + side + 66, { size: 22, bold: true });
  drawTextUpwards(context, 'label (truth)', 32, TOP + side / 2, { size: 22, bold: true });
  drawColourBar(context, side);
  return encodePng(picture);
}

function drawRow(
  context: SKRSContext2D,
  row: number,
  values: readonly number[],
  cell: number,
): void {
  const scale = cell / MOST_CELL;
  const total = values.reduce((sum, value) => sum + value, 0);
  for (const [column, count] of values.entries()) {
    const share = total === 0 ? 0 : count / total;
    const [x, y] = [LEFT + column * cell, TOP + row * cell];
    context.fillStyle = css(colour(share));
    context.fillRect(x, y, cell, cell);
    const ink = readableOn(colour(share));
    const [middle, width] = [x + cell / 2, cell - 16];
    drawText(context, integer(count), middle, y + cell / 2 - 14 * scale, {
      ...{ size: 28 * scale, bold: row === column, ink, width },
    });
    const percentage = total === 0 ? '–' : `${(100 * share).toFixed(1)} %`;
    const style = { size: 18 * scale, ink, width };
    drawText(context, percentage, middle, y + cell / 2 + 20 * scale, style);
  }
}

/** Thin lines between cells and around: pale cells have an edge too. */
function drawGrid(context: SKRSContext2D, cells: number, cell: number): void {
  context.strokeStyle = '#c8d2dc';
  context.lineWidth = 1;
  for (let k = 0; k <= cells; k++) {
    const at = k * cell + 0.5;
    context.beginPath();
    context.moveTo(LEFT + at, TOP);
    context.lineTo(LEFT + at, TOP + cells * cell);
    context.moveTo(LEFT, TOP + at);
    context.lineTo(LEFT + cells * cell, TOP + at);
    context.stroke();
  }
}

function drawColourBar(context: SKRSContext2D, side: number): void {
  const x = LEFT + side + BAR_GAP;
  for (let y = 0; y < side; y++) {
    context.fillStyle = css(colour(1 - y / (side - 1)));
    context.fillRect(x, TOP + y, BAR_WIDTH, 1);
  }
  context.strokeStyle = '#8a949e';
  context.strokeRect(x + 0.5, TOP + 0.5, BAR_WIDTH - 1, side - 1);
  for (const percentage of [0, 25, 50, 75, 100]) {
    const y = TOP + side * (1 - percentage / 100);
    drawText(context, `${percentage} %`, x + BAR_WIDTH + 8, y, { size: 15, align: 'left' });
  }
  drawText(context, 'share of row', x + BAR_WIDTH / 2, TOP + side + 24, { size: 15 });
}

type Rgb = readonly [number, number, number];

/** @param share 0..1 */
function colour(share: number): Rgb {
  const at = share * (BLUES.length - 1);
  const low = Math.min(Math.floor(at), BLUES.length - 2);
  const mix = (channel: number) =>
    Math.round(BLUES[low][channel] + (at - low) * (BLUES[low + 1][channel] - BLUES[low][channel]));
  return [mix(0), mix(1), mix(2)];
}

/** Black or white, whichever contrasts more: WCAG 2.2, relative luminance and contrast ratio. */
function readableOn(rgb: Rgb): string {
  const [red, green, blue] = rgb.map((value) => {
    const channel = value / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? 'white' : 'black';
}

function css([red, green, blue]: Rgb): string {
  return `rgb(${red}, ${green}, ${blue})`;
}
