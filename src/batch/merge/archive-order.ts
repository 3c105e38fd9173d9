/** The order of results that were made from archives, which is that of the archives: they are walked over again. */
import { UserError } from '../../files/errors.js';
import { archivesSha256 } from '../../inputs/archive-inputs.js';
import { UNREADABLE_FOLDER } from '../../inputs/folder.js';
import { Found } from '../../inputs/found.js';
import { inputSource } from '../../inputs/input-source.js';
import type { GivenPaths, Provenance } from '../provenance.js';

const SLASH = Buffer.from('/');

/**
 * The inputs of a whole run in their order, by their paths; undefined where it read no archives.
 *
 * @throws UserError where the archives cannot be read again, or are others now
 */
export async function archiveOrder(
  given: GivenPaths,
  provenance: Provenance,
): Promise<(() => AsyncIterable<Buffer>) | undefined> {
  const recorded = provenance.archives_sha256;
  if (recorded === undefined) return undefined;
  const { follow_links: followLinks, archives, image_column: column } = provenance;
  const source = await inputSource(
    '--inputs',
    given.input,
    {
      follow_links: followLinks === true,
      archives: archives === true,
      image_column: typeof column === 'string' ? column : undefined,
    },
    given.output,
  );
  if (archivesSha256(source.archives) !== recorded) {
    throw new UserError(
      `${given.input}: the archives are no longer those that the shards read; restore them`,
    );
  }
  return async function* () {
    for await (const input of source.files(new Found())) {
      const isFolder = input.kind === 'unreadable' && input.reason.startsWith(UNREADABLE_FOLDER);
      yield isFolder ? Buffer.concat([input.path, SLASH]) : input.path;
    }
  };
}
