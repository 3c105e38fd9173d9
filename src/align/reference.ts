/** Crop side the reference points are given for, in pixels. */
export const REFERENCE_SIZE = 112;

/**
 * Where the five landmarks come to lie in a 112x112 crop, (x, y) in pixels: left eye, right eye (left and
 * right as seen in the picture), nose tip, left and right corner of the mouth. Source: the ArcFace/InsightFace
 * alignment template (112x112, moved 8 pixels right from the 96x112 one), which the published script uses.
 */
export const REFERENCE_POINTS = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
] as const;
