/** The records of several shards in the order of the whole run. */
import { UserError } from '../../files/errors.js';
import { shownPath } from '../../files/text/shown-path.js';
import type { Head, MergeRecord } from './merge-files.js';

/**
 * What the files say, input by input.
 *
 * @param heads of files that together say one thing of each input
 * @param order the inputs of the whole run in their order; undefined for that of a walk, which is byte order
 * @throws UserError where a file is damaged, is in another order, or says something of an input that another one, or
 *   itself, speaks of too, or that is not in `order`
 */
export function inOrder(
  heads: readonly Head[],
  order: AsyncIterable<Buffer> | undefined,
): AsyncGenerator<readonly MergeRecord[]> {
  return order === undefined ? sorted(heads) : listed(heads, order);
}

async function* sorted(heads: readonly Head[]): AsyncGenerator<readonly MergeRecord[]> {
  // The smallest is last, where it is taken from.
  const waiting: Head[] = [];
  const insert = (head: Head) => {
    if (head.current === undefined) return;
    let [low, high] = [0, waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Buffer.compare(waiting[middle].current!.path, head.current.path) > 0) low = middle + 1;
      else high = middle;
    }
    waiting.splice(low, 0, head);
  };
  for (const head of heads) insert(head);
  let last: { readonly path: Buffer; readonly file: string } | undefined;
  for (let head = waiting.pop(); head !== undefined; head = waiting.pop()) {
    const { path } = head.current!;
    const place = last === undefined ? 1 : Buffer.compare(path, last.path);
    if (place === 0) throw twice(path, last!.file, head);
    if (place < 0) throw head.damaged(`${shownPath(path)} is out of order`);
    last = { path, file: head.file };
    yield await head.takeInput();
    insert(head);
  }
}

function twice(path: Buffer, before: string, head: Head): UserError {
  const named = shownPath(path);
  if (before === head.file) return head.damaged(`${named} is there twice`);
  return head.damaged(`${named} is in ${shownPath(before)} too`);
}

async function* listed(
  heads: readonly Head[],
  order: AsyncIterable<Buffer>,
): AsyncGenerator<readonly MergeRecord[]> {
  const key = (path: Buffer) => path.toString('latin1');
  // Several where a list names an input more than once, which fails one time and not the other.
  const waiting = new Map<string, Head[]>();
  const insert = (head: Head) => {
    if (head.current === undefined) return;
    const at = key(head.current.path);
    waiting.set(at, [...(waiting.get(at) ?? []), head]);
  };
  for (const head of heads) insert(head);
  for await (const path of order) {
    const at = key(path);
    const [head, ...others] = waiting.get(at) ?? [];
    if (head === undefined) continue;
    if (others.length > 0) waiting.set(at, others);
    else waiting.delete(at);
    yield await head.takeInput();
    insert(head);
  }
  const [left] = waiting.values();
  if (left === undefined) return;
  const path = shownPath(left[0].current!.path);
  throw new UserError(
    `${shownPath(left[0].file)}: has results of ${path}, which the list of inputs does not name there; give the list that the shards were given`,
  );
}
