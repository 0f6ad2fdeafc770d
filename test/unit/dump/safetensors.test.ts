// Files of tensors: what the safetensors library writes is read to the element, and what lies about itself is told in words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesSource } from '../../../src/dump/byte-source';
import { labelCounts } from '../../../src/dump/label-counts';
import type { ByteSource } from '../../../src/dump/model';
import { type MatrixRegion, matrixSize, type NanMap, nanMap } from '../../../src/dump/nan-map';
import { readTensorDirectory, type TensorEntry } from '../../../src/dump/safetensors';

/**
 * Written by safetensors 0.8 of torch 2.13: [[1, NaN, Inf, -Inf], [65504, -0.5, 0, NaN]] in each floating-point type,
 * `arange(3)`, `True`, and a tensor without elements.
 */
const written = [
  'eAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJvcGVyYXRpb24iOiJhdGVuOjpsb2cifSwiaW50NjQiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6Wz',
  'NdLCJkYXRhX29mZnNldHMiOlswLDI0XX0sImZsb2F0NjQiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzIsNF0sImRhdGFfb2Zmc2V0cyI6WzI0',
  'LDg4XX0sImVtcHR5Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDRdLCJkYXRhX29mZnNldHMiOls4OCw4OF19LCJmbG9hdDMyIjp7ImR0eX',
  'BlIjoiRjMyIiwic2hhcGUiOlsyLDRdLCJkYXRhX29mZnNldHMiOls4OCwxMjBdfSwiYmZsb2F0MTYiOnsiZHR5cGUiOiJCRjE2Iiwic2hhcGUi',
  'OlsyLDRdLCJkYXRhX29mZnNldHMiOlsxMjAsMTM2XX0sImZsb2F0MTYiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzIsNF0sImRhdGFfb2Zmc2',
  'V0cyI6WzEzNiwxNTJdfSwiZmxvYXQ4X2U0bTNmbiI6eyJkdHlwZSI6IkY4X0U0TTMiLCJzaGFwZSI6WzIsNF0sImRhdGFfb2Zmc2V0cyI6WzE1',
  'MiwxNjBdfSwiZmxvYXQ4X2U1bTIiOnsiZHR5cGUiOiJGOF9FNU0yIiwic2hhcGUiOlsyLDRdLCJkYXRhX29mZnNldHMiOlsxNjAsMTY4XX0sIm',
  'Jvb2wiOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOlsxNjgsMTY5XX19ICAgIAAAAAAAAAAAAQAAAAAAAAACAAAA',
  'AAAAAAAAAAAAAPA/AAAAAAAA+H8AAAAAAADwfwAAAAAAAPD/AAAAAAD870AAAAAAAADgvwAAAAAAAAAAAAAAAAAA+H8AAIA/AADAfwAAgH8AAI',
  'D/AOB/RwAAAL8AAAAAAADAf4A///+Af4D/gEcAvwAA//8APAB+AHwA/P97ALgAAAB+OH9+/n6wAH88f3z8fLgAfwE=',
].join('');

const signal = new AbortController().signal;
const source = (bytes: Uint8Array): ByteSource => bytesSource('x.safetensors', bytes);

function file(header: unknown, body: Uint8Array = new Uint8Array(), claimed?: bigint): Uint8Array {
  const directory = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + directory.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(directory.length), true);
  bytes.set(directory, 8);
  bytes.set(body, 8 + directory.length);
  return bytes;
}

async function mapOf(
  bytes: Uint8Array,
  name: string,
  region: MatrixRegion | null = null,
  grid = { rows: 100, columns: 100 },
): Promise<NanMap | null> {
  const { tensors } = await readTensorDirectory(source(bytes));
  const entry = tensors.find((one) => one.name === name);
  assert.ok(entry, name);
  return nanMap(source(bytes), entry, region, grid, signal);
}

const rowsOf = ({ cells, gridColumns }: NanMap): string[] =>
  (
    Array.from(cells)
      .join('')
      .match(new RegExp(`.{${gridColumns}}`, 'g')) ?? []
  ).slice();

test('each floating-point type that the library writes is read to the element', async () => {
  const bytes = new Uint8Array(Buffer.from(written, 'base64'));
  const { tensors, metadata, problems } = await readTensorDirectory(source(bytes));
  assert.deepEqual(problems, []);
  assert.equal(metadata.get('operation'), 'aten::log');
  assert.equal(tensors.length, 9);
  for (const name of ['float16', 'bfloat16', 'float32', 'float64']) {
    assert.deepEqual(rowsOf((await mapOf(bytes, name)) as NanMap), ['0124', '0001'], name);
  }
  // 65504 is an infinity there, and this other type has none.
  assert.deepEqual(rowsOf((await mapOf(bytes, 'float8_e5m2')) as NanMap), ['0124', '2001']);
  assert.deepEqual(rowsOf((await mapOf(bytes, 'float8_e4m3fn')) as NanMap), ['0100', '0001']);
  for (const name of ['int64', 'bool', 'empty']) assert.equal(await mapOf(bytes, name), null, name);
});

test('a double whose upper half looks like an infinity is NaN where its lower half is not zero', async () => {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(4, 0x7ff0_0000, true);
  view.setUint32(0, 1, true);
  view.setUint32(12, 0xfff0_0000, true);
  const bytes = file({ x: { dtype: 'F64', shape: [2], data_offsets: [0, 16] } }, body);
  assert.deepEqual(rowsOf((await mapOf(bytes, 'x')) as NanMap), ['14']);
});

test('no element that is not finite is lost in a coarse grid, nor counted twice', async () => {
  const values = new Float32Array(700 * 331);
  let seed = 7;
  const next = (limit: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  const kinds = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const wanted = [0, 0, 0];
  for (let i = 0; i < 500; i++) {
    const at = next(values.length);
    if (values[at] !== 0) continue;
    const kind = next(3);
    values[at] = kinds[kind] ?? 0;
    wanted[kind] = (wanted[kind] ?? 0) + 1;
  }
  const bytes = file(
    { x: { dtype: 'F32', shape: [7, 100, 331], data_offsets: [0, values.byteLength] } },
    new Uint8Array(values.buffer),
  );
  const map = (await mapOf(bytes, 'x', null, { rows: 16, columns: 24 })) as NanMap;
  assert.deepEqual(map.size, { rows: 700, columns: 331 });
  for (const counts of [map.rowCounts, map.columnCounts]) {
    const found = [0, 1, 2].map((kind) => counts.filter((_, i) => i % 3 === kind).reduce((a, b) => a + b, 0));
    assert.deepEqual(found, wanted);
  }
  values.forEach((value, i) => {
    if (Number.isFinite(value)) return;
    const cell = Math.floor((Math.floor(i / 331) * 16) / 700) * 24 + Math.floor(((i % 331) * 24) / 331);
    const bit = Number.isNaN(value) ? 1 : value > 0 ? 2 : 4;
    assert.ok(((map.cells[cell] ?? 0) & bit) !== 0, `element ${i} is lost`);
  });
});

test('a region reads no more than its own rows, and what lies outside of the tensor is cut away', async () => {
  const values = new Float32Array(1000 * 10).fill(1);
  values[999 * 10 + 9] = Number.NaN;
  values[5] = Number.NaN;
  const bytes = file(
    { x: { dtype: 'F32', shape: [1000, 10], data_offsets: [0, values.byteLength] } },
    new Uint8Array(values.buffer),
  );
  let read = 0;
  const counted: ByteSource = {
    ...source(bytes),
    read: async (from, to) => {
      read += to - from;
      return bytes.subarray(from, to);
    },
  };
  const [entry] = (await readTensorDirectory(counted)).tensors as [TensorEntry];
  read = 0;
  const region = { firstRow: 998, rows: 50, firstColumn: 8, columns: 50 };
  const map = (await nanMap(counted, entry, region, { rows: 9, columns: 9 }, signal)) as NanMap;
  assert.deepEqual(rowsOf(map), ['00', '01']);
  assert.equal(read, 2 * 10 * 4);
});

test('of a tensor that is too large its first rows are read, and a row at least', async () => {
  const values = new Float32Array(100 * 10);
  values[35] = Number.NaN;
  const bytes = file(
    { x: { dtype: 'F32', shape: [100, 10], data_offsets: [0, values.byteLength] } },
    new Uint8Array(values.buffer),
  );
  const [entry] = (await readTensorDirectory(source(bytes))).tensors as [TensorEntry];
  const rows = async (mostBytes: number) =>
    (await nanMap(source(bytes), entry, null, { rows: 99, columns: 99 }, signal, mostBytes))?.region.rows;
  assert.deepEqual([await rows(4000), await rows(399), await rows(1)], [100, 9, 1]);
});

test('a scalar is a matrix of one element, a vector one row', () => {
  assert.deepEqual(matrixSize([]), { rows: 1, columns: 1 });
  assert.deepEqual(matrixSize([5]), { rows: 1, columns: 5 });
  assert.deepEqual(matrixSize([2, 3, 4]), { rows: 6, columns: 4 });
});

test('a file that lies about itself is told in words and read no further', async () => {
  const tensor = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['too short', new Uint8Array(5), /too short/],
    ['a directory of 1e18 bytes', file({}, undefined, 10n ** 18n), /claims a directory/],
    ['a directory longer than the file', file({}, undefined, 4000n), /claims a directory of 4000 bytes/],
    ['no JSON', file('{"x": '), /no JSON/],
    ['a list', file('[]'), /no JSON object/],
    ['nothing but brackets', file('['.repeat(1_000_000)), /no JSON/],
    ['beyond the end', file({ x: { ...tensor, shape: [1e9], data_offsets: [0, 4e9] } }), /beyond the end/],
    ['backwards', file({ x: { ...tensor, data_offsets: [8, 0] } }, new Uint8Array(8)), /ends before it begins/],
    ['wrong size', file({ x: { ...tensor, shape: [3] } }, new Uint8Array(8)), /has 8 bytes where .* need 12/],
    ['negative shape', file({ x: { ...tensor, shape: [-2] } }, new Uint8Array(8)), /has no shape/],
    ['endless shape', file({ x: { ...tensor, shape: [2 ** 50, 2 ** 50] } }, new Uint8Array(8)), /has 8 bytes where/],
    ['not described', file({ x: null }), /is not described/],
    ['no type', file({ x: { ...tensor, dtype: 7 } }, new Uint8Array(8)), /has no type/],
  ];
  for (const [name, bytes, problem] of cases) {
    const { tensors, problems } = await readTensorDirectory(source(bytes));
    assert.deepEqual(tensors, [], name);
    assert.match(problems.join(), problem, name);
  }
});

test('a type that is not known is listed and cannot be mapped; names are only names', async () => {
  const bytes = file(
    `{"__proto__": {"dtype":"F4","shape":[4],"data_offsets":[0,2]}, "constructor": {"dtype":"toString","shape":[1],"data_offsets":[0,2]}}`,
    new Uint8Array(2),
  );
  const { tensors, problems } = await readTensorDirectory(source(bytes));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    tensors.map(({ name, type }) => [name, type]),
    [
      ['__proto__', null],
      ['constructor', null],
    ],
  );
  assert.equal(await mapOf(bytes, '__proto__'), null);
});

test('reading ends when it is told to, and a file that became shorter is said to be so', async () => {
  const values = new Float32Array(1000);
  const bytes = file({ x: { dtype: 'F32', shape: [1000], data_offsets: [0, 4000] } }, new Uint8Array(values.buffer));
  const [entry] = (await readTensorDirectory(source(bytes))).tensors as [TensorEntry];
  const grid = { rows: 1, columns: 1 };
  await assert.rejects(nanMap(source(bytes), entry, null, grid, AbortSignal.abort(new Error('enough'))), /enough/);
  await assert.rejects(nanMap(source(bytes.subarray(0, 500)), entry, null, grid, signal), /became shorter/);
});

test('labels are counted in vectors of whole numbers alone', async () => {
  const labels = BigInt64Array.of(3n, -100n, 3n, 0n, 3n);
  const bytes = file(
    {
      labels: { dtype: 'I64', shape: [5], data_offsets: [0, 40] },
      matrix: { dtype: 'I64', shape: [5, 1], data_offsets: [0, 40] },
      numbers: { dtype: 'F64', shape: [5], data_offsets: [0, 40] },
      bytes: { dtype: 'U8', shape: [3], data_offsets: [0, 3] },
    },
    new Uint8Array(labels.buffer),
  );
  const { tensors } = await readTensorDirectory(source(bytes));
  const counts = await Promise.all(tensors.map((entry) => labelCounts(source(bytes), entry)));
  assert.deepEqual(counts, [
    [
      { label: -100, count: 1 },
      { label: 0, count: 1 },
      { label: 3, count: 3 },
    ],
    null,
    null,
    [
      { label: 0, count: 2 },
      { label: 3, count: 1 },
    ],
  ]);
});
