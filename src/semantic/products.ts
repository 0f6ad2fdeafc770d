// Products with a condition: `f(x) * (x > 0)` throws f(x) away where the condition fails, but 0 times Inf or NaN is NaN.

import type { CallExpr, Expr } from '../syntax/ast';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import type { SiteOperand, UnselectedSite } from './operation-site';
import { refine } from './refine';
import { asQuantity, type Value } from './value';
import { unselectedSites } from './worlds';

/** What breaks in one factor where the other one, a condition, is 0. */
export function unselectedInProduct(
  evaluator: Evaluator,
  left: SiteOperand,
  right: SiteOperand,
  env: Environment,
): UnselectedSite[] {
  if (!evaluator.session.isRecording || evaluator.session.imagined) return [];
  return [...besides(evaluator, right, 'x', left.expr, env), ...besides(evaluator, left, 'y', right.expr, env)];
}

/** The same for `mul(a, b)` and `a.mul(b)`. */
export function unselectedInCall(
  evaluator: Evaluator,
  expr: CallExpr,
  callee: Value,
  values: readonly Value[],
  env: Environment,
): UnselectedSite[] {
  const given: SiteOperand[] = [];
  if (callee.kind === 'method' && expr.callee.kind === 'Attribute')
    given.push({ expr: expr.callee.object, value: callee.receiver });
  expr.args.forEach((arg, i) => {
    const value = values[i];
    if (value && arg.keyword === undefined && arg.unpack === '') given.push({ expr: arg.value, value });
  });
  const [left, right] = given;
  return left && right ? unselectedInProduct(evaluator, left, right, env) : [];
}

function besides(
  evaluator: Evaluator,
  factor: SiteOperand,
  name: string,
  expr: Expr,
  env: Environment,
): UnselectedSite[] {
  const mask = maskIn(evaluator, factor, env);
  if (!mask) return [];
  const scope = env.branch();
  refine(evaluator, mask.condition, mask.holds, scope);
  return unselectedSites(evaluator, mask.condition, { name, expr, holds: mask.holds, scope }, env, true);
}

interface Mask {
  readonly condition: Expr;
  /** Whether it has to hold for the factor to be 1. */
  readonly holds: boolean;
}

/** The condition that a factor is. */
function maskIn(evaluator: Evaluator, { expr, value }: SiteOperand, env: Environment): Mask | undefined {
  const part = (inner: Expr): SiteOperand => ({
    expr: inner,
    value: evaluator.session.silently(() => evaluator.evaluate(inner, env)),
  });
  if (expr.kind === 'Binary' && expr.operator === '-' && expr.left.kind === 'Number' && expr.left.value === 1) {
    const mask = maskIn(evaluator, part(expr.right), env);
    return mask && { ...mask, holds: !mask.holds };
  }
  if (!evaluator.session.conditionOf(asQuantity(value).term)) return undefined;
  const inner = unconverted(expr);
  return (inner && maskIn(evaluator, part(inner), env)) ?? { condition: expr, holds: true };
}

const CONVERSIONS = /^(bool|float|double|half|int|long|byte|to|type|type_as|astype)$/;

/** In `tf.cast(condition, dtype)` and `condition.to(dtype)` the condition. */
function unconverted(expr: Expr): Expr | undefined {
  if (expr.kind !== 'Call' || expr.callee.kind !== 'Attribute') return undefined;
  const { name, object } = expr.callee;
  return name === 'cast' ? expr.args[0]?.value : CONVERSIONS.test(name) ? object : undefined;
}
