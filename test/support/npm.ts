/** Packing and installing the package as npm does. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { packageFile } from '../../src/files/package.js';

const run = promisify(execFile);

/** What run.ts passes NODE_EXTRA_CA_CERTS on as: certificates that npm needs where a proxy stands before the registry. */
export const NPM_CERTIFICATES = 'FACECLS_TEST_NPM_CA_CERTS';

/** What `npm pack --json` says. */
export interface Packed {
  readonly filename: string;
  /** Of the packed file, bytes. */
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** Packs what is built into a file in the folder. */
export async function pack(folder: string): Promise<Packed> {
  // `prepare` would build it again.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(await npm(args, packageFile('.')));
  return packed;
}

/** What npm says where there is neither a network nor a cache. */
const NO_REGISTRY =
  /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/;

/**
 * Packs the package and installs it without scripts in a new project.
 *
 * @returns whether it could be: false where there is no registry
 */
export async function installPacked(project: string): Promise<boolean> {
  mkdirSync(project);
  writeFileSync(path.join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const { filename } = await pack(project);
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'];
  const impatient = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  try {
    await npm(['install', '--ignore-scripts', ...quick, ...impatient, `./${filename}`], project);
    return true;
  } catch (error) {
    if (NO_REGISTRY.test(String((error as { stderr?: string }).stderr))) return false;
    throw error;
  }
}

/** Puts the checkout where `installPacked` would have put the package. */
export function linkCheckout(project: string): void {
  mkdirSync(path.join(project, 'node_modules/.bin'), { recursive: true });
  symlinkSync(packageFile('.'), path.join(project, 'node_modules/facecls'), 'junction');
  symlinkSync('../facecls/bin/facecls.js', path.join(project, 'node_modules/.bin/facecls'));
}

async function npm(args: readonly string[], cwd: string): Promise<string> {
  const certificates = process.env[NPM_CERTIFICATES];
  const env = { ...process.env, ...(certificates && { NODE_EXTRA_CA_CERTS: certificates }) };
  const options = { cwd, env, timeout: 300_000, maxBuffer: 2 ** 26 };
  // A run by `npm test` says which npm that is.
  const cli = process.env.npm_execpath;
  const { stdout } = await (cli === undefined
    ? run('npm', args, { ...options, shell: process.platform === 'win32' })
    : run(process.execPath, [cli, ...args], options));
  return stdout;
}
