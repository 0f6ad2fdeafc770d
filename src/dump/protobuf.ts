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
  private type: WireType = WireType.Varint;
  private isPending = false;

  constructor(bytes: Uint8Array) {
    this.reader = new BinaryReader(bytes, decodeUtf8);
  }

  /** Goes to the next field. @returns false at the end. */
  next(): boolean {
    if (this.isPending) this.reader.skip(this.type, this.number);
    this.isPending = this.reader.pos < this.reader.len;
    if (this.isPending) [this.number, this.type] = this.reader.tag();
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
    return decodeUtf8(this.bytes());
  }

  /** A part of the message's own bytes, not a copy. */
  bytes(): Uint8Array {
    return this.value(WireType.LengthDelimited).bytes();
  }

  message(): MessageFields {
    return new MessageFields(this.bytes());
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
