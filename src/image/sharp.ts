import { createRequire } from 'node:module';
import type sharp from 'sharp';
import { ExitCode, UserError } from '../files/errors.js';
import { cannotBeLoaded } from '../files/package.js';

const require = createRequire(import.meta.url);

/**
 * sharp, which is loaded with the first image and not with the command line: that takes 0.04 s, and with `import`, which
 * looks for each of its hundred modules more thoroughly, 0.06 s.
 *
 * @throws UserError where it cannot be loaded
 */
export function loadSharp(): typeof sharp {
  try {
    return require('sharp');
  } catch (error) {
    throw new UserError(cannotBeLoaded('sharp', error), ExitCode.failure, { cause: error });
  }
}
