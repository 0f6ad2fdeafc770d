// The flow analysis of truth values: comparisons, `and`, `or` and `not`, and the conditions that they stand for.

import type { CompareExpr, Expr } from '../syntax/ast';
import { joined } from './conditions';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import * as R from './range';
import { refine } from './refine';
import type { Session } from './session';
import { asQuantity, type Quantity, UNKNOWN, type Value } from './value';

const TRUTH: Quantity = { ...UNKNOWN, range: R.UNIT, role: 'mask', dtype: 'bool' };

export function compareValues(evaluator: Evaluator, expr: CompareExpr, env: Environment): Value {
  const operands = [expr.left, ...expr.comparators].map((operand) => evaluator.evaluate(operand, env));
  const term = compareTerm(evaluator, expr, operands.map(asQuantity));
  const truth = term === undefined ? TRUTH : { ...TRUTH, term };
  const tensor = operands.find((v): v is Quantity => v.kind === 'quantity' && v.holder === 'tensor');
  if (!tensor) return truth;
  return { ...truth, holder: 'tensor', ...(tensor.framework ? { framework: tensor.framework } : {}) };
}

function compareTerm(evaluator: Evaluator, expr: CompareExpr, operands: readonly Quantity[]): string | undefined {
  const { session } = evaluator;
  const terms: string[] = [];
  for (const [i, operator] of expr.operators.entries()) {
    const [left, right] = [operands[i], operands[i + 1]];
    if (!left || !right || (left.term === undefined && right.term === undefined)) return undefined;
    const [a, b] = [left.term ?? session.freshTerm('value'), right.term ?? session.freshTerm('value')];
    const term = evaluator.term(`(${a}${operator}${b})`) ?? session.freshTerm('condition');
    session.setCondition(term, { kind: 'compare', operator, left, right });
    terms.push(term);
  }
  const [only, second] = terms;
  if (second === undefined) return only;
  // `0 < x < 1`
  const term = evaluator.term(terms.join(' and ')) ?? session.freshTerm('condition');
  session.setCondition(
    term,
    joined(
      'and',
      terms.map((each) => session.conditionOf(each)),
    ),
  );
  return term;
}

/** `a and b`, `a or b`: each operand is evaluated knowing what the ones before it say. */
export function boolValue(
  evaluator: Evaluator,
  operator: 'and' | 'or',
  operands: readonly Expr[],
  env: Environment,
): Value {
  const { session } = evaluator;
  const scope = env.branch();
  const terms: (string | undefined)[] = [];
  let result: Value | undefined;
  for (const [i, operand] of operands.entries()) {
    const value = evaluator.evaluate(operand, scope);
    terms.push(asQuantity(value).term);
    const isLast = i === operands.length - 1;
    // `n or 1`: the left value is used only where it is not 0.
    const kept: Value =
      operator === 'or' && !isLast && value.kind === 'quantity'
        ? { ...value, range: { ...value.range, excludesZero: true } }
        : value;
    result = result === undefined ? kept : session.join(result, kept);
    if (!isLast) refine(evaluator, operand, operator === 'and', scope);
  }
  const parts = terms.map((term) => session.conditionOf(term));
  if (result?.kind !== 'quantity' || !parts.every((part) => part !== undefined)) return result ?? UNKNOWN;
  const term = evaluator.term(terms.join(` ${operator} `)) ?? session.freshTerm('mask');
  session.setCondition(term, { kind: operator, parts });
  return { ...result, term };
}

/** `not c` and `~c`: as `value`, and true where the condition that `operand` holds is not. */
export function complement(session: Session, operand: Quantity, value: Quantity = TRUTH): Quantity {
  const { term: _, ...rest } = value;
  if (operand.term === undefined) return rest;
  const term = `(~${operand.term})`;
  const part = session.conditionOf(operand.term);
  session.setCondition(term, part && { kind: 'not', part });
  return { ...rest, term };
}
