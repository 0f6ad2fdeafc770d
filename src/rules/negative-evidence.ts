// What says that a value can be below 0: a difference that rounding takes there, or an operation that gives either sign.

import type { Confidence } from '../analyzer/finding';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, type Cancellation, type Evidence, type Quantity } from '../semantic/value';
import type { Expr, Segment } from '../syntax/ast';
import { definitionBefore } from './data-flow';
import { sourceOf } from './rule';

export type NegativeKind = Cancellation['kind'] | 'sign' | 'wave';

export interface NegativeEvidence {
  readonly kind: NegativeKind;
  readonly confidence: Confidence;
  readonly related: readonly Evidence[];
}

/** Why, in words that follow the operand. */
export const BELOW_ZERO: Readonly<Record<NegativeKind, string>> = {
  variance: 'is a variance as E[x²] - E[x]², which rounding takes below 0 where the values are nearly equal',
  complement: 'is below 0 as soon as what is taken off is a little above it, and rounding is enough for that',
  products: 'is a difference of products, and comes out below 0 where they are nearly equal',
  residual: 'is what squares leave of a value, and rounding takes that below 0',
  posterior: 'is what the data leave of the prior variance, and rounding takes that to 0 and below',
  eigenvalue: 'holds eigenvalues, of which one that is 0 on paper comes out on either side of it',
  difference: 'is below 0 where its right side is the larger one',
  sign: 'can be negative',
  wave: 'can be negative',
};

/** A smaller epsilon is nothing beside what rounding takes, even of small numbers; of a larger one, who knows. */
const SMALLEST_MARGIN = 1e-9;

/** Why the operand of a root or a power can be below 0; undefined where it cannot be, or where nothing speaks for it. */
export function negativeEvidence(
  site: OperationSite,
  operand: SiteOperand,
  model: SemanticModel,
): NegativeEvidence | undefined {
  const value = asQuantity(operand.value);
  if (operand.value.kind !== 'quantity' || isSelected(operand.expr, site.segment, model)) return undefined;
  if (value.dtype === 'integer' || value.dtype === 'bool') return undefined;
  const { cancels } = value;
  if (cancels && (value.range.lo < 0 || cancels.kind === 'posterior')) {
    if (!isArray(site, value, cancels)) return undefined;
    const isGuarded = (cancels.margin ?? 0) >= SMALLEST_MARGIN;
    return { kind: cancels.kind, confidence: isGuarded ? 'possible' : 'likely', related: placeOf(cancels, operand) };
  }
  const signed = signedPart(operand, site.segment, model);
  if (signed) {
    const { origin, because } = signed.value;
    const kind = origin?.operation === 'cosine' || origin?.operation === 'sine' ? 'wave' : 'sign';
    return { kind, confidence: signed.confidence, related: because };
  }
  // Of two values of which nothing is known, either can be the larger one.
  const isDifference = value.range.lo < 0 && value.holder === 'tensor' && isDifferenceOfTwo(operand.expr);
  return isDifference ? { kind: 'difference', confidence: 'possible', related: [] } : undefined;
}

/** The value itself, or a factor of it, that an operation gives with either sign. */
function signedPart(
  { expr, value }: SiteOperand,
  segment: Segment,
  model: SemanticModel,
): { readonly value: Quantity; readonly confidence: Confidence } | undefined {
  const whole = asQuantity(value);
  if (whole.range.lo >= 0) return undefined;
  const own = reachesBelow(whole);
  if (own) return { value: whole, confidence: own };
  if (expr.kind !== 'Binary' || !/^[*/]$/.test(expr.operator)) return undefined;
  if (sourceOf(segment, expr.left) === sourceOf(segment, expr.right)) return undefined;
  for (const part of [expr.left, expr.right]) {
    const factor = asQuantity(model.valueOf(segment, part));
    const confidence = reachesBelow(factor);
    if (confidence) return { value: factor, confidence: confidence === 'possible' ? 'possible' : 'likely' };
  }
  return undefined;
}

function isDifferenceOfTwo(expr: Expr): boolean {
  return expr.kind === 'Binary' && expr.operator === '-' && [expr.left, expr.right].every((e) => e.kind !== 'Number');
}

/** Whether an operation of the tables is known to give negative values. */
function reachesBelow(value: Quantity): Confidence | undefined {
  const { lo, hi, reachesLo, reachesHi } = value.range;
  if (lo >= 0 || value.holder !== 'tensor' || !value.origin) return undefined;
  // A layer gives either sign; of a product of two values it is not known which signs they have.
  if (value.role === 'logits' && !isLayer(value)) return undefined;
  if (/^(sum|mean|multiply|add|subtract|divide|power)$/.test(value.origin.operation)) return undefined;
  // An angle that is given is mostly one of which half is not used; one that is computed may be any.
  if (value.origin.operation === 'cosine' || value.origin.operation === 'sine')
    return isSumOfTwo(value.origin.operand) ? 'likely' : 'possible';
  const reach = hi <= 0 ? Math.max(reachesLo, reachesHi) : reachesLo;
  if (reach === 0) return undefined;
  return reach === 2 && !value.assumed ? 'proven' : 'likely';
}

function isSumOfTwo(expr: Expr | undefined): boolean {
  return (
    expr?.kind === 'Binary' && /^[-+]$/.test(expr.operator) && [expr.left, expr.right].every((e) => e.kind !== 'Number')
  );
}

function isLayer({ origin }: Quantity): boolean {
  return origin?.callee.kind === 'instance' && /^torch\.nn\.(Linear|Conv)/.test(canonicalName(origin.callee.className));
}

/**
 * Python numbers raise an error instead, and what is called a square of them is one of a configuration. Functions of
 * PyTorch take nothing but tensors, so that what they are given is one.
 */
function isArray(site: OperationSite, value: Quantity, { kind }: Cancellation): boolean {
  if (value.holder === 'tensor' || kind === 'posterior') return true;
  if (kind === 'variance') return site.form !== 'operator';
  return value.holder === undefined && site.form !== 'operator' && site.framework !== 'numpy' && !isPython(site);
}

function isPython(site: OperationSite): boolean {
  return site.framework === 'python';
}

/** Where the difference is taken, if that is not the operand itself. */
function placeOf({ node, segment, kind }: Cancellation, { expr }: SiteOperand): Evidence[] {
  if (kind === 'posterior' || (node.start >= expr.start && node.end <= expr.end)) return [];
  return [{ segment, span: { start: node.start, end: node.end }, message: 'the difference is taken here' }];
}

/** `x[valid]` with `valid = x > 0`: somebody has picked the elements. */
function isSelected(expr: Expr, segment: Segment, model: SemanticModel): boolean {
  if (expr.kind !== 'Subscript' || expr.indices.length !== 1) return false;
  const [index] = expr.indices;
  if (index?.kind !== 'Name') return false;
  const condition = definitionBefore(model, segment, index.id, expr);
  return condition?.kind === 'Compare' && sourceOf(segment, condition).includes(sourceOf(segment, expr.object));
}
