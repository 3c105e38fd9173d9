/**
 * One run at a time in a folder of results. The lock is a file that only one process can create; its owner renews it,
 * so that one whose owner died, on whatever machine, is told from one that is held. Plain files only: it works on
 * network file systems, where advisory locks may not.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { type FileHandle, link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { writeError } from '../files/atomic.js';
import { ExitCode, UserError } from '../files/errors.js';
import { shown } from '../files/text/shown.js';
import { shownPath } from '../files/text/shown-path.js';

export const LOCK_NAME = '.facecls.lock';

/** Milliseconds between two renewals. */
const RENEWAL = 10_000;
/** A lock that was not renewed for so long, by the file system's own clock, is nobody's. Milliseconds. */
const STALE_AFTER = 60_000;

interface Owner {
  readonly host: string;
  /** Tells apart starts of the machine, and containers with one host name: a PID means something only within. */
  readonly processes: string;
  readonly pid: number;
  readonly started: string;
  readonly command: string;
  /** How often it was renewed. */
  readonly beat: number;
  /** Of this run alone. */
  readonly id: string;
}

export class FolderLock {
  private beat = 0;
  private lost = false;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly owner: Omit<Owner, 'beat'>,
    /** When it was taken, by the clock of the folder's file system, milliseconds: what is older is of earlier runs. */
    readonly takenAt: number,
  ) {
    this.timer = setInterval(() => void this.renew(), RENEWAL);
    this.timer.unref();
  }

  /**
   * Takes the lock of a folder that exists.
   *
   * @param option the option that gave the folder, for messages
   * @throws UserError where another run holds it
   */
  static async acquire(option: string, folder: string, command: string): Promise<FolderLock> {
    const file = path.join(folder, LOCK_NAME);
    const owner = thisOwner(command);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const handle = await createLock(file, owner);
        if (handle !== undefined) {
          const { mtimeMs } = await handle.stat();
          return new FolderLock(file, handle, owner, mtimeMs);
        }
        const holder = await readHolder(file);
        if (holder === undefined) continue;
        if (!(await isStale(file, holder))) {
          throw new UserError(
            `${option} ${shownPath(folder)}: ${describe(holder)}; wait for it to end, or give another folder`,
          );
        }
        await setAside(file, holder);
      }
    } catch (error) {
      throw writeError(Buffer.from(file), error);
    }
    throw new UserError(
      `${option} ${shownPath(folder)}: other runs keep taking it; give another folder`,
    );
  }

  /**
   * To be called before results take their names.
   *
   * @throws UserError where another run has taken the folder over meanwhile, as it may when this one was suspended
   */
  async verify(): Promise<void> {
    if (!this.lost && (await this.isHeld())) return;
    throw new UserError(
      `${shownPath(this.file)}: another run took over this folder while this one stood still; nothing of this run was kept under a final name; see whether the other run has finished`,
      ExitCode.failure,
    );
  }

  /** Removes the lock, if it is still this run's. Never throws. */
  async release(): Promise<void> {
    clearInterval(this.timer);
    if (await this.isHeld()) await rm(this.file, { force: true }).catch(() => {});
    await this.handle.close().catch(() => {});
  }

  private async renew(): Promise<void> {
    this.beat += 1;
    if (!(await this.isHeld())) {
      this.lost = true;
      clearInterval(this.timer);
      return;
    }
    await this.handle.write(textOf({ ...this.owner, beat: this.beat }), 0).catch(() => {});
  }

  private async isHeld(): Promise<boolean> {
    const holder = await readHolder(this.file).catch(() => undefined);
    return holder?.owner?.id === this.owner.id;
  }
}

/** Why a run cannot use a folder, as the part of a sentence; undefined where no run holds it. */
export async function heldBy(folder: string): Promise<string | undefined> {
  const file = path.join(folder, LOCK_NAME);
  const holder = await readHolder(file).catch(() => undefined);
  if (holder === undefined || (await isStale(file, holder).catch(() => false))) return undefined;
  return describe(holder);
}

/** Each attempt fails only because another run came or went meanwhile. */
const ATTEMPTS = 20;

/** A lock file as it was found; without an owner where it holds none (it was just created, or is damaged). */
interface Holder {
  readonly owner: Owner | undefined;
  readonly modified: number;
}

/** @returns undefined where there is a lock already */
async function createLock(
  file: string,
  owner: Omit<Owner, 'beat'>,
): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  await handle.write(textOf({ ...owner, beat: 0 }), 0);
  return handle;
}

/** @returns undefined where there is none */
async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    const { mtimeMs: modified } = await stat(file);
    return { owner: parseOwner(text), modified };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function isStale(file: string, { owner, modified }: Holder): Promise<boolean> {
  const here = thisOwner('');
  if (owner?.host === here.host && owner.processes === here.processes && !isAlive(owner.pid)) {
    return true;
  }
  return (await timeOf(file)) - modified > STALE_AFTER;
}

/** The time of the file system that the lock lies on: clocks of machines differ. Milliseconds. */
async function timeOf(file: string): Promise<number> {
  const probe = `${file}.${randomUUID()}`;
  const handle = await open(probe, 'wx');
  try {
    await handle.write(' ');
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
    await rm(probe, { force: true });
  }
}

/** Takes a stale lock away; one that has become another run's meanwhile is put back. */
async function setAside(file: string, stale: Holder): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = await readHolder(aside);
  if (taken?.owner?.id !== stale.owner?.id) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !hasEnded(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether the process has ended and only its parent has not asked yet how: it takes signals for ever where nobody
 * asks, as in a container whose first process does not. Known on Linux alone.
 */
function hasEnded(pid: number): boolean {
  try {
    // `PID (NAME) STATE ...`; the name may hold spaces and brackets itself.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return /^\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')));
  } catch {
    return false;
  }
}

function thisOwner(command: string): Omit<Owner, 'beat'> {
  return {
    host: hostname(),
    processes: processSpace(),
    pid: process.pid,
    started: new Date().toISOString(),
    command,
    id: randomUUID(),
  };
}

/** On Linux the start of the machine and the PID namespace; elsewhere host names have to do. */
function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text);
    const texts = [owner.host, owner.processes, owner.started, owner.command, owner.id];
    const isOwner =
      texts.every((value) => typeof value === 'string' && value.length < LONGEST_VALUE) &&
      Number.isSafeInteger(owner.pid) &&
      owner.pid > 0;
    return isOwner ? owner : undefined;
  } catch {
    return undefined;
  }
}

const LONGEST_VALUE = 300;

/** Of one length, so that a renewal leaves nothing of the longer text before it. */
function textOf(owner: Owner): string {
  return `${JSON.stringify({ ...owner, beat: undefined }).slice(0, -1)},"beat":${String(owner.beat).padStart(9)}}\n`;
}

function describe({ owner }: Holder): string {
  if (owner === undefined) return `another run holds ${LOCK_NAME} there`;
  const { command, pid, host, started } = owner;
  return `\`facecls ${shown(command)}\` (process ${pid} on ${shown(host)}, since ${shown(started)}) is at work there`;
}
