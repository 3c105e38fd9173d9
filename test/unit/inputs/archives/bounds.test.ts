/** What reading costs: memory that does not grow with the archive, files that are closed. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { InputError } from '../../../../src/inputs/archives/failure.js';
import { MemberReader } from '../../../../src/inputs/archives/member-reader.js';
import { TAR_END, tarMember } from './make-archives.js';
import { dataset, folderFaces, open, scratchFolder, sha256 } from './read-archive.js';

const write = scratchFolder();
const OPEN_FILES = '/proc/self/fd';
const MANY = 200_000;

/** Writes a tar of MANY members of 16 bytes, named 000000.jpg and so on. */
function writeManyMembers(): string {
  const path = write('many.tar', Buffer.alloc(0));
  const template = tarMember({ name: '000000.jpg', data: Buffer.from('16 bytes of data') });
  const checksum = Number.parseInt(template.toString('latin1', 148, 154), 8);
  const each = MANY / 20;
  for (let first = 0; first < MANY; first += each) {
    const part = Buffer.alloc(template.length * each, template);
    for (let index = 0; index < each; index += 1) {
      const name = String(first + index).padStart(6, '0');
      const digits = [...name].reduce((sum, digit) => sum + Number(digit), 0);
      part.write(name, index * template.length);
      const sum = (checksum + digits).toString(8).padStart(6, '0');
      part.write(sum, index * template.length + 148);
    }
    appendFileSync(path, part);
  }
  appendFileSync(path, TAR_END);
  return path;
}

function memoryInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('a tar of 200,000 members is walked over in the memory of its names alone', async () => {
  const archive = await open(writeManyMembers());
  const before = memoryInUse();
  const cpu = process.cpuUsage();
  let members = 0;
  let most = 0;
  for await (const entry of archive.members()) {
    assert.equal(entry.kind, 'member');
    members += 1;
    if (members % 10_000 === 0) most = Math.max(most, memoryInUse() - before);
  }
  const { user, system } = process.cpuUsage(cpu);
  assert.equal(members, MANY);
  assert.equal(archive.notices.repeatedNames, 0);
  // 32 bytes a name, and what the collector has not come to yet; a string a name would be 20 MB.
  assert.ok(most < 48e6, `${most} bytes`);
  // It takes 2 seconds; a read of the file for each header would take 10 more.
  assert.ok((user + system) / 1e6 < 10, `${(user + system) / 1e6} s`);
});

test('a caller that leaves early, or aborts, leaves no file open', async (t) => {
  if (!existsSync(OPEN_FILES)) return t.skip('no list of open files on this system');
  const before = readdirSync(OPEN_FILES).length;
  for (const file of ['ustar.tar', 'faces.tar.gz', 'stored.zip', 'plain.rec', 'hub.parquet']) {
    for await (const entry of (await open(dataset(file))).members()) {
      assert.equal(entry.kind, 'member');
      break;
    }
    const abort = new AbortController();
    const archive = await open(dataset(file), { signal: abort.signal });
    const reason = new Error('stopped by the test');
    await assert.rejects(async () => {
      for await (const entry of archive.members()) {
        if (entry.kind === 'member') abort.abort(reason);
      }
    }, reason);
  }
  assert.equal(readdirSync(OPEN_FILES).length, before);
});

test('one reader serves many archives at once, and closes what it leaves', async () => {
  const faces = folderFaces();
  const files = ['ustar.tar', 'deflated.zip', 'plain.rec', 'hub.parquet'];
  const reader = new MemberReader();
  const reads: Promise<void>[] = [];
  const open4 = await Promise.all(files.map((file) => open(dataset(file))));
  const walks = open4.map((archive) => archive.members());
  for (const { sha } of faces) {
    for (const [index, walk] of walks.entries()) {
      const { value } = await walk.next();
      assert.ok(value?.kind === 'member' && value.locator);
      const read = reader.read(dataset(files[index]), value.locator);
      reads.push(read.then((bytes) => assert.equal(sha256(bytes), sha)));
    }
  }
  await Promise.all(reads);
  await Promise.all(walks.map((walk) => walk.return()));
  const before = existsSync(OPEN_FILES) ? readdirSync(OPEN_FILES).length : 0;
  await reader.close();
  if (before > 0) assert.equal(readdirSync(OPEN_FILES).length, before - 1);
});

test('an archive that shrank since it was listed fails its members by name', async () => {
  for (const file of ['ustar.tar', 'stored.zip', 'plain.rec', 'encodings/none-v1.parquet']) {
    const path = write('shrinks', readFileSync(dataset(file)));
    let last: Parameters<MemberReader['read']>[1] | undefined;
    for await (const entry of (await open(path)).members()) {
      if (entry.kind === 'member') last = entry.locator;
    }
    assert.ok(last);
    truncateSync(path, 200);
    const reader = new MemberReader();
    await assert.rejects(reader.read(path, last), InputError, file);
    await reader.close();
  }
});

test('a member over the limit of a reader fails there too', async () => {
  for (const file of ['ustar.tar', 'stored.zip', 'plain.rec']) {
    const reader = new MemberReader(1000);
    for await (const entry of (await open(dataset(file))).members()) {
      assert.ok(entry.kind === 'member' && entry.locator);
      await assert.rejects(reader.read(dataset(file), entry.locator), /more than the 1000/);
      break;
    }
    await reader.close();
  }
});

test('a tar.gz is read in memory that does not grow with it', async () => {
  const member = tarMember({ name: 'a.jpg', data: Buffer.alloc(5000, 'face') });
  const count = 10_000;
  const packed = gzipSync(Buffer.alloc(member.length * count, member), { level: 1 });
  const archive = await open(write('small.tar.gz', packed));
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let members = 0;
  for await (const entry of archive.members()) {
    if (entry.kind !== 'member') continue;
    members += 1;
    if (members % 100 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(members, count);
  // The 16 KiB that go in at once come out as less than 16 MiB; the tar has 56.
  assert.ok(most < 40e6, `${most} bytes`);
});

test('a gigabyte of zeros in a tar.gz ends as damage after 64 MiB', async () => {
  const zeros = gzipSync(Buffer.alloc(2 ** 26));
  const packed = Buffer.concat(Array.from({ length: 16 }, () => zeros));
  const entries = [];
  for await (const entry of (await open(write('zeros.tar.gz', packed))).members()) {
    entries.push(entry);
  }
  assert.deepEqual(entries, [
    { kind: 'damage', offset: 2 ** 26, expected: 'the end of the file after 64 MiB of zeros' },
  ]);
});
