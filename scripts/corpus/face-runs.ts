/** Runs of align, infer, run and merge. */
import { appendFileSync, copyFileSync, cpSync, rmSync } from 'node:fs';
import type { Run } from './run.js';

const ONE = ['--n_threads', '1'];
const TWO = ['--n_threads', '2'];

/** @param model the classifier */
export function faceRuns(model: string): Run[] {
  const ckpt = ['--ckpt', model];
  return [
    ...runRuns(ckpt),
    ...alignRuns(),
    ...inferRuns(ckpt),
    ...shardRuns(ckpt),
    ...stoppedRuns(ckpt),
    ...earlierRuns(ckpt),
  ];
}

function runRuns(ckpt: string[]): Run[] {
  const run = (name: string, args: string[], more: Partial<Run> = {}): Run => {
    const out = `run/${name}`;
    const all = ['run', '--output_dir', out, ...args];
    return { name: `run-${name}`, args: all, out: [out], ...more };
  };
  const photographs = ['--input_dir', 'photographs'];
  const grid = ['--visualize', '--n_vis_samples_per_pic', '12', '--n_vis_rows_per_pic', '3'];
  const size = ['--figsize_h', '6', '--figsize_w', '8'];
  const fine = ['--thresholds', '0.6', '0.7', '0.8', '--nms_thresholds', '0.7', '0.7', '0.7'];
  const ssd = ['--detector', 'ssd', '--min_confidence', '0.3', '--faces', 'central'];
  return [
    run('rich', [
      ...[...photographs, ...ckpt, '--format', 'csv,jsonl', '--save_crops', ...grid, ...size],
      ...ONE,
    ]),
    run('largest-png', [
      ...[...photographs, ...ckpt, ...fine, '--min_face_size', '40', '--faces', 'largest'],
      ...['--save_crops', '--crop_format', 'png', '--out_res', '96', '--json', ...TWO],
    ]),
    run('central-ssd', [
      ...[...photographs, '--ckpt', 'models/lightning.ckpt', ...ssd, '--batch_size', '1'],
      ...['--follow_links', '--ignore_exif', '--max_megapixels', '2', '--crop_quality', '80'],
      ...['--save_crops', '--format', 'csv', '--json', ...ONE],
    ]),
    run('list', ['--in_list', 'lists/photographs.txt', ...ckpt, '--format', 'csv', ...ONE]),
    run('list-crlf', ['--in_list', 'lists/photographs.crlf.txt', ...ckpt, ...ONE]),
    run('list-nul', ['--in_list', '-', '--null', ...ckpt, '--save_crops', '--json', ...ONE], {
      input: 'photographs/party.jpg\0photographs/odd names/new\nline.jpg\0\0missing.jpg\0',
    }),
    run('quiet', ['--input_dir', 'photographs/ann', ...ckpt, '--quiet', ...ONE]),
    run('debug', ['--input_dir', 'photographs/ann', ...ckpt, '--debug', ...TWO], {
      recorded: 'results',
    }),
    // The bundled model may change.
    run('bundled', [...photographs, '--format', 'csv,jsonl', '--save_crops', ...grid, ...ONE], {
      recorded: 'names',
    }),
  ];
}

function alignRuns(): Run[] {
  const align = (name: string, args: string[], more: Partial<Run> = {}): Run => {
    const out = `align/${name}`;
    return {
      name: `align-${name}`,
      args: ['align', '--out_dir', out, ...args],
      out: [out],
      ...more,
    };
  };
  const photographs = ['--in_dir', 'photographs'];
  return [
    align('default', [...photographs, ...ONE]),
    align('json', [
      ...photographs,
      '--json',
      '--min_face_size',
      '60',
      '--faces',
      'central',
      ...TWO,
    ]),
    align('ssd', [...photographs, '--detector', 'ssd', '--crop_quality', '70', ...ONE]),
    align('png', [
      ...['--in_dir', 'photographs/bob', '--crop_format', 'png', '--out_res', '224', ...ONE],
    ]),
    align('list', ['--in_list', 'lists/photographs.nul', '--null', '--json', ...ONE]),
    align('list-below', [...photographs, '--in_list', 'lists/below.txt', ...ONE]),
    // Which crops are written before the list is found to be wrong depends on time.
    align('list-outside', [...photographs, '--in_list', 'lists/outside.txt', ...ONE], {
      recorded: 'words',
    }),
    align('list-stdin', ['--in_list', '-', ...ONE], { input: 'photographs/party.jpg\n\nx.jpg' }),
    align('links', ['--in_dir', 'photographs/links', '--follow_links', '--quiet', ...ONE]),
    align('tiny', ['--in_dir', 'photographs/tiny', '--min_face_size', '12', ...ONE]),
  ];
}

function inferRuns(ckpt: string[]): Run[] {
  const infer = (name: string, args: string[], more: Partial<Run> = {}): Run => {
    const out = `infer/${name}`;
    const all = ['infer', '--output_dir', out, ...args];
    return { name: `infer-${name}`, args: all, out: [out], ...more };
  };
  const crops = ['--input_dir', 'crops'];
  const grid = ['--visualize', '--figsize_h', '5', '--figsize_w', '9'];
  return [
    infer('rich', [...crops, ...ckpt, '--format', 'csv,jsonl', ...grid, '--report', ...ONE]),
    infer('report-json', [
      ...[...crops, '--ckpt', 'models/half.ckpt', '--report', '--report_max_images', '5'],
      ...['--format', 'jsonl', '--batch_size', '3', '--follow_links', '--json', ...TWO],
    ]),
    infer('run-crops', ['--input_dir', 'run/rich/crops', ...ckpt, '--format', 'csv', ...ONE]),
    infer('list', ['--in_list', 'lists/crops.txt', ...ckpt, '--format', 'csv', ...grid, ...ONE]),
    infer('list-nul', ['--in_list', 'lists/crops.nul', '--null', ...ckpt, '--json', ...ONE]),
    infer('list-stdin', ['--in_list', '-', ...ckpt, '--format', 'jsonl', ...ONE], {
      input: 'crops/odd names/人脸.JPG\r\ncrops/unusable/empty.jpg\n',
    }),
    infer('legacy', [
      ...['--input_dir', 'crops/default', '--ckpt', 'models/lightning_legacy_format.ckpt'],
      ...['--max_megapixels', '1', '--ignore_exif', '--quiet', ...ONE],
    ]),
    infer('small', ['--input_dir', 'crops/tiny', '--ckpt', 'models/small/strides.pth', ...ONE]),
  ];
}

/** Both halves of an input, and what merge makes of them. */
function shardRuns(ckpt: string[]): Run[] {
  const sets = [
    { name: 'infer', args: ['infer', '--input_dir', 'crops', '--format', 'csv,jsonl', ...ckpt] },
    { name: 'infer-list', args: ['infer', '--in_list', 'lists/crops.txt', ...ckpt] },
    { name: 'run', args: ['run', '--input_dir', 'photographs', '--save_crops', ...ckpt] },
    { name: 'run-list', args: ['run', '--in_list', 'lists/photographs.txt', ...ckpt] },
    { name: 'align', args: ['align', '--in_dir', 'photographs'] },
    { name: 'align-list', args: ['align', '--in_list', 'lists/photographs.txt'] },
  ];
  const runs = sets.flatMap(({ name, args }): Run[] => {
    const out = `shards/${name}`;
    const output = [args[0] === 'align' ? '--out_dir' : '--output_dir', out];
    const shard = (text: string) => [...args, ...output, '--shard', text, ...ONE];
    const merge = ['merge', '--inputs', out, '--output_dir', out];
    return [
      { name: `shard-0-${name}`, args: shard('0/2'), out: [out] },
      { name: `merge-early-${name}`, args: merge, out: [out] },
      { name: `shard-1-${name}`, args: shard('1/2'), out: [out] },
      { name: `merge-${name}`, args: merge, out: [out] },
    ];
  });
  const slurm = { ID: '3', MIN: '1', MAX: '3', COUNT: '3' };
  const env = Object.fromEntries(
    Object.entries(slurm).map(([name, value]) => [`SLURM_ARRAY_TASK_${name}`, value]),
  );
  const merge = (name: string, args: string[], output = `merged/${name}`): Run => ({
    name: `merge-${name}`,
    args: ['merge', ...args, '--output_dir', output],
    out: [output],
  });
  const both = ['--inputs', 'shards/infer'];
  const apart = ['--inputs', 'shards/infer/shard-0-of-2', 'shards/infer/shard-1-of-2'];
  return [
    ...runs,
    {
      name: 'shard-slurm',
      args: [
        ...['infer', '--input_dir', 'crops/default', '--output_dir', 'shards/slurm', ...ckpt],
        ...['--shard', 'slurm', ...ONE],
      ],
      env,
      out: ['shards/slurm'],
    },
    merge('again', both, 'shards/infer'),
    merge('overwrite', [...both, '--overwrite'], 'shards/infer'),
    merge('json', [...apart, '--json']),
    merge('quiet', [...apart, '--quiet']),
    merge('twice', [...apart, apart[1]]),
    merge('unlike', ['--inputs', 'shards/run/shard-0-of-2', 'shards/infer/shard-1-of-2']),
  ];
}

/** Runs that are killed or asked to end, and gone on with. */
function stoppedRuns(ckpt: string[]): Run[] {
  const sets = [
    {
      command: 'infer',
      args: ['--input_dir', 'many', '--format', 'csv,jsonl', ...ckpt],
      resume: '--resume',
      inputs: 40,
    },
    { command: 'align', args: ['--in_dir', 'growing'], resume: '--check_exists', inputs: 2 },
    {
      command: 'run',
      args: ['--input_dir', 'growing', '--save_crops', '--visualize', ...ckpt],
      resume: '--resume',
      inputs: 2,
    },
  ];
  return sets.flatMap(({ command, args, resume, inputs }) => {
    const stopped = (signal: 'SIGKILL' | 'SIGTERM'): Run[] => {
      const out = `stopped/${command}-${signal}`;
      const all = [
        command,
        command === 'align' ? '--out_dir' : '--output_dir',
        out,
        ...args,
        ...ONE,
      ];
      const journal = `${out}/${command}_journal-1.jsonl`;
      const name = `${command}-${signal}`;
      const isCut = signal === 'SIGKILL';
      return [
        {
          name,
          args: all,
          stop: { signal, journal, inputs },
          recorded: isCut ? 'code' : 'words',
        },
        {
          name: `${name}-resumed`,
          args: [...all, resume],
          out: [out],
          recorded: isCut ? 'all' : 'results',
        },
      ];
    };
    return [...stopped('SIGKILL'), ...stopped('SIGTERM')];
  });
}

/** Runs in folders that hold the results of an earlier one. */
function earlierRuns(ckpt: string[]): Run[] {
  const [aligned, labelled] = ['stopped/align-SIGKILL', 'stopped/run-SIGKILL'];
  const align = ['align', '--in_dir', 'growing', '--out_dir', aligned, ...ONE];
  const run = ['run', '--input_dir', 'growing', '--output_dir', labelled, ...ckpt, ...ONE];
  const infer = ['infer', '--input_dir', 'many', '--output_dir', 'stopped/infer-SIGKILL', ...ONE];
  const earlier = (name: string, args: string[], out: string, before?: () => void): Run => ({
    name: `earlier-${name}`,
    args,
    out: [out],
    ...(before ? { before } : {}),
  });
  const sameRun = [...run, '--save_crops', '--visualize', '--resume'];
  return [
    earlier('align-refused', align, aligned),
    earlier('align-complete', [...align, '--check_exists'], aligned),
    earlier('align-added', [...align, '--check_exists', '--json'], aligned, () => {
      cpSync('photographs/ann', 'growing/ann', { recursive: true });
      rmSync(`${aligned}/1.jpg_0.jpg`);
    }),
    earlier('align-retried', [...align, '--check_exists', '--retry_failed'], aligned, () => {
      copyFileSync('later/6.jpg', 'growing/damaged.jpg');
    }),
    earlier('align-unlike', [...align, '--check_exists', '--out_res', '96'], aligned),
    earlier('align-removed', [...align, '--check_exists'], aligned, () => rmSync('growing/3.jpg')),
    earlier('align-damaged-journal', [...align, '--check_exists'], aligned, () => {
      appendFileSync(`${aligned}/align_journal-1.jsonl`, '00000000 {"input":"../../x.jpg"}\nx');
    }),
    earlier('align-overwrite', [...align, '--overwrite'], aligned),
    earlier('run-refused', run, labelled),
    earlier('run-unlike', [...run, '--resume'], labelled),
    earlier('run-added', [...sameRun, '--retry_failed', '--json'], labelled),
    earlier('run-complete', sameRun, labelled),
    earlier('run-overwrite', [...run, '--overwrite', '--format', 'csv'], labelled),
    earlier('infer-other-model', [...infer, '--ckpt', 'models/half.ckpt', '--resume'], infer[4]),
    earlier('infer-overwrite', [...infer, '--ckpt', 'models/half.ckpt', '--overwrite'], infer[4]),
  ];
}
