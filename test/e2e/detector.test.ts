import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { detectorRequest } from '../../src/options/options.js';
import { commandOptions, type GivenWords } from '../../src/options/settle.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const photographs = path.join(folder, 'photographs');

before(async () => {
  mkdirSync(photographs);
  const photograph = path.join(samplePhotographs(), 'sample2.jpg');
  // Faces of about 60 pixels: MTCNN looks for none below 100.
  await sharp(photograph).resize(480).toFile(path.join(photographs, 'small.jpg'));
  await sharp(photograph).toFile(path.join(photographs, 'whole.jpg'));
});

interface Row {
  readonly source: string;
  readonly status?: string;
  readonly score: number;
  readonly crop: string;
}

function rowsOf(out: string): Row[] {
  return readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const scores = (out: string, name: string) =>
  rowsOf(out)
    .filter(({ source, status }) => source.endsWith(name) && status === undefined)
    .map(({ score }) => score);

async function align(out: string, ...options: string[]) {
  const args = ['align', '--in_dir', photographs, '--out_dir', out, '--n_threads', '1'];
  return facecls([...args, ...options]);
}

const ssd = path.join(folder, 'ssd');
const mtcnn = path.join(folder, 'mtcnn');

test('--detector ssd finds faces that MTCNN does not look for', async () => {
  const { code, stderr } = await align(ssd, '--detector', 'ssd', '--min_confidence', '0.6');
  assert.equal(code, 0, stderr);
  assert.equal((await align(mtcnn)).code, 0);
  assert.deepEqual(scores(mtcnn, 'small.jpg'), []);
  assert.ok(scores(ssd, 'small.jpg').length > 0);
  assert.ok(scores(mtcnn, 'whole.jpg').length > 0);
  const [{ crop }] = rowsOf(ssd).filter(({ status }) => status === undefined);
  const { width, height } = await sharp(crop).metadata();
  assert.deepEqual([width, height], [112, 112]);
});

test('a run with another detector or confidence is not gone on with', async () => {
  const again = ['--check_exists', '--json', '--detector'];
  const same = await align(ssd, ...again, 'ssd', '--min_confidence', '0.6');
  assert.equal(JSON.parse(same.stdout).counts.finished_before, 2);
  const lower = await align(ssd, ...again, 'ssd');
  assert.equal(lower.code, 2);
  assert.match(lower.stderr, /made with --min_confidence 0\.6, now it is --min_confidence 0\.5/);
  const other = await align(ssd, ...again, 'mtcnn');
  assert.equal(other.code, 2);
  assert.match(other.stderr, /made with --detector ssd, now it is --detector mtcnn/);
});

test('run takes the detector too, and says so in run.json', async () => {
  const out = path.join(folder, 'run');
  const args = ['run', '--input_dir', photographs, '--output_dir', out, '--detector', 'ssd'];
  const { code, stderr } = await facecls([...args, '--n_threads', '1', '--format', 'csv']);
  assert.equal(code, 0, stderr);
  const { made_with: madeWith, counts } = JSON.parse(
    readFileSync(path.join(out, 'run.json'), 'utf8'),
  );
  assert.equal(madeWith.detector, 'ssd');
  assert.equal(madeWith.min_confidence, 0.5);
  assert.match(madeWith.detector_sha256, /^[0-9a-f]{64}$/);
  assert.equal(madeWith.thresholds, undefined);
  assert.ok(counts.predicted > 0);
});

const WRONG: readonly (readonly [options: string[], stderr: RegExp])[] = [
  [['--detector', 'yolo'], /--detector: expected mtcnn or ssd, received "yolo"/],
  [['--min_confidence', '0.5'], /--min_confidence is an option of --detector ssd/],
  [['--detector', 'ssd', '--min_confidence', '1.5'], /--min_confidence: .*0 to 1.*"1\.5"/],
  [['--detector', 'ssd', '--thresholds', '0.5', '0.5', '0.5'], /--thresholds is an option/],
];

for (const [options, pattern] of WRONG) {
  test(`align refuses ${options.join(' ')}`, async () => {
    const { code, stdout, stderr } = await align(path.join(folder, 'none'), ...options);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
  });
}

test('each detector has its options and defaults, and refuses those of the other', () => {
  const requestOf = (given: GivenWords) =>
    detectorRequest(commandOptions('align', { out_dir: 'out', ...given }));
  assert.deepEqual(requestOf({ detector: 'ssd' }), {
    name: 'ssd',
    options: { minConfidence: 0.5 },
  });
  assert.deepEqual(requestOf({ detector: 'ssd', min_confidence: '0' }).options, {
    minConfidence: 0,
  });
  assert.deepEqual(requestOf({ thresholds: ['0.1', '0', '1'] }), {
    name: 'mtcnn',
    options: { minFaceSize: 100, thresholds: [0.1, 0, 1], nmsThresholds: [0.9, 0.9, 0.9] },
    mtcnnPytorch: undefined,
  });
  const others = {
    min_face_size: '60',
    thresholds: ['0.5', '0.5', '0.5'],
    nms_thresholds: ['0.5', '0.5', '0.5'],
    mtcnn_pytorch_path: 'x',
  };
  for (const [name, words] of Object.entries(others)) {
    const expected = new RegExp(
      `^UserError: --${name} is an option of --detector mtcnn, not of ssd; `,
    );
    assert.throws(() => requestOf({ detector: 'ssd', [name]: words }), expected);
  }
});
