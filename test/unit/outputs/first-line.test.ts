/** What tells the formats of predictions apart: the first line. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openPredictions } from '../../../src/outputs/read-predictions.js';
import { temporaryFolder } from '../../support/cli.js';

const scratch = temporaryFolder();
let made = 0;

async function read(content: string): Promise<(readonly [string, string, number])[]> {
  const name = path.join(scratch, `file${++made}`);
  writeFileSync(name, content);
  const rows: (readonly [string, string, number])[] = [];
  for await (const batch of (await openPredictions(name)).batches) {
    rows.push(...batch.map(({ path, label, line }) => [String(path), label, line] as const));
  }
  return rows;
}

test('line ends of CR alone are refused with the remedy', async () => {
  for (const content of [
    'path,label\ra/1.jpg,Asian\ra/2.jpg,Indian\r',
    'path,label\ra/1.jpg,Asian\ra/2.jpg,Indian\n',
    '"path","label"\r"a/1.jpg","Asian"\r',
    `path,label\r${'a/1.jpg,Asian\r'.repeat(200_000)}`,
    'path,label\r',
    '{"path":"a","label":"Asian"}\r{"path":"b","label":"Asian"}\r',
    'a/1.jpg Asian\ra/2.jpg Indian\r',
    '\ra/1.jpg Asian\r',
  ]) {
    await assert.rejects(
      read(content),
      /^UserError: .*file\d+: its lines end with CR alone; save it with LF or CR LF as line ends$/,
      content.slice(0, 60),
    );
  }
});

test('a CR within quotes of the header, or in a later path, ends no line', async () => {
  const csv = 'path,label,"no\rte"\r\na,Asian,x\r\n"b\rc",Asian,y\r\n';
  assert.deepEqual(
    (await read(csv)).map(([path]) => path),
    ['a', 'b\rc'],
  );
  assert.deepEqual(await read('5" a.jpg Asian\r\nb\rc Asian\r\n'), [
    ['5" a.jpg', 'Asian', 1],
    ['b\rc', 'Asian', 2],
  ]);
});

test('empty lines before the first are passed over in every format, and counted', async () => {
  const many = '\n'.repeat(300_000);
  for (const [content, line] of [
    ['\n\r\nx Asian\n', 3],
    ['\ufeff\r\npath,label\r\nx,Asian\r\n', 3],
    ['\n{"path":"x","label":"Asian"}\n', 2],
    [`${many}path,label\nx,Asian\n`, 300_002],
  ] as const) {
    assert.deepEqual(await read(content), [['x', 'Asian', line]]);
  }
  assert.deepEqual(await read(many), []);
  await assert.rejects(read('\n\npath,label\n\nx,asian\n'), /line 5: expected a label/);
});

test('a first line that comes in pieces is read whole', async () => {
  const module = new URL('../../../src/outputs/read-predictions.js', import.meta.url).href;
  const code = `import { openPredictions } from ${JSON.stringify(module)};
    for await (const rows of (await openPredictions('-')).batches)
      for (const { path, line } of rows) console.log(path.toString(), line);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  const note = 'n'.repeat(100);
  const pieces = ['\n', '\n', `path,label,${note}`, `${note}\r`, '\nx,As', 'ian,\r\n'];
  for (const piece of pieces) {
    child.stdin.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  child.stdin.end();
  assert.equal(await text(child.stdout), 'x 4\n');
});

test('a header of another form is shown beside the one that is expected', async () => {
  for (const [content, told] of [
    ['path;label;confidence\nx;Asian;1\n', /received "path;label;confidence", with semicolons/],
    ['path\tlabel\nx\tAsian\n', /received "path\\tlabel", with tabs between/],
    ['Path,Label\nx,Asian\n', /received "Path,Label";/],
    ['label,path\nAsian,x\n', /received "label,path";/],
    ['id,path,label,confidence\n1,x,Asian,1\n', /received "id,path,label,confidence";/],
    ['"PATH" ; "Label"\r\nx;Asian\r\n', /received .*, with semicolons between/],
    ['path,confidence,label\nx,1,Asian\n', /received "path,confidence,label"/],
  ] as const) {
    await assert.rejects(read(content), (error: Error) => {
      assert.match(
        error.message,
        /file\d+, line 1: expected a header that begins with `path,label`, with commas between,/,
      );
      assert.match(error.message, told);
      assert.match(error.message, /; correct the header, or give a pred_ethnicities\.txt/);
      return true;
    });
  }
  await assert.rejects(read('\nPath,Label\n'), /line 2: expected a header/);
});

test('a line of a path and a label is no header, whatever is in it', async () => {
  assert.deepEqual(await read('my,path,label Asian\n'), [['my,path,label', 'Asian', 1]]);
  await assert.rejects(read('file,label\nx,Asian\n'), /expected `<path> <label>`/);
});
