/**
 * A device other than the CPU, from end to end. Where there is no GPU, WebGPU runs on SwiftShader, a Vulkan driver
 * for the CPU that comes with Chromium: slow, but by the same path as on a GPU.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { packageFile } from '../../src/files/package.js';
import { facecls, temporaryFolder } from '../support/cli.js';
import { fixture, samplePhotographs } from '../support/fixture.js';
import { assertNear } from '../support/near.js';

const CHROMIUM = '/usr/lib/chromium';
const DRIVER = path.join(CHROMIUM, 'vk_swiftshader_icd.json');
const skip = !existsSync(DRIVER) && `no driver at ${DRIVER} (Debian: apt-get install chromium)`;

process.env.VK_ICD_FILENAMES = DRIVER;
// Where the system has no loader of drivers, Chromium's is taken.
process.env.LD_LIBRARY_PATH = [process.env.LD_LIBRARY_PATH, CHROMIUM].filter(Boolean).join(':');

/** It takes half a minute where nothing else runs. Milliseconds. */
const timeout = 300_000;

/** Pixels. */
const LARGEST_LANDMARK_DIFFERENCE = 0.5;
const LARGEST_PROBABILITY_DIFFERENCE = 1e-3;

test('align on WebGPU finds the face that it finds on the CPU, and proves where', {
  skip,
}, async () => {
  const folder = temporaryFolder();
  const photographs = path.join(folder, 'photographs');
  mkdirSync(photographs);
  // One face, seen closely: each size of a network's input is a program that takes seconds to make.
  await sharp(path.join(samplePhotographs(), 'sample1.jpg'))
    .resize(640)
    .extract({ left: 240, top: 110, width: 150, height: 150 })
    .png()
    .toFile(path.join(photographs, 'face.png'));
  const alignOn = async (device: string) => {
    const out = path.join(folder, device);
    const folders = ['--in_dir', photographs, '--out_dir', out];
    const options = ['--device', device, '--min_face_size', '50', '--json'];
    const { code, stdout, stderr } = await facecls(['align', ...folders, ...options], { timeout });
    assert.equal(code, 0, stderr);
    const manifest = readFileSync(path.join(out, 'align_manifest.jsonl'), 'utf8');
    const faces = manifest.trim().split('\n');
    assert.equal(faces.length, 1);
    return { record: JSON.parse(stdout), landmarks: JSON.parse(faces[0]).landmarks.flat() };
  };
  const cpu = await alignOn('cpu');
  const gpu = await alignOn('webgpu');
  assert.equal(gpu.landmarks.length, 10);
  for (const [i, value] of cpu.landmarks.entries()) {
    assertNear(gpu.landmarks[i], value, LARGEST_LANDMARK_DIFFERENCE, `coordinate ${i}`);
  }
  assert.equal(cpu.record.device, 'cpu');
  assert.equal(gpu.record.device, 'webgpu');
  assert.equal(gpu.record.device_proof.cpu_ep_fallback, 'disabled');
  assert.equal(gpu.record.device_proof.networks.length, 3);
});

test('the classifier gives on WebGPU what it gives on the CPU', { skip }, () => {
  // In a process of its own: the loader reads where libraries are when a process starts.
  const script = `
    import { readFileSync } from 'node:fs';
    import { decodeImage } from ${JSON.stringify(moduleOf('image/decode'))};
    import { toTensor } from ${JSON.stringify(moduleOf('classify/preprocess'))};
    import { createSession } from ${JSON.stringify(moduleOf('runtime/onnxruntime'))};
    const [model, crop] = process.argv.slice(1);
    const image = await decodeImage(Buffer.from(crop), { ignoreExif: true, maxMegapixels: 1 });
    const rows = [];
    for (const device of ['cpu', 'webgpu']) {
      const session = await createSession(readFileSync(model), model, { threads: 1, device });
      const { probabilities } = await session.run({ input: toTensor([image]) });
      rows.push([...probabilities.data]);
    }
    console.log(JSON.stringify(rows));`;
  const model = packageFile('pretrained_models/resnet18-fairface.onnx');
  const crop = fixture('align/crops/upstream/sample1.jpg_0.png');
  const args = ['--input-type=module', '-e', script, model, crop];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const [cpu, gpu] = JSON.parse(stdout);
  assert.equal(gpu.length, 4);
  for (const [i, value] of cpu.entries()) {
    assertNear(gpu[i], value, LARGEST_PROBABILITY_DIFFERENCE, `probability ${i}`);
  }
});

function moduleOf(name: string): string {
  return pathToFileURL(packageFile(`dist/src/${name}.js`)).href;
}
