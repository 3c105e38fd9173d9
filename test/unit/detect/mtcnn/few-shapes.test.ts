import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { canvasSide, runOnCanvas } from '../../../../src/detect/mtcnn/canvas.js';
import { Mtcnn, type MtcnnNetworks } from '../../../../src/detect/mtcnn/mtcnn.js';
import { decodeImage } from '../../../../src/image/decode.js';
import { bundledMtcnn } from '../../../../src/models/models.js';
import { createSession, type Session, type Tensor } from '../../../../src/runtime/onnxruntime.js';
import { samplePhotographs } from '../../../support/fixture.js';

async function open(name: keyof MtcnnNetworks): Promise<Session> {
  const file = bundledMtcnn()[name];
  return createSession(await readFile(file), file, { threads: 1 });
}

/** Noise from -1 to 1, the same each time (a linear congruential generator, Numerical Recipes). */
function noise(side: number): Tensor {
  let state = side;
  const data = Float32Array.from({ length: 3 * side * side }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return { data, dims: [1, 3, side, side] };
}

test('canvases are few, of the parity of the level, and not much larger', () => {
  const sides = new Set<number>();
  for (let side = 12; side <= 4096; side++) {
    const wide = canvasSide(side);
    assert.ok(wide >= side && (wide - side) % 2 === 0, `${wide} for ${side}`);
    assert.ok(wide <= Math.max(17, side * 1.5), `${wide} for ${side}`);
    sides.add(wide);
  }
  assert.equal(sides.size, 34);
  for (const side of sides) assert.equal(canvasSide(side), side);
});

test("P-Net's cells on a canvas are those without it, on even and odd sides", async () => {
  const pnet = await open('pnet');
  for (const side of [12, 13, 14, 15, 16, 17, 18, 25, 26, 47, 50, 97, 98, 131, 200]) {
    const level = noise(side);
    const expected = await pnet.run({ input: level });
    const actual = await runOnCanvas(pnet, level);
    for (const [name, { data, dims }] of Object.entries(expected)) {
      assert.deepEqual(actual[name].dims, dims, `${name} of ${side}`);
      for (const [i, value] of data.entries()) {
        const difference = Math.abs(actual[name].data[i] - value);
        assert.ok(difference <= 1e-6, `${name} ${i} of ${side} differs by ${difference}`);
      }
    }
  }
});

test('a detector that pads to few shapes finds the same faces', async () => {
  const plain = { pnet: await open('pnet'), rnet: await open('rnet'), onet: await open('onet') };
  const shapes = new Set<string>();
  const padding = (session: Session): Session => ({
    prefersFewShapes: true,
    run(inputs) {
      shapes.add(inputs.input.dims.join('x'));
      return session.run(inputs);
    },
  });
  const padded = {
    pnet: padding(plain.pnet),
    rnet: padding(plain.rnet),
    onet: padding(plain.onet),
  };
  for (const name of ['sample1.jpg', 'sample4.jpg']) {
    const file = Buffer.from(path.join(samplePhotographs(), name));
    const photograph = await decodeImage(file, { ignoreExif: false, maxMegapixels: 100 });
    const expected = await new Mtcnn(plain).detect(photograph);
    const actual = await new Mtcnn(padded).detect(photograph);
    assert.ok(expected.length > 0);
    assert.equal(actual.length, expected.length);
    for (const [i, { score, box, landmarks }] of expected.entries()) {
      const numbers = [actual[i].score, ...actual[i].box, ...actual[i].landmarks.flat()];
      for (const [k, value] of [score, ...box, ...landmarks.flat()].entries()) {
        assert.ok(Math.abs(numbers[k] - value) < 1e-3, `${name} face ${i} number ${k}`);
      }
    }
  }
  for (const shape of shapes) {
    assert.match(shape, /^(1x3x\d+x\d+|(16|128)x3x(24x24|48x48))$/);
  }
});
