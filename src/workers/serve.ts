/** The worker's side of pool.ts. */
import { UserError } from '../files/errors.js';
import type { Request, Response, ThrownError } from './pool.js';

/**
 * Answers the pool that started this process, until it lets go.
 *
 * @param open makes the function that does a task, from what the pool sends first
 */
export function serve<Setup, Task, Result>(
  open: (setup: Setup) => Promise<(task: Task) => Promise<Result>>,
): void {
  let ready: Promise<(task: Task) => Promise<Result>>;
  // Ctrl-C in a terminal and a batch system's SIGTERM reach every process; when to stop is the command's to say.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit());
  process.on('message', async (request: Request) => {
    if (request.kind === 'setup') {
      ready = open(request.setup as Setup);
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

function send(response: Response): void {
  // A pool that is gone has no use for it.
  if (process.connected) process.send?.(response, undefined, undefined, () => {});
}

function flatten(error: Error): ThrownError {
  const { name, message, stack } = error;
  return {
    name,
    message,
    stack,
    exitCode: error instanceof UserError ? error.exitCode : undefined,
  };
}
