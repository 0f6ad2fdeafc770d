// How often each label occurs in a vector of whole numbers of a .safetensors file.

import type { ByteSource } from './model';
import type { TensorEntry } from './safetensors';

export interface LabelCount {
  readonly label: number;
  readonly count: number;
}

/** A batch has no more rows than this, nor a task more classes that anyone would look through. */
const mostElements = 1_000_000;
const mostLabels = 10_000;

/**
 * By label, in ascending order.
 *
 * @returns null where the tensor is no vector of whole numbers, or holds too many of them to be labels
 */
export async function labelCounts(source: ByteSource, entry: TensorEntry): Promise<readonly LabelCount[] | null> {
  const { dtype, shape, from, to } = entry;
  const [elements] = shape;
  if (shape.length !== 1 || elements === undefined || elements === 0 || elements > mostElements) return null;
  const read = Object.hasOwn(readers, dtype) ? readers[dtype] : undefined;
  if (!read) return null;
  const bytes = await source.read(from, to);
  if (bytes.length < to - from) throw new Error('The file of tensors became shorter while it was read.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length / elements;
  const counts = new Map<number, number>();
  for (let at = 0; at < bytes.length; at += size) {
    const label = read(view, at);
    counts.set(label, (counts.get(label) ?? 0) + 1);
    if (counts.size > mostLabels) return null;
  }
  return [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => a.label - b.label);
}

const readers: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  I64: (view, at) => Number(view.getBigInt64(at, true)),
  I32: (view, at) => view.getInt32(at, true),
  I16: (view, at) => view.getInt16(at, true),
  I8: (view, at) => view.getInt8(at),
  U8: (view, at) => view.getUint8(at),
};
