// Conditions as values: what `positive = x > 0` says of x where it is asked for later, under its name.

import type { CompareOperator } from '../syntax/ast';
import type { Environment } from './environment';
import * as R from './range';
import { literalNumber, type Quantity } from './value';

/** What is known to hold where a truth value is true, in terms that no later assignment changes. */
export type Condition =
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly left: Quantity; readonly right: Quantity }
  /** Equal up to a tolerance. */
  | { readonly kind: 'close'; readonly left: Quantity; readonly right: Quantity }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition };

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

export function negated(operator: CompareOperator): CompareOperator | undefined {
  return NEGATED[operator];
}

const COMPARES: Readonly<Record<string, CompareOperator>> = {
  greater: '>',
  greater_equal: '>=',
  less: '<',
  less_equal: '<=',
  equal: '==',
  not_equal: '!=',
};

/** The condition that an operation of the library tables gives: `torch.gt(x, 0)`, `np.logical_and(a, b)`. */
export function conditionOfCall(
  operation: string,
  x: Quantity,
  y: Quantity,
  known: (term: string | undefined) => Condition | undefined,
): Condition | undefined {
  const operator = COMPARES[operation];
  if (operator) return { kind: 'compare', operator, left: x, right: y };
  if (operation === 'isclose') return { kind: 'close', left: x, right: y };
  const [a, b] = [known(x.term), known(y.term)];
  switch (operation) {
    case 'logical_not':
      return a && { kind: 'not', part: a };
    case 'logical_and':
    case 'logical_or':
      return joined(operation === 'logical_and' ? 'and' : 'or', [a, b]);
    default:
      return undefined;
  }
}

/** Of `a and b` with a b of which nothing is known, a is still known to hold where both do. */
export function joined(kind: 'and' | 'or', parts: readonly (Condition | undefined)[]): Condition | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length > 0 ? { kind, parts: known } : undefined;
}

/** Teaches `env` what a condition being `holds` means. */
export function assume(condition: Condition, holds: boolean, env: Environment): void {
  switch (condition.kind) {
    case 'not':
      assume(condition.part, !holds, env);
      return;
    case 'and':
    case 'or':
      // Of `a and b` that fails, it is unknown which failed; likewise of `a or b` that holds.
      if ((condition.kind === 'and') === holds) for (const part of condition.parts) assume(part, holds, env);
      return;
    case 'close':
      if (!holds) compare(condition.left, '!=', condition.right, env);
      return;
    case 'compare': {
      const operator = holds ? condition.operator : NEGATED[condition.operator];
      if (operator) compare(condition.left, operator, condition.right, env);
    }
  }
}

/** `if n:` means n is not 0; `if mask.any():` means its sum is not. */
export function truth(value: Quantity, holds: boolean, env: Environment, any: boolean): void {
  if (value.term === undefined) return;
  if (any) {
    if (holds) env.learn(`sum(${value.term})`, { ...R.ANY, excludesZero: true });
    return;
  }
  if (holds) env.learn(value.term, { ...R.ANY, excludesZero: true, ...(value.range.lo === 0 ? { reachesLo: 0 } : {}) });
  else env.learn(value.term, R.constant(0));
}

export function compare(left: Quantity, operator: CompareOperator, right: Quantity, env: Environment): void {
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
