/** The worker's side of pool.ts. */
import { setFlagsFromString } from 'node:v8';
import { flatten, type Request, type Response } from './messages.js';
import { watchParent } from './watch-parent.js';

/** Tells the pool that work on these inputs begins or ends; names are the pool's user's (parallel.ts). */
export type ReportWork = (names: readonly string[], isAtWork: boolean) => void;

/**
 * Answers the pool that started this process, until it lets go.
 *
 * @param open makes the function that does a task, from what the pool sends first
 */
export function serve<Setup, Task, Result>(
  open: (setup: Setup, report: ReportWork) => Promise<(task: Task) => Promise<Result>>,
): void {
  let ready: Promise<(task: Task) => Promise<Result>>;
  // Ctrl-C in a terminal and a batch system's SIGTERM reach every process; when to stop is the command's to say.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  // Messages may be lost (a full disk, a reader that has left), results are not.
  process.stderr.on('error', () => {});
  const [parent] = process.argv.slice(2);
  if (parent !== undefined) watchParent(Number(parent));
  // An orderly exit would wait for the decoder, and no longer watch.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.on('message', async (request: Request) => {
    if (request.kind === 'setup') {
      ready = open(request.setup as Setup, reportWork);
      // Until then only what loads modules was hot, as in bin/facecls.js.
      const optimize = () => setFlagsFromString('--opt');
      ready.then(optimize, optimize);
      ready.then(
        () => send({ kind: 'ready' }),
        (error) => send({ kind: 'setup_failed', error: flatten(error) }),
      );
      return;
    }
    const { id } = request;
    try {
      const work = await ready;
      send({ kind: 'done', id, result: await work(request.task as Task) });
    } catch (error) {
      send({ kind: 'failed', id, error: flatten(error as Error) });
    }
  });
}

function reportWork(names: readonly string[], isAtWork: boolean): void {
  send({ kind: 'at_work', names, isAtWork });
}

function send(response: Response): void {
  // A pool that is gone has no use for it.
  if (process.connected) process.send?.(response, undefined, undefined, () => {});
}
