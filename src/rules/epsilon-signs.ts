// Epsilons that a sign takes away: times a sign that is 0 at 0, or added to a denominator that may be minus the epsilon.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity } from '../semantic/value';
import type { Expr, Node, Segment } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { whereOf } from './double-where';
import { isEpsilon } from './epsilons';
import { asOperand } from './log-rewrites';
import { poleUses } from './pole-uses';
import { type LocalFix, oneLine, type Report, sourceOf } from './rule';
import type { SitesByNode } from './sites';

/** `y + eps * sign(y)`, `where(abs(y) < eps, eps * sign(y), y)` and `sign(y) * (abs(y) + eps)`, which are 0 at 0. */
export function timesSign(product: OperationSite, model: SemanticModel, sites: SitesByNode): Report | undefined {
  const [x, y] = [product.operands.get('x'), product.operands.get('y')];
  if (!x || !y || product.node.kind === 'AugAssign') return undefined;
  return ofSign(product, x, y, model, sites) ?? ofSign(product, y, x, model, sites);
}

function ofSign(
  product: OperationSite,
  sign: SiteOperand,
  other: SiteOperand,
  model: SemanticModel,
  sites: SitesByNode,
): Report | undefined {
  const site = sites.get(sign.expr);
  const signed = site?.operands.get('x');
  if (site?.operation !== 'sign' || !signed) return undefined;
  const { segment, node } = product;
  const subject = sourceOf(segment, signed.expr);
  const isGuard = isEpsilon(model, segment, other.expr)
    ? isBesideSubject(model, segment, node, subject)
    : holdsGuardedMagnitude(model, segment, other.expr, subject) && dividesSomething(model, segment, node as Expr);
  if (!isGuard) return undefined;
  const text = oneLine(sourceOf(segment, sign.expr), 40);
  return {
    segment,
    span: node,
    confidence: 'likely',
    message: `\`${text}\` is 0 where \`${oneLine(subject, 30)}\` is 0, and the epsilon with it: the one value that it is there for stays 0. Take 1 for the sign of 0.`,
    related: [],
    fixes: signOfZero(site, signed, model),
  };
}

/** Whether the product is added to what the sign is taken of, or takes its place in a `where`. */
function isBesideSubject(model: SemanticModel, segment: Segment, node: Node, subject: string): boolean {
  const parent = model.parentOf(segment, node);
  if (parent?.kind === 'Binary')
    return parent.operator === '+' && [parent.left, parent.right].some((side) => sourceOf(segment, side) === subject);
  const call = parent?.kind === 'Call' ? parent : undefined;
  const name = call?.callee.kind === 'Attribute' ? call.callee.name : '';
  return name === 'where' && call?.args.some(({ value }) => sourceOf(segment, value) === subject) === true;
}

function holdsGuardedMagnitude(model: SemanticModel, segment: Segment, expr: Expr, subject: string): boolean {
  const { origin } = asQuantity(model.valueOf(segment, expr));
  const isGuarded =
    origin?.operation === 'clamp' || origin?.operation === 'maximum' || isSumWithEpsilon(model, segment, expr);
  if (!isGuarded) return false;
  let isFound = false;
  walkExpressions(expr, (part) => {
    if (part.kind !== 'Call') return;
    const { origin: made } = asQuantity(model.valueOf(segment, part));
    if (made?.node === part && made.operation === 'abs' && made.operand)
      isFound ||= sourceOf(segment, made.operand) === subject;
  });
  return isFound;
}

function isSumWithEpsilon(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  return (
    expr.kind === 'Binary' &&
    expr.operator === '+' &&
    [expr.left, expr.right].some((side) => isEpsilon(model, segment, side))
  );
}

function dividesSomething(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  return poleUses(model, segment, expr).some(({ kind }) => kind === 'divisor');
}

function signOfZero(site: OperationSite, signed: SiteOperand, model: SemanticModel): LocalFix[] {
  const { segment, node } = site;
  const where = whereOf(site.framework, model);
  if (where === undefined) return [];
  const text = sourceOf(segment, signed.expr);
  const span = { start: node.start, end: node.end };
  return [
    {
      title: 'Take 1 for the sign of 0',
      safety: 'unsafe',
      edits: [{ segment, span, text: `${where}(${text} < 0, -1.0, 1.0)` }],
    },
  ];
}

const PERIODIC: ReadonlySet<string> = new Set(['sine', 'cosine', 'tangent', 'tanh', 'erf', 'normalized']);

/** `a / (sin(x) + eps)`: 0 where the sine is -eps, and near it of either sign and without a bound. */
export function eitherSign(division: OperationSite, model: SemanticModel): Report | undefined {
  const denominator = division.operands.get('y')?.expr;
  if (denominator?.kind !== 'Binary' || denominator.operator !== '+') return undefined;
  const { segment, node } = division;
  const { left, right } = denominator;
  const [value, epsilon] = isEpsilon(model, segment, right)
    ? [left, right]
    : isEpsilon(model, segment, left)
      ? [right, left]
      : [];
  if (!value || !epsilon) return undefined;
  const { range, holder, origin } = asQuantity(model.valueOf(segment, value));
  if (holder !== 'tensor' || range.lo >= 0 || range.hi <= 0) return undefined;
  // Of a difference, whoever wrote it may know which side is larger; of a sine nobody does.
  const isKnown = origin?.node === value && PERIODIC.has(origin.operation);
  if (!isKnown && range.reachesZero === 0) return undefined;
  const text = oneLine(sourceOf(segment, value), 40);
  return {
    segment,
    span: node.kind === 'AugAssign' ? node : denominator,
    confidence: isKnown ? 'likely' : 'possible',
    message: `\`${text}\` has either sign, so that \`${oneLine(sourceOf(segment, epsilon), 30)}\` moves its zero instead of taking it away: where \`${text}\` is minus the epsilon, the denominator is 0. Replace what is close to 0 instead.`,
    related: [],
    fixes: replacedNearZero(division, denominator, value, epsilon, model),
  };
}

function replacedNearZero(
  division: OperationSite,
  denominator: Expr,
  value: Expr,
  epsilon: Expr,
  model: SemanticModel,
): LocalFix[] {
  const { segment } = division;
  const quantity = asQuantity(model.valueOf(segment, value));
  const where = whereOf(quantity.framework ?? division.framework, model);
  const text = sourceOf(segment, value);
  if (where === undefined || quantity.term === undefined || text.length > 60 || text.includes('\n')) return [];
  const bound = sourceOf(segment, epsilon);
  const test =
    quantity.framework === 'torch' ? `${asOperand(segment, value)}.abs() > ${bound}` : `abs(${text}) > ${bound}`;
  const span = denominator.outer ?? denominator;
  return [
    {
      title: 'Replace what is close to 0 by the epsilon',
      safety: 'unsafe',
      edits: [{ segment, span, text: `${where}(${test}, ${text}, ${bound})` }],
    },
  ];
}
