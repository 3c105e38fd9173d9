/** What is said of the bundled classifier against the figures that were measured, and these against each other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type ClassifierFigures, cardWith, readmeWith } from '../../scripts/classifier-figures.js';
import { CLASS_NAMES } from '../../src/classify/labels.js';
import { readOnnxMetadata } from '../../src/convert/onnx/onnx-metadata.js';
import { packageFile } from '../../src/files/package.js';
import { sha256OfBytes } from '../../src/files/sha256.js';
import { assertNear } from '../support/near.js';

const read = (name: string) => readFileSync(packageFile(name), 'utf8');
const figures: ClassifierFigures = JSON.parse(read('pretrained_models/resnet18-fairface.json'));
const card = read('pretrained_models/MODEL_CARD.md');
const readme = read('README.md');

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);

test('the model card and the README give the figures beside the network', () => {
  assert.equal(cardWith(card, figures), card);
  assert.equal(readmeWith(readme, figures), readme);
});

test('the figures are of the bundled network, and name its temperature', () => {
  const network = readFileSync(packageFile('pretrained_models/resnet18-fairface.onnx'));
  assert.equal(figures.model_sha256, sha256OfBytes(network));
  const metadata = readOnnxMetadata(network, 'the bundled model');
  assert.equal(metadata.get('temperature'), String(figures.temperature));
  assert.equal(metadata.get('precision'), 'fp16');
});

test('the figures agree with one another', () => {
  const { confusion, classes, n } = figures;
  assert.deepEqual(figures.class_names, CLASS_NAMES);
  assert.equal(sum(confusion.flat()), n);
  const right = sum(confusion.map((row, k) => row[k]));
  assertNear(figures.accuracy, right / n, 1e-12, 'accuracy');
  const recalls = CLASS_NAMES.map((name) => classes[name].recall);
  assertNear(figures.balanced_accuracy, sum(recalls) / recalls.length, 1e-12, 'balanced');
  for (const [k, name] of CLASS_NAMES.entries()) {
    assert.equal(classes[name].support, sum(confusion[k]));
    assert.equal(figures.detection[name][0], classes[name].support);
    assert.ok(figures.detection[name][1] >= classes[name].support);
    for (const column of confusion.keys()) {
      const bands = figures.confusion_by_confidence.map((band) => band.confusion[k][column]);
      assert.equal(sum(bands), confusion[k][column]);
    }
  }
  assert.equal(figures.calibration.fitted_on + figures.calibration.measured_on, n);
  for (const groups of Object.values(figures.groups)) {
    assert.equal(sum(Object.values(groups).map((group) => group.n)), n);
  }
});

test('other figures change the card and the README', () => {
  const better = { ...figures, balanced_accuracy: 0.905, temperature: 1.25 };
  assert.match(cardWith(card, better), /by\s+the\s+temperature\s+1\.25/);
  assert.match(readmeWith(readme, better), /wrong for about one face in eleven\s/);
  assert.match(readmeWith(readme, better), /^\| .* \| 0\.905 +\|$/m);
});

test('a text without a place for the figures is an error', () => {
  assert.throws(() => cardWith('# Models', figures), /found it 0 times/);
  assert.throws(() => readmeWith(`${readme}\n${readme}`, figures), /found it 2 times/);
});
