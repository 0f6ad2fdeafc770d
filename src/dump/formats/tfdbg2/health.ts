// What TensorFlow's debugger keeps of a tensor, in each of its modes: counts of bad elements, a shape, or the tensor itself.

import type { TensorStats } from '../../model';
import { dtypeName, type ProtoTensor } from '../../tensor-proto';

export interface TensorHealth {
  readonly size: number | null;
  readonly dtype: string | null;
  readonly shape: readonly number[] | null;
  /** Null where the mode does not say, as in the next ones. */
  readonly isBad: boolean | null;
  readonly nan: number | null;
  readonly posInf: number | null;
  readonly negInf: number | null;
  readonly zero: number | null;
  readonly negative: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** TensorDebugMode. */
const mode = {
  curtHealth: 2,
  conciseHealth: 3,
  fullHealth: 4,
  shape: 5,
  fullTensor: 7,
  reduceThreeSlots: 8,
} as const;

/** Whole tensors beyond this are judged by their beginning. */
export const maxElements = 1 << 20;

const unknown: TensorHealth = {
  size: null,
  dtype: null,
  shape: null,
  isBad: null,
  nan: null,
  posInf: null,
  negInf: null,
  zero: null,
  negative: null,
  min: null,
  max: null,
};

export function readHealth(debugMode: number, tensor: ProtoTensor): TensorHealth {
  const { values, shape, dtype } = tensor;
  const at = (i: number): number => values[i] ?? 0;
  switch (debugMode) {
    case mode.curtHealth:
      // [tensor id, whether any element is NaN or Inf]
      return values.length < 2 ? unknown : { ...unknown, isBad: at(1) !== 0 };
    case mode.conciseHealth:
      // [tensor id, size, -inf, +inf, nan]
      return values.length < 5 ? unknown : { ...unknown, size: at(1), ...badCounts(at(2), at(3), at(4)) };
    case mode.fullHealth:
      // [tensor id, device, dtype, rank, size, -inf, +inf, nan, negative, zero, positive]
      if (values.length < 11) return unknown;
      return {
        ...unknown,
        dtype: dtypeName(at(2)),
        size: at(4),
        ...badCounts(at(5), at(6), at(7)),
        negative: at(8),
        zero: at(9),
      };
    case mode.shape:
      // [tensor id, dtype, rank, size, up to six dimensions]
      if (values.length < 4) return unknown;
      return {
        ...unknown,
        dtype: dtypeName(at(1)),
        size: at(3),
        // Of more than six dimensions only the last are kept.
        shape: at(2) <= 6 ? values.slice(4, 4 + Math.max(0, at(2))) : null,
      };
    case mode.reduceThreeSlots: {
      // [-inf or 0, +inf or 0, nan or 0]
      if (values.length < 3) return unknown;
      const isBad = values.slice(0, 3).some((value) => !Number.isFinite(value));
      return { ...unknown, isBad };
    }
    case mode.fullTensor:
      return ofWholeTensor(values, shape, dtype);
    default:
      return unknown;
  }
}

function badCounts(negInf: number, posInf: number, nan: number) {
  return { isBad: negInf + posInf + nan > 0, negInf, posInf, nan };
}

function ofWholeTensor(values: readonly number[], shape: readonly number[], dtype: string): TensorHealth {
  const size = shape.reduce((product, one) => product * one, 1);
  if (values.length === 0) return { ...unknown, shape, dtype, size };
  const counts = { nan: 0, posInf: 0, negInf: 0, zero: 0, negative: 0 };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) counts.nan++;
    else if (value === Number.POSITIVE_INFINITY) counts.posInf++;
    else if (value === Number.NEGATIVE_INFINITY) counts.negInf++;
    else {
      if (value === 0) counts.zero++;
      else if (value < 0) counts.negative++;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  const isBad = counts.nan + counts.posInf + counts.negInf > 0;
  const hasFinite = min <= max;
  return { size, dtype, shape, isBad, ...counts, min: hasFinite ? min : null, max: hasFinite ? max : null };
}

export function statsOf(name: string, health: TensorHealth): TensorStats {
  const { shape, dtype, min, max, nan, posInf, negInf } = health;
  return { name, shape, dtype, min, max, mean: null, absMin: null, absMax: null, nan, posInf, negInf };
}

/** `16 −Inf of 24 elements`. */
export function healthWords({ isBad, nan, posInf, negInf, size }: TensorHealth): string {
  const counts = (
    [
      [nan, 'NaN'],
      [posInf, '+Inf'],
      [negInf, '-Inf'],
    ] as const
  )
    .filter(([count]) => count !== null && count > 0)
    .map(([count, word]) => `${count} ${word}`);
  if (counts.length === 0) return isBad ? 'NaN or Inf' : 'all finite';
  return `${counts.join(', ')}${size === null ? '' : ` of ${size} elements`}`;
}
