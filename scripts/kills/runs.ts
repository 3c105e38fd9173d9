/** The runs that are disturbed, and what they work on. */
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { bundledClassifier } from '../../src/models/models.js';
import { recordsOf, tarOf } from '../../test/support/datasets.js';
import { fixture, samplePhotographs } from '../../test/support/fixture.js';
import type { Run } from '../../test/support/kills.js';

const CROPS = 600;
const PHOTOGRAPHS = 16;

/** The one that users have. */
const MODEL = ['--ckpt', bundledClassifier()];

/** @param work a folder for inputs and results */
export async function makeRuns(work: string): Promise<Run[]> {
  const crops = path.join(work, 'crops');
  const photographs = path.join(work, 'photographs');
  const tar = path.join(work, 'crops.tar');
  const rec = path.join(work, 'train.rec');
  makeCrops(crops);
  writeFileSync(tar, tarOf(CROPS));
  writeFileSync(rec, recordsOf(CROPS));
  await makePhotographs(photographs);
  const out = (name: string) => path.join(work, name);
  return [
    {
      name: 'infer',
      args: [
        ...['infer', '--input_dir', crops, '--output_dir', out('infer')],
        ...['--format', 'csv,jsonl', ...MODEL],
      ],
      resume: '--resume',
      input: crops,
      out: out('infer'),
      exitCode: 3,
    },
    {
      name: 'infer of a tar',
      args: ['infer', '--input_dir', tar, '--output_dir', out('tar'), ...MODEL],
      resume: '--resume',
      out: out('tar'),
      exitCode: 3,
    },
    {
      name: 'infer of a rec',
      args: ['infer', '--input_dir', rec, '--output_dir', out('rec'), '--format', 'csv', ...MODEL],
      resume: '--resume',
      out: out('rec'),
      exitCode: 3,
    },
    {
      name: 'align',
      args: ['align', '--in_dir', photographs, '--out_dir', out('align'), '--min_face_size', '60'],
      resume: '--check_exists',
      input: photographs,
      out: out('align'),
      exitCode: 3,
    },
    {
      name: 'run',
      args: [
        ...['run', '--input_dir', photographs, '--output_dir', out('run'), '--save_crops'],
        ...['--format', 'csv', '--min_face_size', '60', ...MODEL],
      ],
      resume: '--resume',
      input: photographs,
      out: out('run'),
      exitCode: 3,
    },
  ];
}

function makeCrops(folder: string): void {
  const source = fixture('align/crops/upstream');
  const names = readdirSync(source).sort();
  for (let i = 0; i < CROPS; i++) {
    const file = path.join(folder, String(i % 9), `${i}.png`);
    mkdirSync(path.dirname(file), { recursive: true });
    if (i % 100 === 50) writeFileSync(file, 'damaged');
    else copyFileSync(path.join(source, names[i % names.length]), file);
  }
}

async function makePhotographs(folder: string): Promise<void> {
  mkdirSync(folder);
  for (let i = 0; i < PHOTOGRAPHS; i++) {
    const sample = path.join(samplePhotographs(), `sample${(i % 6) + 1}.jpg`);
    await sharp(sample)
      .resize(1000)
      .jpeg()
      .toFile(path.join(folder, `${i}.jpg`));
  }
  writeFileSync(path.join(folder, 'damaged.jpg'), 'damaged');
}
