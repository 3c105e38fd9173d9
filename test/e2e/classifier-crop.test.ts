/** The size of what is saved decides nothing about labels: the classifier has crops of its own size. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { OnnxGraph } from '../../src/convert/onnx/onnx-graph.js';
import { type AnalyzedFace, analyze } from '../../src/index.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { samplePhotographs } from '../support/fixture.js';

const folder = temporaryFolder();
const LIST = 'sample2.jpg\nsample5.jpg\n';

/** Softmax of (mean red, green, blue, 0) of images of one size. */
function classifierOf(name: string, height: number, width: number): string {
  const graph = new OnnxGraph('colour');
  const input = graph.input('input', ['N', 3, height, width]);
  const mean = graph.node('Flatten', 'mean', [graph.node('GlobalAveragePool', 'pool', [input])]);
  const weights = Float32Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
  const logits = graph.node('MatMul', 'logits', [mean, graph.constant('weights', [3, 4], weights)]);
  graph.output(graph.node('Softmax', 'probabilities', [logits], { axis: 1 }), ['N', 4]);
  const file = path.join(folder, name);
  writeFileSync(file, graph.model({ output: 'probabilities' }));
  return file;
}

function run(name: string, options: readonly string[]) {
  return facecls(
    [
      ...['run', '--input_dir', samplePhotographs(), '--in_list', '-', '--format', 'jsonl'],
      ...['--output_dir', path.join(folder, name), ...options],
    ],
    { input: LIST },
  );
}

async function predictions(name: string, options: readonly string[]): Promise<string> {
  const { code, stderr } = await run(name, options);
  assert.equal(code, 0, stderr);
  return readFileSync(path.join(folder, name, 'predictions.jsonl'), 'utf8');
}

test('run gives the same labels and probabilities whatever the size of the crops it saves', async () => {
  const usual = await predictions('112', []);
  assert.equal(usual.trimEnd().split('\n').length > 1, true);
  assert.equal(await predictions('224', ['--out_res', '224']), usual);
  assert.equal(await predictions('31', ['--out_res', '31', '--visualize']), usual);
});

test('an analyzer gives the same probabilities whatever the size of the crops it returns', async () => {
  const facesAt = async (cropSize: number) => {
    const all: AnalyzedFace[] = [];
    const photographs = [path.join(samplePhotographs(), 'sample2.jpg')];
    for await (const { faces = [] } of analyze(photographs, { cropSize })) all.push(...faces);
    return all;
  };
  const [usual, large] = [await facesAt(112), await facesAt(160)];
  assert.ok(usual.length > 0);
  for (const [i, face] of large.entries()) {
    assert.deepEqual([face.crop.width, face.crop.height], [160, 160]);
    assert.deepEqual(face.probabilities, usual[i].probabilities);
  }
});

test('run cuts crops for a classifier of another size at that size', async () => {
  const ckpt = ['--ckpt', classifierOf('48.onnx', 48, 48)];
  const found = await predictions('model48', ckpt);
  const crops = path.join(folder, 'crops48');
  const png = ['--crop_format', 'png', '--out_res', '48'];
  const aligned = await facecls(
    ['align', '--in_dir', samplePhotographs(), '--in_list', '-', '--out_dir', crops, ...png],
    { input: LIST },
  );
  assert.equal(aligned.code, 0, aligned.stderr);
  const out = path.join(folder, 'infer48');
  const inferred = await facecls([
    ...['infer', '--input_dir', crops, '--output_dir', out, '--format', 'jsonl', ...ckpt],
  ]);
  assert.equal(inferred.code, 0, inferred.stderr);
  const shares = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ African, Asian, Caucasian, Indian }) => [African, Asian, Caucasian, Indian]);
  assert.deepEqual(
    shares(found),
    shares(readFileSync(path.join(out, 'predictions.jsonl'), 'utf8')),
  );
});

test('run refuses a classifier whose images are no squares', async () => {
  const model = classifierOf('wide.onnx', 48, 96);
  const { code, stderr } = await run('wide', ['--ckpt', model]);
  assert.equal(code, 4);
  assert.match(stderr, /wide\.onnx: takes images of 96x48, and faces are cut out as squares; /);
});
