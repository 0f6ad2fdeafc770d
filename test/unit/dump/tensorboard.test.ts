// Event files: records are checked, nothing in them is trusted, and no NaN is lost on the way.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { bytesSource } from '../../../src/dump/byte-source';
import { crc32c, maskedCrc32c } from '../../../src/dump/crc32c';
import { dumpToJson } from '../../../src/dump/json';
import type { ByteSource, ReadResult } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';
import { bfloat16, float16, readTensorProto } from '../../../src/dump/tensor-proto';
import { newRecordFacts, readRecords } from '../../../src/dump/tfrecord';
import { concat, fileHead, headerOfLength, record, scalar, tensorValue } from './event-file';
import { Random } from './random';

const never = new AbortController().signal;

function open(...parts: readonly Uint8Array[]): Promise<ReadResult> {
  return openDump(bytesSource('x', concat(parts)), never);
}

async function recordsOf(source: ByteSource) {
  const facts = newRecordFacts();
  const records: Uint8Array[] = [];
  for await (const batch of readRecords(source, facts, never)) records.push(...batch.map((one) => one.slice()));
  return { records, facts };
}

describe('the checksum', () => {
  test('is CRC-32C, masked', () => {
    // The check value of the CRC catalogue, and the empty text.
    assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
    assert.equal(maskedCrc32c(new Uint8Array()), 0xa282ead8);
  });
});

describe('records', () => {
  const data = [new Uint8Array(0), Uint8Array.of(1), new Uint8Array(5000).fill(7), Uint8Array.of(2, 3)];
  const file = concat(data.map(record));

  test('are the same however the stream is cut into pieces', async () => {
    const random = new Random(5);
    for (let round = 0; round < 30; round++) {
      const source: ByteSource = {
        name: 'x',
        read: async (from, to) => file.subarray(from, to),
        async *stream() {
          for (let at = 0; at < file.length; ) {
            const next = at + 1 + random.below(round < 5 ? 3 : 4000);
            yield file.subarray(at, next);
            at = next;
          }
        },
      };
      const { records, facts } = await recordsOf(source);
      assert.deepEqual(records, data);
      assert.deepEqual([facts.breaksOff, facts.problems], [false, []]);
    }
  });

  test('end quietly where the file is still being written', async () => {
    for (let length = 1; length < 60; length++) {
      const { records, facts } = await recordsOf(bytesSource('x', file.subarray(0, length)));
      assert.equal(records.length, [16, 33].filter((end) => length >= end).length);
      assert.equal(facts.breaksOff, length !== 16 && length !== 33);
      assert.deepEqual(facts.problems, []);
    }
  });

  test('with a wrong checksum are left out, and a wrong length ends the reading', async () => {
    const damaged = file.slice();
    damaged[28] = 9; // the data of the second record
    const left = await recordsOf(bytesSource('x', damaged));
    assert.deepEqual(left.records, [data[0], data[2], data[3]]);
    assert.match(left.facts.problems[0]?.message ?? '', /One record has a wrong checksum/);
    damaged[33] = 1; // the length of the third
    const lost = await recordsOf(bytesSource('x', damaged));
    assert.deepEqual(lost.records, [data[0]]);
    assert.match(lost.facts.problems[0]?.message ?? '', /damaged after 2 records/);
  });

  test('of a length that no memory has are passed over', async () => {
    for (const length of [1_000_000_000n, 1n << 62n]) {
      const before = process.memoryUsage().arrayBuffers;
      const { records, facts } = await recordsOf(
        bytesSource('x', concat([record(Uint8Array.of(1)), headerOfLength(length), new Uint8Array(1000)])),
      );
      assert.equal(records.length, 1);
      assert.match(facts.problems[0]?.message ?? '', /longer than 64 MB/);
      assert.ok(process.memoryUsage().arrayBuffers - before < 50_000_000);
    }
  });
});

describe('tensors', () => {
  const proto = (type: number, write: (writer: BinaryWriter) => void): Uint8Array => {
    const writer = new BinaryWriter().tag(1, WireType.Varint).int32(type);
    write(writer);
    return writer.finish();
  };

  test('keep NaN and infinity in every type', () => {
    const floats = proto(1, (w) => w.tag(5, WireType.LengthDelimited).fork().float(Number.NaN).float(-0.5).join());
    assert.deepEqual(readTensorProto(floats, 10), { dtype: 'float32', shape: [], values: [Number.NaN, -0.5] });
    const single = proto(1, (w) => w.tag(5, WireType.Bit32).float(Number.NEGATIVE_INFINITY));
    assert.deepEqual(readTensorProto(single, 10).values, [Number.NEGATIVE_INFINITY]);
    const doubles = new Uint8Array(new Float64Array([1e300, Number.POSITIVE_INFINITY]).buffer);
    const content = proto(2, (w) => w.tag(4, WireType.LengthDelimited).bytes(doubles));
    assert.deepEqual(readTensorProto(content, 10).values, [1e300, Number.POSITIVE_INFINITY]);
    assert.deepEqual(readTensorProto(content, 1).values, [1e300]);
    const halves = proto(19, (w) => w.tag(13, WireType.LengthDelimited).fork().int32(0x7bff).int32(0x7e00).join());
    assert.deepEqual(readTensorProto(halves, 10).values, [65504, Number.NaN]);
    const brain = proto(14, (w) => w.tag(13, WireType.Varint).int32(0xff80));
    assert.deepEqual(readTensorProto(brain, 10).values, [Number.NEGATIVE_INFINITY]);
  });

  test('of half precision are numbers to the bit', () => {
    const known: readonly (readonly [number, number])[] = [
      [0x3c00, 1],
      [0x0001, 2 ** -24],
      [0x0400, 2 ** -14],
      [0xc000, -2],
      [0x7c00, Number.POSITIVE_INFINITY],
    ];
    for (const [bits, value] of known) assert.equal(float16(bits), value);
    assert.equal(bfloat16(0x3fc0), 1.5);
    assert.ok(Number.isNaN(bfloat16(0x7fc1)));
  });
});

describe('an event file', () => {
  test('names the first bad value by step, the loss before the gradient', async () => {
    const { dump, problems } = await open(
      fileHead,
      scalar('grad', 0, 1),
      scalar('loss', 0, 2),
      scalar('grad', 1, Number.NaN),
      scalar('loss', 1, Number.NaN, 1_795_000_001.5),
      scalar('best_loss', 0, Number.POSITIVE_INFINITY),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      dump.anomalies.map(({ kind, metric, step, role }) => [kind, metric, step, role]),
      [
        ['loss-nan', 'loss', 1, 'first'],
        ['grad-nonfinite', 'grad', 1, 'consequence'],
      ],
    );
  });

  test('reads scalars that are tensors, and no others', async () => {
    const tensor = (type: number, size: number | null, value: number) => {
      const writer = new BinaryWriter().tag(1, WireType.Varint).int32(type);
      writer.tag(2, WireType.LengthDelimited).fork();
      if (size !== null) writer.tag(2, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int64(size).join();
      return writer.join().tag(5, WireType.Bit32).float(value).finish();
    };
    const { dump } = await open(
      fileHead,
      tensorValue('epoch_loss', 3, tensor(1, null, Number.POSITIVE_INFINITY)),
      tensorValue('weights', 3, tensor(1, 30, Number.NaN)),
    );
    assert.deepEqual(
      dump.anomalies.map(({ kind, value, metric }) => [kind, value, metric]),
      [['loss-inf', 'inf', 'epoch_loss']],
    );
    assert.equal(dump.framework, 'keras');
  });

  test('that is damaged, hostile or of another kind is told in words', async () => {
    const notProtobuf = await open(fileHead, record(new Uint8Array(20).fill(255)), scalar('loss', 1, 1));
    assert.match(notProtobuf.problems[0]?.message ?? '', /1 events could not be understood/);
    assert.equal(notProtobuf.dump.series.length, 1);
    const lengthBomb = new BinaryWriter().tag(5, WireType.LengthDelimited).uint32(1_000_000_000).finish();
    assert.match((await open(fileHead, record(lengthBomb))).problems[0]?.message ?? '', /1 events could not/);
    const named = await open(fileHead, scalar('__proto__', 1, Number.NaN), scalar('a\ud800', 2, Number.NaN));
    assert.equal(named.dump.anomalies.length, 2);
    JSON.stringify(dumpToJson(named));
    const many = Array.from({ length: 400 }, (_, i) => scalar(`loss_${i}`, i, i === 399 ? Number.NaN : 1));
    const { dump, problems } = await open(fileHead, ...many);
    assert.equal(dump.anomalies[0]?.metric, 'loss_399');
    assert.match(problems[0]?.message ?? '', /series of 144 more tags are not kept/);
  });

  test('is read at every length and with every byte changed', async () => {
    const bytes = new Uint8Array(readFileSync('test/dumps/tensorboard/keras/input.tfevents'));
    for (let length = 0; length < bytes.length; length += 3) {
      JSON.stringify(dumpToJson(await open(bytes.subarray(0, length))));
    }
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      JSON.stringify(dumpToJson(await open(changed)));
    }
  });
});
