// The fields of one protobuf message, in the order of the file. What is not asked for is passed over; a field of an unexpected type is an error.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

const utf8 = new TextDecoder('utf-8');
const decodeUtf8 = (bytes: Uint8Array): string => utf8.decode(bytes);

/**
 * `while (fields.next()) switch (fields.number) { case 1: name = fields.string(); … }`
 * Every method @throws Error where the bytes are no message. No length in them is trusted: nothing is allocated for one.
 */
export class MessageFields {
  number = 0;
  private readonly reader: BinaryReader;
  private readonly end: number;
  private type: WireType = WireType.Varint;
  private isPending = false;
  /** Where a message that was handed out ends: it shares the reader. */
  private innerEnd = 0;

  constructor(bytes: Uint8Array);
  constructor(outer: BinaryReader, end: number);
  constructor(source: Uint8Array | BinaryReader, end?: number) {
    this.reader = source instanceof BinaryReader ? source : new BinaryReader(source, decodeUtf8);
    this.end = end ?? this.reader.len;
  }

  /** Goes to the next field; a message that was taken from this one is read no further. @returns false at the end. */
  next(): boolean {
    const { reader } = this;
    if (this.innerEnd > 0) reader.pos = this.innerEnd;
    this.innerEnd = 0;
    if (this.isPending) reader.skip(this.type, this.number);
    if (reader.pos > this.end) throw new RangeError('a field goes beyond its message');
    this.isPending = reader.pos < this.end;
    if (this.isPending) [this.number, this.type] = reader.tag();
    return this.isPending;
  }

  double(): number {
    return this.value(WireType.Bit64).double();
  }

  float(): number {
    return this.value(WireType.Bit32).float();
  }

  int32(): number {
    return this.value(WireType.Varint).int32();
  }

  /** Steps, counts and ids: exact up to 2^53. */
  int64(): number {
    return Number(this.value(WireType.Varint).int64());
  }

  string(): string {
    return this.value(WireType.LengthDelimited).string();
  }

  /** A part of the message's own bytes, not a copy. */
  bytes(): Uint8Array {
    return this.value(WireType.LengthDelimited).bytes();
  }

  /** To be read before this one goes on. */
  message(): MessageFields {
    const reader = this.value(WireType.LengthDelimited);
    const length = reader.uint32();
    this.innerEnd = reader.pos + length;
    if (this.innerEnd > this.end) throw new RangeError('a message goes beyond the one it is in');
    return new MessageFields(reader, this.innerEnd);
  }

  /** The field's numbers, of which a file may write each on its own or all packed into one; at most `limit` are kept. */
  numbers(kind: 'double' | 'float' | 'int32' | 'int64', into: number[], limit: number): void {
    if (this.type !== WireType.LengthDelimited) {
      const one = this[kind]();
      if (into.length < limit) into.push(one);
      return;
    }
    const packed = new BinaryReader(this.bytes(), decodeUtf8);
    while (packed.pos < packed.len && into.length < limit) into.push(Number(packed[kind]()));
  }

  private value(expected: WireType): BinaryReader {
    if (!this.isPending || this.type !== expected) throw new RangeError(`field ${this.number} has an unexpected type`);
    this.isPending = false;
    return this.reader;
  }
}
