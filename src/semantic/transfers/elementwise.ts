// Transfer functions of operations that work on each element by itself.

import {
  binary,
  combine,
  derive,
  established,
  fixed,
  rangeBeside,
  type Transfer,
  unary,
  withRange,
  workingDType,
} from '../derive';
import { expUnderflow, sigmoidSaturation } from '../dtype';
import { cancelling, power, unknownPower } from '../operators';
import type { Range } from '../range';
import * as R from '../range';
import { asQuantity, literalNumber, type Quantity, UNKNOWN } from '../value';

const INF = Number.POSITIVE_INFINITY;

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

function scaled(x: Range, factor: number): Range {
  return { ...x, lo: x.lo * factor, hi: x.hi * factor };
}

function logRange(x: Range, f: (x: number) => number): Range {
  if (x.lo < 0) return R.ANY;
  return R.monotone(x, f);
}

/** A curve from -1 to 1 through 0, of which two bounds are known. */
function sigmoidalRange(x: Range, nearer: (x: number) => number, farther: (x: number) => number): Range {
  // Of scores around 0 some are exactly 0: padding, dead units.
  if (!R.isKnown(x)) return { ...R.range(-1, 1, 2, 2), reachesZero: 1 };
  return { ...x, lo: x.lo < 0 ? farther(x.lo) : nearer(x.lo), hi: x.hi < 0 ? nearer(x.hi) : farther(x.hi) };
}

/** Nearer to its end than the hyperbolic tangent is. */
function erfRange(x: Range): Range {
  const isExact = (end: number): boolean => end === 0 || !Number.isFinite(end);
  const r = sigmoidalRange(x, Math.tanh, Math.sign);
  if (!R.isKnown(x)) return r;
  return { ...r, reachesLo: isExact(x.lo) ? r.reachesLo : 0, reachesHi: isExact(x.hi) ? r.reachesHi : 0 };
}

/** To a whole number, in whichever direction. */
function roundedRange(x: Range): Range {
  const [lo, hi] = [Math.floor(x.lo), Math.ceil(x.hi)];
  return R.range(lo, hi, lo === x.lo ? x.reachesLo : 0, hi === x.hi ? x.reachesHi : 0);
}

/** A sine or cosine that has a crest where x is `crest`: of angles in a known interval, what it takes there. */
function waveRange(x: Range, wave: (x: number) => number, crest: number): Range {
  const turn = 2 * Math.PI;
  if (!(x.hi - x.lo < turn)) return { ...R.range(-1, 1, 1, 1), reachesZero: wave === Math.sin ? 1 : 0 };
  const passes = (at: number): boolean => Math.ceil((x.lo - at) / turn) * turn + at <= x.hi;
  const ends = [wave(x.lo), wave(x.hi)];
  const [lo, hi] = [passes(crest + Math.PI) ? -1 : Math.min(...ends), passes(crest) ? 1 : Math.max(...ends)];
  const reach = R.isConstant(x) ? 2 : 0;
  return R.range(lo, hi, reach, reach);
}

/** max(x, bound). A bound that is no number of the source is one that somebody has thought of. */
function boundedBelow(x: Range, bound: Range): Range {
  const lifted = R.atLeast(x, bound);
  return R.isConstant(bound) || bound.lo > x.lo ? lifted : R.unproven(lifted);
}

const clamp: Transfer = (operands) => {
  const x = asQuantity(operands.get('x'));
  const min = operands.get('min');
  const max = operands.get('max');
  let range = x.range;
  // A Python bound takes the dtype of what it clamps: 1 - 1e-8 is 1 in float32.
  if (min?.kind === 'quantity') range = boundedBelow(range, rangeBeside(min, x));
  // A constant of another module: whoever named it has chosen it.
  else if (min && min.kind !== 'none') range = R.unproven(range);
  if (max && max.kind === 'quantity') range = R.atMost(range, rangeBeside(max, x));
  const result = derive(operands.framework, [x], {
    range,
    role: x.role === 'probabilities' || x.role === 'count' ? x.role : undefined,
  });
  // The lower end is now the clamp's doing, not the name's.
  return min?.kind === 'quantity' && R.isConstant(min.range) ? established(result) : result;
};

/** `where(near_zero, 1.0, x)`: whoever puts a positive number in some places has thought of the zeros there. */
export function substituted(a: Range, b: Range): Range {
  const joined = R.join(a, b);
  const isGuard = [a, b].some((r) => R.isConstant(r) && r.lo > 0 && Number.isFinite(r.lo));
  return isGuard ? R.unproven(joined) : joined;
}

const condition: Transfer = (operands) =>
  derive(operands.framework, [asQuantity(operands.get('x')), asQuantity(operands.get('y'))], {
    range: R.UNIT,
    role: 'mask',
    dtype: 'bool',
  });

const where: Transfer = (operands) => {
  const a = asQuantity(operands.get('x'));
  const b = asQuantity(operands.get('y'));
  if (!operands.get('x')) return UNKNOWN;
  return combine(operands.framework, a, b, substituted);
};

const logSoftmax = fixed(R.range(-INF, 0, 2, 2), { role: 'log-probabilities' });

export const ELEMENTWISE: Readonly<Record<string, Transfer>> = {
  log: unary((x) => logRange(x, Math.log)),
  log2: unary((x) => logRange(x, Math.log2)),
  log10: unary((x) => logRange(x, Math.log10)),
  log1p: unary((x) => (x.lo >= -1 ? R.monotone(x, Math.log1p) : R.ANY)),
  logit: fixed(R.ANY),
  xlogy: fixed(R.ANY),
  exp: unary(expRange),
  exp2: unary((x, q) => expRange(scaled(x, Math.LN2), q)),
  sinh: unary(() => R.ANY),
  cosh: fixed(R.range(1, INF, 2, 0)),
  tangent: unary(() => R.ANY),
  expm1: unary((x) => R.odd(x, Math.expm1)),
  softmax: fixed(R.UNIT, { role: 'probabilities' }),
  log_softmax: (operands) => {
    const { hasInfinity } = asQuantity(operands.get('x'));
    // A score of -inf is -inf afterwards, too.
    return { ...asQuantity(logSoftmax(operands)), ...(hasInfinity ? { hasInfinity } : {}) };
  },
  sigmoid: unary(sigmoidRange, { role: 'probabilities' }),
  tanh: unary((x) => sigmoidalRange(x, Math.tanh, Math.tanh)),
  erf: unary(erfRange),
  rounded: unary(roundedRange),
  sine: unary((x) => waveRange(x, Math.sin, Math.PI / 2)),
  cosine: unary((x) => waveRange(x, Math.cos, 0)),
  sign: fixed({ ...R.range(-1, 1, 2, 2), reachesZero: 1 }),
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
      INF,
      x.lo === -INF ? 0 : x.reachesLo,
      0,
    ),
  ),
  abs: unary((x) => R.even(x, Math.abs, 2)),
  square: unary((x) => R.even(x, (v) => v * v, 2)),
  sqrt: unary((x) => (x.lo >= 0 ? R.monotone(x, Math.sqrt) : R.nonNegative(R.reachOfZero(x) ?? 0))),
  rsqrt: unary((x) => (x.lo >= 0 ? R.reciprocal(R.monotone(x, Math.sqrt)) : R.nonNegative(0))),
  reciprocal: unary(R.reciprocal),
  negate: unary(R.negate),
  add: binary(R.add),
  subtract: (operands) => {
    const [a, b] = [asQuantity(operands.get('x')), asQuantity(operands.get('y'))];
    const difference = combine(operands.framework, a, b, R.subtract);
    const isPair = literalNumber(a) === undefined && literalNumber(b) === undefined;
    return isPair ? { ...difference, range: cancelling(difference.range) } : difference;
  },
  multiply: binary(R.multiply),
  multiply_no_nan: binary(R.multiply),
  divide: binary(R.divide),
  power: (operands) => {
    const [x, y] = [asQuantity(operands.get('x')), asQuantity(operands.get('y'))];
    const n = literalNumber(y);
    return withRange(operands, n === undefined ? unknownPower(x.range, y.range) : power(x.range, n));
  },
  clamp,
  maximum: (operands) => {
    const [a, b] = [asQuantity(operands.get('x')), asQuantity(operands.get('y'))];
    const result = combine(operands.framework, a, b, (x, y) =>
      R.isConstant(x) || !R.isKnown(x) ? boundedBelow(y, x) : boundedBelow(x, y),
    );
    return R.isConstant(a.range) || R.isConstant(b.range) ? established(result) : result;
  },
  minimum: binary(R.atMost),
  where,
  condition,
  greater: condition,
  greater_equal: condition,
  less: condition,
  less_equal: condition,
  equal: condition,
  not_equal: condition,
  isclose: condition,
  logical_and: condition,
  logical_or: condition,
  logical_not: condition,
  indicator: fixed(R.UNIT, { role: 'mask' }),
  dropout: unary((x) => R.multiply(x, R.range(0, INF, 2, 0))),
  normalized: fixed(R.range(-1, 1, 2, 2)),
  unbounded: (operands) => withRange(operands, R.ANY),
  // Whatever it begins as, training changes it.
  parameter: (operands) => withRange(operands, R.ANY),
  addcdiv: (operands) => derive(operands.framework, [asQuantity(operands.get('base'))], {}),
  nan_to_num: (operands) => {
    const x = asQuantity(operands.get('x'));
    return established(withRange(operands, x.range, { role: x.role, dtype: x.dtype }));
  },
};
