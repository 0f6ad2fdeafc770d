// What is known of the exponent of a power: whether it is a fraction, below 1, below 0.

import type { SemanticModel } from '../semantic/model';
import type { SiteOperand } from '../semantic/operation-site';
import { asQuantity, literalNumber } from '../semantic/value';
import type { Expr, Segment } from '../syntax/ast';
import { definitionBefore } from './data-flow';
import { sourceOf } from './rule';

export interface Exponent {
  /** The number, where the source says which. */
  readonly literal?: number;
  /** Whether a negative base gives NaN: it does for every exponent that is no whole number. */
  readonly isFraction: 'surely' | 'probably' | 'unknown' | 'no';
  /** Whether the gradient at 0 is infinite: it is for exponents between 0 and 1. */
  readonly isBelowOne: boolean;
}

const UNKNOWN: Exponent = { isFraction: 'unknown', isBelowOne: false };

export function exponentOf(operand: SiteOperand, segment: Segment, model: SemanticModel): Exponent {
  const value = asQuantity(operand.value);
  const n = literalNumber(value);
  if (n !== undefined)
    return { literal: n, isFraction: Number.isInteger(n) ? 'no' : 'surely', isBelowOne: n > 0 && n < 1 };
  if (value.dtype === 'integer' || value.dtype === 'bool') return { isFraction: 'no', isBelowOne: false };
  const { lo, hi } = value.range;
  if (lo >= 0 && hi <= 1 && !value.assumed) return { isFraction: 'surely', isBelowOne: true };
  const divisor = divisorOf(operand.expr, segment, model);
  if (divisor) {
    const isAboveOne = asQuantity(model.valueOf(segment, divisor)).range.lo >= 1;
    return { isFraction: 'surely', isBelowOne: isAboveOne || ORDER.test(sourceOf(segment, divisor)) };
  }
  return value.holder === 'tensor' ? { isFraction: 'probably', isBelowOne: false } : UNKNOWN;
}

/** What is above 1 by what it is called: the order of a norm, the power that a root undoes. Temperatures are not. */
const ORDER = /(^|[._])(p|ord|order|norm|p_norm|norm_type|power|pow|degree|gamma|root|n)$/;

/** `p` of `1 / p`, also through a name. */
function divisorOf(expr: Expr, segment: Segment, model: SemanticModel): Expr | undefined {
  const form = expr.kind === 'Name' ? definitionBefore(model, segment, expr.id, expr) : expr;
  if (form?.kind !== 'Binary' || form.operator !== '/') return undefined;
  return literalNumber(model.valueOf(segment, form.left)) === 1 ? form.right : undefined;
}
