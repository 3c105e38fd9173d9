/** Running the command line as a user does. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { packageFile } from '../../src/files/package.js';
import { fixture } from './fixture.js';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Its probabilities of the four classes follow from the mean red, green and blue. */
export const TINY_CLASSIFIER = fixture('classifier/tiny.onnx');

interface Options {
  readonly input?: string | Buffer;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly cwd?: string;
  readonly uid?: number;
  /** Of `run` and `infer`, where the arguments name none: `default` is what users get. */
  readonly classifier?: 'tiny' | 'default';
}

export function facecls(
  args: readonly string[],
  { input = '', timeout = 120_000, classifier = 'tiny', ...options }: Options = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [packageFile('bin/facecls.js'), ...cheap(args, classifier)],
      {
        ...options,
        timeout,
        // SIGTERM lets the command finish its work, and one that hangs never does.
        killSignal: 'SIGKILL',
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('exit', (_, signal) => {
      // A worker that hangs as well would hold them open.
      if (signal === 'SIGKILL') for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

/**
 * Arguments that cost little, where a test does not say otherwise: most are about files, not about faces.
 * - One worker: on inputs as few as a test has, loading the networks once more for each further core takes longer
 *   than it saves.
 * - A classifier of twelve weights, which tells colours apart.
 */
function cheap(args: readonly string[], classifier: 'tiny' | 'default'): readonly string[] {
  const [command = ''] = args;
  if (!['run', 'align', 'infer'].includes(command) || args.includes('--help')) return args;
  const isOpen = (option: string) => !args.includes(option);
  const worker = isOpen('--n_threads') ? ['--n_threads', '1'] : [];
  const isTiny = command !== 'align' && classifier === 'tiny' && isOpen('--ckpt');
  return [...args, ...worker, ...(isTiny ? ['--ckpt', TINY_CLASSIFIER] : [])];
}

/** A folder that is removed when the tests of the file are through. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'facecls-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
