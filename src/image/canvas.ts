import { createRequire } from 'node:module';
import { ExitCode, UserError } from '../files/errors.js';
import { cannotBeLoaded } from '../files/package.js';

/** canvas, which is loaded when something is drawn. @throws UserError where it cannot be loaded */
export async function loadCanvas(): Promise<typeof import('canvas')> {
  try {
    return await import('canvas');
  } catch (error) {
    throw new UserError(cannotBeLoaded('canvas', error), ExitCode.failure, { cause: error });
  }
}

/** Version of canvas, which is loaded. @throws UserError where it cannot be */
export async function canvasVersion(): Promise<string> {
  await loadCanvas();
  return createRequire(import.meta.url)('canvas/package.json').version;
}
