// What says that a denominator can be exactly 0: how its value came about, or how it is tied to its numerator.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { dottedName } from '../semantic/program';
import { isConstant, isKnown, reachOfZero } from '../semantic/range';
import { asQuantity, type Evidence, literalNumber, type Quantity, type Value } from '../semantic/value';
import type { Expr, Segment, SubscriptExpr } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { areToldApart } from './equal-ends';
import { isLogScale } from './exp-forms';
import { isReplacedBefore } from './replaced-before';
import { sourceOf } from './rule';

export type ZeroKind =
  | 'zero'
  | 'deviation'
  | 'norm'
  | 'count'
  | 'length'
  | 'spread'
  | 'sum'
  | 'mean'
  | 'difference'
  | 'relu'
  | 'magnitudes'
  | 'squares'
  | 'root'
  | 'underflow'
  | 'function'
  | 'fallback'
  | 'filter'
  | 'counter'
  | 'initial'
  | 'setting'
  | 'own element'
  | 'own extreme'
  | 'own part'
  | 'odds'
  | 'ratio to itself'
  | 'unknown';

export interface ZeroDenominator {
  readonly kind: ZeroKind;
  readonly confidence: Confidence;
  readonly related: readonly Evidence[];
}

/** Why the denominator of a division can be 0; undefined where it cannot be, or where nothing speaks for it. */
export function zeroDenominator(
  site: OperationSite,
  denominator: SiteOperand,
  model: SemanticModel,
): ZeroDenominator | undefined {
  const value = asQuantity(denominator.value);
  const reach = reachOfZero(value.range);
  if (reach === undefined || isOfSize(value)) return undefined;
  const numerator = site.operands.get('x');
  const isScalar = dividesNumbers(site, value);
  const found = (kind: ZeroKind, confidence: Confidence): ZeroDenominator => ({
    kind,
    confidence,
    related: value.because,
  });
  if (isConstant(value.range)) return isScalar ? undefined : found('zero', reach === 2 ? 'proven' : 'possible');
  const kind = reach > 0 && isBelieved(denominator, site) ? kindOf(value, isScalar) : undefined;
  if (kind === 'spread' && areToldApart(model, site.segment, denominator.expr)) return undefined;
  if (kind === 'magnitudes' && isOwnMagnitude(value, model)) return found('unknown', 'possible');
  if (kind === 'norm' && isOfParameter(value, model)) return found('unknown', 'possible');
  if (kind === 'sum' && isShareOfArray(site, value, model)) return found('unknown', 'possible');
  if (kind !== undefined)
    return isReplacedBefore(model, site.segment, denominator.expr) ? undefined : found(kind, 'likely');
  const tie = numerator && site.operation !== 'rsqrt' ? tieOf(site, numerator, denominator, model) : undefined;
  if (tie !== undefined) return found(tie, 'likely');
  if (isScalar) return undefined;
  if (isRootOfTensor(value, model)) return found('root', 'likely');
  if (isUnderflow(denominator.expr, site.segment, model)) return found('underflow', 'likely');
  return addsEpsilon(denominator.expr, value) ? undefined : found('unknown', 'possible');
}

/** `y + 1e-8` and `sqrt(y + 1e-8)` of an unknown y: whoever wrote it has thought of 0. */
function addsEpsilon(expr: Expr, { origin }: Quantity): boolean {
  const inner = origin?.operation === 'sqrt' && origin.operand ? origin.operand : expr;
  return inner.kind === 'Binary' && inner.operator === '+' && [inner.left, inner.right].some(isEpsilon);
}

function isEpsilon(expr: Expr): boolean {
  return expr.kind === 'Number' && expr.value > 0 && expr.value <= 0.01;
}

/** Whether Python numbers are divided, which raises an error where arrays give Inf or NaN. */
export function dividesNumbers(site: OperationSite, denominator: Quantity): boolean {
  if (asQuantity(site.operands.get('x')?.value).holder === 'tensor' || denominator.holder === 'tensor') return false;
  const operation = denominator.because.at(-1)?.operation;
  if (denominator.holder === 'scalar' || denominator.role === 'setting') return true;
  return operation === 'fallback' || operation === 'filter' || operation === 'initial';
}

/** A size is 0 for an empty array only, which other code stumbles over first, unless the file shows that it can be. */
function isOfSize(value: Quantity): boolean {
  return value.role === 'size' && value.because.length === 0;
}

/**
 * A name alone is believed of an array: of a count where it is known to be one, of a deviation or a norm where it
 * divides one, or where it belongs to another object, as running statistics do.
 */
function isBelieved({ expr, value }: SiteOperand, site: OperationSite): boolean {
  const { assumed, holder, role } = asQuantity(value);
  if (!assumed || holder === 'tensor') return true;
  const numerator = site.operands.get('x');
  // `self.total / self.count`: what a metric adds up, before its first update.
  if (startsAtZero(value) && startsAtZero(numerator?.value)) return true;
  const { holder: above, origin } = asQuantity(numerator?.value);
  // `x.sum(1) / lengths`
  if (role === 'length') return above === 'tensor' && origin?.operation === 'sum';
  if (role === 'count' || role === 'mask' || role === 'fraction') return false;
  if (above === 'tensor') return true;
  // A vector by its norm; one by a norm is a constant.
  if (role === 'norm' && numerator && numerator.expr.kind !== 'Number' && above !== 'scalar') return true;
  return (
    expr.kind === 'Attribute' && !(expr.object.kind === 'Name' && /^(self|cls|config|args|cfg)$/.test(expr.object.id))
  );
}

/** `x / abs(scale)`: of one value of which nothing is known, that it has no sign says nothing of 0. */
function isOwnMagnitude({ origin }: Quantity, model: SemanticModel): boolean {
  if (origin?.operation !== 'abs' || !origin.operand) return false;
  const { segment, node, operand } = origin;
  if (asQuantity(model.valueOf(segment, operand)).holder !== 'tensor') return true;
  // `scale = abs(scale)` takes the sign off what callers give as a setting.
  const stmt = model.statementOf(segment, node);
  const [target] = stmt?.kind === 'Assign' && stmt.value === node ? stmt.targets : [];
  return target?.kind === 'Name' && operand.kind === 'Name' && target.id === operand.id;
}

/** `x @ w / w.norm()` of a parameter: it starts off 0, and training hardly takes all of it there. */
function isOfParameter({ origin }: Quantity, model: SemanticModel): boolean {
  if (origin?.operation !== 'norm' || !origin.operand) return false;
  return asQuantity(model.valueOf(origin.segment, origin.operand)).origin?.operation === 'parameter';
}

/** `weights / np.sum(weights)`: what NumPy code normalises are frequencies and weights, of which some are not 0. */
function isShareOfArray(site: OperationSite, { origin }: Quantity, model: SemanticModel): boolean {
  if (site.framework !== 'numpy' || origin?.operation !== 'sum' || !origin.operand) return false;
  if (model.enclosingClass(site.segment, site.node)) return false;
  const above = asQuantity(site.operands.get('x')?.value).term;
  const { term, role } = asQuantity(model.valueOf(origin.segment, origin.operand));
  return (
    term !== undefined && term === above && role !== 'mask' && !/axis|dim/.test(textOf(origin.segment, origin.node))
  );
}

function startsAtZero(value: Value | undefined): boolean {
  return asQuantity(value).because.at(-1)?.operation === 'initial';
}

const BY_OPERATION: Readonly<Record<string, ZeroKind>> = {
  deviation: 'deviation',
  variance: 'deviation',
  norm: 'norm',
  count: 'count',
  spread: 'spread',
  sum: 'sum',
  difference: 'difference',
  relu: 'relu',
  abs: 'magnitudes',
  magnitudes: 'magnitudes',
  initial: 'initial',
  setting: 'setting',
  square: 'squares',
  tanh: 'function',
  sine: 'function',
  sign: 'function',
  mean: 'mean',
  fallback: 'fallback',
  filter: 'filter',
};

/** Why a value that is known to reach 0 does so on real data. */
function kindOf(value: Quantity, isScalar: boolean): ZeroKind | undefined {
  const operation = value.because.at(-1)?.operation;
  if (isScalar) {
    // Python raises ZeroDivisionError: loud, but only once it happens. Only what the file itself shows is told.
    if (operation === 'fallback' || operation === 'filter' || operation === 'initial') return operation;
    if (value.role === 'setting') return 'setting';
    const { lo, hi } = value.range;
    const isCounter =
      value.dtype === 'integer' && operation === undefined && lo === 0 && hi === Number.POSITIVE_INFINITY;
    return isCounter && !value.assumed ? 'counter' : undefined;
  }
  switch (value.role) {
    case 'count':
    case 'mask':
      return 'count';
    case 'deviation':
    case 'variance':
      return 'deviation';
    case 'fraction':
      return 'mean';
    case 'norm':
    case 'length':
      return value.role;
    // The probability of an action that was taken is above 0, and a loss is divided by for its scale.
    case 'probabilities':
    case 'loss':
      return undefined;
    default:
      break;
  }
  // Of values that lie in a bounded interval, as cosines do, not all are 0 at once.
  if (operation === 'abs' && Number.isFinite(value.range.hi)) return undefined;
  return operation === undefined ? undefined : BY_OPERATION[operation];
}

/** `x / logvar.exp()`: of a logarithm that a layer gives, the exponential underflows below -103. */
function isUnderflow(expr: Expr, segment: Segment, model: SemanticModel): boolean {
  const below = unscaled(expr, segment, model);
  const { origin, range } = asQuantity(model.valueOf(segment, below));
  return origin?.operation === 'exp' && range.lo === 0 && origin.operand !== undefined && isLogScale(origin.operand);
}

const SECOND_MOMENT =
  /(^|_)(exp_avg_sq|exp_avg_var|second_moment|nu|v_hat|sum_sq|sq_sum|sum_of_squares|accumulators?)($|_)/;

/** The root of what an optimizer adds up of squared gradients: 0 where no gradient has come yet. */
function isRootOfTensor(value: Quantity, model: SemanticModel): boolean {
  const { origin } = value;
  if (origin?.operation !== 'sqrt' || !origin.operand) return false;
  const name = dottedName(origin.operand);
  if (name === undefined || !SECOND_MOMENT.test(name.slice(name.lastIndexOf('.') + 1))) return false;
  return !isKnown(asQuantity(model.valueOf(origin.segment, origin.operand)).range);
}

// ---------------------------------------------------------------- how numerator and denominator are tied

function tieOf(
  site: OperationSite,
  numerator: SiteOperand,
  denominator: SiteOperand,
  model: SemanticModel,
): ZeroKind | undefined {
  const { segment } = site;
  const [above, below] = [numerator.expr, unscaled(denominator.expr, segment, model)];
  if (
    isOwnPart(segment, above, below) &&
    (isArray(numerator.value) || isArray(denominator.value) || COUNTED.test(textOf(segment, withoutFactor(above))))
  )
    return 'own part';
  const isScalar = asQuantity(numerator.value).holder === 'scalar' || asQuantity(denominator.value).holder === 'scalar';
  if (isScalar) return undefined;
  const object = rootObject(above);
  if (below.kind === 'Subscript' && object !== undefined && rootObject(below) === object && isSlice(below, above))
    return 'own element';
  if (object !== undefined && extremeOf(below, model, segment) === object) return 'own extreme';
  if (below.kind === 'Binary' && below.operator === '-' && literalNumber(model.valueOf(segment, below.left)) === 1) {
    const taken = dottedName(below.right);
    if (
      taken !== undefined &&
      dottedName(above) === taken &&
      !isKnown(asQuantity(model.valueOf(segment, below.right)).range)
    )
      return 'odds';
  }
  const name = dottedName(below);
  if (name !== undefined && isArrayName(denominator.value) && isFunctionOf(above, name)) return 'ratio to itself';
  return undefined;
}

/** The part of a denominator that decides whether it is 0: without numbers that it is multiplied by, and reshapings. */
function unscaled(expr: Expr, segment: Segment, model: SemanticModel): Expr {
  if (expr.kind === 'Binary' && expr.operator === '*') {
    if (expr.left.kind === 'Number') return unscaled(expr.right, segment, model);
    if (expr.right.kind === 'Number') return unscaled(expr.left, segment, model);
  }
  if (expr.kind === 'Binary' && expr.operator === '**') return unscaled(expr.left, segment, model);
  if (expr.kind === 'Call' && expr.callee.kind === 'Attribute' && RESHAPES.test(expr.callee.name)) {
    const { object } = expr.callee;
    return model.valueOf(segment, object).kind === 'library' ? expr : unscaled(object, segment, model);
  }
  return expr;
}

const RESHAPES = /^(unsqueeze|squeeze|view|reshape|expand|expand_as|expand_dims|view_as|contiguous|float|clone|abs)$/;

/** `tp / (tp + fp + fn)`: 0 / 0 where there is nothing of either kind. */
function isOwnPart(segment: Segment, above: Expr, below: Expr): boolean {
  if (below.kind !== 'Binary' || below.operator !== '+') return false;
  const part = withoutFactor(above);
  const parts = summands(below).map(withoutFactor);
  // A number, a constant, or what is called an epsilon, keeps the sum off 0.
  if ([part, ...parts].some((each) => each.kind === 'Number' || each.kind === 'Call' || isConstantName(each)))
    return false;
  const texts = parts.map((each) => textOf(segment, each));
  return texts.includes(textOf(segment, part)) && !texts.some((text) => /eps|smooth|tiny|small/i.test(text));
}

/** What is counted when predictions are compared with labels, by its name. */
const COUNTED =
  /^(tps?|fps?|fns?|tns?|\w*_(tps?|fps?|fns?)|true_\w+|false_\w+|n?_?correct|inter|intersection|overlap|hits|TP|FP|FN|TN)(\W|$)/;

function isConstantName(expr: Expr): boolean {
  return expr.kind === 'Name' && /^[A-Z][A-Z0-9_]{2,}$/.test(expr.id);
}

function isArray(value: Value): boolean {
  return asQuantity(value).holder === 'tensor';
}

/** `x / x[..., 2:]` and `x / x[0]`; `shape[0] / shape[1]` is a ratio of two numbers. */
function isSlice(below: SubscriptExpr, above: Expr): boolean {
  if (below.indices.some((index) => index.kind === 'String')) return false;
  if (
    below.indices.some((index) => index.kind === 'Slice' || (index.kind === 'Constant' && index.value === 'ellipsis'))
  )
    return true;
  return withoutFactor(above).kind !== 'Subscript' && below.indices.length > 0;
}

function summands(expr: Expr): Expr[] {
  return expr.kind === 'Binary' && expr.operator === '+' ? [...summands(expr.left), ...summands(expr.right)] : [expr];
}

function withoutFactor(expr: Expr): Expr {
  if (expr.kind !== 'Binary' || expr.operator !== '*') return expr;
  if (expr.left.kind === 'Number') return withoutFactor(expr.right);
  return expr.right.kind === 'Number' ? withoutFactor(expr.left) : expr;
}

function textOf(segment: Segment, expr: Expr): string {
  return sourceOf(segment, expr).replace(/\s+/g, '');
}

/** `x` of `x[..., 2:]`, `x[0][1]`, `2 * x[i]` and of x itself. */
function rootObject(expr: Expr): string | undefined {
  const bare = withoutFactor(expr);
  if (bare.kind !== 'Subscript') return dottedName(bare);
  const object = rootObject(bare.object);
  // batch["displacements"] and batch["frames"] are two arrays.
  const [key] = bare.indices;
  return key?.kind === 'String' && object !== undefined ? `${object}[${JSON.stringify(key.value)}]` : object;
}

/** The array of which the denominator is the largest, smallest or mean element. */
function extremeOf(below: Expr, model: SemanticModel, segment: Segment): string | undefined {
  let at = below;
  // `x.max(dim=1, keepdim=True)[0]`, and `.values` of it.
  while (at.kind === 'Subscript' || (at.kind === 'Attribute' && at.name === 'values')) at = at.object;
  if (at.kind !== 'Call') return undefined;
  const { origin } = asQuantity(model.valueOf(segment, at));
  if (origin?.node !== at || !/^(largest|mean|python_max)$/.test(origin.operation) || !origin.operand) return undefined;
  let inner: Expr | undefined = unscaled(origin.operand, segment, model);
  // np.max(np.abs(x))
  if (inner.kind === 'Call' && asQuantity(model.valueOf(segment, inner)).origin?.operation === 'abs')
    inner = inner.args[0]?.value;
  if (!inner || isKnown(asQuantity(model.valueOf(segment, inner)).range)) return undefined;
  return dottedName(inner);
}

function isArrayName(value: Value): boolean {
  const { holder, dtype, role } = asQuantity(value);
  return holder === 'tensor' && dtype !== 'integer' && role === undefined;
}

const NEAR_THE_IDENTITY = /^(where|minimum|min|stack|clamp|clip|sin|sinh|tan|tanh|expm1|log1p)$/;

/** Whether a numerator is one of the functions that come down to 0 with the array itself: `sin(x) / x`, `min(x, 5) / x`. */
function isFunctionOf(expr: Expr, name: string): boolean {
  let is = false;
  walkExpressions(expr, (part) => {
    if (part.kind !== 'Call' || part.callee.kind !== 'Attribute' || !NEAR_THE_IDENTITY.test(part.callee.name)) return;
    is ||= part.args.some(({ value }) => holdsName(value, name)) || dottedName(part.callee.object) === name;
  });
  return is;
}

function holdsName(expr: Expr, name: string): boolean {
  if (expr.kind === 'List' || expr.kind === 'Tuple') return expr.elements.some((element) => holdsName(element, name));
  return dottedName(expr) === name;
}
