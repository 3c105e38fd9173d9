/** `facecls doctor`: what this installation can use, and what to do about the rest. */
import type { CommandResult } from '../cli/command.js';
import { ExitCode } from '../files/errors.js';
import { shown } from '../files/text/shown.js';
import { shownPath } from '../files/text/shown-path.js';
import { type DeviceState, type Diagnosis, diagnose, PAPER_MODEL } from '../models/diagnosis.js';

/** Columns of the report; only paths may be longer. */
const WIDTH = 80;

export async function execute(): Promise<CommandResult> {
  const diagnosis = await diagnose();
  return {
    summary: report(diagnosis),
    record: { command: 'doctor', ...diagnosis, devices: diagnosis.devices.map(deviceRecord) },
    failed: 0,
    exitCode: diagnosis.ok ? ExitCode.ok : ExitCode.model,
  };
}

/** A device by the names of `--json`. */
function deviceRecord({ cropsPerSecond, ...state }: DeviceState): object {
  return cropsPerSecond === undefined ? state : { ...state, crops_per_second: cropsPerSecond };
}

export function report(diagnosis: Diagnosis): string {
  const { versions, system, devices, models } = diagnosis;
  const memory = `${(system.memory / 2 ** 30).toFixed(1)} GiB`;
  return [
    'Versions',
    ...Object.entries(versions).flatMap(([name, version]) => entry(name, version)),
    ...entry('platform', `${system.platform}, ${system.cores} cores, ${memory} of memory`),
    '',
    'Devices (--device)',
    ...devices.flatMap(({ name, ok: works, cause, remedy, cropsPerSecond }) => {
      if (!works) return entry(name, `missing: ${cause}; ${remedy}`);
      const speed = cropsPerSecond === undefined ? '' : `, ${cropsPerSecond} crops/s`;
      return entry(name, `ok${speed}`);
    }),
    '',
    'Models',
    ...models.flatMap(({ name, path, sha256, ok: works, cause }) => [
      ...entry(name, works ? `ok, sha256 ${sha256?.slice(0, 12)}` : `broken: ${shown(cause)}`),
      `${INDENT}${shownPath(path)}`,
    ]),
    ...(models.some(({ name }) => name === PAPER_MODEL)
      ? []
      : entry(PAPER_MODEL, 'not there; the bundled classifier is used')),
    '',
    ...verdict(diagnosis),
  ].join('\n');
}

/** What all of it comes to. No installation brings back a file that the user has put there. */
function verdict({ versions, devices, models, ok }: Diagnosis): string[] {
  if (ok) return ['doctor: the CPU works and all models are whole'];
  const own = models.find((model) => model.name === PAPER_MODEL && !model.ok);
  const isInstalled =
    devices.every((device) => device.name !== 'cpu' || device.ok) &&
    Object.values(versions).every((version) => !version.startsWith('(')) &&
    models.every((model) => model === own || model.ok);
  const ofInstallation =
    'doctor: something is missing or broken (see above); install facecls again';
  return [
    ...(isInstalled && own !== undefined ? [] : [ofInstallation]),
    ...(own === undefined ? [] : [`doctor: ${OWN_BROKEN}:`, shownPath(own.path)]),
  ];
}

const OWN_BROKEN = 'a file of your own is broken; replace or remove it';

/** Columns before an entry's text. */
const COLUMN = 22;
const INDENT = ' '.repeat(COLUMN);

/** `  name    text`, the text wrapped. */
function entry(name: string, text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    const longer = last === '' ? word : `${last} ${word}`;
    if (COLUMN + longer.length <= WIDTH || last === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line, i) => (i === 0 ? `  ${name}`.padEnd(COLUMN) : INDENT) + line);
}
