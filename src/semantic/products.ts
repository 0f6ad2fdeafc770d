// Products with a condition: `f(x) * (x > 0)` throws f(x) away where the condition fails, but 0 times Inf or NaN is NaN.

import type { CallExpr, Expr } from '../syntax/ast';
import { conditionOf } from './conditions';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import type { UnselectedSite } from './operation-site';
import { isTest, refine, testBehind } from './refine';
import { unselectedSites } from './worlds';

/** What breaks in one factor where the other one, a condition, is 0. */
export function unselectedInProduct(evaluator: Evaluator, left: Expr, right: Expr, env: Environment): UnselectedSite[] {
  if (!evaluator.session.isRecording || evaluator.session.imagined) return [];
  return [...besides(evaluator, right, 'x', left, env), ...besides(evaluator, left, 'y', right, env)];
}

/** The same for `mul(a, b)` and `a.mul(b)`. */
export function unselectedInCall(
  evaluator: Evaluator,
  { callee, args }: CallExpr,
  isMethod: boolean,
  env: Environment,
): UnselectedSite[] {
  const given = args.filter((arg) => arg.keyword === undefined && arg.unpack === '').map((arg) => arg.value);
  const [left, right] = isMethod && callee.kind === 'Attribute' ? [callee.object, ...given] : given;
  return left && right ? unselectedInProduct(evaluator, left, right, env) : [];
}

function besides(evaluator: Evaluator, factor: Expr, name: string, expr: Expr, env: Environment): UnselectedSite[] {
  const mask = maskIn(evaluator, factor, env);
  if (!mask) return [];
  const scope = env.branch();
  refine(evaluator, mask.condition, mask.holds, scope);
  return unselectedSites(evaluator, mask.condition, { name, expr, holds: mask.holds, scope }, env, true);
}

/** The condition that a factor is, and whether it has to hold for the factor to be 1. */
function maskIn(
  evaluator: Evaluator,
  expr: Expr,
  env: Environment,
): { readonly condition: Expr; readonly holds: boolean } | undefined {
  if (expr.kind === 'Binary' && expr.operator === '-' && expr.left.kind === 'Number' && expr.left.value === 1) {
    const mask = maskIn(evaluator, expr.right, env);
    return mask && { ...mask, holds: !mask.holds };
  }
  if (isTest(expr)) return { condition: expr, holds: true };
  const condition = conditionOf(expr);
  if (condition?.kind === 'same') return maskIn(evaluator, condition.operand, env);
  return testBehind(evaluator, expr, env) ? { condition: expr, holds: true } : undefined;
}
