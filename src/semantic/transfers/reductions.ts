// Transfer functions of operations that make one number, or fewer, of many.

import { combine, derive, established, fixed, type Operands, type Transfer, withRange } from '../derive';
import { product } from '../operators';
import type { Range, Reach } from '../range';
import * as R from '../range';
import {
  asQuantity,
  isTensor,
  literalString,
  type Quantity,
  type Role,
  type SequenceValue,
  UNKNOWN,
  type Value,
} from '../value';
import { anyElement } from './elements';

const INF = Number.POSITIVE_INFINITY;

function soften(reach: Reach): Reach {
  return reach > 1 ? 1 : reach;
}

/** Sums can be 0 where every element can: rows that are masked, counts of nothing, activations that are all dead. */
function sumRange(x: Range, q: Quantity, isArray: boolean): Range {
  // The probabilities of a row, and lengths of sequences of which not all are empty.
  const isNeverEmpty =
    q.role === 'probabilities' || q.role === 'length' || q.origin?.operation === 'exp' || isRandom(q);
  const reach = isNeverEmpty ? 0 : soften(x.reachesLo);
  if (x.lo >= 0) return R.range(x.lo, INF, x.lo > 0 ? 0 : reach, 0);
  if (x.hi <= 0) return R.range(-INF, x.hi, 0, x.hi < 0 || isNeverEmpty ? 0 : soften(x.reachesHi));
  const cancels: Reach = isArray ? 1 : soften(x.reachesZero);
  return { ...R.range(-INF, INF, x.reachesLo, x.reachesHi), reachesZero: cancels };
}

function meanRange(x: Range): Range {
  return {
    ...x,
    reachesLo: soften(x.reachesLo),
    reachesHi: soften(x.reachesHi),
    reachesZero: soften(x.reachesZero),
    excludesZero: R.excludesZero(x) && (x.lo > 0 || x.hi < 0),
  };
}

/** Of numbers that are drawn, not all are 0. */
function isRandom({ origin }: Quantity): boolean {
  return origin?.operation === 'random' || origin?.operation === 'normal' || origin?.operation === 'uniform';
}

function isCounted(role: Role | undefined): boolean {
  return role === 'mask' || role === 'one-hot' || role === 'count';
}

/** The largest or smallest element: a bound of all elements bounds it; the largest probability of a row is never 0. */
export function extreme(operands: Operands, ofTwo: (a: Range, b: Range) => Range): Quantity {
  const x = anyElement(operands.get('x'));
  // `torch.max(a, b)` compares two tensors element by element; `torch.max(a, dim)` looks along an axis.
  const other = operands.get('dim');
  if (other && isTensor(other)) return combine(operands.framework, x, asQuantity(other), ofTwo);
  const reach = (r: Reach): Reach => (x.role === 'probabilities' || x.role === 'length' ? 0 : soften(r));
  return derive(operands.framework, [x], {
    range: {
      ...x.range,
      reachesLo: reach(x.range.reachesLo),
      reachesHi: reach(x.range.reachesHi),
      reachesZero: reach(x.range.reachesZero),
    },
    role: x.role === 'probabilities' ? undefined : x.role,
    length: undefined,
  });
}

/** Sums of products of exponentials, each of which is small where the other is large. */
function underflowing(range: Range, x: Quantity, y: Quantity): Range {
  const areExponentials = [x, y].every(({ because }) => because.at(-1)?.operation === 'exp');
  return areExponentials && range.lo === 0 && range.reachesLo === 0 ? { ...range, reachesLo: 1 } : range;
}

const affine: Transfer = (operands) => {
  const [x, y] = [asQuantity(operands.get('x')), asQuantity(operands.get('y'))];
  const range = operands.get('y') ? underflowing(product(x.range, y.range), x, y) : R.ANY;
  return derive(operands.framework, operands.get('y') ? [x, y] : [x], {
    range: R.isKnown(range) ? range : R.UNBOUNDED,
    role: R.isKnown(range) ? undefined : 'logits',
  });
};

const sum: Transfer = (operands) => {
  const x = anyElement(operands.get('x'));
  const role = isCounted(x.role) ? 'count' : undefined;
  return derive(operands.framework, [x], {
    range: sumRange(x.range, x, x.holder === 'tensor' || operands.framework !== 'python'),
    role,
    length: undefined,
  });
};

const mean: Transfer = (operands) => {
  const x = anyElement(operands.get('x'));
  const role = x.role === 'mask' ? 'fraction' : undefined;
  return derive(operands.framework, [x], { range: meanRange(x.range), role, length: undefined });
};

const deviation = fixed(R.nonNegative(1), { role: 'deviation', length: undefined });
const variance = fixed(R.nonNegative(1), { role: 'variance', length: undefined });

function pair(first: Value, second: Value): SequenceValue {
  return { kind: 'sequence', elements: [first, second] };
}

export const REDUCTIONS: Readonly<Record<string, Transfer>> = {
  affine,
  add_product: affine,
  sum,
  mean,
  product: (operands) => {
    const x = anyElement(operands.get('x'));
    const { lo, hi, reachesLo } = x.range;
    const range = lo < 0 ? R.ANY : hi <= 1 ? R.range(0, 1, 2, 0) : R.range(0, INF, reachesLo, 0);
    return derive(operands.framework, [x], { range, length: undefined });
  },
  largest: (operands) => extreme(operands, R.atLeast),
  smallest: (operands) => extreme(operands, R.atMost),
  logsumexp: (operands) => {
    const { lo } = asQuantity(operands.get('x')).range;
    return withRange(operands, R.range(lo, INF, 0, 0), { length: undefined });
  },
  norm: (operands) =>
    established(
      withRange(operands, R.nonNegative(isRandom(asQuantity(operands.get('x'))) ? 0 : 1), {
        role: 'norm',
        length: undefined,
      }),
    ),
  topk: (operands) => {
    const k = asQuantity(operands.get('k')).range;
    const x = asQuantity(operands.get('x'));
    const values =
      R.isConstant(k) && k.lo === 1
        ? extreme(operands, R.atLeast)
        : derive(operands.framework, [x], { range: x.range, role: x.role, length: undefined });
    return pair(values, derive(operands.framework, [], { range: R.nonNegative(2), dtype: 'integer' }));
  },
  deviation,
  variance,
  deviation_and_mean: (operands) => pair(deviation(operands), mean(operands)),
  variance_and_mean: (operands) => pair(variance(operands), mean(operands)),
  mean_and_variance: (operands) => pair(mean(operands), variance(operands)),
  median: mean,
  einops_reduce: (operands) => {
    const how = literalString(operands.get('reduction'));
    if (how === 'sum') return sum(operands);
    if (how === 'mean') return mean(operands);
    return how === 'max' || how === 'min' ? extreme(operands, R.atLeast) : UNKNOWN;
  },
  count: fixed(R.nonNegative(1), { role: 'count', dtype: 'integer', length: undefined }),
  counts: fixed(R.nonNegative(2), { role: 'count', length: undefined }),
  size: (operands) => {
    const x = operands.get('x');
    const length = x?.kind === 'list' ? x.length : x?.kind === 'sequence' ? R.constant(x.elements.length) : undefined;
    return {
      ...UNKNOWN,
      holder: 'scalar',
      framework: 'python',
      range: length ?? R.range(0, INF, 0, 0),
      role: 'size',
      dtype: 'integer',
      because: x?.kind === 'list' ? x.because : [],
    };
  },
  class_ids: (operands) =>
    derive(operands.framework, [], { range: R.nonNegative(2), role: 'class-ids', dtype: 'integer' }),
};
