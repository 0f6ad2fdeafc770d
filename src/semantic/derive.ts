// How a new value follows from others: what is inherited, what an operation says anew.

import { type DType, roundTo } from './dtype';
import type { Range } from './range';
import * as R from './range';
import {
  type AutocastRegion,
  asQuantity,
  type Framework,
  literalNumber,
  type Quantity,
  type Role,
  type Value,
} from './value';

/** The operands of one call, by the names the tables use. */
export interface Operands {
  readonly framework: Framework;
  get(name: string): Value | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Transfer = (operands: Operands) => Value;

/** dtype in which an operation on this value works, when nothing says otherwise. */
export function workingDType(q: Quantity): DType | undefined {
  if (q.dtype) return q.dtype;
  if (q.framework === 'numpy' || q.framework === 'python' || q.holder === 'scalar') return 'float64';
  return q.framework ? 'float32' : undefined;
}

function constantIn(value: number, q: Quantity): number {
  // Of an array whose dtype is unknown, float32 is what training code has.
  const dtype = workingDType(q) ?? 'float32';
  return dtype === 'integer' || dtype === 'bool' ? value : roundTo(value, dtype);
}

/** The range of `value` as an operand beside `other`: a Python number takes the tensor's dtype. */
export function rangeBeside(value: Quantity, other: Quantity): Range {
  const n = literalNumber(value);
  return n !== undefined && value.holder === 'scalar' ? R.constant(constantIn(n, other)) : value.range;
}

export interface Shape {
  readonly range?: Range;
  readonly role?: Role | undefined;
  readonly dtype?: DType | undefined;
  /** How many elements there are; passes on from the operand where it is not given. */
  readonly length?: Range | undefined;
}

/** A new value made from `from`: the holder, framework, gradient and evidence pass on; the rest is said anew. */
export function derive(framework: Framework, from: readonly Quantity[], shape: Shape): Quantity {
  const main = from.find((q) => q.holder === 'tensor') ?? from[0];
  const result: Mutable<Quantity> = { kind: 'quantity', range: shape.range ?? R.ANY, because: [] };
  const holder = from.some((q) => q.holder === 'tensor')
    ? 'tensor'
    : from.every((q) => q.holder === 'scalar')
      ? 'scalar'
      : undefined;
  if (framework !== 'python') {
    result.holder = 'tensor';
    result.framework = framework;
  } else if (holder) {
    result.holder = holder;
    const owner = main?.framework;
    if (owner) result.framework = owner;
  }
  const dtype = shape.dtype ?? commonDType(from, main);
  if (dtype && !(dtype === 'integer' && shape.dtype === undefined && framework !== 'python')) result.dtype = dtype;
  if (shape.role) result.role = shape.role;
  const length = 'length' in shape ? shape.length : main?.length;
  if (length) result.length = length;
  if (from.some((q) => q.assumed)) result.assumed = true;
  if (from.some(holdsInfinity)) result.hasInfinity = true;
  if (
    from.length > 0 &&
    from.every((q) => q.gradient === false || q.holder === 'scalar') &&
    from.some((q) => q.gradient === false)
  ) {
    result.gradient = false;
  }
  const autocast = autocastOf(from);
  if (autocast) result.autocast = autocast;
  result.because = from.find((q) => q.because.length > 0)?.because ?? [];
  return result;
}

/** The dtype of what is computed from several values: the array's; of Python numbers a float as soon as one is. */
function commonDType(from: readonly Quantity[], main: Quantity | undefined): DType | undefined {
  const isFloat = from.some((q) => q.dtype === 'float64');
  if (main?.holder === 'tensor') return isFloat && isWhole(main.dtype) ? undefined : main.dtype;
  if (from.some((q) => q.dtype === undefined)) return undefined;
  return isFloat ? 'float64' : main?.dtype;
}

export function isWhole(dtype: DType | undefined): boolean {
  return dtype === 'integer' || dtype === 'bool';
}

export function holdsInfinity(q: Quantity): boolean {
  return q.hasInfinity === true || (R.isConstant(q.range) && !Number.isFinite(q.range.lo));
}

/** The region in which a value, or what its gradient flows back into, was computed. */
export function autocastOf(values: readonly Value[]): AutocastRegion | undefined {
  for (const value of values)
    if (value.kind === 'quantity' && value.autocast && value.gradient !== false) return value.autocast;
  return undefined;
}

/** Keeps everything but the range and what is said. */
export function withRange(operands: Operands, range: Range, shape: Omit<Shape, 'range'> = {}): Quantity {
  return derive(operands.framework, [asQuantity(operands.get('x'))], { ...shape, range });
}

export function unary(f: (x: Range, q: Quantity) => Range, shape: Omit<Shape, 'range'> = {}): Transfer {
  return (operands) =>
    withRange(operands, f(asQuantity(operands.get('x')).range, asQuantity(operands.get('x'))), shape);
}

/** An operation whose result lies in this range whatever its operand is. */
export function fixed(range: Range, shape: Omit<Shape, 'range'> = {}): Transfer {
  return (operands) => established(withRange(operands, range, shape));
}

export function binary(f: (a: Range, b: Range) => Range): Transfer {
  return (operands) => combine(operands.framework, asQuantity(operands.get('x')), asQuantity(operands.get('y')), f);
}

export function combine(framework: Framework, a: Quantity, b: Quantity, f: (a: Range, b: Range) => Range): Quantity {
  return derive(framework, [a, b], { range: f(rangeBeside(a, b), rangeBeside(b, a)) });
}

export function established(q: Quantity): Quantity {
  const { assumed: _, hasInfinity: __, ...rest } = q;
  return rest;
}
