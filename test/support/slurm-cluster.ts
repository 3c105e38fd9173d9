/** A Slurm cluster of one node, with all it owns in one folder: real daemons, none of them the system's. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runningProcesses } from './running-processes.js';

const execute = promisify(execFile);

/** Daemons often lie where only root looks. */
const PATHS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];
const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol', 'squeue', 'scancel'];

/** Of this many, tasks of one core run at once. */
const CORES = 3;
const LOG_TAIL = 6000;

/** Why there can be no cluster here; undefined where all programs are installed. */
export function whyNoSlurm(): string | undefined {
  const missing = PROGRAMS.filter((name) => findProgram(name) === undefined);
  return missing.length === 0
    ? undefined
    : `needs Slurm and MUNGE (Debian: slurm-wlm, munge): ${missing.join(', ')} not installed`;
}

function findProgram(name: string): string | undefined {
  return PATHS.map((folder) => path.join(folder, name)).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export class SlurmCluster {
  private readonly daemons = new Map<string, ChildProcess>();
  private readonly node = hostname().split('.')[0];
  /** That of the tests, without traces of a cluster in which they may run. */
  private readonly environment: NodeJS.ProcessEnv;
  /** Where jobs start, and their logs go. */
  readonly jobs: string;

  private constructor(private readonly folder: string) {
    this.jobs = path.join(folder, 'jobs');
    const kept = Object.entries(process.env).filter(([name]) => !/^(SLURM|SBATCH)_/.test(name));
    this.environment = {
      ...Object.fromEntries(kept),
      PATH: [path.dirname(process.execPath), ...PATHS].join(':'),
      SLURM_CONF: path.join(folder, 'slurm.conf'),
    };
    // Nothing goes on behind a test process that ends early.
    process.on('exit', () => this.kill());
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  }

  /**
   * @param folder is made, and removed by the caller, after stop()
   * @throws where the daemons do not start, with their logs on standard error
   */
  static async start(folder: string): Promise<SlurmCluster> {
    const cluster = new SlurmCluster(folder);
    try {
      await cluster.configure();
      cluster.startMunge();
      await until('munged listens', () => readdirSync(folder).includes('munge.socket'), 10);
      cluster.startDaemon('slurmctld', ['-D']);
      cluster.startNode();
      await until('the node is up', async () => (await cluster.nodeState()) === 'idle', 20);
      return cluster;
    } catch (error) {
      console.error(await cluster.logs());
      await cluster.stop();
      throw error;
    }
  }

  private async configure(): Promise<void> {
    const { folder, node } = this;
    mkdirSync(folder, { mode: 0o700 });
    for (const name of ['jobs', 'state', 'spool']) mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, 'munge.key'), randomBytes(1024), { mode: 0o400 });
    const user = userInfo().username;
    const [controllerPort, nodePort] = await freePorts(2);
    const lines = [
      'ClusterName=facecls',
      `SlurmctldHost=${node}(127.0.0.1)`,
      `SlurmUser=${user}`,
      `SlurmdUser=${user}`,
      `SlurmctldPort=${controllerPort}`,
      `SlurmdPort=${nodePort}`,
      'AuthType=auth/munge',
      // The second is also how long a job waits that is requeued, seconds: 120 by default, 5 at least.
      `AuthInfo=socket=${folder}/munge.socket,cred_expire=5`,
      `StateSaveLocation=${folder}/state`,
      `SlurmdSpoolDir=${folder}/spool`,
      ...['slurmctld', 'slurmd'].flatMap((daemon) => [
        `${daemon}PidFile=${folder}/${daemon}.pid`,
        `${daemon}LogFile=${folder}/${daemon}.log`,
      ]),
      // What needs no cgroups, no database and no systemd.
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'JobAcctGatherType=jobacct_gather/none',
      'AccountingStorageType=accounting_storage/none',
      'JobCompType=jobcomp/none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_CPU',
      'SchedulerType=sched/builtin',
      'SchedulerParameters=batch_sched_delay=1,sched_interval=1',
      'JobRequeue=1',
      'KillWait=20',
      // A node that was down is used again as soon as it answers.
      'ReturnToService=2',
      'SlurmdParameters=config_overrides',
      `NodeName=${node} NodeAddr=127.0.0.1 CPUs=${CORES}`,
      'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
    ];
    writeFileSync(path.join(folder, 'slurm.conf'), `${lines.join('\n')}\n`);
    // Older ones do not know it.
    const { stdout: version } = await execute(findProgram('slurmctld')!, ['-V']);
    if (Number(/\d+/.exec(version)?.[0]) >= 23) {
      writeFileSync(path.join(folder, 'cgroup.conf'), 'CgroupPlugin=disabled\n');
    }
  }

  private startMunge(): void {
    const file = (name: string) => path.join(this.folder, name);
    this.startDaemon('munged', [
      // As root, and in a folder that others cannot enter.
      ...['--foreground', '--force', '--num-threads=2'],
      `--key-file=${file('munge.key')}`,
      `--socket=${file('munge.socket')}`,
      `--pid-file=${file('munged.pid')}`,
      `--seed-file=${file('munge.seed')}`,
      `--log-file=${file('munged.log')}`,
    ]);
  }

  private startNode(): void {
    this.startDaemon('slurmd', ['-D']);
  }

  private startDaemon(name: string, args: readonly string[]): void {
    const options = { env: this.environment, stdio: 'ignore' } as const;
    this.daemons.set(name, spawn(findProgram(name)!, args, options));
  }

  private async nodeState(): Promise<string> {
    const { stdout } = await this.run('sinfo', '--noheader', '--format=%T');
    return stdout.trim();
  }

  /** Runs a program as a user of the cluster. */
  async run(program: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return execute(program, args, { cwd: this.jobs, env: this.environment, timeout: 30_000 });
  }

  /** What scontrol shows of a job, or of each task of an array: its fields, by name. */
  async show(job: string): Promise<Record<string, string>[]> {
    const { stdout } = await this.run('scontrol', '--oneliner', 'show', 'job', job);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => Object.fromEntries(line.split(' ').map((field) => field.split('=', 2))));
  }

  /** Whether a job, or every task of an array, has ended for good. */
  async isOver(job: string): Promise<boolean> {
    const { stdout } = await this.run('squeue', '--noheader', '--format=%F');
    return !stdout.split('\n').includes(job);
  }

  /** As by a power cut: every process of the node ends at once, and the controller takes it for lost. */
  async crashNode(): Promise<void> {
    const slurmd = this.daemons.get('slurmd')!;
    const gone = new Promise((resolve) => slurmd.once('exit', resolve));
    slurmd.kill('SIGKILL');
    this.killJobs();
    await gone;
    const update = ['update', `NodeName=${this.node}`, 'State=DOWN', 'Reason=crash'];
    await this.run('scontrol', ...update);
    this.startNode();
  }

  /** The processes of all jobs. */
  private killJobs(): void {
    const processes = runningProcesses();
    const sessions = new Set(
      processes
        .filter(({ command }) => command.includes(`${this.folder}/spool/job`))
        .map(({ session }) => session),
    );
    const jobs = processes.filter(({ session }) => sessions.has(session));
    // slurmstepd first, or it would tell how the others have ended.
    jobs.sort((a, b) => Number(b.name === 'slurmstepd') - Number(a.name === 'slurmstepd'));
    for (const { pid } of jobs) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {}
    }
  }

  /** What may explain why a test failed. */
  async logs(): Promise<string> {
    const commands = [
      ['squeue', '--all'],
      ['scontrol', 'show', 'job'],
    ];
    const parts: string[] = [];
    for (const [program, ...args] of commands) {
      const { stdout } = await this.run(program, ...args).catch((error) => ({ stdout: error }));
      parts.push(`$ ${program} ${args.join(' ')}\n${stdout}`);
    }
    const names = ['munged.log', 'slurmctld.log', 'slurmd.log'];
    const files = [...names, ...readdirSync(this.jobs).map((name) => path.join('jobs', name))];
    for (const name of files) {
      try {
        const text = readFileSync(path.join(this.folder, name), 'utf8');
        parts.push(`== ${name}\n${text.slice(-LOG_TAIL)}`);
      } catch {}
    }
    return parts.join('\n');
  }

  async stop(): Promise<void> {
    const ended = [...this.daemons.values()]
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      .map((daemon) => new Promise((resolve) => daemon.once('close', resolve)));
    this.kill();
    await Promise.all(ended);
  }

  private kill(): void {
    // One by one, so that no daemon starts or tells anything on account of another's end.
    for (const name of ['slurmd', 'slurmctld', 'munged']) {
      this.daemons.get(name)?.kill('SIGKILL');
      if (name === 'slurmd') this.killJobs();
    }
  }
}

/** @throws where it does not come to be within some seconds */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  seconds: number,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  // A daemon that does not answer yet is waited for.
  for (let failure = ''; ; await sleep(50)) {
    try {
      if (await isSo()) return;
    } catch (error) {
      failure = `: ${(error as Error).message}`;
    }
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}${failure}`);
  }
}

/** Of TCP, at this moment. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
    ports.push((server.address() as { port: number }).port);
  }
  for (const server of servers) server.close();
  return ports;
}
