// What each operation of the library tables does to ranges, dtypes and roles: one transfer function an operation.

import {
  binary,
  combine,
  derive,
  established,
  fixed,
  type Operands,
  rangeBeside,
  type Transfer,
  unary,
  withRange,
  workingDType,
} from './derive';
import { type DType, dtypeNamed, expUnderflow, roundTo, sigmoidSaturation } from './dtype';
import type { Range, Reach } from './range';
import * as R from './range';
import {
  asQuantity,
  type Framework,
  isQuantity,
  literalNumber,
  literalString,
  type Quantity,
  type Role,
  UNKNOWN,
  type Value,
} from './value';

/** Arithmetic of Python's operators on two values. `sameTerm`: both are known to be equal. */
export function binaryOperator(operator: string, a: Quantity, b: Quantity, sameTerm: boolean): Quantity {
  const framework: Framework =
    a.holder === 'tensor' ? (a.framework ?? 'python') : b.holder === 'tensor' ? (b.framework ?? 'python') : 'python';
  switch (operator) {
    case '+': {
      const sum = combine(framework, a, b, R.add);
      // A log-probability or a score plus a mask is a score.
      return a.role === 'count' && b.role === 'count' ? { ...sum, role: 'count' } : sum;
    }
    case '-':
      return combine(framework, a, b, R.subtract);
    case '*': {
      if (sameTerm) return derive(framework, [a], { range: R.even(a.range, (x) => x * x, 2) });
      const product = combine(framework, a, b, R.multiply);
      return a.role === 'probabilities' && b.role === 'probabilities' ? { ...product, role: 'probabilities' } : product;
    }
    case '/':
      return combine(framework, a, b, R.divide);
    case '**': {
      const n = literalNumber(b);
      if (n === undefined)
        return derive(framework, [a, b], {
          range: a.range.lo > 0 ? R.range(0, Number.POSITIVE_INFINITY, 0, 0) : R.ANY,
        });
      return derive(framework, [a], { range: power(a.range, n) });
    }
    case '//':
    case '%':
      return derive(framework, [a, b], { range: a.range.lo >= 0 && b.range.lo >= 0 ? R.nonNegative(0) : R.ANY });
    case '@':
      return derive(framework === 'python' ? 'torch' : framework, [a, b], { range: R.ANY });
    default:
      return derive(framework, [a, b], {});
  }
}

function power(x: Range, n: number): Range {
  if (n === 0) return R.constant(1);
  if (n === 1) return x;
  if (n < 0) return R.reciprocal(power(x, -n));
  if (Number.isInteger(n)) return n % 2 === 0 ? R.even(x, (v) => v ** n, 2) : R.monotone(x, (v) => v ** n);
  return x.lo >= 0 ? R.monotone(x, (v) => v ** n) : R.nonNegative(x.reachesLo);
}

export function negateQuantity(q: Quantity): Quantity {
  return derive(q.framework ?? 'python', [q], { range: R.negate(q.range), dtype: q.dtype });
}

function sigmoidRange(x: Range, q: Quantity): Range {
  const dtype = workingDType(q);
  const saturation = sigmoidSaturation(dtype);
  const underflow = expUnderflow(dtype);
  const known = R.isKnown(x);
  const lo = x.lo > underflow ? 1 / (1 + Math.exp(-x.lo)) : 0;
  const hi = x.hi < saturation ? 1 / (1 + Math.exp(-x.hi)) : 1;
  return R.range(lo, hi, lo > 0 && known ? x.reachesLo : 2, hi < 1 && known ? x.reachesHi : 2);
}

function expRange(x: Range, q: Quantity): Range {
  const underflow = expUnderflow(workingDType(q));
  const lo = x.lo > underflow ? Math.exp(x.lo) : 0;
  return R.range(lo, Math.exp(x.hi), x.reachesLo, x.reachesHi);
}

function logRange(x: Range): Range {
  if (x.lo < 0) return R.ANY;
  return R.monotone(x, Math.log);
}

/** Sums can be 0 where every element can: evidence only for masks and counts, whose rows real data leaves empty. */
function sumRange(x: Range, q: Quantity): Range {
  const rare: Reach = q.role === 'mask' || q.role === 'one-hot' || q.role === 'count' ? 1 : 0;
  if (x.lo >= 0) return R.range(x.lo, Number.POSITIVE_INFINITY, x.lo > 0 ? 0 : rare, 0);
  if (x.hi <= 0) return R.range(Number.NEGATIVE_INFINITY, x.hi, 0, 0);
  return R.range(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, x.reachesLo, x.reachesHi);
}

function meanRange(x: Range): Range {
  const soften = (reach: Reach): Reach => (reach > 1 ? 1 : reach);
  return {
    ...x,
    reachesLo: soften(x.reachesLo),
    reachesHi: soften(x.reachesHi),
    excludesZero: R.excludesZero(x) && (x.lo > 0 || x.hi < 0),
  };
}

function cast(dtype: DType): Transfer {
  return (operands) => {
    const given = operands.get('x');
    const x = given?.kind === 'string' ? numberIn(given.values) : asQuantity(given);
    const n = literalNumber(x);
    const range = n === undefined ? x.range : R.constant(dtype === 'integer' ? Math.trunc(n) : roundTo(n, dtype));
    const result = derive(operands.framework, [x], { range, dtype, role: x.role });
    // A Python number stays one.
    return operands.framework === 'python' && x.holder !== 'tensor'
      ? { ...result, holder: 'scalar', framework: 'python' }
      : result;
  };
}

/** `float("inf")` */
function numberIn(texts: readonly string[]): Quantity {
  const n =
    texts.length === 1 ? Number((texts[0] as string).replace(/^([+-]?)inf(inity)?$/i, '$1Infinity')) : Number.NaN;
  return Number.isNaN(n) ? UNKNOWN : { ...UNKNOWN, holder: 'scalar', framework: 'python', range: R.constant(n) };
}

function dtypeOf(value: Value | undefined): DType | undefined {
  if (value?.kind === 'library') return dtypeNamed(value.name.slice(value.name.lastIndexOf('.') + 1));
  const text = literalString(value);
  return text === undefined ? undefined : dtypeNamed(text);
}

function create(range: Range, role?: Role, dtype?: DType): Transfer {
  return (operands) => derive(operands.framework, [], { range, role, dtype: dtypeOf(operands.get('dtype')) ?? dtype });
}

/** Numbers of a (nested) literal; undefined where it is too long to look at or holds something else. */
function leavesOf(value: Value, into: Quantity[] = []): Quantity[] | undefined {
  if (into.length > 256) return undefined;
  if (value.kind === 'quantity') {
    into.push(value);
    return into;
  }
  if (value.kind !== 'sequence') return undefined;
  for (const element of value.elements) if (!leavesOf(element, into)) return undefined;
  return into;
}

/** What any element of a value can be. */
function anyElement(value: Value | undefined): Quantity {
  if (value?.kind !== 'sequence') return asQuantity(value);
  const leaves = leavesOf(value);
  const [first, ...rest] = leaves ?? [];
  if (!first) return UNKNOWN;
  return { ...first, range: rest.map((leaf) => leaf.range).reduce(R.join, first.range) };
}

const same: Transfer = (operands) => {
  const x = operands.get('x');
  if (!x || !isQuantity(x)) return UNKNOWN;
  return derive(operands.framework, [x], { range: x.range, role: x.role, dtype: x.dtype });
};

/** Elements of x: what one of them can be, each still can. */
const select: Transfer = same;

const clamp: Transfer = (operands) => {
  const x = asQuantity(operands.get('x'));
  const min = operands.get('min');
  const max = operands.get('max');
  let range = x.range;
  // A Python bound takes the dtype of what it clamps: 1 - 1e-8 is 1 in float32.
  if (min && min.kind === 'quantity') range = R.atLeast(range, rangeBeside(min, x));
  if (max && max.kind === 'quantity') range = R.atMost(range, rangeBeside(max, x));
  const result = derive(operands.framework, [x], {
    range,
    role: x.role === 'probabilities' || x.role === 'count' ? x.role : undefined,
  });
  // The lower end is now the clamp's doing, not the name's.
  return min?.kind === 'quantity' && R.isConstant(min.range) ? established(result) : result;
};

const condition: Transfer = (operands) =>
  derive(operands.framework, [asQuantity(operands.get('x'))], { range: R.UNIT, role: 'mask', dtype: 'bool' });

const where: Transfer = (operands) => {
  const a = asQuantity(operands.get('x'));
  const b = asQuantity(operands.get('y'));
  if (!operands.get('x')) return UNKNOWN;
  return combine(operands.framework, a, b, R.join);
};

const loss: Transfer = (operands) => withRange(operands, R.ANY, { role: 'loss' });

const TRANSFER: Readonly<Record<string, Transfer>> = {
  same,
  select,
  opaque: () => UNKNOWN,
  item: (operands) => {
    const x = asQuantity(operands.get('x'));
    return {
      ...derive('python', [x], { range: x.range, role: x.role }),
      holder: 'scalar',
      framework: 'python',
      gradient: false,
    };
  },
  tensor: (operands) =>
    derive(operands.framework, [asQuantity(operands.get('x'))], { dtype: dtypeOf(operands.get('dtype')) }),
  affine: (operands) =>
    derive(operands.framework, [asQuantity(operands.get('x'))], { range: R.UNBOUNDED, role: 'logits' }),
  unbounded: (operands) => withRange(operands, R.ANY),
  detach: (operands) => ({ ...asQuantity(same(operands)), gradient: false }),
  log: unary(logRange),
  log2: unary(logRange),
  log10: unary(logRange),
  log1p: unary((x) => (x.lo >= -1 ? R.monotone(x, Math.log1p) : R.ANY)),
  logit: fixed(R.ANY),
  xlogy: fixed(R.ANY),
  exp: unary(expRange),
  expm1: unary((x) => R.monotone(x, Math.expm1)),
  softmax: fixed(R.UNIT, { role: 'probabilities' }),
  log_softmax: fixed(R.range(Number.NEGATIVE_INFINITY, 0, 2, 2), { role: 'log-probabilities' }),
  logsumexp: unary((x) => R.range(x.lo, Number.POSITIVE_INFINITY, 0, 0)),
  sigmoid: unary(sigmoidRange, { role: 'probabilities' }),
  tanh: unary((x) =>
    R.range(Math.tanh(x.lo), Math.tanh(x.hi), R.isKnown(x) ? x.reachesLo : 2, R.isKnown(x) ? x.reachesHi : 2),
  ),
  sine: fixed(R.range(-1, 1, 2, 2)),
  acos: fixed(R.range(0, Math.PI, 0, 0)),
  asin: fixed(R.range(-Math.PI / 2, Math.PI / 2, 0, 0)),
  acosh: fixed(R.nonNegative(0)),
  atanh: unary(() => R.ANY),
  erfinv: unary(() => R.ANY),
  relu: unary((x) => (x.lo > 0 ? x : { ...R.atLeast(x, R.constant(0)), excludesZero: false })),
  elu: unary((x) => R.range(Math.max(-1, Math.min(x.lo, 0)), x.hi, 1, x.reachesHi)),
  gelu: unary((x) => R.range(-0.3, x.hi, 1, x.reachesHi)),
  softplus: unary((x, q) =>
    R.range(
      x.lo > expUnderflow(workingDType(q)) ? Math.log1p(Math.exp(x.lo)) : 0,
      Number.POSITIVE_INFINITY,
      x.lo === Number.NEGATIVE_INFINITY ? 0 : x.reachesLo,
      0,
    ),
  ),
  abs: unary((x) => R.even(x, Math.abs, 2)),
  square: unary((x) => R.even(x, (v) => v * v, 2)),
  sqrt: unary((x) => (x.lo >= 0 ? R.monotone(x, Math.sqrt) : R.nonNegative(x.reachesLo))),
  rsqrt: unary((x) => (x.lo >= 0 ? R.reciprocal(R.monotone(x, Math.sqrt)) : R.nonNegative(0))),
  reciprocal: unary(R.reciprocal),
  negate: unary(R.negate),
  add: binary(R.add),
  subtract: binary(R.subtract),
  multiply: binary(R.multiply),
  divide: binary(R.divide),
  power: (operands) => {
    const n = literalNumber(operands.get('y'));
    const x = asQuantity(operands.get('x'));
    return withRange(operands, n === undefined ? (x.range.lo > 0 ? R.nonNegative(0) : R.ANY) : power(x.range, n));
  },
  clamp,
  maximum: (operands) => {
    const [a, b] = [asQuantity(operands.get('x')), asQuantity(operands.get('y'))];
    const result = combine(operands.framework, a, b, R.atLeast);
    return R.isConstant(a.range) || R.isConstant(b.range) ? established(result) : result;
  },
  minimum: binary(R.atMost),
  python_max: (operands) => {
    const y = operands.get('y');
    return y === undefined
      ? extreme(operands)
      : combine('python', asQuantity(operands.get('x')), asQuantity(y), R.atLeast);
  },
  python_min: (operands) => {
    const y = operands.get('y');
    return y === undefined
      ? extreme(operands)
      : combine('python', asQuantity(operands.get('x')), asQuantity(y), R.atMost);
  },
  sum: (operands) => {
    const x = anyElement(operands.get('x'));
    const role: Role | undefined =
      x.role === 'mask' || x.role === 'one-hot' || x.role === 'count' ? 'count' : undefined;
    return derive(operands.framework, [x], { range: sumRange(x.range, x), role });
  },
  mean: unary(meanRange),
  product: unary((x) =>
    x.lo >= 0
      ? R.range(x.hi <= 1 ? 0 : 0, x.hi <= 1 ? 1 : Number.POSITIVE_INFINITY, x.hi <= 1 ? 2 : x.reachesLo, 0)
      : R.ANY,
  ),
  largest: (operands) => extreme(operands),
  smallest: (operands) => extreme(operands),
  norm: fixed(R.nonNegative(1)),
  deviation: fixed(R.nonNegative(1)),
  count: fixed(R.nonNegative(1), { role: 'count', dtype: 'integer' }),
  counts: fixed(R.nonNegative(2), { role: 'count' }),
  size: () => ({
    ...UNKNOWN,
    holder: 'scalar',
    framework: 'python',
    range: R.range(0, Number.POSITIVE_INFINITY, 0, 0),
    role: 'size',
    dtype: 'integer',
  }),
  class_ids: (operands) =>
    derive(operands.framework, [], { range: R.nonNegative(2), role: 'class-ids', dtype: 'integer' }),
  triangle: (operands) => {
    const x = asQuantity(operands.get('x'));
    return derive(operands.framework, [x], {
      range: R.join(x.range, R.constant(0)),
      role: R.isConstant(x.range) || x.role === 'mask' ? 'mask' : undefined,
    });
  },
  masked_fill: (operands) => {
    const x = asQuantity(operands.get('x'));
    const fill = asQuantity(operands.get('value'));
    return derive(operands.framework, [x, fill], {
      range: R.join(x.range, fill.range),
      role: x.role === 'mask' ? 'mask' : undefined,
    });
  },
  scatter: (operands) => {
    const x = asQuantity(operands.get('x'));
    const n = literalNumber(operands.get('src'));
    const oneHot = R.isConstant(x.range) && x.range.lo === 0 && n === 1;
    return derive(operands.framework, [x], {
      range: n === undefined ? R.ANY : R.join(x.range, R.constant(n)),
      role: oneHot ? 'one-hot' : undefined,
      dtype: x.dtype,
    });
  },
  where,
  condition,
  indicator: fixed(R.UNIT, { role: 'mask' }),
  dropout: unary((x) => R.multiply(x, R.range(0, Number.POSITIVE_INFINITY, 2, 0))),
  normalized: fixed(R.range(-1, 1, 2, 2)),
  pad: unary((x) => R.join(x, R.constant(0))),
  one_hot: (operands) => {
    const integer = operands.framework === 'torch';
    return derive(operands.framework, [], {
      range: R.UNIT,
      role: 'one-hot',
      dtype: dtypeOf(operands.get('dtype')) ?? (integer ? 'integer' : undefined),
    });
  },
  zeros: create(R.constant(0)),
  ones: create(R.constant(1)),
  eye: create(R.UNIT, 'one-hot'),
  random: create(R.range(0, 1, 2, 0)),
  uniform: (operands) => {
    const lo = literalNumber(operands.get('low')) ?? (operands.get('low') ? undefined : 0);
    const hi = literalNumber(operands.get('high')) ?? (operands.get('high') ? undefined : 1);
    return derive(operands.framework, [], {
      range: R.range(lo ?? Number.NEGATIVE_INFINITY, hi ?? Number.POSITIVE_INFINITY, lo === undefined ? 0 : 2, 0),
    });
  },
  linspace: (operands) => {
    const ends = [literalNumber(operands.get('low')), literalNumber(operands.get('high'))];
    const range = ends.every((end) => end !== undefined)
      ? R.range(Math.min(...(ends as number[])), Math.max(...(ends as number[])), 2, 2)
      : R.ANY;
    return derive(operands.framework, [], { range });
  },
  normal: create(R.UNBOUNDED),
  integers: (operands) => {
    // randint(high) has one number; randint(low, high) two.
    const first = literalNumber(operands.get('low'));
    const second = literalNumber(operands.get('high'));
    const lo = second === undefined ? 0 : first;
    return derive(operands.framework, [], {
      range: R.range(
        lo ?? Number.NEGATIVE_INFINITY,
        second ?? first ?? Number.POSITIVE_INFINITY,
        lo === undefined ? 0 : 2,
        0,
      ),
      dtype: 'integer',
      role: 'class-ids',
    });
  },
  arange: (operands) => {
    const end = operands.get('end');
    const start = end === undefined ? 0 : literalNumber(operands.get('start'));
    return derive(operands.framework, [], {
      range: start === undefined ? R.ANY : R.range(start, Number.POSITIVE_INFINITY, 2, 0),
    });
  },
  range: (operands) => {
    const end = operands.get('end');
    const start = end === undefined ? 0 : literalNumber(operands.get('start'));
    return {
      ...UNKNOWN,
      holder: 'scalar',
      framework: 'python',
      dtype: 'integer',
      range: start === undefined ? R.ANY : R.range(start, Number.POSITIVE_INFINITY, 2, 0),
    };
  },
  fill: (operands) => {
    const n = literalNumber(operands.get('value'));
    return derive(operands.framework, [], {
      range: n === undefined ? R.ANY : R.constant(n),
      dtype: dtypeOf(operands.get('dtype')),
    });
  },
  literal: (operands) => {
    const x = anyElement(operands.get('x'));
    const dtype =
      dtypeOf(operands.get('dtype')) ??
      (x.dtype === 'integer' || x.dtype === 'bool' || x.holder === 'tensor' ? x.dtype : undefined);
    return derive(operands.framework, [x], { range: x.range, role: x.role, dtype });
  },
  combine: (operands) => {
    const data = operands.get('x');
    if (data?.kind !== 'sequence' || data.elements.length === 0) return derive(operands.framework, [], {});
    const parts = data.elements.map(asQuantity);
    const roles = new Set(parts.map((part) => part.role));
    return derive(operands.framework, parts, {
      range: parts.map((part) => part.range).reduce(R.join),
      role: roles.size === 1 ? parts[0]?.role : undefined,
    });
  },
  epsilon: () => ({ ...UNKNOWN, holder: 'scalar', framework: 'python', range: R.constant(1e-7) }),
  cast: (operands) => {
    const dtype = dtypeOf(operands.get('dtype'));
    return dtype ? cast(dtype)(operands) : same(operands);
  },
  cast_float16: cast('float16'),
  cast_bfloat16: cast('bfloat16'),
  cast_float32: cast('float32'),
  cast_float64: cast('float64'),
  cast_integer: cast('integer'),
  cast_bool: (operands) => ({ ...asQuantity(cast('bool')(operands)), range: R.UNIT, role: 'mask' }),
  cross_entropy: fixed(R.nonNegative(0), { role: 'loss' }),
  sparse_cross_entropy: fixed(R.nonNegative(0), { role: 'loss' }),
  categorical_cross_entropy: fixed(R.nonNegative(0), { role: 'loss' }),
  nonnegative_loss: fixed(R.nonNegative(2), { role: 'loss' }),
  loss,
};

/** The largest or smallest element: a bound of all elements bounds it; the largest probability of a row is never 0. */
function extreme(operands: Operands): Quantity {
  const x = anyElement(operands.get('x'));
  const reach = (r: Reach): Reach => (x.role === 'probabilities' ? 0 : r > 1 ? 1 : r);
  return derive(operands.framework, [x], {
    range: { ...x.range, reachesLo: reach(x.range.reachesLo), reachesHi: reach(x.range.reachesHi) },
    role: x.role === 'probabilities' ? undefined : x.role,
  });
}

/** The value that an operation of the tables gives. An operation without a transfer function knows nothing. */
export function transfer(operation: string, operands: Operands): Value {
  const f = Object.hasOwn(TRANSFER, operation) ? TRANSFER[operation] : undefined;
  return f ? f(operands) : UNKNOWN;
}

export function isOperation(operation: string): boolean {
  return Object.hasOwn(TRANSFER, operation);
}
