/** Text on a picture. */
import { FONT, type SKRSContext2D } from './picture.js';

export interface TextStyle {
  /** Pixels. */
  readonly size: number;
  readonly bold?: boolean;
  /** What of the text is at `x`. */
  readonly align?: 'left' | 'center' | 'right';
  readonly ink?: string;
  /** Text that is wider is drawn smaller. */
  readonly width?: number;
}

export const INK = '#1a1a1a';

/** Text whose middle is at height `y`. */
export function drawText(
  context: SKRSContext2D,
  text: string,
  x: number,
  y: number,
  style: TextStyle,
): void {
  const { size, bold, align = 'center', ink = INK, width = Number.POSITIVE_INFINITY } = style;
  const font = (pixels: number) => `${bold ? 'bold ' : ''}${pixels}px "${FONT}"`;
  context.font = font(size);
  const excess = context.measureText(text).width / width;
  if (excess > 1) context.font = font(size / excess);
  context.textAlign = align;
  context.textBaseline = 'middle';
  context.fillStyle = ink;
  context.fillText(text, x, y);
}

/** The same, upwards: the title of a vertical axis. */
export function drawTextUpwards(
  context: SKRSContext2D,
  text: string,
  x: number,
  y: number,
  style: TextStyle,
): void {
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  drawText(context, text, 0, 0, style);
  context.restore();
}
