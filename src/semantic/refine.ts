// What a condition that holds (or does not) says about the values in it.

import type { CompareOperator, Expr } from '../syntax/ast';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import { dottedName } from './program';
import * as R from './range';
import { asQuantity, literalNumber, type Quantity, UNKNOWN } from './value';

const NEGATED: Readonly<Partial<Record<CompareOperator, CompareOperator>>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
  is: 'is not',
  'is not': 'is',
};
const MIRRORED: Readonly<Partial<Record<CompareOperator, CompareOperator>>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

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
      }
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
        const effective = holds ? operator : NEGATED[operator];
        if (effective) {
          const [a, b] = [asQuantity(evaluate(left)), asQuantity(evaluate(right))];
          compare(a, effective, b, env);
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
        else truth(asQuantity(evaluate(inner)), holds, env, callee.name === 'any');
      } else if (callee.kind === 'Name' && callee.id === 'bool' && condition.args[0]) {
        refine(evaluator, condition.args[0].value, holds, env);
      } else {
        if (holds) refineLength(evaluator, condition, '!=', 0, env);
        truth(asQuantity(evaluate(condition)), holds, env, false);
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
      truth(asQuantity(evaluate(condition)), holds, env, false);
      return;
    default:
      return;
  }
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

/** `if n:` means n is not 0; `if mask.any():` means its sum is not. */
function truth(value: Quantity, holds: boolean, env: Environment, any: boolean): void {
  if (value.term === undefined) return;
  if (any) {
    if (holds) env.learn(`sum(${value.term})`, { ...R.ANY, excludesZero: true });
    return;
  }
  if (holds) env.learn(value.term, { ...R.ANY, excludesZero: true, ...(value.range.lo === 0 ? { reachesLo: 0 } : {}) });
  else env.learn(value.term, R.constant(0));
}

function compare(left: Quantity, operator: CompareOperator, right: Quantity, env: Environment): void {
  tested(left, operator, right, env);
  bound(left, operator, literalNumber(right) ?? lowerBoundFor(operator, right), env);
  const mirrored = MIRRORED[operator];
  if (mirrored) bound(right, mirrored, literalNumber(left) ?? lowerBoundFor(mirrored, left), env);
}

/**
 * `if step < warmup:` with two values of which nothing is known: what is said to be larger is taken to be above 0, for
 * whoever wrote the test has thought of it.
 */
function tested(left: Quantity, operator: CompareOperator, right: Quantity, env: Environment): void {
  if (literalNumber(left) !== undefined || literalNumber(right) !== undefined) return;
  const larger = operator === '<' ? right : operator === '>' ? left : undefined;
  const smaller = larger === right ? left : right;
  if (larger?.term === undefined || smaller.range.hi < 0) return;
  env.learn(larger.term, { ...R.ANY, excludesZero: true });
  const magnitude = /^abs\((.+)\)$/.exec(larger.term)?.[1];
  if (magnitude !== undefined) env.learn(magnitude, { ...R.ANY, excludesZero: true });
}

/** `x > eps` with an eps that is only known to be above 0 still says that x is. */
function lowerBoundFor(operator: CompareOperator, q: Quantity): number | undefined {
  if ((operator === '>' || operator === '>=') && Number.isFinite(q.range.lo) && !q.assumed) return q.range.lo;
  if ((operator === '<' || operator === '<=') && Number.isFinite(q.range.hi) && !q.assumed) return q.range.hi;
  return undefined;
}

function bound(q: Quantity, operator: CompareOperator, n: number | undefined, env: Environment): void {
  if (n === undefined || q.term === undefined) return;
  switch (operator) {
    case '>':
      if (n >= 0) beyond(q, env);
      // The smallest float above n; n itself is excluded.
      env.learn(q.term, R.range(n === 0 ? Number.MIN_VALUE : n, Number.POSITIVE_INFINITY, 0, 0));
      if (n === 0) minimumOf(q, env);
      return;
    case '>=':
      env.learn(q.term, R.range(n, Number.POSITIVE_INFINITY, n > 0 ? 0 : 1, 0));
      return;
    case '<':
      env.learn(q.term, R.range(Number.NEGATIVE_INFINITY, n, 0, 0));
      magnitudeOf(q, n, 0, env);
      return;
    case '<=':
      env.learn(q.term, R.range(Number.NEGATIVE_INFINITY, n, 0, 1));
      magnitudeOf(q, n, 1, env);
      return;
    case '==':
      env.learn(q.term, R.constant(n));
      return;
    case '!=':
      if (n === 0)
        env.learn(q.term, { ...R.ANY, excludesZero: true, ...(q.range.lo === 0 ? { lo: Number.MIN_VALUE } : {}) });
      return;
    default:
      return;
  }
}

/** `abs(x) > eps` keeps x off 0. */
function beyond(q: Quantity, env: Environment): void {
  const inner = /^abs\((.+)\)$/.exec(q.term ?? '')?.[1];
  if (inner !== undefined) env.learn(inner, { ...R.ANY, excludesZero: true });
}

/** `x.min() > 0` says that every element is. */
function minimumOf(q: Quantity, env: Environment): void {
  const inner = /^smallest\(([^,]*)\)$/.exec(q.term ?? '')?.[1];
  if (inner !== undefined) env.learn(inner, R.range(Number.MIN_VALUE, Number.POSITIVE_INFINITY, 0, 0));
}

/** `abs(x) < n` bounds x on both sides. */
function magnitudeOf(q: Quantity, n: number, reach: R.Reach, env: Environment): void {
  const inner = /^abs\((.+)\)$/.exec(q.term ?? '')?.[1];
  if (inner !== undefined && n >= 0) env.learn(inner, R.range(-n, n, reach, reach));
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
  if (value.kind === 'list') env.set(key, { ...value, length: R.intersect(value.length, atLeast) });
  else if (value.kind === 'sequence' && value.elements.length === 0)
    env.set(key, { kind: 'list', element: UNKNOWN, length: atLeast, because: [] });
  else if (value.kind === 'method') env.set(key, { ...UNKNOWN, length: atLeast });
  else if (value.kind === 'quantity' && value.holder !== 'scalar')
    env.set(key, { ...value, length: value.length ? R.intersect(value.length, atLeast) : atLeast });
}
