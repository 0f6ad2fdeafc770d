// Ways in which people spell things out: a softmax by hand, a maximum taken off, an index that is a condition.

import type { Expr } from '../syntax/ast';
import * as R from './range';
import { flipped, withScales } from './scales';
import { anyOf, isUnknown, type Quantity, UNKNOWN, type Value } from './value';

export function isMaxOf(b: string | undefined, a: string | undefined): boolean {
  return a !== undefined && b !== undefined && (b === `largest(${a})` || b.startsWith(`largest(${a},`));
}

/** Divisions that spell out a sigmoid or a softmax: 1 / (1 + exp(-x)), e / e.sum(). */
export function handWritten(operator: string, a: Quantity, b: Quantity): Quantity | undefined {
  if (operator !== '/' || b.term === undefined) return undefined;
  const isTensor = a.holder === 'tensor' || b.holder === 'tensor';
  const base: Quantity = {
    ...UNKNOWN,
    ...(isTensor ? { holder: 'tensor' as const } : {}),
    ...(b.framework ? { framework: b.framework } : {}),
    role: 'probabilities',
  };
  if (a.term === '1' && /^\((1\+exp\(|exp\(.*\+1\)$)/.test(b.term)) return { ...base, range: R.range(0, 1, 2, 2) };
  if (a.term !== undefined && (b.term === `sum(${a.term})` || b.term.startsWith(`sum(${a.term},`))) {
    if (a.range.lo > 0) return { ...base, range: R.range(0, 1, 0, 0) };
    const isExp = /^exp\(/.test(a.term);
    return { ...base, range: R.range(0, 1, isExp ? 2 : 1, 1), ...(isExp ? {} : { assumed: true }) };
  }
  return undefined;
}

export function elementOf(iterable: Value): Value {
  if (iterable.kind === 'sequence' && iterable.elements.length > 0) {
    const [first, ...rest] = iterable.elements;
    if (!rest.every((element) => element.kind === first?.kind)) return UNKNOWN;
    // Of numbers and texts it may be any of them; of objects of one kind the first stands for all.
    return first?.kind === 'quantity' || first?.kind === 'string' ? anyOf(iterable.elements) : (first ?? UNKNOWN);
  }
  if (iterable.kind === 'list') return iterable.element;
  if (iterable.kind === 'quantity' && !isUnknown(iterable)) {
    const { term: _, origin: __, ...rest } = iterable;
    return rest;
  }
  return UNKNOWN;
}

/** Whether an index can select by a truth value for each element. */
export function isCondition(expr: Expr): boolean {
  if (expr.kind === 'Compare') return true;
  if (expr.kind === 'Unary') return expr.operator === '~' && isCondition(expr.operand);
  return expr.kind === 'Binary' && (expr.operator === '&' || expr.operator === '|');
}

/** Attributes that every array library has: transposes, the bare data, the shape. */
export function tensorAttribute(object: Quantity, name: string): Value | undefined {
  if (name === 'T' || name === 'mT' || name === 'H')
    return withScales(
      object.term === undefined ? object : { ...object, term: `T(${object.term})` },
      flipped(object.scales),
    );
  if (name === 'values') return isUnknown(object) ? undefined : object;
  if (name === 'data') return { ...object, gradient: false };
  if (name === 'grad') return { ...UNKNOWN, holder: 'tensor', gradient: false };
  if (name === 'shape' || name === 'size' || name === 'ndim' || name === 'nbytes') {
    // The number of elements is the same as what `len` and `numel` give, as far as tests of it go.
    const term = name === 'size' && object.term !== undefined ? { term: `size(${object.term})` } : {};
    if (object.holder !== 'tensor') return name === 'size' ? { ...UNKNOWN, ...term } : undefined;
    return {
      ...UNKNOWN,
      ...term,
      holder: 'scalar',
      framework: 'python',
      role: 'size',
      range: R.nonNegative(0),
      dtype: 'integer',
    };
  }
  return undefined;
}

/** `x.max() - x.min()`: 0 when all values are equal. */
export function isSpread(a: string | undefined, b: string | undefined): boolean {
  return a?.startsWith('largest(') === true && b === a.replace('largest(', 'smallest(');
}
