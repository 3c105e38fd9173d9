import { bytes, zip } from '../../../support/bytes.js';
import { bomb, NO_RESNET, refused, worst } from '../../../support/worst-case.js';

worst('a zip bomb is not unpacked', async () => {
  const { file, sizeAt } = bomb(Buffer.alloc(2 ** 27));
  await refused(file, /damaged \(its pickle/);
  for (const [size, reason] of [
    [2 ** 27 + 1, /too large to unpack/],
    [2 ** 32 - 2, /too large to unpack/],
    [1000, /damaged zip/],
  ] as const) {
    file.writeUInt32LE(size, sizeAt);
    await refused(file, reason);
  }
});

worst('parts that overlap, two of one name, ones that lie in the directory', async () => {
  const entries = { 'a/data.pkl': bytes('N.'), 'b/data.pkl': bytes('}.') };
  const file = zip(entries);
  const second = file.lastIndexOf('PK\x01\x02');
  const overlapping = Buffer.from(file);
  overlapping.writeUInt32LE(0, second + 42);
  await refused(overlapping, NO_RESNET);
  const inDirectory = Buffer.from(file);
  inDirectory.writeUInt32LE(second, second + 42);
  inDirectory.writeUInt32LE(file.indexOf('PK\x01\x02'), file.indexOf('PK\x01\x02') + 42);
  await refused(inDirectory, /damaged zip/);
  // The last of two parts of one name counts, as for Python's zipfile.
  const twice = Buffer.from(file.toString('latin1').replaceAll('b/data', 'a/data'), 'latin1');
  await refused(twice, NO_RESNET);
  const wide = zip({ 'a/data.pkl': bytes('}.') }, { zip64: true });
  await refused(wide, NO_RESNET);
  wide.writeBigUInt64LE(2n ** 64n - 1n, wide.indexOf('PK\x06\x07') + 8);
  await refused(wide, /past its own end/);
});

worst('a directory of half a million parts', async () => {
  const header = zip({ a: Buffer.alloc(0) });
  const start = header.indexOf('PK\x01\x02');
  const entry = header.subarray(start, start + 47);
  const directory = Buffer.concat(Array(500_000).fill(entry));
  const end = Buffer.from(header.subarray(-22));
  end.writeUInt32LE(directory.length, 12);
  await refused(Buffer.concat([header.subarray(0, start), directory, end]), /far more parts/);
});
