// TensorFlow's TensorProto: shape, type and numbers of one tensor, as far as these are floating point or whole.

import { MessageFields } from './protobuf';

export interface ProtoTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The first `limit` values. One alone stands for all of a larger shape. Empty where the type holds no numbers. */
  readonly values: readonly number[];
}

const maxRank = 254;

/** TensorFlow's DataType. */
const dtypeNames: ReadonlyMap<number, string> = new Map([
  [1, 'float32'],
  [2, 'float64'],
  [3, 'int32'],
  [4, 'uint8'],
  [5, 'int16'],
  [6, 'int8'],
  [7, 'string'],
  [8, 'complex64'],
  [9, 'int64'],
  [10, 'bool'],
  [14, 'bfloat16'],
  [17, 'uint16'],
  [18, 'complex128'],
  [19, 'float16'],
  [20, 'resource'],
  [21, 'variant'],
  [22, 'uint32'],
  [23, 'uint64'],
]);

export function dtypeName(number: number): string {
  return dtypeNames.get(number) ?? `type ${number}`;
}

/** @throws Error where the bytes are no TensorProto. */
export function readTensorProto(bytes: Uint8Array, limit: number): ProtoTensor {
  const fields = new MessageFields(bytes);
  let type = 0;
  let shape: number[] = [];
  let content: Uint8Array | null = null;
  const values: number[] = [];
  const halves: number[] = [];
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        type = fields.int32();
        break;
      case 2:
        shape = readShape(fields.message());
        break;
      case 4:
        content = fields.bytes();
        break;
      case 5:
        fields.numbers('float', values, limit);
        break;
      case 6:
        fields.numbers('double', values, limit);
        break;
      case 7:
        fields.numbers('int32', values, limit);
        break;
      case 10:
        fields.numbers('int64', values, limit);
        break;
      case 13:
        fields.numbers('int32', halves, limit);
        break;
    }
  }
  const dtype = dtypeName(type);
  const toNumber = dtype === 'bfloat16' ? bfloat16 : float16;
  for (const bits of halves) values.push(toNumber(bits & 0xffff));
  return {
    dtype,
    shape,
    values: content !== null && values.length === 0 ? fromContent(content, dtype, limit) : values,
  };
}

function readShape(fields: MessageFields): number[] {
  const shape: number[] = [];
  while (fields.next()) {
    if (fields.number !== 2 || shape.length >= maxRank) continue;
    const dimension = fields.message();
    let size = 0;
    while (dimension.next()) if (dimension.number === 1) size = dimension.int64();
    shape.push(size);
  }
  return shape;
}

/** `tensor_content`: the values as they lie in memory, little-endian. */
function fromContent(content: Uint8Array, dtype: string, limit: number): number[] {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const reader = contentReaders.get(dtype);
  if (reader === undefined) return [];
  const count = Math.min(limit, Math.floor(content.length / reader.size));
  return Array.from({ length: count }, (_, i) => reader.read(view, i * reader.size));
}

const contentReaders: ReadonlyMap<string, { size: number; read: (view: DataView, at: number) => number }> = new Map([
  ['float32', { size: 4, read: (view, at) => view.getFloat32(at, true) }],
  ['float64', { size: 8, read: (view, at) => view.getFloat64(at, true) }],
  ['float16', { size: 2, read: (view, at) => float16(view.getUint16(at, true)) }],
  ['bfloat16', { size: 2, read: (view, at) => bfloat16(view.getUint16(at, true)) }],
  ['int32', { size: 4, read: (view, at) => view.getInt32(at, true) }],
  ['int64', { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }],
]);

export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const scratch = new DataView(new ArrayBuffer(4));

export function bfloat16(bits: number): number {
  scratch.setUint16(0, bits);
  scratch.setUint16(2, 0);
  return scratch.getFloat32(0);
}
