// Says what the value model knows of an expression: what holds at all times, and apart from it what is taken on trust.

import type { SemanticModel } from '../../semantic/model';
import * as R from '../../semantic/range';
import { asQuantity, type Evidence, type Quantity, type Value } from '../../semantic/value';
import type { Expr, Node, Segment } from '../../syntax/ast';
import { isStatement } from '../../syntax/walk';
import { shiftSpan } from '../../text/span';
import { dangersOf } from './dangers';
import type { Because, ValueExplanation, ValueRange } from './explanation';
import { expressionAt, type PointedExpression } from './expression-at';
import { shownSource } from './shown-source';

const mostReasons = 2;

/** The two models of one text that an explanation needs. */
export interface ExplainedModels {
  /** With all that the rules go by. */
  readonly trusting: SemanticModel;
  /** Without names, defaults and the calls of this file; its segments are those of the other one. */
  readonly strict: SemanticModel;
}

/** Undefined where nothing is known of what stands there. */
export function explainAt(models: ExplainedModels, at: number): ValueExplanation | undefined {
  const pointed = expressionAt(models.trusting, at);
  return pointed && explainExpression(models, pointed);
}

export function explainExpression(models: ExplainedModels, pointed: PointedExpression): ValueExplanation | undefined {
  const { segment, offset, expr } = pointed;
  const trusted = models.trusting.valueOf(segment, expr);
  const known = models.strict.valueOf(segment, expr);
  if (trusted.kind !== 'quantity' || known.kind !== 'quantity' || isLiteral(models.trusting, segment, expr, known)) {
    return undefined;
  }
  const range = known.assumed ? undefined : rangeOf(known);
  const presumed = isSelected(models.trusting, segment, expr) ? undefined : presumption(known, trusted, range);
  const analysis = models.trusting.analysisOf(segment);
  const source = trusted.origin && trusted.origin.segment === segment ? trusted.origin.node : expr;
  const dangers = analysis ? dangersOf(analysis, source) : [];
  const isTensor = known.holder === 'tensor';
  const role = known.assumed ? undefined : known.role;
  const holdsInfinity = known.hasInfinity === true && isTensor;
  const stopsGradient = known.gradient === false && isTensor && isDifferentiable(known) && !isInPlace(expr);
  const autocast = autocastOf(models, known);
  // The model of values follows half precision, for that is what overflows; other dtypes it knows by halves only.
  const isHalf = known.dtype === 'float16' || known.dtype === 'bfloat16';
  const dtype = isTensor && isHalf ? known.dtype : undefined;
  const isWorthSaying =
    range ||
    presumed ||
    dangers.length > 0 ||
    role ||
    holdsInfinity ||
    autocast ||
    (isTensor && (dtype || stopsGradient));
  if (!isWorthSaying) return undefined;
  return {
    cell: 0,
    span: shiftSpan({ start: expr.start, end: expr.end }, offset),
    text: expr.kind === 'Call' ? `${shownSource(segment.text, expr.callee)}(…)` : shownSource(segment.text, expr),
    holder: known.holder,
    framework: known.framework,
    dtype,
    role,
    range,
    presumed,
    dangers,
    holdsInfinity,
    stopsGradient,
    autocast,
    because: reasons(models, (range ? known : trusted).because),
  };
}

function rangeOf(q: Quantity): ValueRange | undefined {
  const { range } = q;
  if (!R.isKnown(range)) return undefined;
  const reach = R.reachOfZero(range);
  // Of an interval that ends above or below 0 everybody sees that 0 is not in it.
  const zero =
    reach === undefined ? (range.lo > 0 || range.hi < 0 ? undefined : 'never') : reach > 0 ? 'occurs' : undefined;
  const hasEnd = range.lo !== Number.NEGATIVE_INFINITY || range.hi !== Number.POSITIVE_INFINITY;
  // Of random numbers an exact 0 is as rare as any other number, which is not never.
  if (!hasEnd && zero !== 'occurs') return undefined;
  return {
    lo: range.lo,
    hi: range.hi,
    reachesLo: Number.isFinite(range.lo) && range.reachesLo > 0,
    reachesHi: Number.isFinite(range.hi) && range.reachesHi > 0,
    zero,
  };
}

/** What names, defaults and calls add to what is known anyway. */
function presumption(known: Quantity, trusted: Quantity, range: ValueRange | undefined): ValueExplanation['presumed'] {
  const more = rangeOf(trusted);
  const isNarrower = more !== undefined && (range === undefined || !isSame(more, range));
  const role = trusted.role !== undefined && (known.role !== trusted.role || known.assumed) ? trusted.role : undefined;
  return isNarrower || role ? { range: isNarrower ? more : undefined, role } : undefined;
}

/** Inside `where(c, a, b)` the rules look at those elements alone for which a value is selected. */
function isSelected(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  for (let at: Node | undefined = expr; at && !isStatement(at); at = model.parentOf(segment, at)) {
    if (at.kind !== 'Call') continue;
    const { callee } = at;
    const name = callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
    if (at !== expr && /^(where|masked_fill_?|cond|select)$/.test(name)) return true;
  }
  return false;
}

function isSame(a: ValueRange, b: ValueRange): boolean {
  return a.lo === b.lo && a.hi === b.hi && a.zero === b.zero;
}

/** What was filled in place may be a parameter. */
function isInPlace(expr: Expr): boolean {
  return expr.kind === 'Call' && expr.callee.kind === 'Attribute' && expr.callee.name.endsWith('_');
}

function isDifferentiable({ framework, dtype }: Quantity): boolean {
  const isWhole = dtype === 'integer' || dtype === 'bool';
  return !isWhole && (framework === 'torch' || framework === 'tensorflow' || framework === 'jax');
}

/** Nobody needs to be told what stands there: `3`, and `eps` in `eps = 1e-8`. */
function isLiteral(model: SemanticModel, segment: Segment, expr: Expr, value: Value): boolean {
  if (expr.kind !== 'Name') return false;
  const { holder, range } = asQuantity(value);
  const parent = model.parentOf(segment, expr);
  const isTarget =
    (parent?.kind === 'Assign' && parent.targets.includes(expr)) ||
    (parent?.kind === 'AnnAssign' && parent.target === expr);
  return isTarget && holder === 'scalar' && R.isConstant(range);
}

function placeOf({ trusting }: ExplainedModels, segment: Segment): number | undefined {
  return trusting.module.segments.find((placed) => placed.segment === segment)?.offset;
}

function autocastOf(models: ExplainedModels, { autocast, gradient }: Quantity): ValueExplanation['autocast'] {
  if (!autocast?.certain || gradient === false) return undefined;
  const at = placeOf(models, autocast.segment);
  const { start, end } = autocast.call;
  return at === undefined ? undefined : { dtype: autocast.dtype, cell: 0, span: shiftSpan({ start, end }, at) };
}

function reasons(models: ExplainedModels, because: readonly Evidence[]): Because[] {
  return because.slice(0, mostReasons).flatMap(({ segment, span, message }) => {
    const at = placeOf(models, segment);
    return at === undefined ? [] : [{ message, cell: 0, span: shiftSpan(span, at) }];
  });
}
