/** The inputs of the corpus: photographs, crops, lists, labels, predictions and models, made in the current folder. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { fixture, samplePhotographs } from '../../test/support/fixture.js';

const CLASSES = ['African', 'Asian', 'Caucasian', 'Indian'];

/** Names that stop other tools; the last is no UTF-8. */
const ODD_NAMES = [
  'new\nline.jpg',
  'tab\there.jpg',
  `quote"and'quote.jpg`,
  '"begins.jpg',
  ' spaces .jpg',
  '-dash.jpg',
  'back\\slash.jpg',
  'number#0.jpg',
  '*.jpg',
  '\u001b[31mred.jpg',
  '人脸.JPG',
  Buffer.from('latin-\xff\xe9.jpg', 'latin1'),
];

export async function makeInputs(): Promise<void> {
  await makePhotographs();
  makeCrops();
  makeLists();
  makeLabels();
  makePredictions();
  cpSync(fixture('checkpoints'), 'models', { recursive: true });
  copyFileSync(fixture('evaluate/labels.csv'), 'labels/independent.csv');
  copyFileSync(fixture('evaluate/predictions.csv'), 'predictions/independent.csv');
  mkdirSync('empty');
}

function sample(number: number): string {
  return path.join(samplePhotographs(), `sample${number}.jpg`);
}

function put(name: string | Buffer, content: Buffer | string, folder = '.'): void {
  if (typeof name === 'string')
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]), content);
}

async function makePhotographs(): Promise<void> {
  const whole = ['party.jpg', 'ann/1.jpg', 'ann/2.jpg', 'bob/deep/er/4.jpg', 'bob/5.jpeg'];
  whole.forEach((name, i) => {
    put(name, readFileSync(sample(i + 1)), 'photographs');
  });
  put('later/6.jpg', readFileSync(sample(6)));
  const small = await sharp(sample(2)).resize(640).png().toBuffer();
  const jpeg = await sharp(small).jpeg({ quality: 98 }).toBuffer();
  for (const name of ODD_NAMES) {
    mkdirSync('photographs/odd names', { recursive: true });
    put(name, jpeg, 'photographs/odd names');
  }
  await putFormats(small);
  put('jpeg-named.png', jpeg, 'photographs/formats');
  put('folder.jpg/inside.jpg', jpeg, 'photographs');
  put('outside/there.jpg', jpeg);
  put('.hidden/1.jpg', jpeg, 'photographs');
  putUnusable(jpeg, small, 'photographs/unusable');
  putLinks('photographs', 'ann', '1.jpg');
  cpSync(fixture('images'), 'photographs/tiny', { recursive: true });
  for (const number of [1, 3, 4, 5, 6])
    put(`${number}.jpg`, readFileSync(sample(number)), 'growing');
  put('damaged.jpg', 'damaged', 'growing');
}

async function putFormats(picture: Buffer): Promise<void> {
  const image = () => sharp(picture);
  const lying = await image().rotate(270).toBuffer();
  const files = {
    'picture.png': image().png(),
    'grey16.png': image().toColourspace('grey16').png(),
    'rgba.png': image().ensureAlpha(0.5).png(),
    'palette.png': image().png({ palette: true }),
    'cmyk.jpg': image().toColourspace('cmyk').jpeg(),
    'progressive.jpg': image().jpeg({ progressive: true }),
    'turned.jpg': sharp(lying).jpeg({ quality: 98 }).withMetadata({ orientation: 6 }),
    'picture.webp': image().webp({ effort: 0 }),
    'picture.tif': image().tiff({ compression: 'lzw' }),
    'picture.gif': image().gif({ effort: 1 }),
    'picture.avif': image().avif({ effort: 0 }),
  };
  for (const [name, file] of Object.entries(files)) {
    put(name, await file.toBuffer(), 'photographs/formats');
  }
}

function putUnusable(jpeg: Buffer, png: Buffer, folder: string): void {
  put('empty.jpg', '', folder);
  put('text.png', 'this is no picture\n', folder);
  put('cut.jpg', jpeg.subarray(0, jpeg.length / 2), folder);
  put('cut.png', png.subarray(0, png.length / 2), folder);
  put('image.bmp', readFileSync(fixture('images/image.bmp')), folder);
  put('._fork.jpg', 'resource fork', folder);
  put('notes.txt', 'notes', folder);
}

/** Links to a folder and to an image in it, out of the tree, and to nothing. */
function putLinks(folder: string, inner: string, image: string): void {
  mkdirSync(path.join(folder, 'links'));
  const link = (target: string, name: string) => {
    symlinkSync(target, path.join(folder, 'links', name));
  };
  link(`../${inner}/${image}`, 'within.jpg');
  link(`../${inner}`, 'within');
  link('..', 'loop');
  link('../../outside', 'outside');
  link('../../outside/there.jpg', 'outside.jpg');
  link('missing.jpg', 'dangling.jpg');
  link('self.jpg', 'self.jpg');
}

function makeCrops(): void {
  cpSync(fixture('align/crops/default'), 'crops/default', { recursive: true });
  cpSync(fixture('align/crops/upstream'), 'crops/upstream', { recursive: true });
  cpSync(fixture('images'), 'crops/tiny', { recursive: true });
  const names = readdirSync('crops/default').sort();
  const crop = (i: number) => readFileSync(path.join('crops/default', names[i % names.length]));
  mkdirSync('crops/odd names');
  ODD_NAMES.forEach((name, i) => {
    put(name, crop(i), 'crops/odd names');
  });
  putUnusable(readFileSync(fixture('images/rgb.jpg')), crop(0), 'crops/unusable');
  putLinks('crops', 'default', 'sample1.jpg_0.png');
  for (let i = 0; i < 240; i++) put(`${i % 7}/${i}.png`, crop(i), 'many');
  put('3/damaged.png', 'damaged', 'many');
}

function makeLists(): void {
  const photographs = ['photographs/party.jpg', 'photographs/bob/5.jpeg', 'photographs/ann/1.jpg'];
  const more = ['photographs/missing.jpg', 'photographs/unusable/cut.jpg', 'photographs/ann'];
  const list = [photographs[0], '', ...photographs.slice(1), '', ...more, photographs[0], ''];
  put('photographs.txt', list.join('\n'), 'lists');
  put('photographs.crlf.txt', list.join('\r\n'), 'lists');
  put('below.txt', 'ann/2.jpg\nparty.jpg\n', 'lists');
  put('outside.txt', 'ann/2.jpg\n../outside/there.jpg\n', 'lists');
  put('blank.txt', '\n\n \n', 'lists');
  const names = ODD_NAMES.map((name) => Buffer.from(name));
  const withNul = (folder: string) =>
    Buffer.concat(names.flatMap((name) => [Buffer.from(folder), name, Buffer.from([0])]));
  put('photographs.nul', withNul('photographs/odd names/'), 'lists');
  put('crops.nul', withNul('crops/odd names/'), 'lists');
  const crops = readdirSync('crops/upstream').sort().reverse();
  put('crops.txt', crops.map((name) => `crops/upstream/${name}\n\n`).join(''), 'lists');
}

/** Labels of the crops, of no meaning: a class and two groups in turn. */
function makeLabels(): void {
  const names = readdirSync('crops/upstream').sort();
  const rows = names.map(
    (name, i) => `crops/upstream/${name},${i % 2 ? 'x' : 'y'},${CLASSES[i % 4]},${20 + (i % 3)}`,
  );
  const header = 'file,group,label,age';
  const odd = ['nobody.jpg,x,Asian,20', rows[0], 'a.jpg,x,Klingon,1', ''];
  put('crops.csv', [header, ...rows, ...odd].join('\n'), 'labels');
  const differing = `crops/upstream/${names[0]},y,Asian,20`;
  put('differing.csv', [header, ...rows, differing, ''].join('\n'), 'labels');
  const photographs = ['party.jpg', 'ann/1.jpg', '2.jpg', '4.jpg', '5.jpeg', 'turned.jpg'];
  const named = photographs.map((name, i) => `${name},${CLASSES[i % 4]}`);
  put('names.csv', ['name,race', ...named, ''].join('\r\n'), 'labels');
  put('one-column.csv', 'name\na\n', 'labels');
  put('other.csv', 'name,label\nelsewhere.jpg,Asian\n', 'labels');
  put('quote.csv', 'name,label\n"a,Asian\n', 'labels');
}

/** Predictions for 40 identities of 1 to 29 images, more and more of them of one class. */
function makePredictions(): void {
  const lines: string[] = [];
  for (let identity = 0; identity < 40; identity++) {
    const images = 1 + ((identity * 7) % 29);
    for (let i = 0; i < images; i++) {
      const isMain = (i * 13 + identity) % 40 < identity + 5;
      const label = CLASSES[(identity + (isMain ? 0 : 1 + (i % 3))) % 4];
      const face = i % 9 === 8 ? 1 : 0;
      lines.push(`faces/${String(identity).padStart(2, '0')}/${i - face}.jpg_${face}.jpg ${label}`);
    }
  }
  lines.sort();
  put('identities.txt', `${[...lines, lines[0]].join('\n')}\n`, 'predictions');
  put('sorted.txt', `${lines.join('\n')}\n`, 'predictions');
  put('damaged.txt', 'faces/a/1.jpg Asian\nfaces/a/2.jpg Klingon\n', 'predictions');
  put('damaged.csv', 'path,label\nfaces/a/1.jpg,Asian\n"faces', 'predictions');
  put('damaged.jsonl', '{"path":"a/1.jpg","label":"Asian"}\n{"path":', 'predictions');
  put('empty.txt', '', 'predictions');
}
