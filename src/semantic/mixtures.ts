// Sums and products whose parts are tied: `y * p + (1 - y) * q` lies between p and q, `p * (1 - p)` is 0 at both ends.

import type { BinaryExpr, Expr } from '../syntax/ast';
import { derive } from './derive';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import * as R from './range';
import { asQuantity, type Quantity } from './value';

/** The value of a sum that is a mixture of two others, by a weight and one minus that weight. */
export function mixture(evaluator: Evaluator, expr: BinaryExpr, env: Environment): Quantity | undefined {
  const { left, right } = expr;
  if (expr.operator !== '+' || !isProduct(left) || !isProduct(right)) return undefined;
  const pairs = [
    [left.left, left.right, right.left, right.right],
    [left.left, left.right, right.right, right.left],
    [left.right, left.left, right.left, right.right],
    [left.right, left.left, right.right, right.left],
  ] as const;
  const found = pairs.find(([weight, , other]) => complements(evaluator, weight, other, env));
  if (!found) return undefined;
  const [weight, first, , second] = found;
  const value = (part: Expr): Quantity => asQuantity(evaluator.session.silently(() => evaluator.evaluate(part, env)));
  const { range } = value(weight);
  if (R.isKnown(range) && (range.lo < 0 || range.hi > 1)) return undefined;
  const [p, q] = [value(first), value(second)];
  const role = p.role === 'probabilities' && q.role === 'probabilities' ? p.role : undefined;
  return derive(p.framework ?? q.framework ?? 'python', [p, q], { range: R.join(p.range, q.range), role });
}

function isProduct(expr: Expr): expr is BinaryExpr {
  return expr.kind === 'Binary' && expr.operator === '*';
}

/** Whether one side is `1 - x` of the other. */
function complements(evaluator: Evaluator, a: Expr, b: Expr, env: Environment): boolean {
  return isComplementOf(evaluator, a, b, env) || isComplementOf(evaluator, b, a, env);
}

function isComplementOf(evaluator: Evaluator, complement: Expr, of: Expr, env: Environment): boolean {
  if (complement.kind !== 'Binary' || complement.operator !== '-') return false;
  if (complement.left.kind !== 'Number' || complement.left.value !== 1) return false;
  const term = (expr: Expr): string | undefined =>
    asQuantity(evaluator.session.silently(() => evaluator.evaluate(expr, env))).term;
  const taken = term(complement.right);
  return taken !== undefined && taken === term(of);
}

/** `p * (1 - p)`: whatever else is known of p, whoever writes this takes it for a probability. */
export function selfComplement(a: Quantity, b: Quantity): R.Range | undefined {
  const p = b.term === `(1-${a.term})` ? a : a.term === `(1-${b.term})` ? b : undefined;
  if (p?.term === undefined) return undefined;
  if (!R.isKnown(p.range)) return R.range(0, 0.25, 1, 0);
  if (p.range.lo < 0 || p.range.hi > 1) return undefined;
  const reach = Math.max(p.range.lo === 0 ? p.range.reachesLo : 0, p.range.hi === 1 ? p.range.reachesHi : 0);
  return R.range(0, 0.25, reach as R.Reach, 0);
}
