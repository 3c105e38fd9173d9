// Makes face_api_descriptors.json: what face-api itself says of four crops. README.md has the command.
const fs = require('node:fs');
const path = require('node:path');
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');
const sharp = require('sharp');
const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js');

const folder = path.dirname(require.resolve('@vladmandic/face-api/package.json'));
const crops = path.resolve(__dirname, '../../test/fixtures/align/crops/upstream');
const CROPS = ['sample1.jpg_0.png', 'sample2.jpg_0.png', 'sample4.jpg_1.png', 'sample6.jpg_2.png'];
const MARGIN = 19; // pixels all round, which make 150 of 112

async function main() {
  wasm.setWasmPaths(
    `${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`,
  );
  await tf.setBackend(process.argv[2]);
  await tf.ready();
  await faceapi.nets.faceRecognitionNet.loadFromDisk(path.join(folder, 'model'));
  const descriptors = {};
  for (const crop of CROPS) {
    const margin = { top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN, extendWith: 'copy' };
    const image = sharp(path.join(crops, crop)).removeAlpha().extend(margin);
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    const pixels = tf.tensor3d(new Int32Array(data), [info.height, info.width, 3], 'int32');
    const descriptor = await faceapi.computeFaceDescriptor(pixels);
    descriptors[crop] = [...descriptor].map((value) => Number(value.toFixed(7)));
  }
  const versions = { 'face-api': '1.7.15', tfjs: tf.version_core, backend: tf.getBackend() };
  const rows = Object.entries(descriptors).map(
    ([crop, values]) => `  "${crop}": ${JSON.stringify(values)}`,
  );
  const text = `{"versions": ${JSON.stringify(versions)}, "descriptors": {\n${rows.join(',\n')}\n}}\n`;
  fs.writeFileSync(process.argv[3], text);
}

main();
