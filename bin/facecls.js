#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const isBuilt = ['dist/src/cli.js', 'dist/src/image/resample/resample.wasm'].every((file) =>
  existsSync(`${root}${file}`),
);

if (isBuilt) {
  const { main } = await import('../dist/src/cli.js');
  // An error on standard output may have set the exit code already.
  process.exitCode = (await main(process.argv.slice(2))) || process.exitCode;
  // When all is printed, and an error of that heard. A list that is still being written is not waited for.
  process.stdout.write('', () => setImmediate(() => process.exit()));
} else {
  // A checkout, or one that was installed without its scripts.
  process.stderr.write(`facecls: not built: run npm run build in ${root}\n`);
  process.exitCode = 1;
}
