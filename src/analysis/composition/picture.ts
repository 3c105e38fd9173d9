/** `composition.png`: raw and corrected shares side by side with their intervals, a panel a group. */
import { integer } from '../../files/text/plural.js';
import { createPicture, encodePng, type SKRSContext2D } from '../../plots/picture.js';
import { drawText, INK } from '../../plots/text.js';
import type { Estimate } from './correction.js';
import type { CompositionRecord, GroupComposition } from './record.js';
import { estimateText, faces, levelText } from './words.js';

const MOST_PANELS = 12;
const MARGIN = 40;
const HEAD = 150;
const PANEL_WIDTH = 560;
const PANEL_TITLE = 50;
const PANEL_FOOT = 56;
/** Of the panel: the classes' names stand left of the bars, the shares right of them. */
const NAMES = 130;
const VALUES = 150;
const BAR = 15;
const CLASS_HEIGHT = 48;

const RAW = '#b5bec8';
const CORRECTED = '#6baed6';
const GRID = '#e3e7eb';
const DIM = '#5b636e';
/** Where the axis may end. */
const AXIS_ENDS = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1];
const TICKS = 4;

/** A PNG, as high as its panels need. */
export async function drawComposition(record: CompositionRecord): Promise<Buffer> {
  const panels = record.groups.slice(0, MOST_PANELS);
  const columns = Math.min(panels.length, panels.length > 4 ? 3 : 2);
  const height = PANEL_TITLE + record.class_names.length * CLASS_HEIGHT + PANEL_FOOT;
  // Wide enough for the titles, though there be one panel.
  const width = 2 * MARGIN + Math.max(columns, 2) * PANEL_WIDTH;
  const rows = Math.ceil(panels.length / columns);
  const picture = await createPicture(width, HEAD + rows * height + MARGIN / 2);
  const { context } = picture;
  drawHead(context, record, width);
  const panelWidth = (width - 2 * MARGIN) / columns;
  const end = axisEnd(panels);
  for (const [k, panel] of panels.entries()) {
    context.save();
    const [row, column] = [Math.floor(k / columns), k % columns];
    context.translate(MARGIN + column * panelWidth, HEAD + row * height);
    drawPanel(context, record, panel, panelWidth, end);
    context.restore();
  }
  return encodePng(picture);
}

function drawHead(context: SKRSContext2D, record: CompositionRecord, width: number): void {
  const text = { align: 'left', width: width - 2 * MARGIN } as const;
  const groups = record.groups.length - 1;
  const shown = Math.min(groups, MOST_PANELS - 1);
  const title = `Composition of ${faces(record.n)}`;
  const which =
    shown < groups ? `; the ${shown} largest of ${integer(groups)} groups are shown` : '';
  drawText(context, title, MARGIN, 44, { ...text, size: 26, bold: true });
  const what = `Shares of perceived appearance groups, with ${levelText(record.interval)} intervals${which}`;
  drawText(context, what, MARGIN, 78, { ...text, size: 16 });
  const [note] = record.notes;
  drawText(context, note, MARGIN, 104, { ...text, size: 14, ink: DIM });
  const corrected = record.not_corrected === null;
  let x = MARGIN;
  for (const [colour, words] of [
    [RAW, 'raw: as labelled'],
    ...(corrected ? ([[CORRECTED, 'corrected for the known errors']] as const) : []),
  ] as const) {
    context.fillStyle = colour;
    context.fillRect(x, 127, 28, 14);
    drawText(context, words, x + 38, 134, { size: 15, align: 'left' });
    x += 38 + context.measureText(words).width + 30;
  }
}

/** The least end of an axis that holds all intervals. */
function axisEnd(panels: readonly GroupComposition[]): number {
  const highs = panels.flatMap(({ classes }) =>
    Object.values(classes).flatMap(({ raw, corrected }) => [raw?.[2] ?? 0, corrected?.[2] ?? 0]),
  );
  const highest = Math.max(...highs);
  return AXIS_ENDS.find((end) => end >= highest) ?? 1;
}

function drawPanel(
  context: SKRSContext2D,
  { class_names }: CompositionRecord,
  { group, n, classes }: GroupComposition,
  width: number,
  end: number,
): void {
  const plot = { left: NAMES, right: width - VALUES };
  const bottom = PANEL_TITLE + class_names.length * CLASS_HEIGHT;
  const across = (share: number) => plot.left + ((plot.right - plot.left) * share) / end;
  const title = `${group === null ? 'All' : oneLine(group)}: ${faces(n)}`;
  drawText(context, title, 0, 22, { size: 17, bold: true, align: 'left', width: width - MARGIN });
  for (let tick = 0; tick <= TICKS; tick++) {
    const share = (end * tick) / TICKS;
    const x = Math.round(across(share));
    context.fillStyle = tick === 0 ? INK : GRID;
    context.fillRect(x, PANEL_TITLE - 6, 1, bottom - PANEL_TITLE + 6);
    drawText(context, `${Number((100 * share).toFixed(2))} %`, x, bottom + 16, { size: 13 });
  }
  for (const [k, name] of class_names.entries()) {
    const { raw, corrected } = classes[name];
    const middle = PANEL_TITLE + (k + 0.5) * CLASS_HEIGHT - 4;
    drawText(context, name, plot.left - 12, middle, {
      size: 15,
      align: 'right',
      width: NAMES - 16,
    });
    const bars = [
      [raw, RAW],
      [corrected, CORRECTED],
    ] as const;
    const present = bars.filter(([estimate]) => estimate !== null);
    for (const [i, [estimate, colour]] of present.entries()) {
      const y = middle + (i - (present.length - 1) / 2) * (BAR + 3);
      drawBar(context, estimate!, y, colour, across);
      drawText(context, estimateText(estimate), plot.right + 10, y, { size: 13, align: 'left' });
    }
  }
}

function drawBar(
  context: SKRSContext2D,
  [share, low, high]: Estimate,
  y: number,
  colour: string,
  across: (share: number) => number,
): void {
  context.fillStyle = colour;
  context.fillRect(across(0) + 1, y - BAR / 2, across(share) - across(0), BAR);
  context.fillStyle = INK;
  context.fillRect(across(low), y - 0.75, across(high) - across(low), 1.5);
  for (const bound of [low, high]) context.fillRect(across(bound) - 0.75, y - 4.5, 1.5, 9);
}

/** Names of groups come from files: a control character has no glyph. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}
