// What each operation of the library tables does to ranges, dtypes and roles: one transfer function an operation.

import { derive, fixed, type Operands, type Transfer, withRange } from './derive';
import * as R from './range';
import { ARRAYS } from './transfers/arrays';
import { ELEMENTWISE } from './transfers/elementwise';
import { extreme, REDUCTIONS } from './transfers/reductions';
import { asQuantity, UNKNOWN, type Value } from './value';

/** `max(a, b)` compares two numbers, `max(values)` the elements of one. */
function pythonExtreme(f: (a: R.Range, b: R.Range) => R.Range): Transfer {
  return (operands) => {
    if (operands.get('y') === undefined) return extreme(operands, f);
    const [x, y] = [asQuantity(operands.get('x')), asQuantity(operands.get('y'))];
    // A Python number stays what it is, whatever it is compared with.
    return derive('python', [x, y], { range: bounded(f, x.range, y.range) });
  };
}

/** `max(n, floor)` with a floor that is no number of the source: somebody has thought of it. */
function bounded(f: (a: R.Range, b: R.Range) => R.Range, a: R.Range, b: R.Range): R.Range {
  const isGuarded = f === R.atLeast && !R.isConstant(a) && !R.isConstant(b) && a.lo <= 0 && b.lo <= 0;
  return isGuarded ? R.unproven(f(a, b)) : f(a, b);
}

const LOSSES: Readonly<Record<string, Transfer>> = {
  cross_entropy: fixed(R.nonNegative(0), { role: 'loss', length: undefined }),
  sparse_cross_entropy: fixed(R.nonNegative(0), { role: 'loss', length: undefined }),
  categorical_cross_entropy: fixed(R.nonNegative(0), { role: 'loss', length: undefined }),
  softmax_cross_entropy: fixed(R.nonNegative(2), { role: 'loss', length: undefined }),
  binary_cross_entropy: fixed(R.nonNegative(2), { role: 'loss', length: undefined }),
  sigmoid_cross_entropy: fixed(R.nonNegative(2), { role: 'loss', length: undefined }),
  nll: (operands) => withRange(operands, R.ANY, { role: 'loss', length: undefined }),
  kl_divergence: (operands) => withRange(operands, R.ANY, { role: 'loss', length: undefined }),
  ctc: (operands) => withRange(operands, R.ANY, { role: 'loss', length: undefined }),
  nonnegative_loss: fixed(R.nonNegative(2), { role: 'loss', length: undefined }),
  loss: (operands) => withRange(operands, R.ANY, { role: 'loss', length: undefined }),
};

const TRANSFER: Readonly<Record<string, Transfer>> = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...ARRAYS,
  ...LOSSES,
  python_max: pythonExtreme(R.atLeast),
  python_min: pythonExtreme(R.atMost),
};

/** The value that an operation of the tables gives. An operation without a transfer function knows nothing. */
export function hasTransfer(operation: string): boolean {
  return Object.hasOwn(TRANSFER, operation);
}

export function transfer(operation: string, operands: Operands): Value {
  const f = Object.hasOwn(TRANSFER, operation) ? TRANSFER[operation] : undefined;
  return f ? f(operands) : UNKNOWN;
}
