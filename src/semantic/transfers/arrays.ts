// Transfer functions of operations that make, fill, convert, select and put together arrays.

import { derive, type Operands, type Transfer, unary } from '../derive';
import { type DType, dtypeNamed, roundTo } from '../dtype';
import type { Range } from '../range';
import * as R from '../range';
import {
  asQuantity,
  isQuantity,
  isTensor,
  lengthOf,
  literalNumber,
  literalString,
  type Quantity,
  type Role,
  UNKNOWN,
  type Value,
  without,
} from '../value';
import { anyElement } from './elements';
import { substituted } from './elementwise';

const INF = Number.POSITIVE_INFINITY;

function cast(dtype: DType): Transfer {
  return (operands) => {
    const given = operands.get('x');
    const x = given?.kind === 'string' ? numberIn(given.values) : asQuantity(given);
    const n = literalNumber(x);
    const stored = (value: number): number => (dtype === 'integer' ? Math.trunc(value) : roundTo(value, dtype));
    const range = n === undefined ? storedRange(x.range, stored) : R.constant(stored(n));
    const result = derive(operands.framework, [x], { range, dtype, role: x.role });
    // A Python number stays one.
    return operands.framework === 'python' && x.holder !== 'tensor'
      ? { ...result, holder: 'scalar', framework: 'python' }
      : result;
  };
}

function storedRange(r: Range, stored: (value: number) => number): Range {
  const [lo, hi] = [stored(r.lo), stored(r.hi)];
  // Of what lies between 0 and 1, whole numbers leave 0.
  return { ...r, lo, hi, excludesZero: r.excludesZero && stored(0.5) !== 0 };
}

/** `float("inf")` */
function numberIn(texts: readonly string[]): Quantity {
  const n =
    texts.length === 1 ? Number((texts[0] as string).replace(/^([+-]?)inf(inity)?$/i, '$1Infinity')) : Number.NaN;
  return Number.isNaN(n) ? UNKNOWN : { ...UNKNOWN, holder: 'scalar', framework: 'python', range: R.constant(n) };
}

export function dtypeOf(value: Value | undefined): DType | undefined {
  if (value?.kind === 'library') return dtypeNamed(value.name.slice(value.name.lastIndexOf('.') + 1));
  const text = literalString(value);
  return text === undefined ? undefined : dtypeNamed(text);
}

function create(range: Range, role?: Role, dtype?: DType): Transfer {
  return (operands) => derive(operands.framework, [], { range, role, dtype: dtypeOf(operands.get('dtype')) ?? dtype });
}

const same: Transfer = (operands) => {
  const x = operands.get('x');
  if (!x || !isQuantity(x)) return UNKNOWN;
  return derive(operands.framework, [x], { range: x.range, role: x.role, dtype: x.dtype });
};

/** Elements of x: what one of them can be, each still can. */
const select: Transfer = (operands) => {
  const x = operands.get('x');
  if (!x || !isQuantity(x)) return UNKNOWN;
  return derive(operands.framework, [x], { range: x.range, role: x.role, dtype: x.dtype, length: undefined });
};

/** Elements for which a mask holds, of which there may be none. */
const maskedSelect: Transfer = (operands) => {
  const selected = asQuantity(select(operands));
  return { ...selected, length: R.range(0, INF, 1, 0) };
};

const literal: Transfer = (operands) => {
  const given = operands.get('x');
  const x = anyElement(given);
  const dtype =
    dtypeOf(operands.get('dtype')) ??
    (x.dtype === 'integer' || x.dtype === 'bool' || x.holder === 'tensor' ? x.dtype : undefined);
  const made = derive(operands.framework, [x], {
    range: x.range,
    role: x.role,
    dtype,
    ...(given?.kind === 'list' ? { length: lengthOf(given) } : {}),
  });
  return given?.kind === 'list' && given.because.length > 0 ? { ...made, because: given.because } : made;
};

const fill: Transfer = (operands) => {
  const n = literalNumber(operands.get('value'));
  return derive(operands.framework, [], {
    range: n === undefined ? R.ANY : R.constant(n),
    dtype: dtypeOf(operands.get('dtype')),
  });
};

/** A matrix of which nothing is known. */
/** `unique(x, return_counts=True)`: what occurs has been counted at least once. */
const unique: Transfer = (operands) => {
  const x = asQuantity(operands.get('x'));
  const values = derive(operands.framework, [x], {});
  const isAsked = (name: string): boolean => (literalNumber(operands.get(name)) ?? 0) !== 0;
  const whole = derive(operands.framework, [], { range: R.nonNegative(0), dtype: 'integer' });
  const counts = { ...whole, range: R.range(1, INF, 2, 0), role: 'count' as const };
  const others = [
    ...['return_index', 'return_inverse'].filter(isAsked).map(() => whole),
    ...(isAsked('return_counts') ? [counts] : []),
  ];
  return others.length > 0 ? { kind: 'sequence', elements: [values, ...others] } : values;
};

const opaqueTensor: Transfer = (operands) => derive(operands.framework, [asQuantity(operands.get('x'))], {});

export const ARRAYS: Readonly<Record<string, Transfer>> = {
  same,
  select,
  masked_select: maskedSelect,
  opaque: () => UNKNOWN,
  // An object with attributes, which the evaluator makes of the call.
  finfo: () => UNKNOWN,
  item: (operands) => {
    const x = asQuantity(operands.get('x'));
    return {
      ...derive('python', [x], { range: x.range, role: x.role, length: undefined }),
      holder: 'scalar',
      framework: 'python',
      gradient: false,
    };
  },
  tensor: (operands) =>
    derive(operands.framework, [asQuantity(operands.get('x'))], { dtype: dtypeOf(operands.get('dtype')) }),
  detach: (operands) => ({ ...asQuantity(same(operands)), gradient: false }),
  uninitialised: (operands) => {
    // Of `empty_like(x)` and `x.new_empty(n)`.
    const model = operands.get('base') ?? operands.get('shape');
    const dtype = model?.kind === 'quantity' && model.holder === 'tensor' ? model.dtype : undefined;
    return derive(operands.framework, [], { dtype: dtypeOf(operands.get('dtype')) ?? dtype });
  },
  /** `torch.Tensor(3, 4)` makes room, `torch.Tensor(values)` holds them. */
  tensor_of: (operands) => {
    const given = operands.get('x');
    return given?.kind === 'list' || given?.kind === 'sequence' || isTensor(given ?? UNKNOWN)
      ? literal(operands)
      : derive(operands.framework, [], { dtype: 'float32' });
  },
  unique,
  split: (operands) => ({ kind: 'list', element: select(operands), length: EMPTY_OR_NOT, because: [] }),
  inverse: opaqueTensor,
  cholesky: opaqueTensor,
  solve: opaqueTensor,
  det: opaqueTensor,
  logdet: opaqueTensor,
  svd: () => UNKNOWN,
  eigh: (operands) => ({ kind: 'sequence', elements: [opaqueTensor(operands), opaqueTensor(operands)] }),
  eigenvalues: opaqueTensor,
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
      range: substituted(x.range, fill.range),
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
  new_zeros: create(R.constant(0)),
  new_ones: create(R.constant(1)),
  eye: create(R.UNIT, 'one-hot'),
  random: create(R.range(0, 1, 2, 0)),
  uniform: (operands) => {
    const lo = literalNumber(operands.get('low')) ?? (operands.get('low') ? undefined : 0);
    const hi = literalNumber(operands.get('high')) ?? (operands.get('high') ? undefined : 1);
    return derive(operands.framework, [], { range: R.range(lo ?? -INF, hi ?? INF, lo === undefined ? 0 : 2, 0) });
  },
  linspace: (operands) => {
    const ends = [literalNumber(operands.get('low')), literalNumber(operands.get('high'))];
    const range = ends.every((end) => end !== undefined)
      ? R.range(Math.min(...(ends as number[])), Math.max(...(ends as number[])), 2, 2)
      : R.ANY;
    return derive(operands.framework, [], { range });
  },
  // An exact 0 is as rare as any other number.
  normal: create({ ...R.UNBOUNDED, excludesZero: true }),
  integers: (operands) => {
    // randint(high) has one number; randint(low, high) two.
    const first = literalNumber(operands.get('low'));
    const second = literalNumber(operands.get('high'));
    const high = operands.get('high');
    const hasBoth = second !== undefined || (high !== undefined && operands.get('size') !== undefined);
    // `randint(10, x)`: x may be the shape as well as the end.
    const isEither = !hasBoth && high?.kind === 'quantity';
    const lo = hasBoth ? first : isEither ? Math.min(0, first ?? -INF) : 0;
    return derive(operands.framework, [], {
      range: R.range(lo ?? -INF, (hasBoth || isEither ? second : first) ?? INF, lo === undefined ? 0 : 2, 0),
      dtype: 'integer',
      role: 'class-ids',
    });
  },
  arange: (operands) => {
    const end = operands.get('end');
    const start = goesDown(operands) ? undefined : end === undefined ? 0 : literalNumber(operands.get('start'));
    return derive(operands.framework, [], { range: start === undefined ? R.ANY : R.range(start, INF, 2, 0) });
  },
  range: (operands) => {
    const end = operands.get('end');
    const start = end === undefined ? 0 : literalNumber(operands.get('start'));
    const count = asQuantity(end ?? operands.get('start')).range;
    const element: Quantity = {
      ...UNKNOWN,
      holder: 'scalar',
      framework: 'python',
      dtype: 'integer',
      range: start === undefined || goesDown(operands) ? R.ANY : R.range(start, INF, 2, 0),
    };
    return {
      kind: 'list',
      element,
      length: start === 0 ? R.atLeast(count, R.range(0, 0, 0, 0)) : EMPTY_OR_NOT,
      because: [],
    };
  },
  fill,
  new_full: fill,
  literal,
  combine: (operands) => {
    const data = operands.get('x');
    const parts =
      data?.kind === 'sequence'
        ? data.elements.map(asQuantity)
        : data?.kind === 'list'
          ? [asQuantity(data.element)]
          : [];
    if (parts.length === 0) return derive(operands.framework, [], {});
    const roles = new Set(parts.map((part) => part.role));
    return derive(operands.framework, parts, {
      range: parts.map((part) => part.range).reduce(R.join),
      role: roles.size === 1 ? parts[0]?.role : undefined,
      length: data?.kind === 'list' ? data.length : undefined,
    });
  },
  epsilon: () => ({ ...UNKNOWN, holder: 'scalar', framework: 'python', range: R.constant(1e-7) }),
  cast: (operands) => {
    const given = operands.get('dtype');
    const dtype = dtypeOf(given);
    if (dtype) return cast(dtype)(operands);
    // To a dtype that is not known, or to another device.
    return given ? without(asQuantity(same(operands)), 'dtype') : same(operands);
  },
  cast_like: (operands) => {
    const { dtype } = asQuantity(operands.get('other'));
    return { ...without(asQuantity(same(operands)), 'dtype'), ...(dtype ? { dtype } : {}) };
  },
  cast_float16: cast('float16'),
  cast_bfloat16: cast('bfloat16'),
  cast_float32: cast('float32'),
  cast_float64: cast('float64'),
  cast_integer: cast('integer'),
  cast_bool: (operands) => ({ ...asQuantity(cast('bool')(operands)), range: R.UNIT, role: 'mask' }),
};

/** Whether a sequence of numbers may have a step that is not above 0. */
function goesDown(operands: Operands): boolean {
  const step = operands.get('step');
  return step !== undefined && !((literalNumber(step) ?? 0) > 0);
}

/** A list of which it is not known how long it is. */
export const EMPTY_OR_NOT: Range = R.range(0, INF, 0, 0);
