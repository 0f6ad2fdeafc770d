// Metrics in JSON lines, tables and trainer_state.json: every way to write NaN, hidden NaN, start values, and broken files.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { textSource } from '../../../src/dump/byte-source';
import { dumpToJson } from '../../../src/dump/json';
import { MetricStory } from '../../../src/dump/metric-story';
import type { ByteSource, ReadResult } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';
import { processorTime } from '../../harness/processor-time';

const never = new AbortController().signal;
const open = (text: string): Promise<ReadResult> => openDump(textSource('x', text), never);

function firstOf({ dump }: ReadResult) {
  const [first] = dump.anomalies;
  return first && [first.kind, first.value, first.metric, first.step, first.epoch];
}

describe('JSON lines', () => {
  test('write NaN bare, in quotes, in any case', async () => {
    for (const [written, value] of [
      ['NaN', 'nan'],
      ['"nan"', 'nan'],
      ['"NaN"', 'nan'],
      ['Infinity', 'inf'],
      ['-Infinity', '-inf'],
      ['"-inf"', '-inf'],
    ] as const) {
      const result = await open(`{"step": 1, "loss": 0.5}\n{"step": 2, "loss": ${written}}\n`);
      assert.deepEqual([result.dump.format, result.dump.anomalies[0]?.value], ['metrics-jsonl', value]);
      assert.deepEqual(result.dump.anomalies[0]?.span, { firstLine: 2, lastLine: 2 });
    }
  });

  test('count steps in many ways, a trainer before its logger', async () => {
    for (const place of [
      '"_step": 9',
      '"global_step": 9',
      '"_step": 3, "trainer/global_step": 9',
      '"iter": 9',
      '"Step": 9',
    ]) {
      const result = await open(`{${place}, "train": {"loss": NaN}, "_timestamp": NaN, "time": NaN}\n`);
      assert.deepEqual(firstOf(result), ['loss-nan', 'nan', 'train/loss', 9, null]);
      assert.equal(result.dump.anomalies.length, 1);
    }
    assert.deepEqual(firstOf(await open('{"epoch": 1.5, "loss": NaN}\n')), ['loss-nan', 'nan', 'loss', null, 1.5]);
  });

  test('count batches within epochs', async () => {
    for (const text of ['{"epoch": 2, "batch": 7, "loss": NaN}\n', 'epoch,batch,loss\n2,6,1\n2,7,nan\n']) {
      const [first] = (await open(text)).dump.anomalies;
      assert.deepEqual([first?.step, first?.batch, first?.epoch], [null, 7, 2]);
    }
  });

  test('of several ranks keep them apart', async () => {
    const { dump } = await open('{"rank": 0, "step": 1, "loss": 1}\n{"rank": 3, "step": 1, "loss": NaN}\n');
    assert.equal(dump.anomalies[0]?.rank, 3);
    assert.deepEqual(
      dump.series.map(({ name }) => name),
      ['loss [rank 0]', 'loss [rank 3]'],
    );
  });

  test('hide a NaN behind a loss of exactly 0', async () => {
    const hidden = await open(
      '{"step": 1, "loss": 2.0, "grad_norm": 1.0}\n{"step": 2, "loss": 1.9, "grad_norm": NaN}\n{"step": 3, "loss": 0.0, "grad_norm": NaN}\n',
    );
    assert.deepEqual(firstOf(hidden), ['loss-nan', 'nan', 'loss', 2, null]);
    assert.equal(hidden.dump.anomalies[0]?.param, 'grad_norm');
    assert.equal(hidden.dump.verdict.confidence, 'likely');
    const recovered = await open(
      '{"step": 1, "loss": 2, "grad_norm": NaN}\n{"step": 2, "loss": 1.9, "grad_norm": 3}\n{"step": 3, "loss": 0, "grad_norm": 0}\n',
    );
    assert.deepEqual(firstOf(recovered), ['grad-nonfinite', 'nan', 'grad_norm', 1, null]);
  });

  test('blame no metric that never was finite for what comes later', async () => {
    const { dump } = await open('{"step": 1, "loss": 2, "f1": NaN}\n{"step": 2, "loss": NaN, "f1": NaN}\n');
    assert.deepEqual(
      dump.anomalies.map(({ metric, role }) => [metric, role]),
      [
        ['loss', 'first'],
        ['f1', 'consequence'],
      ],
    );
    assert.deepEqual((await open('{"step": 1, "loss": 2, "best_loss": Infinity}\n')).dump.anomalies, []);
  });

  test('that are no metrics stay logs', async () => {
    for (const text of [
      '{"log":"step 1 loss nan\\n","stream":"stderr","time":"2026-11-22T15:36:43Z"}\n'.repeat(3),
      '{"level": "info", "msg": "started", "step": 1, "port": 80}\n'.repeat(3),
      '{"name": "x", "price": NaN}\n'.repeat(3),
      '[1, 2]\n[3, NaN]\n',
    ]) {
      assert.notEqual((await open(text)).dump.format, 'metrics-jsonl', text);
    }
  });

  test('that are broken or hostile are told in words', async () => {
    const cut = await open('{"step": 1, "loss": 2}\n{"step": 2, "lo');
    assert.deepEqual(cut.problems, [{ message: 'The last line breaks off.', line: 2 }]);
    const deep = await open(
      `{"step": 1, "loss": 2}\n{"loss": 1, "a": ${'['.repeat(60_000)}\n{"step": 2, "loss": NaN}\n`,
    );
    assert.equal(deep.dump.anomalies[0]?.step, 2);
    assert.match(deep.problems[0]?.message ?? '', /no JSON/);
    const keys = await open('{"step": 1, "__proto__": {"loss": NaN}, "constructor": NaN, "a\ud800": 1, "loss": NaN}\n');
    assert.equal(keys.dump.anomalies.length, 3);
    assert.equal(Reflect.get({}, 'loss'), undefined);
    JSON.stringify(dumpToJson(keys));
    const long = await open(`{"step": 1, "loss": 2}\n{"step": 2, "loss": NaN, "x": "${'y'.repeat(70_000)}"}\n`);
    assert.match(long.problems.map(({ message }) => message).join(' '), /longer than 65,536 characters/);
  });

  test('by the hundred thousand are read in bounded memory', async () => {
    const lines = 200_000;
    const encoder = new TextEncoder();
    const source: ByteSource = {
      name: 'x',
      read: async () => encoder.encode('{"step": 0, "loss": 1}\n'),
      async *stream() {
        for (let from = 0; from < lines; from += 1000) {
          let text = '';
          for (let i = from; i < from + 1000; i++) text += `{"step": ${i}, "loss": ${i === 123_456 ? 'NaN' : '0.5'}}\n`;
          yield encoder.encode(text);
        }
      },
    };
    const { dump } = await openDump(source, never);
    assert.equal(dump.anomalies[0]?.step, 123_456);
    assert.deepEqual(dumpToJson({ dump, problems: [] }).series, [
      { name: 'loss', points: lines, firstNonFinite: 123_456 },
    ]);
    assert.ok((dump.series[0]?.values.length ?? 0) < 10_000);
  });
});

describe('a JSON list', () => {
  test('of records keeps the lines of each', async () => {
    const result = await open('[\n {"step": 1, "loss": 2},\n {\n  "step": 2,\n  "loss": NaN\n }\n]\n');
    assert.deepEqual([result.dump.format, firstOf(result)], ['metrics-json', ['loss-nan', 'nan', 'loss', 2, null]]);
    assert.deepEqual(result.dump.anomalies[0]?.span, { firstLine: 3, lastLine: 6 });
    const cut = await open('[{"step": 1, "loss": NaN}, {"step": 2, "lo');
    assert.deepEqual(
      [firstOf(cut)?.[3], cut.problems],
      [1, [{ message: 'The list of records breaks off here.', line: 1 }]],
    );
    assert.notEqual((await open('[{"name": "x", "price": NaN}]')).dump.format, 'metrics-json');
  });
});

describe('tables', () => {
  test('have empty cells, quotes and other separators', async () => {
    for (const text of [
      'epoch,step,train_loss,val_loss\n0,4,2.5,\n0,4,,2.25\n1,9,nan,\n',
      '"Step","epoch","train_loss"\n"4","0","2.5"\n"9","1","NaN"\n',
      'step;epoch;train_loss\r\n4;0;2.5\r\n9;1;nan\r\n',
      ',step,epoch,train_loss\n0,4,0,2.5\n1,9,1,nan\n',
    ]) {
      const result = await open(text);
      assert.equal(result.dump.format, 'metrics-csv', text);
      assert.deepEqual(firstOf(result), ['loss-nan', 'nan', 'train_loss', 9, 1]);
    }
  });

  test('that hold data or words are none of metrics', async () => {
    for (const text of [
      'age,income\n3,nan\n',
      'name,loss\nx,y\n',
      'a sentence, with commas, and loss\nnan, nan, nan\n',
      'step,loss\n',
    ]) {
      assert.notEqual((await open(text)).dump.format, 'metrics-csv', text);
    }
  });

  test('that are hostile are read in time', async () => {
    const wide = Array.from({ length: 5000 }, (_, i) => `loss_${i}`).join(',');
    for (const text of [
      `step,loss\n1,2\n2,"${'""'.repeat(30_000)}\n`,
      `step,${wide}\n1,${wide}\n`,
      `step,loss\n1,2\n${','.repeat(60_000)}\n`,
      'step,__proto__\n1,nan\n2,nan\n',
    ]) {
      const elapsed = processorTime();
      const result = await open(text);
      JSON.stringify(dumpToJson(result));
      assert.ok(elapsed() < 1500);
    }
  });

  test('say which rows are broken, and read no step from them', async () => {
    const { dump, problems } = await open('loss,epoch,step\n1,0,1\n2,0\nnan,1');
    assert.deepEqual(dump.anomalies, []);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [3, null],
    );
  });
});

describe('trainer_state.json', () => {
  const text = readFileSync('test/dumps/trainer-state/hides/input.json', 'utf8');

  test('is read at every length, and invents no step', async () => {
    const whole = await open(text);
    const steps = new Set(whole.dump.anomalies.map(({ step }) => step));
    for (let length = 0; length < text.length; length += 5) {
      const { dump } = await open(text.slice(0, length));
      for (const { step } of dump.anomalies) assert.ok(steps.has(step), `${step} at ${length}`);
    }
  });

  test('with a hostile history is told in words', async () => {
    for (const history of [
      '['.repeat(1_000_000),
      '{"step": 1, "loss": 1e9999}',
      '"\ud800"',
      '{"__proto__": {"loss": NaN}}]',
    ]) {
      const { dump, problems } = await open(`{"best_metric": null, "log_history": [${history}`);
      assert.equal(dump.format, 'trainer-state');
      JSON.stringify(dumpToJson({ dump, problems }));
    }
  });
});

describe('a story', () => {
  test('that holds nothing says so', () => {
    const { verdict, anomalies } = new MetricStory().finish();
    assert.deepEqual([verdict.confidence, anomalies], ['unknown', []]);
  });
});
