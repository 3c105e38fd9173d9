/** All processes of a Linux system. */
import { readdirSync, readFileSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly name: string;
  readonly session: number;
  readonly command: string;
}

export function runningProcesses(): RunningProcess[] {
  const found: RunningProcess[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // `PID (NAME) STATE PARENT GROUP SESSION ...`, see proc(5).
      const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!;
      const session = Number(rest.split(' ')[3]);
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      found.push({ pid: Number(pid), name, session, command });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}
