/** Reads whole archives for the tests, as a command would: entries in order, members by locator. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Archive, openArchive } from '../../../../src/inputs/archives/archive.js';
import type { Entry, Member, ReadOptions } from '../../../../src/inputs/archives/entry.js';
import { InputError } from '../../../../src/inputs/archives/failure.js';
import { MemberReader } from '../../../../src/inputs/archives/member-reader.js';

// The compiled test lies in dist/test/unit/inputs/archives.
const DATASETS = fileURLToPath(new URL('../../../../../test/fixtures/datasets/', import.meta.url));

export function dataset(name: string): string {
  return join(DATASETS, name);
}

export const OPTIONS: ReadOptions = {
  isImageName: (name) => /\.(jpe?g|png|webp|bmp|tiff?|avif|gif)$/i.test(name),
};

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The 60 faces as they lie in the folder, in byte order: name and SHA-256. */
export function folderFaces(): { name: string; sha: string }[] {
  const folder = dataset('folder');
  return readdirSync(folder)
    .sort()
    .flatMap((identity) =>
      readdirSync(join(folder, identity))
        .sort()
        .map((file) => ({
          name: `${identity}/${file}`,
          sha: sha256(readFileSync(join(folder, identity, file))),
        })),
    );
}

export interface Outcome {
  readonly kind: string;
  readonly names: string[];
  readonly shas: string[];
  /** `NAME: REASON` of members that failed, when listed or when read. */
  readonly failed: string[];
  readonly hidden: number;
  readonly indexRecords: number;
  readonly links: string[];
  /** Endings. */
  readonly other: string[];
  /** `OFFSET: EXPECTED`, or undefined. */
  readonly damage: string | undefined;
  readonly repeated: number;
  readonly inexact: number;
}

export async function open(path: string, options: Partial<ReadOptions> = {}): Promise<Archive> {
  const archive = await openArchive(path, { ...OPTIONS, ...options });
  if (archive === undefined) throw new Error(`${path} is no archive`);
  return archive;
}

export async function outcome(path: string, options: Partial<ReadOptions> = {}): Promise<Outcome> {
  const archive = await open(path, options);
  const reader = new MemberReader(options.largestMember);
  const result = { names: [], shas: [], failed: [], links: [], other: [] } as Lists;
  let hidden = 0;
  let indexRecords = 0;
  let damage: string | undefined;
  for await (const entry of archive.members()) {
    if (damage !== undefined) throw new Error('an entry follows the damage');
    if (entry.kind === 'hidden') hidden += 1;
    else if (entry.kind === 'index_record') indexRecords += 1;
    else if (entry.kind === 'damage') damage = `${entry.offset}: ${entry.expected}`;
    else await put(entry, result, reader, path);
  }
  await reader.close();
  const { repeatedNames: repeated, inexactLabels: inexact } = archive.notices;
  return { kind: archive.kind, ...result, hidden, indexRecords, damage, repeated, inexact };
}

type Lists = Pick<Outcome, 'names' | 'shas' | 'failed' | 'links' | 'other'>;

async function put(entry: Entry, lists: Lists, reader: MemberReader, path: string): Promise<void> {
  if (entry.kind === 'other') lists.other.push(entry.ending);
  else if (entry.kind === 'link') lists.links.push(entry.name.toString());
  else if (entry.kind === 'failed') lists.failed.push(`${entry.name}: ${entry.reason}`);
  else if (entry.kind === 'member') {
    try {
      const bytes = await readMember(entry, reader, path);
      lists.names.push(entry.name.toString());
      lists.shas.push(sha256(bytes));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      lists.failed.push(`${entry.name}: ${error.message}`);
    }
  }
}

/** The bytes of a member in both ways that there are for it. */
async function readMember(member: Member, reader: MemberReader, path: string): Promise<Buffer> {
  const { locator, bytes, size } = member;
  // Locators go to other processes.
  const sent = locator && JSON.parse(JSON.stringify(locator));
  const located = sent && (await reader.read(path, sent));
  if (located && bytes && !located.equals(bytes)) throw new Error('two ways give other bytes');
  const read: Buffer = located ?? bytes;
  if (read.length !== size) throw new Error(`${member.name} has ${read.length} bytes, not ${size}`);
  return read;
}

/** A folder for the files of a test file, removed at its end. */
export function scratchFolder(): (name: string, contents: Uint8Array) => string {
  const folder = mkdtempSync(join(tmpdir(), 'facecls-archives-'));
  after(() => rmSync(folder, { recursive: true }));
  return (name, contents) => {
    const path = join(folder, name);
    writeFileSync(path, contents);
    return path;
  };
}
