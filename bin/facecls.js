#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Milliseconds in which the modules of a command are loaded. */
const LOADING = 200;

// While they are, only what loads them is hot, and to optimize that took an eighth of a short command's processor time.
setFlagsFromString('--no-opt');
setTimeout(() => setFlagsFromString('--opt'), LOADING).unref();

/** What helps where the command line cannot be loaded. */
const REMEDIES = {
  ERR_MODULE_NOT_FOUND: `run npm install in ${root}`,
  EMFILE: 'raise the limit on open files (ulimit -n)',
};

/** @returns nothing where it cannot be loaded, which is told */
async function loadMain() {
  const files = ['dist/src/cli.js', 'dist/src/image/resample/resample.wasm'];
  // A checkout, or one that was installed without its scripts.
  if (!files.every((file) => existsSync(`${root}${file}`))) {
    return fail(`not built: run npm run build in ${root}`);
  }
  try {
    return (await import('../dist/src/cli.js')).main;
  } catch (error) {
    const [cause] = error.message.split('\n', 1);
    return fail(`cannot be loaded: ${cause}; ${REMEDIES[error.code] ?? 'install it again'}`);
  }
}

function fail(sentence) {
  process.stderr.write(`facecls: ${sentence}\n`);
  process.exitCode = 1;
}

const main = await loadMain();
if (main !== undefined) {
  // An error on standard output may have set the exit code already.
  process.exitCode = (await main(process.argv.slice(2))) || process.exitCode;
  // When all is printed, and an error of that heard. A list that is still being written is not waited for.
  process.stdout.write('', () => setImmediate(() => process.exit()));
}
