// What Python's operators do to values.

import { combine, derive, isWhole } from './derive';
import { areElements, isTelling } from './differences';
import { isSpread } from './idioms';
import type { SiteOperand } from './operation-site';
import * as R from './range';
import { asQuantity, type Framework, literalNumber, type Quantity, without } from './value';

/** Arithmetic of Python's operators on two values. `sameTerm`: both are known to be equal. */
export function binaryOperator(operator: string, a: Quantity, b: Quantity, sameTerm: boolean): Quantity {
  const framework: Framework =
    a.holder === 'tensor' ? (a.framework ?? 'python') : b.holder === 'tensor' ? (b.framework ?? 'python') : 'python';
  switch (operator) {
    case '+': {
      const sum = combine(framework, a, b, R.add);
      // A log-probability or a score plus a mask is a score.
      if (a.role === 'count' && b.role === 'count') return { ...sum, role: 'count' };
      return isSize(a) && isSize(b) ? { ...sum, role: 'size' } : sum;
    }
    case '-': {
      const difference = combine(framework, a, b, R.subtract);
      return canCancel(a, b) ? { ...difference, range: cancelling(difference.range) } : difference;
    }
    case '*': {
      if (sameTerm) return derive(framework, [a], { range: R.even(a.range, (x) => x * x, 2) });
      const product = combine(framework, a, b, R.multiply);
      if (a.role === 'probabilities' && b.role === 'probabilities') return { ...product, role: 'probabilities' };
      return isSize(a) && isSize(b) ? { ...product, role: 'size' } : product;
    }
    case '/': {
      const quotient = combine(framework, a, b, R.divide);
      return isWhole(quotient.dtype) ? without(quotient, 'dtype') : quotient;
    }
    case '**': {
      const n = literalNumber(b);
      return derive(framework, n === undefined ? [a, b] : [a], {
        range: n === undefined ? unknownPower(a.range, b.range) : power(a.range, n),
      });
    }
    case '//':
      if (isSize(a) && isSize(b)) return { ...derive(framework, [a, b], { range: R.nonNegative(0) }), role: 'size' };
      return derive(framework, [a, b], { range: a.range.lo >= 0 && b.range.lo >= 0 ? R.nonNegative(0) : R.ANY });
    case '%':
      return derive(framework, [a, b], { range: a.range.lo >= 0 && b.range.lo >= 0 ? R.nonNegative(0) : R.ANY });
    case '@':
      return derive(framework === 'python' ? 'torch' : framework, [a, b], { range: product(a.range, b.range) });
    default:
      return derive(framework, [a, b], {});
  }
}

/** A size, or a positive whole number beside one. */
function isSize(q: Quantity): boolean {
  return q.role === 'size' || (q.holder === 'scalar' && q.dtype === 'integer' && q.range.lo >= 1);
}

export interface OperatorEvidence {
  readonly operation: string;
  readonly message: string;
}

/** Why the result of an operator can be 0, where it is the operator's own doing. */
export function evidenceOf(
  operator: string,
  left: SiteOperand,
  right: SiteOperand,
  result: Quantity,
): OperatorEvidence | undefined {
  const [a, b] = [asQuantity(left.value), asQuantity(right.value)];
  if (operator === '-' && isSpread(a.term, b.term))
    return { operation: 'spread', message: 'it is 0 when all values are equal' };
  if (operator === '-' && canCancel(a, b) && result.range.reachesZero > 0)
    return {
      operation: isTelling(left.expr, right.expr, a, b) ? 'difference' : 'plain_difference',
      message: 'the difference is 0 where both sides are equal',
    };
  if (operator === '+' && isMagnitude(a) && isMagnitude(b))
    return { operation: 'magnitudes', message: 'both summands are 0 where there is nothing' };
  if (operator === '**' && (literalNumber(b) ?? 1) % 2 === 0 && result.range.lo === 0 && a.because.length === 0)
    return { operation: R.isKnown(a.range) ? 'square' : 'square_of_unknown', message: 'a square is 0 for 0' };
  if (operator === '*' && a.term !== undefined && a.term === b.term && result.range.lo === 0 && a.because.length === 0)
    return { operation: R.isKnown(a.range) ? 'square' : 'square_of_unknown', message: 'a square is 0 for 0' };
  return undefined;
}

/** What is 0 only where there is nothing, of an array. */
function isMagnitude({ holder, range, because }: Quantity): boolean {
  return (
    holder === 'tensor' &&
    range.lo === 0 &&
    range.reachesLo > 0 &&
    /^(abs|relu|square)$/.test(because.at(-1)?.operation ?? '')
  );
}

/** Two values of which neither is a number of the source: real data makes them equal now and then. */
function canCancel(a: Quantity, b: Quantity): boolean {
  if (a.holder === 'scalar' && b.holder === 'scalar') return false;
  if (a.holder !== 'tensor' && b.holder !== 'tensor' && !areElements(a.term, b.term)) return false;
  return literalNumber(a) === undefined && literalNumber(b) === undefined;
}

export function cancelling(r: R.Range): R.Range {
  return r.lo < 0 && r.hi > 0 && r.reachesZero === 0 ? { ...r, reachesZero: 1 } : r;
}

/** Sums of products: of two values that are never negative, neither is what comes out. */
export function product(a: R.Range, b: R.Range): R.Range {
  if (a.lo < 0 || b.lo < 0) return R.ANY;
  return R.range(0, Number.POSITIVE_INFINITY, Math.min(1, Math.max(a.reachesLo, b.reachesLo)) as R.Reach, 0);
}

export function power(x: R.Range, n: number): R.Range {
  if (n === 0) return R.constant(1);
  if (n === 1) return x;
  if (n < 0) return R.reciprocal(power(x, -n));
  if (Number.isInteger(n)) return n % 2 === 0 ? R.even(x, (v) => v ** n, 2) : R.odd(x, (v) => v ** n);
  return x.lo >= 0 ? R.monotone(x, (v) => v ** n) : R.nonNegative(x.reachesLo);
}

/** A power of which the exponent is not known. */
export function unknownPower(x: R.Range, n: R.Range): R.Range {
  if (x.lo < 0) return R.ANY;
  const reach = x.lo === 0 && n.lo > 0 ? x.reachesLo : 0;
  return R.range(0, x.hi <= 1 && n.lo >= 0 ? 1 : Number.POSITIVE_INFINITY, reach, 0);
}

export function negateQuantity(q: Quantity): Quantity {
  return derive(q.framework ?? 'python', [q], { range: R.negate(q.range), dtype: q.dtype });
}
