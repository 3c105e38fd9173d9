import { CLASS_NAME_RULE, classNamesProblem } from '../classify/class-names.js';
import { CLASS_NAMES, type ClassName } from '../classify/labels.js';
import { invalidOption } from '../files/errors.js';

/** @returns the names of classes that were given, else those of the bundled model. @throws UserError */
export function classNamesSetting<C extends string = ClassName>(
  given: readonly C[] | undefined,
): readonly C[] {
  // Where C is not inferred from names that were given, it is ClassName.
  if (given === undefined) return CLASS_NAMES as readonly string[] as readonly C[];
  const isList = Array.isArray as (value: unknown) => boolean;
  const isTexts = isList(given) && given.every((name) => typeof name === 'string');
  if (isTexts && classNamesProblem(given) === undefined) return given;
  throw invalidOption('classNames', CLASS_NAME_RULE, given);
}
