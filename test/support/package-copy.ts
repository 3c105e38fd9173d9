/** Installations in which things can be broken. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { packageFile } from '../../src/files/package.js';

/** Packages that are copied, as what they look for beside them may be missing. */
const COPIED = ['sharp', 'canvas'];

/** What is linked package by package: their binaries are packages of their own. */
const SCOPES = ['@img', '@napi-rs'];

/**
 * A copy of the package as it is installed, in a new folder; its models are links.
 *
 * @param isMissing whether a package is left out, by its name
 */
export function copyPackage(
  root: string,
  isMissing: (name: string) => boolean = () => false,
): void {
  mkdirSync(root);
  for (const part of ['bin', 'dist/src', 'package.json']) {
    cpSync(packageFile(part), path.join(root, part), { recursive: true, dereference: true });
  }
  symlinkSync(packageFile('pretrained_models'), path.join(root, 'pretrained_models'), 'junction');
  const from = packageFile('node_modules');
  const to = path.join(root, 'node_modules');
  const names = readdirSync(from).filter((name) => !name.startsWith('.'));
  for (const scope of SCOPES) {
    names.splice(names.indexOf(scope), 1);
    mkdirSync(path.join(to, scope), { recursive: true });
    names.push(...readdirSync(path.join(from, scope)).map((name) => `${scope}/${name}`));
  }
  for (const name of names.filter((each) => !isMissing(each))) {
    const [source, place] = [path.join(from, name), path.join(to, name)];
    if (COPIED.includes(name)) cpSync(source, place, { recursive: true });
    else symlinkSync(source, place, 'junction');
  }
}
