/**
 * Blank pictures to draw on, with a font that comes with this package
 * (a clean machine or container has none), and their encoding. Loaded only when something is drawn.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Canvas, SKRSContext2D } from 'canvas';
import { loadCanvas } from '../image/canvas.js';

export type { Canvas, SKRSContext2D };

/** Family of the bundled font; normal and bold. */
export const FONT = 'facecls DejaVu Sans';

const FONT_FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

export interface Picture {
  readonly canvas: Canvas;
  readonly context: SKRSContext2D;
}

/**
 * A white picture, width x height pixels, with the bundled font at hand under the name FONT.
 *
 * @throws UserError where `canvas` cannot be loaded
 */
export async function createPicture(width: number, height: number): Promise<Picture> {
  const { createCanvas, GlobalFonts } = await loadCanvas();
  if (!GlobalFonts.has(FONT)) {
    const folder = path.dirname(
      createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'),
    );
    for (const file of FONT_FILES) {
      GlobalFonts.registerFromPath(path.join(folder, 'ttf', file), FONT);
    }
  }
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  return { canvas, context };
}

export function encodePng({ canvas }: Picture): Promise<Buffer> {
  return canvas.encode('png');
}

/** @param quality 1..100 */
export function encodeJpeg({ canvas }: Picture, quality: number): Promise<Buffer> {
  return canvas.encode('jpeg', quality);
}
