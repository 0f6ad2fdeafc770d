// Reads the directory of a .safetensors file (https://github.com/huggingface/safetensors) without its tensors: every length
// and offset is checked before anything is believed.

import type { ByteSource } from './model';

/** Bytes of one element, and where it is a floating-point number how NaN and infinity are written. */
export interface ElementType {
  readonly bytes: number;
  readonly float: FloatLayout | null;
  /** Numbers in one element: 2 for complex ones. */
  readonly parts: 1 | 2;
}

/** The top bits that say what a number is, in the number's most significant 8, 16 or 32 bits. */
export interface FloatLayout {
  readonly wordBytes: 1 | 2 | 4;
  /** Where the word begins in the little-endian number. */
  readonly wordOffset: 0 | 4;
  readonly exponent: number;
  readonly mantissa: number;
  /** Whether all ones in the exponent mean NaN or infinity; else only all ones everywhere mean NaN. */
  readonly hasInfinity: boolean;
}

const float = (bytes: number, layout: Omit<FloatLayout, 'wordOffset'>, parts: 1 | 2 = 1): ElementType => ({
  bytes,
  parts,
  float: { ...layout, wordOffset: bytes / parts === 8 ? 4 : 0 },
});
const integer = (bytes: number): ElementType => ({ bytes, parts: 1, float: null });
const single = { wordBytes: 4, exponent: 0x7f80_0000, mantissa: 0x007f_ffff, hasInfinity: true } as const;

export const elementTypes: Readonly<Record<string, ElementType>> = {
  F64: float(8, { wordBytes: 4, exponent: 0x7ff0_0000, mantissa: 0x000f_ffff, hasInfinity: true }),
  F32: float(4, single),
  F16: float(2, { wordBytes: 2, exponent: 0x7c00, mantissa: 0x03ff, hasInfinity: true }),
  BF16: float(2, { wordBytes: 2, exponent: 0x7f80, mantissa: 0x007f, hasInfinity: true }),
  F8_E5M2: float(1, { wordBytes: 1, exponent: 0x7c, mantissa: 0x03, hasInfinity: true }),
  F8_E4M3: float(1, { wordBytes: 1, exponent: 0x78, mantissa: 0x07, hasInfinity: false }),
  C64: float(8, single, 2),
  I64: integer(8),
  U64: integer(8),
  I32: integer(4),
  U32: integer(4),
  I16: integer(2),
  U16: integer(2),
  I8: integer(1),
  U8: integer(1),
  BOOL: integer(1),
};

export interface TensorEntry {
  readonly name: string;
  /** As the file names it. */
  readonly dtype: string;
  /** Null for a type that is not known here. */
  readonly type: ElementType | null;
  readonly shape: readonly number[];
  /** Bytes of the file `[from, to)`. */
  readonly from: number;
  readonly to: number;
}

export interface TensorDirectory {
  readonly tensors: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
  /** What is wrong with the file, in words; `tensors` holds what is right nevertheless. */
  readonly problems: readonly string[];
}

/** The format allows 100 MB; the directory of a billion parameters has less than one. */
const largestHeader = 16 * 1024 * 1024;
const mostTensors = 10_000;
const mostProblems = 20;
const mostDimensions = 64;

/** Never throws for what the bytes hold; rejects only where the source itself does. */
export async function readTensorDirectory(source: ByteSource): Promise<TensorDirectory> {
  const start = await source.read(0, 8);
  if (start.length < 8) return unreadable('The file is too short to be a .safetensors file.');
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
  const dataStart = 8 + length;
  if (length > largestHeader)
    return unreadable(`The file claims a directory of ${length} bytes; at most 16 MB are read.`);
  if (source.size !== undefined && dataStart > source.size) {
    return unreadable(`The file claims a directory of ${length} bytes but has ${source.size} in all.`);
  }
  const bytes = await source.read(8, dataStart);
  if (bytes.length < length) return unreadable('The file breaks off in its directory.');
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return unreadable('The directory of the file is no JSON.');
  }
  if (!isObject(header)) return unreadable('The directory of the file is no JSON object.');
  return readHeader(header, dataStart, source.size ?? Number.POSITIVE_INFINITY);
}

function readHeader(header: Readonly<Record<string, unknown>>, dataStart: number, size: number): TensorDirectory {
  const tensors: TensorEntry[] = [];
  const metadata = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(isObject(value) ? value : {})) {
        if (typeof text === 'string') metadata.set(key, text);
      }
      continue;
    }
    if (tensors.length >= mostTensors) {
      problems.push(`The file lists more than ${mostTensors} tensors; the rest is left out.`);
      break;
    }
    const entry = readEntry(name, value, dataStart, size);
    if (typeof entry !== 'string') tensors.push(entry);
    else if (problems.length < mostProblems) problems.push(entry);
  }
  return { tensors, metadata, problems };
}

function readEntry(name: string, value: unknown, dataStart: number, size: number): TensorEntry | string {
  const called = `Tensor “${name.slice(0, 100)}”`;
  if (!isObject(value)) return `${called} is not described.`;
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') return `${called} has no type.`;
  if (!isCounts(shape) || shape.length > mostDimensions) return `${called} has no shape.`;
  if (!isCounts(offsets) || offsets.length !== 2) return `${called} has no place in the file.`;
  const [begin = 0, end = 0] = offsets;
  const from = dataStart + begin;
  const to = dataStart + end;
  if (begin > end || !Number.isSafeInteger(to)) return `${called} ends before it begins.`;
  if (to > size) return `${called} lies beyond the end of the file.`;
  const type = Object.hasOwn(elementTypes, dtype) ? (elementTypes[dtype] ?? null) : null;
  const elements = shape.reduce((product, length) => product * length, 1);
  if (type && elements * type.bytes !== end - begin) {
    return `${called} has ${end - begin} bytes where its shape and type need ${elements * type.bytes}.`;
  }
  return { name, dtype, type, shape, from, to };
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(problem: string): TensorDirectory {
  return { tensors: [], metadata: new Map(), problems: [problem] };
}
