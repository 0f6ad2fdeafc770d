// Differences: where two values are likely to be equal, and what keeps a difference off 0.

import type { BinaryExpr, Expr } from '../syntax/ast';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import { literalNumber, type Quantity } from './value';

/** `(k + x) * y - z`: a constant that keeps a difference off 0, as whoever added it meant it to. */
export function isShifted(evaluator: Evaluator, { left, right }: BinaryExpr, env: Environment): boolean {
  const isConstant = (expr: Expr): boolean =>
    literalNumber(evaluator.session.silently(() => evaluator.evaluate(expr, env))) !== undefined;
  const adds = (expr: Expr): boolean => {
    if (expr.kind !== 'Binary') return false;
    if (expr.operator === '*') return adds(expr.left) || adds(expr.right);
    if (expr.operator !== '+') return false;
    return isConstant(expr.left) || isConstant(expr.right) || adds(expr.left) || adds(expr.right);
  };
  return adds(left) || adds(right);
}

/** Without the evidence that it can be 0. */
export function withoutCancelling(q: Quantity): Quantity {
  return q.range.reachesZero === 1 ? { ...q, range: { ...q.range, reachesZero: 0 }, because: [] } : q;
}

/**
 * Whether data, and not only chance, makes both sides equal: two elements of one array, a largest and a smallest by
 * their names, and sums or products that are compared, as in determinants and unions of boxes.
 */
export function isTelling(left: Expr, right: Expr, a: Quantity, b: Quantity): boolean {
  if (areElements(a.term, b.term) || isComposite(left) || isComposite(right)) return true;
  const [upper, lower] = [nameOf(left), nameOf(right)];
  return upper !== undefined && lower !== undefined && areEnds(upper, lower);
}

/** `grid[1]` and `grid[0]`, whatever the grid is. */
export function areElements(a: string | undefined, b: string | undefined): boolean {
  const object = (term: string | undefined): string | undefined => /^(.+)\[[\d.,:-]+\]$/.exec(term ?? '')?.[1];
  const one = object(a);
  return one !== undefined && one === object(b);
}

function isComposite(expr: Expr): boolean {
  return expr.kind === 'Binary' && /^[*+@]$/.test(expr.operator) && !isNumber(expr.left) && !isNumber(expr.right);
}

function isNumber(expr: Expr): boolean {
  return expr.kind === 'Number';
}

function nameOf(expr: Expr): string | undefined {
  return expr.kind === 'Name' ? expr.id : expr.kind === 'Attribute' ? expr.name : undefined;
}

/** Words for the two ends of an interval or of a box. */
const ENDS: readonly (readonly [RegExp, string])[] = [
  [/maximum/gi, 'minimum'],
  [/max/gi, 'min'],
  [/upper/gi, 'lower'],
  [/right/gi, 'left'],
  [/bottom/gi, 'top'],
  [/2/g, '1'],
];

function areEnds(upper: string, lower: string): boolean {
  return ENDS.some(([word, opposite]) => {
    const turned = upper.replace(word, opposite);
    return turned !== upper && turned.toLowerCase() === lower.toLowerCase();
  });
}
