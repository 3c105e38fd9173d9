import assert from 'node:assert/strict';
import { UserError } from '../../src/files/errors.js';

/** The message of the mistake of usage that `action` ends with. */
export async function userError(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => assert.fail('nothing was thrown'),
    (thrown) => thrown,
  );
  assert.ok(error instanceof UserError, String(error));
  assert.equal(error.exitCode, 2);
  return error.message;
}
