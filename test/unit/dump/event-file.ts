// Builds TensorBoard event files for tests, record by record.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { maskedCrc32c } from '../../../src/dump/crc32c';

/** A record with its length and checksums. */
export function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return bytes;
}

/** The header of a record that says it is `length` bytes long, with the right checksum of that. */
export function headerOfLength(length: bigint): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, length, true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  return bytes;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const fileHead = record(
  new BinaryWriter().tag(1, WireType.Bit64).double(1).tag(3, WireType.LengthDelimited).string('brain.Event:2').finish(),
);

export function scalar(tag: string, step: number, value: number, time = 1_795_000_000 + step): Uint8Array {
  return event(step, time, (summary) => {
    summary.tag(1, WireType.LengthDelimited).string(tag).tag(2, WireType.Bit32).float(value);
  });
}

/** @param tensor the bytes of a TensorProto */
export function tensorValue(tag: string, step: number, tensor: Uint8Array): Uint8Array {
  return event(step, 1_795_000_000 + step, (summary) => {
    summary.tag(1, WireType.LengthDelimited).string(tag).tag(8, WireType.LengthDelimited).bytes(tensor);
  });
}

function event(step: number, time: number, writeValue: (value: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Bit64).double(time).tag(2, WireType.Varint).int64(step);
  writer.tag(5, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork();
  writeValue(writer);
  writer.join().join();
  return record(writer.finish());
}
