import { FormatError, quoted } from '../../format-error.js';
import { damagedPickle, LONGEST_NAME, PickleGlobal, type PickleValue } from './pickle-value.js';

/**
 * Modules and functions that no checkpoint needs to call and that attacks on `pickle.load` call. They would
 * be inert here like all others; a file that calls one, or hands one to what it calls, is refused so that its owner
 * hears of it. One that only names one, as hyper-parameters may, runs nothing in Python either.
 */
const ATTACK_MODULES =
  /^(os|posix|nt|subprocess|commands|pty|shutil|socket|runpy|ctypes|webbrowser|importlib)(\.|$)/;
const ATTACK_FUNCTIONS =
  /^(__builtin__|builtins)\.(eval|exec|execfile|compile|open|file|__import__|breakpoint|input)$/;

/** @throws FormatError where the name is longer than any is */
export function namedGlobal(module: string, name: string): PickleGlobal {
  if (module.length + name.length > LONGEST_NAME) throw damagedPickle();
  const isOfAttacks = ATTACK_MODULES.test(module) || ATTACK_FUNCTIONS.test(`${module}.${name}`);
  return new PickleGlobal(module, name, isOfAttacks);
}

/** @throws FormatError where Python would run, or hand on, what attacks use */
export function checkCall(callee: PickleValue, args: readonly PickleValue[]): void {
  const isOfAttacks = (value: PickleValue): value is PickleGlobal =>
    value instanceof PickleGlobal && value.isOfAttacks;
  if (isOfAttacks(callee)) throw attack(`run ${nameOf(callee)}`);
  const handed = args.find(isOfAttacks);
  if (handed === undefined) return;
  const to = callee instanceof PickleGlobal ? nameOf(callee) : 'what it calls';
  throw attack(`hand ${nameOf(handed)} to ${to}`);
}

function nameOf({ module, name }: PickleGlobal): string {
  return quoted(`${module}.${name}`);
}

function attack(what: string): FormatError {
  return new FormatError(
    `would ${what} if Python loaded it (nothing was run): do not use this file, get the checkpoint from its authors`,
  );
}
