// The flow analysis of binary operators: what they give, and the sites where rules ask about them.

import type { BinaryOperator, Expr, Node } from '../syntax/ast';
import { withForm } from './cancellation';
import { joined } from './conditions';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import { handWritten, isMaxOf, isSpread } from './idioms';
import { concatenated } from './lists';
import { withLoaded } from './loaded';
import { lostSummand } from './lost-epsilon';
import { traitOfOperator, withTrait } from './matrices';
import { selfComplement } from './mixtures';
import type { SiteOperand } from './operation-site';
import { binaryOperator, evidenceOf } from './operators';
import { unselectedInProduct } from './products';
import * as R from './range';
import { scalesOfOperator, withScales } from './scales';
import { asQuantity, type Origin, UNKNOWN, type Value } from './value';

const NO_ORIGINS: ReadonlyMap<string, Origin> = new Map();

/** The operators that rules ask about, as the operations of the tables. */
const OPERATIONS: Readonly<Partial<Record<BinaryOperator, string>>> = {
  '/': 'divide',
  '**': 'power',
  '*': 'multiply',
  '+': 'add',
};

/** The value of `left operator right`, and the site where the operator is one that rules ask about. */
export function applyBinary(
  evaluator: Evaluator,
  node: Node,
  operator: BinaryOperator,
  left: SiteOperand,
  right: SiteOperand,
  env: Environment,
): Value {
  if (left.value.kind === 'string' || right.value.kind === 'string') return UNKNOWN;
  const list = operator === '+' ? concatenated(left.value, right.value) : undefined;
  if (list) return list;
  const a = asQuantity(left.value);
  const b = asQuantity(right.value);
  const same = a.term !== undefined && a.term === b.term;
  let result = handWritten(operator, a, b) ?? binaryOperator(operator, a, b, same);
  if (operator === '-' && isMaxOf(b.term, a.term))
    result = { ...result, range: R.range(Number.NEGATIVE_INFINITY, 0, 0, 2) };
  const product = operator === '*' ? selfComplement(a, b) : undefined;
  if (product) result = { ...result, range: product, ...(R.isKnown(a.range) ? {} : { assumed: true }) };
  if (operator === '-' && isSpread(a.term, b.term)) result = { ...result, range: R.nonNegative(1) };
  if (result.because.length === 0) result = { ...result, because: a.because.length > 0 ? a.because : b.because };
  const evidence = evidenceOf(operator, left, right, result);
  if (evidence) {
    const span = { start: node.start, end: node.end };
    result = { ...result, because: [{ segment: evaluator.context.segment, span, ...evidence }] };
  }
  const lost = operator === '+' ? lostSummand(a, b) : undefined;
  if (lost) {
    const { start, end } = (lost === 'a' ? left : right).expr;
    const because = { message: 'this epsilon is 0 in the dtype beside it', operation: 'lost_epsilon' };
    result = { ...result, because: [{ segment: evaluator.context.segment, span: { start, end }, ...because }] };
  }
  if (a.term !== undefined && b.term !== undefined) {
    const isJoined = operator === '&' || operator === '|';
    const written = evaluator.term(`(${a.term}${operator}${b.term})`);
    const term = written ?? (isJoined ? evaluator.session.freshTerm('mask') : undefined);
    if (term !== undefined) result = { ...result, term };
    if (isJoined) {
      const parts = [a, b].map((operand) => evaluator.session.conditionOf(operand.term));
      evaluator.session.setCondition(term, joined(operator === '&' ? 'and' : 'or', parts));
    }
  }
  const place = { segment: evaluator.context.segment, span: { start: node.start, end: node.end } };
  result = withTrait(evaluator.inContext(result), traitOfOperator(operator, a, b), place);
  result = withLoaded(withScales(result, scalesOfOperator(operator, a, b)), a.loaded ?? b.loaded);
  result = withForm(operator, left, right, result, { node, segment: evaluator.context.segment });
  // Any other operator is a site only where its operands cancel.
  const operation = Object.hasOwn(OPERATIONS, operator)
    ? OPERATIONS[operator]
    : result.cancels?.node === node
      ? 'cancel'
      : undefined;
  if (operation !== undefined && evaluator.session.isRecording) {
    const unselected = operator === '*' ? unselectedInProduct(evaluator, left, right, env) : [];
    evaluator.session.site({
      operation,
      framework: result.framework ?? 'python',
      name: operator,
      node,
      segment: evaluator.context.segment,
      operands: new Map([
        ['x', left],
        ['y', right],
      ]),
      form: 'operator',
      inPlace: false,
      result,
      callee: undefined,
      gradient: evaluator.context.gradient,
      autocast: evaluator.context.autocast,
      origins: NO_ORIGINS,
      ...(unselected.length > 0 ? { unselected } : {}),
    });
  }
  return result;
}

const MOVES = /^(to|float|double|half|cpu|cuda|clone|unsqueeze|view|reshape|detach)$/;

/** `k + x`: a constant that keeps a difference off 0, as whoever added it meant it to. */
export function addsConstant(expr: Expr): boolean {
  // `(degrees + 1).to(device)`
  if (expr.kind === 'Call' && expr.callee.kind === 'Attribute' && MOVES.test(expr.callee.name))
    return addsConstant(expr.callee.object);
  return (
    expr.kind === 'Binary' && expr.operator === '+' && (expr.left.kind === 'Number' || expr.right.kind === 'Number')
  );
}
