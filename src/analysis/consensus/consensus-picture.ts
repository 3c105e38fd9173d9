/** The picture of `facecls consensus`: how many identities each class got, and how sure. */
import { integer } from '../../files/text/plural.js';
import { createPicture, encodePng, type SKRSContext2D } from '../../plots/picture.js';
import { drawText, drawTextUpwards, INK, type TextStyle } from '../../plots/text.js';

/** A part of a bar. */
export interface Segment {
  readonly name: string;
  /** Identities. */
  readonly count: number;
}

export interface ConsensusFigures {
  readonly title: string;
  readonly subtitle: string;
  /** A bar for each class. All have segments of the same names, the surest first. */
  readonly classes: readonly { readonly name: string; readonly segments: readonly Segment[] }[];
  /** Segments of the bar of identities without a class. */
  readonly undecided: readonly Segment[];
}

const WIDTH = 1200;
const HEIGHT = 760;
/** Where the bars stand, in pixels; the legend is to the right of it. */
const PLOT = { left: 110, right: 860, top: 130, bottom: 670 } as const;
const LEGEND_LEFT = 890;
const LEGEND_LINE = 26;
const SWATCH = 16;
/** Share of its place that a bar fills. */
const BAR_FILL = 0.62;
/** A lower segment has no room for its count. */
const LOWEST_LABELLED = 18;
const MOST_TICKS = 6;
/** Free height above the highest bar, of its own height: its count stands there. */
const HEADROOM = 0.06;

/** One hue, dark to light: the order is seen without colours (ColorBrewer, "Blues"). */
const SURENESS = ['#08519c', '#4a98c9', '#abd0e6'];
/** Hues that are told apart with any colour vision (Okabe and Ito), then two greys. */
const REASONS = ['#e69f00', '#009e73', '#f0e442', '#cc79a7', '#8c8c8c', '#d0d0d0'];
const FAINT = '#dddddd';

interface Bar {
  readonly name: string;
  readonly segments: readonly (Segment & { readonly color: string })[];
}

/** A PNG of stacked bars, 1200 x 760 pixels, higher where many classes need a longer legend. */
export async function drawConsensus(figures: ConsensusFigures): Promise<Buffer> {
  const picture = await createPicture(WIDTH, Math.max(HEIGHT, legendsEnd(figures)));
  const { context } = picture;
  const bars: Bar[] = [
    ...figures.classes.map(({ name, segments }) => ({
      name,
      segments: colored(segments, SURENESS),
    })),
    { name: 'Undecided', segments: colored(figures.undecided, REASONS) },
  ];
  const top = (1 + HEADROOM) * Math.max(1, ...bars.map(total));
  const tick = tickStep(top);
  const ticks = Math.ceil(top / tick);
  drawTitles(context, figures);
  drawAxes(context, tick, ticks);
  const place = (PLOT.right - PLOT.left) / bars.length;
  for (const [i, bar] of bars.entries()) {
    drawBar(context, bar, PLOT.left + (i + 0.5) * place, place * BAR_FILL, tick * ticks);
  }
  drawLegends(context, bars);
  return encodePng(picture);
}

function colored(segments: readonly Segment[], colors: readonly string[]): Bar['segments'] {
  return segments.map((segment, i) => ({ ...segment, color: colors[i % colors.length] }));
}

function total({ segments }: Pick<Bar, 'segments'>): number {
  return segments.reduce((sum, { count }) => sum + count, 0);
}

/** The least 1, 2 or 5 times a power of ten of which MOST_TICKS reach `top`. */
function tickStep(top: number): number {
  for (let power = 1; ; power *= 10) {
    const step = [1, 2, 5].map((digit) => digit * power).find((s) => s * MOST_TICKS >= top);
    if (step !== undefined) return step;
  }
}

function drawTitles(context: SKRSContext2D, { title, subtitle }: ConsensusFigures): void {
  write(context, title, PLOT.left, 48, { size: 26, bold: true });
  write(context, subtitle, PLOT.left, 82, { size: 16 });
}

function drawAxes(context: SKRSContext2D, tick: number, ticks: number): void {
  for (let i = 0; i <= ticks; i++) {
    const y = PLOT.bottom - (i / ticks) * (PLOT.bottom - PLOT.top);
    context.fillStyle = i === 0 ? INK : FAINT;
    context.fillRect(PLOT.left, Math.round(y), PLOT.right - PLOT.left, 1);
    write(context, integer(i * tick), PLOT.left - 10, y, { align: 'right' });
  }
  drawTextUpwards(context, 'Identities', 24, (PLOT.top + PLOT.bottom) / 2, { size: 16 });
  const middle = (PLOT.left + PLOT.right) / 2;
  write(context, 'Class of the identity', middle, PLOT.bottom + 62, { size: 16, align: 'center' });
}

/** Segments from the bottom up, white lines between them, the bar's count on top. */
function drawBar(
  context: SKRSContext2D,
  bar: Bar,
  center: number,
  width: number,
  highest: number,
): void {
  const yOf = (count: number) => PLOT.bottom - (count / highest) * (PLOT.bottom - PLOT.top);
  let below = 0;
  for (const { count, color } of bar.segments) {
    const bottom = yOf(below);
    const top = yOf(below + count);
    context.fillStyle = color;
    context.fillRect(center - width / 2, top, width, bottom - top);
    if (below > 0 && count > 0) {
      context.fillStyle = 'white';
      context.fillRect(center - width / 2, bottom - 0.5, width, 1);
    }
    if (bottom - top >= LOWEST_LABELLED) {
      const text = { align: 'center', ink: inkOn(color) } as const;
      write(context, integer(count), center, (top + bottom) / 2, text);
    }
    below += count;
  }
  write(context, integer(below), center, yOf(below) - 14, { bold: true, align: 'center' });
  const room = width / BAR_FILL - 8;
  write(context, bar.name, center, PLOT.bottom + 22, { size: 16, align: 'center', width: room });
}

/** Where the lower legend ends, with its margin. */
function legendsEnd({ classes: [{ segments }], undecided }: ConsensusFigures): number {
  const lines = segments.length + undecided.length;
  return PLOT.top + 10 + (lines + 2) * LEGEND_LINE + 4 + 20 + LEGEND_LINE;
}

function drawLegends(context: SKRSContext2D, bars: readonly Bar[]): void {
  const [first] = bars;
  const undecided = bars[bars.length - 1];
  const surest = first.segments.map((segment, i) => ({
    ...segment,
    count: bars.slice(0, -1).reduce((sum, { segments }) => sum + segments[i].count, 0),
  }));
  // In the order in which the segments are stacked.
  const next = drawLegend(context, 'Share of the drawn images', surest.reverse(), PLOT.top + 10);
  drawLegend(context, 'Undecided', [...undecided.segments].reverse(), next + 20);
}

/** Returns where the next may begin. */
function drawLegend(
  context: SKRSContext2D,
  title: string,
  segments: Bar['segments'],
  top: number,
): number {
  write(context, title, LEGEND_LEFT, top, { size: 16, bold: true });
  let y = top + LEGEND_LINE + 2;
  for (const { name, count, color } of segments) {
    context.fillStyle = color;
    context.fillRect(LEGEND_LEFT, y - SWATCH / 2, SWATCH, SWATCH);
    write(context, name, LEGEND_LEFT + SWATCH + 10, y);
    write(context, integer(count), WIDTH - 30, y, { align: 'right' });
    y += LEGEND_LINE;
  }
  return y;
}

/** As most of this picture's text is. */
function write(
  context: SKRSContext2D,
  text: string,
  x: number,
  y: number,
  style: Partial<TextStyle> = {},
): void {
  drawText(context, text, x, y, { size: 15, align: 'left', ...style });
}

/** White on dark colours, black on light ones. */
function inkOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  // Luma of ITU-R BT.601.
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? 'white' : INK;
}
