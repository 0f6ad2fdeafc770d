// Constants that a dtype cannot tell from 0, 1 or -1: an epsilon that rounds away where it was to keep a value off a pole.

import { workingDType } from './derive';
import { type DType, roundTo } from './dtype';
import { literalNumber, type Quantity } from './value';

/** No epsilon is larger than this. */
const LARGEST_EPSILON = 0.01;

/**
 * The pole (-1, 0 or 1) that a constant a little beside it becomes in a dtype: 0 for 1e-8 in float16, 1 for 1 - 1e-8 in
 * float32. Undefined where the constant stays off every pole, or is one as it is written.
 */
export function poleAfterRounding(value: number, dtype: DType): -1 | 0 | 1 | undefined {
  if (dtype === 'integer' || dtype === 'bool') return undefined;
  for (const pole of [-1, 0, 1] as const) {
    if (value === pole || Math.abs(value - pole) > LARGEST_EPSILON) continue;
    const rounded = roundTo(value, dtype);
    if (rounded === pole) return pole;
  }
  return undefined;
}

/** Of `a + b` the constant that is 0 in the dtype of the tensor beside it, which it therefore does not change. */
export function lostSummand(a: Quantity, b: Quantity): 'a' | 'b' | undefined {
  if (isLostBeside(b, a)) return 'b';
  return isLostBeside(a, b) ? 'a' : undefined;
}

function isLostBeside(constant: Quantity, tensor: Quantity): boolean {
  const n = literalNumber(constant);
  if (n === undefined || constant.holder !== 'scalar' || tensor.holder !== 'tensor') return false;
  const dtype = workingDType(tensor);
  return dtype !== undefined && poleAfterRounding(n, dtype) === 0;
}
