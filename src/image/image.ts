/**
 * The one image type of the code: 8-bit RGB, row-major HWC, the three channels interleaved.
 * The sample of channel c of pixel (x, y) is `data[(y * width + x) * 3 + c]`, so `data` has
 * exactly `width * height * 3` bytes. (0, 0) is the upper left pixel.
 */
export interface RgbImage {
  readonly data: Uint8Array | Buffer;
  readonly width: number;
  readonly height: number;
}
