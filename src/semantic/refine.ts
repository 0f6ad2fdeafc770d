// What a condition that holds (or does not) says about the values in it.

import type { CompareOperator, Expr } from '../syntax/ast';
import { answer, assume, compare, negated, truth } from './conditions';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import { dottedName } from './program';
import * as R from './range';
import { asQuantity, literalNumber, type Quantity, UNKNOWN, type Value } from './value';

/** Teaches `env` what `condition` being `holds` means. Evaluates silently: the condition itself is recorded elsewhere. */
export function refine(evaluator: Evaluator, condition: Expr, holds: boolean, env: Environment): void {
  const evaluate = (expr: Expr) => evaluator.session.silently(() => evaluator.evaluate(expr, env));
  switch (condition.kind) {
    case 'Unary':
      if (condition.operator === 'not' || condition.operator === '~') refine(evaluator, condition.operand, !holds, env);
      return;
    case 'Bool':
      // Of `a and b` that fails, it is unknown which failed; likewise of `a or b` that holds.
      if ((condition.operator === 'and') === holds)
        for (const value of condition.values) refine(evaluator, value, holds, env);
      return;
    case 'Binary':
      if ((condition.operator === '&') === holds && (condition.operator === '&' || condition.operator === '|')) {
        refine(evaluator, condition.left, holds, env);
        refine(evaluator, condition.right, holds, env);
      } else if (/^[-+*]$/.test(condition.operator)) assumeValue(evaluator, evaluate(condition), holds, env);
      return;
    case 'NamedExpr':
      refine(evaluator, condition.value, holds, env);
      return;
    case 'Compare': {
      if (!holds && condition.operators.length > 1) return;
      let left = condition.left;
      condition.operators.forEach((operator, i) => {
        const right = condition.comparators[i];
        if (!right) return;
        const effective = holds ? operator : negated(operator);
        if (effective) {
          const [a, b] = [asQuantity(evaluate(left)), asQuantity(evaluate(right))];
          compare(a, effective, b, env);
          answer(a, operator, b, holds, env);
          refineLength(evaluator, left, effective, literalNumber(b), env);
        }
        left = right;
      });
      return;
    }
    case 'Call': {
      // (x > 0).all() and torch.all(x > 0) speak of every element.
      const { callee } = condition;
      const all = callee.kind === 'Attribute' && (callee.name === 'all' || callee.name === 'any');
      if (all) {
        const inner = condition.args[0]?.value ?? callee.object;
        const every = callee.name === 'all' ? holds : !holds;
        if (every && inner.kind === 'Compare') refine(evaluator, inner, holds, env);
        else if (every) assumeValue(evaluator, evaluate(inner), holds, env);
        else truth(asQuantity(evaluate(inner)), holds, env, callee.name === 'any');
      } else if (callee.kind === 'Name' && callee.id === 'bool' && condition.args[0]) {
        refine(evaluator, condition.args[0].value, holds, env);
      } else {
        if (holds) refineLength(evaluator, condition, '!=', 0, env);
        assumeValue(evaluator, evaluate(condition), holds, env);
      }
      return;
    }
    case 'Name':
    case 'Attribute':
    case 'Subscript':
      if (holds) {
        atLeastLong(evaluator, condition, 1, env);
        refineLength(evaluator, condition, '!=', 0, env);
      }
      assumeValue(evaluator, evaluate(condition), holds, env);
      return;
    default:
      return;
  }
}

/** A truth value under its name: what the condition that gave it says, and that it is 0 or not. */
function assumeValue(evaluator: Evaluator, value: Value, holds: boolean, env: Environment): void {
  const q = asQuantity(value);
  const condition = evaluator.session.conditionOf(q.term);
  if (condition) assume(condition, holds, env);
  truth(q, holds, env, false);
}

/** `value` as it is in the elements for which `condition` is `holds`. */
export function selected(
  evaluator: Evaluator,
  condition: Expr,
  holds: boolean,
  value: Quantity,
  env: Environment,
): Quantity {
  if (value.term === undefined) return value;
  const scope = env.branch();
  refine(evaluator, condition, holds, scope);
  const fact = scope.factOf(value.term);
  return fact ? { ...value, range: R.intersect(value.range, fact) } : value;
}

/** `len(losses) > 1`, `x.numel()`, `x.size(0) == 0`: what a test says of the number of elements. */
function refineLength(
  evaluator: Evaluator,
  expr: Expr,
  operator: CompareOperator,
  n: number | undefined,
  env: Environment,
): void {
  const subject = measured(expr);
  if (!subject || n === undefined) return;
  if (operator === '>') atLeastLong(evaluator, subject, n + 1, env);
  else if (operator === '>=' || (operator === '==' && n > 0)) atLeastLong(evaluator, subject, n, env);
  else if (operator === '!=') atLeastLong(evaluator, subject, n === 1 ? 2 : 1, env);
}

/** The array or list whose size an expression gives. */
function measured(expr: Expr): Expr | undefined {
  if (expr.kind === 'Subscript') {
    const { object } = expr;
    return object.kind === 'Attribute' && object.name === 'shape' ? object.object : undefined;
  }
  if (expr.kind === 'Attribute') return expr.name === 'size' ? expr.object : undefined;
  if (expr.kind !== 'Call') return undefined;
  const { callee, args } = expr;
  if (callee.kind === 'Name') return callee.id === 'len' ? args[0]?.value : undefined;
  return callee.kind === 'Attribute' && /^(numel|nelement|size|__len__)$/.test(callee.name) ? callee.object : undefined;
}

function atLeastLong(evaluator: Evaluator, expr: Expr, n: number, env: Environment): void {
  const key = dottedName(expr);
  if (key === undefined) return;
  const value = evaluator.session.silently(() => evaluator.evaluate(expr, env));
  const atLeast = R.range(n, Number.POSITIVE_INFINITY, 0, 0);
  if (value.kind === 'list') env.narrow(key, { ...value, length: R.intersect(value.length, atLeast) });
  else if (value.kind === 'sequence' && value.elements.length === 0)
    env.narrow(key, { kind: 'list', element: UNKNOWN, length: atLeast, because: [] });
  else if (value.kind === 'method') env.narrow(key, { ...UNKNOWN, length: atLeast });
  else if (value.kind === 'quantity' && value.holder !== 'scalar')
    env.narrow(key, { ...value, length: value.length ? R.intersect(value.length, atLeast) : atLeast });
}
