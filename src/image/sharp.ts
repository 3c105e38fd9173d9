import { createRequire } from 'node:module';
import type sharp from 'sharp';

const require = createRequire(import.meta.url);

/**
 * sharp, which is loaded with the first image and not with the command line: that takes 0.04 s, and with `import`, which
 * looks for each of its hundred modules more thoroughly, 0.06 s.
 */
export function loadSharp(): typeof sharp {
  return require('sharp');
}
