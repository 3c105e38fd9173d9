import { FormatError, quoted } from '../../format-error.js';
import { damagedPickle, LONGEST_NAME, PickleGlobal } from './pickle-value.js';

/**
 * Modules and functions that no checkpoint needs and that attacks on `pickle.load` use. They would
 * be inert here like all others; a file with one of them is refused so that its owner hears of it.
 */
const ATTACK_MODULES =
  /^(os|posix|nt|subprocess|commands|pty|shutil|socket|runpy|ctypes|webbrowser|importlib)(\.|$)/;
const ATTACK_FUNCTIONS =
  /^(__builtin__|builtins)\.(eval|exec|execfile|compile|open|file|__import__|breakpoint|input)$/;

export function checkedGlobal(module: string, name: string): PickleGlobal {
  if (module.length + name.length > LONGEST_NAME) throw damagedPickle();
  if (ATTACK_MODULES.test(module) || ATTACK_FUNCTIONS.test(`${module}.${name}`)) {
    throw new FormatError(
      `would run ${quoted(`${module}.${name}`)} if Python loaded it (nothing was run): do not use this file, get the checkpoint from its authors`,
    );
  }
  return new PickleGlobal(module, name);
}
