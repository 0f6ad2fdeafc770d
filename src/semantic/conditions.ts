// What a condition is made of, however it is spelled: comparisons, their conjunctions and negations, and conversions.

import type { CallExpr, CompareOperator, Expr } from '../syntax/ast';

/** The parts of a condition; undefined where it is no more than a value that holds or does not. */
export type Condition =
  | { readonly kind: 'compare'; readonly left: Expr; readonly operator: CompareOperator; readonly right: Expr }
  /** Of several conditions all hold, or any does. */
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Expr[] }
  | { readonly kind: 'not'; readonly operand: Expr }
  /** The same condition in another dtype or shape. */
  | { readonly kind: 'same'; readonly operand: Expr };

const COMPARISONS: Readonly<Record<string, CompareOperator>> = {
  eq: '==',
  equal: '==',
  ne: '!=',
  neq: '!=',
  not_equal: '!=',
  gt: '>',
  greater: '>',
  ge: '>=',
  greater_equal: '>=',
  lt: '<',
  less: '<',
  le: '<=',
  less_equal: '<=',
};
const CONVERSIONS =
  /^(bool|float|double|half|int|long|byte|to|type|type_as|astype|unsqueeze|squeeze|view|reshape|expand|expand_as|contiguous|detach|clone)$/;

/** The condition that an expression spells out by an operator or by a function of that name. */
export function conditionOf(expr: Expr): Condition | undefined {
  switch (expr.kind) {
    case 'Unary':
      return expr.operator === 'not' || expr.operator === '~' ? { kind: 'not', operand: expr.operand } : undefined;
    case 'Bool':
      return { kind: expr.operator === 'and' ? 'all' : 'any', parts: expr.values };
    case 'Binary':
      if (expr.operator === '&') return { kind: 'all', parts: [expr.left, expr.right] };
      return expr.operator === '|' ? { kind: 'any', parts: [expr.left, expr.right] } : undefined;
    case 'NamedExpr':
      return { kind: 'same', operand: expr.value };
    case 'Compare': {
      const [operator] = expr.operators;
      const [right] = expr.comparators;
      return expr.operators.length === 1 && operator && right
        ? { kind: 'compare', left: expr.left, operator, right }
        : undefined;
    }
    case 'Call':
      return ofCall(expr);
    default:
      return undefined;
  }
}

function ofCall(expr: CallExpr): Condition | undefined {
  const { callee } = expr;
  if (callee.kind !== 'Attribute' || expr.args.some((arg) => arg.unpack !== '')) return undefined;
  const { name, object } = callee;
  const args = expr.args.filter((arg) => arg.keyword === undefined).map((arg) => arg.value);
  const [first, second] = args;
  const operator = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (operator && first) {
    // `torch.equal` compares two arrays as a whole, and gives one answer.
    if (name === 'equal' && object.kind === 'Name' && object.id === 'torch') return undefined;
    if (args.length === 2 && second) return { kind: 'compare', left: first, operator, right: second };
    return args.length === 1 ? { kind: 'compare', left: object, operator, right: first } : undefined;
  }
  if (name === 'logical_and' || name === 'logical_or') {
    const parts = args.length === 2 ? args : [object, ...args];
    return parts.length === 2 ? { kind: name === 'logical_and' ? 'all' : 'any', parts } : undefined;
  }
  if (name === 'logical_not') return { kind: 'not', operand: first ?? object };
  // tf.cast(condition, dtype) and condition.to(dtype)
  if (name === 'cast') return first ? { kind: 'same', operand: first } : undefined;
  return CONVERSIONS.test(name) ? { kind: 'same', operand: object } : undefined;
}
