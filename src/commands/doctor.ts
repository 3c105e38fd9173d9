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

export function report({ versions, system, devices, models, ok }: Diagnosis): string {
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
    ok
      ? 'doctor: the CPU works and all models are whole'
      : 'doctor: something is missing or broken (see above); install facecls again',
  ].join('\n');
}

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
