/** Running the command line as a user does. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { packageFile } from '../../src/files/package.js';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function facecls(
  args: readonly string[],
  {
    input = '',
    timeout = 120_000,
    ...options
  }: { input?: string | Buffer; timeout?: number; cwd?: string; uid?: number } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [packageFile('bin/facecls.js'), ...withOneWorker(args)], {
      ...options,
      timeout,
      // SIGTERM lets the command finish its work, and one that hangs never does.
      killSignal: 'SIGKILL',
    });
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
 * One worker, where a test does not say how many: on inputs as few as a test has, loading the networks once more
 * for each further core takes longer than it saves.
 */
function withOneWorker(args: readonly string[]): readonly string[] {
  const [command = ''] = args;
  const isOpen = ['run', 'align', 'infer'].includes(command) && !args.includes('--help');
  return isOpen && !args.includes('--n_threads') ? [...args, '--n_threads', '1'] : args;
}

/** A folder that is removed when the tests of the file are through. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'facecls-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
