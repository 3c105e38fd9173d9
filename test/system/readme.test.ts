/** The command lines of README.md and docs/*.md, run as they stand; and what these say of the package. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { packageFile } from '../../src/package.js';
import { facecls, temporaryFolder } from '../cli.js';
import { fixture } from '../fixture.js';
import { smallPhotographs } from '../small-photographs.js';

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(packageFile('docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

/** Blocks that are not run, by their first line. What needs a network or a GPU is marked as `console` there. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'npm ci && npm run demo': 'installs',
  'npm ci && npm test': 'installs, and would run this test',
  'npm ci             # installs and builds': 'installs',
};

/** Options of npm and node in the text. */
const OTHER_PROGRAMS = ['--onnxruntime_node_install', '--test'];

interface Block {
  readonly page: string;
  readonly text: string;
}

function blocks(language: string): Block[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return PAGES.flatMap((page) =>
    [...readFileSync(packageFile(page), 'utf8').matchAll(fence)].map(([, text]) => ({
      page,
      text,
    })),
  );
}

const folder = temporaryFolder();
const prepared = path.join(folder, 'prepared');
const FACES = 'align/crops/upstream';

before(async () => {
  await smallPhotographs(path.join(prepared, 'photographs'));
  for (const [crop, as] of [
    ['sample1.jpg_0.png', 'party.jpg_0.png'],
    ['sample2.jpg_0.png', 'ann/1.jpg_0.png'],
  ]) {
    cpSync(fixture(`${FACES}/${crop}`), path.join(prepared, 'faces', as));
  }
  writeFileSync(
    path.join(prepared, 'labels.csv'),
    'path,label,gender\nann/1.jpg,Caucasian,female\nparty.jpg,Indian,male\n',
  );
  cpSync(fixture('checkpoints/lightning.ckpt'), path.join(prepared, 'resnet18.ckpt'));
  const { code, stderr } = await facecls(
    'infer --input_dir faces --output_dir results --format csv'.split(' '),
    { cwd: prepared },
  );
  assert.equal(code, 0, stderr);
});

/** In a folder of its own, with the inputs and, unless the block makes them, the results that pages speak of. */
async function run({ text }: Block, place: string): Promise<void> {
  cpSync(prepared, place, { recursive: true, filter: (file) => path.basename(file) !== 'results' });
  if (!/--output_dir results\b/.test(text)) {
    cpSync(path.join(prepared, 'results'), path.join(place, 'results'), { recursive: true });
  }
  const program = `'${process.execPath}' '${packageFile('bin/facecls.js')}'`;
  const script = `set -euo pipefail\nfacecls() { ${program} "$@"; }\nnpx() { "$@"; }\n${text}`;
  const { code, output } = await new Promise<{ code: number | null; output: string }>(
    (resolve, reject) => {
      const child = spawn('bash', ['-c', script], {
        cwd: place,
        env: { ...process.env, HOME: place },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 180_000,
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          output += chunk;
        });
      }
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, output }));
    },
  );
  assert.equal(code, 0, `${text}${output}`);
}

/** Those that are to be run, each once. */
const shell = [...new Map(blocks('sh').map((block) => [block.text, block])).values()].filter(
  ({ text }) => !(text.split('\n', 1)[0] in NOT_RUN),
);

for (const [i, block] of shell.entries()) {
  const first = block.text.split('\n', 1)[0];
  test(`${block.page}: ${first}`, { skip: process.platform === 'win32' }, async () => {
    await run(block, path.join(folder, `block${i}`));
  });
}

test('there are blocks, and every exception is needed', () => {
  assert.ok(shell.length >= 12);
  const firstLines = blocks('sh').map(({ text }) => text.split('\n', 1)[0]);
  for (const line of Object.keys(NOT_RUN)) assert.ok(firstLines.includes(line), line);
});

test('options named in the text exist', async () => {
  // It names every option of every command.
  const { stdout } = await facecls(['completion', 'bash']);
  const known = new Set(stdout.match(/--[a-z]\w*/g));
  for (const other of OTHER_PROGRAMS) known.add(other);
  for (const page of PAGES) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [option] of text.matchAll(/(?<![\w-])--[a-z][\w-]*/g)) {
      assert.ok(known.has(option.replace(/(?!^)(?<!-)-/g, '_')), `${page}: ${option}`);
    }
  }
});

const { scripts, files } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));

test('npm scripts named in the text exist', () => {
  for (const page of [...PAGES, 'scripts/train/README.md', 'pretrained_models/MODEL_CARD.md']) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [, name] of text.matchAll(/npm\s+run\s+([a-z][\w:-]*)/g)) {
      assert.ok(name in scripts, `${page}: npm run ${name}`);
    }
  }
});

test('links lead to files, and those of the README are in the package', () => {
  for (const page of PAGES) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [, target] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      const file = path.posix.join(path.posix.dirname(page), target);
      assert.ok(existsSync(packageFile(file)), `${page}: ${target}`);
      const isShipped = [...files, 'README.md'].some(
        (shipped: string) => file === shipped || file.startsWith(`${shipped}/`),
      );
      assert.ok(isShipped || page !== 'README.md', `${page}: ${target} is not in the package`);
    }
  }
});

test('headings that links lead to exist', () => {
  for (const page of PAGES) {
    const text = readFileSync(packageFile(page), 'utf8');
    for (const [, target, heading] of text.matchAll(/\]\(([^)#]*)#([^)]+)\)/g)) {
      const file = target === '' ? page : path.posix.join(path.posix.dirname(page), target);
      const headings = [...readFileSync(packageFile(file), 'utf8').matchAll(/^#+ (.*)$/gm)].map(
        ([, words]) =>
          words
            .toLowerCase()
            .replace(/[^\w -]/g, '')
            .replaceAll(' ', '-'),
      );
      assert.ok(headings.includes(heading), `${page}: #${heading}`);
    }
  }
});
