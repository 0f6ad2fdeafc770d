// The table of operations: each row told by its worst tensor, the blamed row found, rows bounded and matched with a good run's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Anomaly, RecordedOperation, TensorStats } from '../../../src/dump/model';
import { mostRowsAtOnce, OperationRows } from '../../../src/extension/features/dump-viewer/operation-rows';

const unsaid: TensorStats = {
  name: null,
  shape: null,
  dtype: null,
  min: null,
  max: null,
  mean: null,
  absMin: null,
  absMax: null,
  nan: null,
  posInf: null,
  negInf: null,
};
const tensor = (over: Partial<TensorStats>): TensorStats => ({ ...unsaid, ...over });

function operation(name: string, over: Partial<RecordedOperation> = {}): RecordedOperation {
  return {
    name,
    phase: 'forward',
    module: null,
    source: null,
    inputs: [],
    outputs: [],
    parameters: [],
    nonFinite: false,
    ...over,
  };
}

function table(entries: readonly RecordedOperation[], cause?: Partial<Anomaly>): OperationRows {
  const anomalies = cause ? [{ kind: 'nan-forward', op: null, module: null, source: null, ...cause } as Anomaly] : [];
  return new OperationRows({ operations: { order: 'execution', entries, total: entries.length }, anomalies });
}

test('a side is told by the tensor that is not finite, else by the one nearest to the limit of its type', () => {
  const large = tensor({ dtype: 'float32', absMax: 1e6 });
  const near = tensor({ dtype: 'float16', absMax: 60_000, shape: [2, 3] });
  const broken = tensor({ dtype: 'float32', absMax: 1, nan: 2, posInf: 0, negInf: 1 });
  const [calm, loud] = table([
    operation('a', { outputs: [large, near] }),
    operation('b', { outputs: [near, broken, tensor({ nan: 3 })] }),
  ]).rows(0, 9);
  assert.deepEqual(calm?.outputs, {
    tensors: 2,
    shape: [2, 3],
    dtype: 'float16',
    absMax: 60_000,
    limit: 65_504,
    nonFinite: [],
  });
  assert.equal(loud?.outputs?.dtype, 'float32');
  assert.deepEqual(loud?.outputs?.nonFinite, [
    { kind: 'nan', count: 5 },
    { kind: '-inf', count: 1 },
  ]);
  assert.equal(calm?.inputs, null);
});

test('without counts the extremes say what is not finite; counts have the last word', () => {
  const kinds = (stats: Partial<TensorStats>) =>
    table([operation('a', { outputs: [tensor(stats)], nonFinite: null })])
      .rows(0, 1)[0]
      ?.outputs?.nonFinite.map(({ kind }) => kind);
  assert.deepEqual(kinds({ min: Number.NaN, max: Number.NaN }), ['nan']);
  assert.deepEqual(kinds({ min: Number.NEGATIVE_INFINITY, max: 3 }), ['-inf']);
  assert.deepEqual(kinds({ absMax: Number.POSITIVE_INFINITY }), ['inf']);
  assert.deepEqual(kinds({ min: Number.NEGATIVE_INFINITY, absMax: Number.POSITIVE_INFINITY }), ['-inf']);
  assert.deepEqual(kinds({ max: Number.POSITIVE_INFINITY, posInf: 0 }), []);
  assert.deepEqual(kinds({ min: -1, max: 2 }), []);
});

test('the magnitude comes from the extremes where the artefact names none', () => {
  const [row] = table([operation('a', { outputs: [tensor({ min: -7, max: 2 })] })]).rows(0, 1);
  assert.equal(row?.outputs?.absMax, 7);
  const [half] = table([operation('a', { outputs: [tensor({ min: Number.NEGATIVE_INFINITY, max: 3 })] })]).rows(0, 1);
  assert.equal(half?.outputs?.absMax, 3);
});

test('the first bad row is the one that is blamed, not an infinity made on purpose before it', () => {
  const at = (line: number) => ({ path: 'm.py', line, function: null });
  const entries = [
    operation('aten::masked_fill', { source: at(4), nonFinite: true }),
    operation('aten::log', { source: at(5) }),
    operation('aten::log', { source: at(5), nonFinite: true }),
    operation('aten::mul', { source: at(5), nonFinite: true }),
    operation('aten::div', { source: at(9), phase: 'backward', module: 'head', nonFinite: true }),
  ];
  const first = (cause?: Partial<Anomaly>) => table(entries, cause).firstBad;
  assert.equal(first(), 0);
  assert.equal(first({ op: 'aten::log', source: { ...at(5), text: null } }), 2);
  assert.equal(first({ op: 'DivBackward0', kind: 'nan-backward', source: { ...at(9), text: null } }), 4);
  assert.equal(first({ op: 'Linear', module: 'head' }), 4);
  assert.equal(first({ op: 'aten::exp', source: { ...at(77), text: null } }), 0);
  assert.equal(table([operation('a')]).firstBad, null);
});

test('bad rows are found in both directions', () => {
  const rows = table([0, 1, 2, 3, 4].map((i) => operation('a', { nonFinite: i % 2 === 1 })));
  assert.equal(rows.nextBad(1, false), 3);
  assert.equal(rows.nextBad(3, false), null);
  assert.equal(rows.nextBad(3, true), 1);
  assert.equal(rows.nextBad(1, true), null);
});

test('a table as long as a hostile file likes gives bounded answers', () => {
  const name = `aten::${'x'.repeat(100_000)}`;
  const one = operation(name, { outputs: Array.from({ length: 3000 }, () => tensor({ absMax: 1, name })) });
  const rows = table(Array.from({ length: 60_000 }, () => one));
  const answer = rows.rows(100, 1e9);
  assert.equal(answer.length, mostRowsAtOnce);
  assert.ok((answer[0]?.name.length ?? 0) <= 500);
  assert.equal(rows.details(5)?.outputs.length, 200);
  assert.equal(rows.details(5)?.tensorsLeftOut, 2800);
  assert.equal(rows.details(60_000), undefined);
  assert.deepEqual(rows.rows(59_999, 60_400).length, 1);
  const view = rows.view();
  assert.ok((view?.opening.length ?? 99) <= 80);
  assert.deepEqual(JSON.parse(JSON.stringify(view)), view);
});

test('an artefact without a table has none', () => {
  assert.equal(new OperationRows({ anomalies: [] }).view(), null);
  assert.equal(table([]).view(), null);
});

test('a row stands beside the like call of the good run: the same operation of the module, as often called before', () => {
  const out = (absMax: number) => ({ outputs: [tensor({ absMax })] });
  const bad = table([
    operation('relu', { module: 'a', ...out(1) }),
    operation('relu', { module: 'b', ...out(2) }),
    operation('relu', { module: 'a', ...out(3) }),
    operation('exp', { module: 'a', ...out(4) }),
  ]);
  const good = table([
    operation('relu', { module: 'b', ...out(20) }),
    operation('relu', { module: 'a', ...out(10) }),
    operation('log', { module: 'a', ...out(99) }),
    operation('relu', { module: 'a', ...out(30) }),
  ]);
  const comparison = bad.compareWith(good);
  assert.equal(comparison.matches.size, 3);
  assert.deepEqual(
    bad.rows(0, 4, comparison).map(({ goodAbsMax }) => goodAbsMax),
    [10, 20, 30, null],
  );
  assert.equal(bad.rows(0, 1)[0]?.goodAbsMax, null);
});
