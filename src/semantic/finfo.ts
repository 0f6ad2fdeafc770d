// The limits of floating-point dtypes as `finfo` gives them.

import type { DType } from './dtype';
import * as R from './range';
import { type Quantity, UNKNOWN } from './value';

const FINFO: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  float16: { eps: 2 ** -10, tiny: 2 ** -14, smallest_normal: 2 ** -14, max: 65504, min: -65504 },
  bfloat16: {
    eps: 2 ** -7,
    tiny: 2 ** -126,
    smallest_normal: 2 ** -126,
    max: 3.3895313892515355e38,
    min: -3.3895313892515355e38,
  },
  float32: {
    eps: 2 ** -23,
    tiny: 2 ** -126,
    smallest_normal: 2 ** -126,
    max: 3.4028234663852886e38,
    min: -3.4028234663852886e38,
  },
  float64: {
    eps: 2 ** -52,
    tiny: 2 ** -1022,
    smallest_normal: 2 ** -1022,
    max: Number.MAX_VALUE,
    min: -Number.MAX_VALUE,
  },
};

/** `torch.finfo(dtype).eps` and its kin. Where the dtype is a tensor's own, the number fits it whatever it is. */
export function finfoAttribute(dtype: DType | undefined, name: string): Quantity {
  const value = FINFO[dtype ?? 'float32']?.[name];
  if (value === undefined) return UNKNOWN;
  if (dtype) return { ...UNKNOWN, holder: 'scalar', range: R.constant(value) };
  const largest = Math.abs(FINFO.float64?.[name] ?? value);
  const half = Math.abs(FINFO.float16?.[name] ?? value);
  const [lo, hi] = [Math.min(largest, half), Math.max(largest, half)];
  // A holder is left out: this is no literal whose rounding is known, and it fits the tensor it was asked of.
  return { ...UNKNOWN, range: value < 0 ? R.range(-hi, -lo, 0, 0) : R.range(Math.max(lo, Number.MIN_VALUE), hi, 0, 0) };
}
