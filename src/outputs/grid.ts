/** Grids of faces with the predicted class over each: `0.jpg`, `1.jpg`, ... as the published script draws them. */
import path from 'node:path';
import { discardStaged, type StagedFile, stageFile } from '../files/atomic.js';
import type { RgbImage } from '../image/image.js';
import { loadSharp } from '../image/sharp.js';
import { createPicture, encodeJpeg, FONT, type Picture } from '../plots/picture.js';
import type { Sink } from './sink.js';

export interface GridLayout {
  /** Faces a grid, at most. */
  readonly samples: number;
  /** Divides `samples`. */
  readonly rows: number;
  /** Size of the picture, pixels. */
  readonly width: number;
  readonly height: number;
}

export interface GridFace {
  readonly image: RgbImage;
  readonly label: string;
  /** Probability of the label, 0..1. */
  readonly confidence: number;
}

const JPEG_QUALITY = 90;
/** Parts of a cell's sides, chosen so that `Pred: Caucasian` fits a cell's width. */
const MARGIN = 0.03;
const TITLE_OF_WIDTH = 0.095;
const TITLE_OF_HEIGHT = 0.09;
/** Of the title's font size. */
const CAPTION = 0.7;
const LINE = 1.35;

/** A face at the size it is drawn, RGBA. */
interface FittedFace {
  readonly pixels: Buffer;
  readonly width: number;
  readonly height: number;
  readonly label: string;
  readonly confidence: number;
}

/** Where things lie in a cell, pixels. */
interface Cell {
  readonly width: number;
  readonly height: number;
  readonly margin: number;
  readonly titleSize: number;
  readonly captionSize: number;
  /** Room for the face. */
  readonly faceWidth: number;
  readonly faceHeight: number;
}

/** Draws faces as they come; memory holds those of one grid, at the size they are drawn. */
export class Grids implements Sink<GridFace> {
  readonly owns = ['<n>.jpg'];
  private readonly cell: Cell;
  private waiting: Promise<FittedFace>[] = [];
  private readonly staged: StagedFile[] = [];

  constructor(
    private readonly folder: string,
    private readonly layout: GridLayout,
  ) {
    this.cell = measureCell(layout);
  }

  async open(): Promise<void> {}

  async write(face: GridFace): Promise<void> {
    const fitted = fit(face, this.cell);
    // Awaited when the grid is full; until then a failure is no unhandled rejection.
    fitted.catch(() => {});
    this.waiting.push(fitted);
    if (this.waiting.length === this.layout.samples) await this.draw();
  }

  /** Draws the last grid too, partly filled. */
  async seal(): Promise<readonly StagedFile[]> {
    if (this.waiting.length > 0) await this.draw();
    return this.staged;
  }

  /** A grid that goes on needs its pixels again: nothing is worth keeping. */
  suspend(): Promise<void> {
    return this.discard();
  }

  discard(): Promise<void> {
    return discardStaged(this.staged);
  }

  private async draw(): Promise<void> {
    const faces = await Promise.all(this.waiting);
    this.waiting = [];
    const picture = await drawGrid(faces, this.layout, this.cell);
    const file = path.join(this.folder, `${this.staged.length}.jpg`);
    this.staged.push(await stageFile(file, await encodeJpeg(picture, JPEG_QUALITY)));
  }
}

/** Longest side at which a face is drawn, pixels: more than this of it need not be kept. */
export function drawnSide(layout: GridLayout): number {
  const { faceWidth, faceHeight } = measureCell(layout);
  return Math.max(faceWidth, faceHeight);
}

function measureCell({ samples, rows, width, height }: GridLayout): Cell {
  const cellWidth = Math.floor(width / (samples / rows));
  const cellHeight = Math.floor(height / rows);
  const margin = Math.ceil(Math.min(cellWidth, cellHeight) * MARGIN);
  const titleSize = Math.floor(Math.min(cellWidth * TITLE_OF_WIDTH, cellHeight * TITLE_OF_HEIGHT));
  const captionSize = Math.floor(titleSize * CAPTION);
  const textHeight = Math.ceil((titleSize + captionSize) * LINE);
  return {
    width: cellWidth,
    height: cellHeight,
    margin,
    titleSize,
    captionSize,
    faceWidth: Math.max(cellWidth - 2 * margin, 1),
    faceHeight: Math.max(cellHeight - 2 * margin - textHeight, 1),
  };
}

/** Resamples once, from the original pixels to those drawn: a second time would blur for nothing. */
async function fit(
  { image: { data, width, height }, label, confidence }: GridFace,
  { faceWidth, faceHeight }: Cell,
): Promise<FittedFace> {
  const { data: pixels, info } = await loadSharp()(data, {
    raw: { width, height, channels: 3 },
    limitInputPixels: false,
  })
    .resize(faceWidth, faceHeight, { fit: 'inside', kernel: 'lanczos3' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels, width: info.width, height: info.height, label, confidence };
}

async function drawGrid(
  faces: readonly FittedFace[],
  { samples, rows, width, height }: GridLayout,
  cell: Cell,
): Promise<Picture> {
  const picture = await createPicture(width, height);
  const columns = samples / rows;
  for (const [index, face] of faces.entries()) {
    const left = (index % columns) * cell.width;
    const top = Math.floor(index / columns) * cell.height;
    drawFace(picture, face, cell, left, top);
  }
  return picture;
}

/** Title, face and confidence as one block in the middle of the cell. */
function drawFace(
  { context }: Picture,
  face: FittedFace,
  cell: Cell,
  left: number,
  top: number,
): void {
  const titleHeight = cell.titleSize * LINE;
  const captionHeight = cell.captionSize * LINE;
  const blockTop = top + (cell.height - titleHeight - face.height - captionHeight) / 2;
  const faceTop = Math.round(blockTop + titleHeight);
  const faceLeft = Math.round(left + (cell.width - face.width) / 2);
  const image = context.createImageData(face.width, face.height);
  image.data.set(face.pixels);
  context.putImageData(image, faceLeft, faceTop);

  const middle = left + cell.width / 2;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = 'black';
  context.font = `${cell.titleSize}px "${FONT}"`;
  context.fillText(`Pred: ${face.label}`, middle, blockTop + titleHeight / 2, cell.width);
  context.fillStyle = '#555';
  context.font = `${cell.captionSize}px "${FONT}"`;
  context.fillText(
    face.confidence.toFixed(2),
    middle,
    faceTop + face.height + captionHeight / 2,
    cell.width,
  );
}
