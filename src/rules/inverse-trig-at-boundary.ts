// NAN105: an inverse function whose operand reaches the end of its domain, where value or gradient is not finite.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { isConstant } from '../semantic/range';
import { asQuantity, type Quantity } from '../semantic/value';
import type { Expr, Segment } from '../syntax/ast';
import { insideDomain } from './inverse-rewrites';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN105',
  name: 'inverse-trig-at-boundary',
  severity: 'warning',
  summary: '`acos`, `asin`, `atanh`, `acosh` or `erfinv` of a value that reaches or leaves the end of its domain.',
  fixable: 'unsafe',
  yieldsTo: ['NAN109', 'NAN202'],
  docs: {
    what: 'Finds `acos`, `asin`, `atanh`, `acosh` and `erfinv` of cosines, normalised dot products, outputs of tanh, and of values that are clamped to exactly ±1, in PyTorch, NumPy, TensorFlow, Keras, JAX and `math`.',
    why: 'The cosine of two equal directions is 1, and rounding takes it to 1.0000001. `acos` is NaN there; at exactly 1 its value is fine, but its gradient is infinite, and 0 times that is NaN.',
    remedy:
      'Clamp the operand to ±(1 - eps) with an eps that its dtype can hold. A clamp to exactly ±1 is enough only where no gradient flows.',
    bad: `import torch
import torch.nn.functional as F


def angle_loss(predicted, target):
    cosine = F.cosine_similarity(predicted, target, dim=-1)
    return torch.acos(cosine).mean()
`,
    good: `import torch
import torch.nn.functional as F


def angle_loss(predicted, target):
    cosine = F.cosine_similarity(predicted, target, dim=-1)
    return torch.acos(cosine.clamp(-1 + 1e-6, 1 - 1e-6)).mean()
`,
  },
  on: { operations: { names: ['acos', 'asin', 'atanh', 'acosh', 'erfinv'], visit } },
};

interface Hazard {
  readonly confidence: Confidence;
  /** What the operand does: leaves the domain, or only gets to its end. */
  readonly kind: 'beyond' | 'rounding' | 'end';
}

function visit(site: OperationSite, context: RuleContext): void {
  const operand = site.operands.get('x');
  if (operand?.value.kind !== 'quantity') return;
  const { value } = operand;
  const { model } = context;
  if (value.role === 'size' || isWritten(site.segment, operand.expr, model)) return;
  const flows = gradientFlows(site, operand, model);
  const hazard = findHazard(site, operand, flows, model);
  if (!hazard) return;
  const { segment } = site;
  context.report({
    segment,
    span: site.node,
    confidence: hazard.confidence,
    message: message(site, oneLine(sourceOf(segment, operand.expr), 50), hazard, flows),
    related: value.because,
    fixes: insideDomain(site, operand, flows, model),
  });
}

// ---------------------------------------------------------------- whether a gradient flows

const WRITES: ReadonlySet<string> = new Set(['linspace', 'arange', 'literal', 'zeros', 'ones', 'eye', 'fill']);
/** Calls whose result is data: no parameter stands behind it. */
const CREATES: ReadonlySet<string> = new Set([...WRITES, 'random', 'uniform', 'normal', 'integers']);

function gradientFlows(site: OperationSite, operand: SiteOperand, model: SemanticModel): boolean {
  if (!site.gradient || site.framework === 'numpy' || site.framework === 'python') return false;
  return asQuantity(operand.value).gradient !== false && !isData(site.segment, operand.expr, model);
}

/** Whether the source itself says which numbers these are; they are nobody's data. */
function isWritten(segment: Segment, expr: Expr, model: SemanticModel): boolean {
  const { range, origin } = asQuantity(model.valueOf(segment, expr));
  if (isConstant(range)) return true;
  return origin !== undefined && WRITES.has(origin.operation) && Number.isFinite(range.lo) && Number.isFinite(range.hi);
}

/** Whether an expression is made of numbers and newly made arrays alone (`2 * torch.rand(n) - 1`). */
function isData(segment: Segment, expr: Expr, model: SemanticModel): boolean {
  if (expr.kind === 'Number') return true;
  if (expr.kind === 'Unary') return isData(segment, expr.operand, model);
  if (expr.kind === 'Binary') return isData(segment, expr.left, model) && isData(segment, expr.right, model);
  if (expr.kind !== 'Name' && expr.kind !== 'Call') return false;
  const value = asQuantity(model.valueOf(segment, expr));
  if (value.gradient === false || (value.holder === 'scalar' && isConstant(value.range))) return true;
  return value.origin !== undefined && CREATES.has(value.origin.operation);
}

// ---------------------------------------------------------------- whether the end is reached

const HAS_POLE: ReadonlySet<string> = new Set(['atanh', 'erfinv']);
const RANK: Readonly<Record<Confidence, number>> = { possible: 0, likely: 1, proven: 2 };

function findHazard(
  site: OperationSite,
  operand: SiteOperand,
  flows: boolean,
  model: SemanticModel,
): Hazard | undefined {
  const value = asQuantity(operand.value);
  const { range } = value;
  const source = sourceCall(value, site.segment, model);
  if (source && keepsInside(source, site.segment, model)) return undefined;
  // torch's cosine_similarity goes to 1.0000002, whatever its range is on paper.
  if (source?.operation === 'normalized' && site.operation !== 'acosh' && source.isCosine) {
    return { confidence: 'proven', kind: 'rounding' };
  }
  const isClamped = source?.operation === 'clamp';
  const endMatters = flows || HAS_POLE.has(site.operation);
  const isOpen = site.operation === 'acosh' ? range.lo < 1 : range.lo < -1 && range.hi > 1;
  const ends =
    site.operation === 'acosh'
      ? [endOf(1 - range.lo, range.reachesLo, endMatters)]
      : [endOf(-1 - range.lo, range.reachesLo, endMatters), endOf(range.hi - 1, range.reachesHi, endMatters)];
  let worst: Hazard | undefined;
  for (const end of ends) {
    if (!end) continue;
    // One side that is kept inside shows that somebody has thought of the other one too.
    // An inner product is a cosine, which is at 1 in every other batch; what acosh takes is seldom near its end.
    const isFar = site.operation === 'acosh' && range.lo === Number.NEGATIVE_INFINITY && range.reachesLo < 2;
    const found: Hazard = end.kind === 'beyond' && (!isOpen || isFar) ? { ...end, confidence: 'possible' } : end;
    if (!worst || RANK[found.confidence] > RANK[worst.confidence]) worst = found;
  }
  if (!worst) return undefined;
  // In torch a gradient stops at a clamp but where the operand is exactly at the bound.
  if (isClamped && worst.confidence === 'proven' && !HAS_POLE.has(site.operation))
    return { ...worst, confidence: 'likely' };
  // A quantile function is infinite at 1 on purpose, where nothing is trained through it.
  if (value.assumed && !flows) return { ...worst, confidence: 'possible' };
  if (value.assumed && worst.confidence === 'proven') return { ...worst, confidence: 'likely' };
  if (worst.confidence === 'possible' && isOpen && looksLikeCosine(site, operand.expr, value))
    return { confidence: 'likely', kind: 'rounding' };
  return worst;
}

/** `distance`: how far the value's range goes beyond the end of the domain. */
function endOf(distance: number, reach: number, endMatters: boolean): Hazard | undefined {
  if (distance < 0 || (distance === 0 && !endMatters)) return undefined;
  const kind = distance > 0 ? 'beyond' : 'end';
  if (reach === 0) return { confidence: 'possible', kind };
  // Without any bound, what is known is only that both signs occur.
  return { confidence: reach === 2 && Number.isFinite(distance) ? 'proven' : 'likely', kind };
}

interface SourceCall {
  readonly operation: string;
  readonly expr: Expr;
  readonly isCosine: boolean;
}

/** The call that set the value's bounds, behind calls that only reshape or select. */
function sourceCall(value: Quantity, segment: Segment, model: SemanticModel): SourceCall | undefined {
  let origin = value.origin;
  for (let depth = 0; origin && depth < 8; depth++) {
    const passes = origin.operation === 'same' || origin.operation === 'select' || origin.operation === 'cast';
    if (!passes || !origin.operand) {
      if (origin.segment !== segment) return undefined;
      return { operation: origin.operation, expr: origin.node, isCosine: isCosine(origin.callee) };
    }
    origin = asQuantity(model.valueOf(origin.segment, origin.operand)).origin;
  }
  return undefined;
}

function isCosine(callee: { readonly kind: string; readonly name?: string; readonly className?: string }): boolean {
  return /(^|\.)(cosine_similarity|CosineSimilarity)$/.test(callee.name ?? callee.className ?? '');
}

/**
 * Whether a clamp's bounds are not ±1 as written: an eps that is not known keeps the value inside, and one that rounds
 * away is another rule's finding.
 */
function keepsInside(source: SourceCall, segment: Segment, model: SemanticModel): boolean {
  if (source.operation !== 'clamp' && source.operation !== 'minimum' && source.operation !== 'maximum') return false;
  if (source.expr.kind !== 'Call') return false;
  const bounds = source.expr.args.map((arg) => arg.value).filter((arg) => arg.kind !== 'Name');
  const isEpsilon = (bound: Expr) =>
    bound.kind === 'Binary' &&
    (bound.operator === '-' || bound.operator === '+') &&
    Math.abs(asQuantity(model.valueOf(segment, bound)).range.lo) !== 1;
  return bounds.some(isEpsilon) || source.expr.args.some((arg) => isUnknownBound(segment, arg.value, model));
}

function isUnknownBound(segment: Segment, bound: Expr, model: SemanticModel): boolean {
  if (bound.kind !== 'Name' && bound.kind !== 'Attribute') return false;
  const value = asQuantity(model.valueOf(segment, bound));
  return /eps|bound|limit|max|min|margin|tol/i.test(sourceOf(segment, bound)) && !isConstant(value.range);
}

// ---------------------------------------------------------------- cosines by their form and name

const COSINE_NAME = /(^|_)(cos|cosine|cosines|costheta|dot|cossim)(_|\d*$)|similarity/i;
const ROTATION_NAME = /(^|_)(rot|rotation|rotmat|rotations)(_|\d*$)|matrix|matrices/i;

/** Whether an operand of which no bound is known is a cosine, so that real data takes it to ±1. */
function looksLikeCosine(site: OperationSite, expr: Expr, value: Quantity): boolean {
  if (site.operation !== 'acos' && site.operation !== 'asin') return false;
  const term = value.term ?? '';
  // A dot product, and the angle of a rotation from its trace.
  if (
    site.operation === 'acos' &&
    /^sum\(.*\*|@|^\(*[^/]*-1\)\/2\)$|^\(\(.*-1\)\*0\.5\)$|^\(0\.5\*\(.*-1\)\)$/.test(term)
  )
    return true;
  const name = rootName(expr);
  if (name === undefined) return false;
  if (COSINE_NAME.test(name.text)) return true;
  return name.isElement && ROTATION_NAME.test(name.text);
}

function rootName(expr: Expr): { text: string; isElement: boolean } | undefined {
  switch (expr.kind) {
    case 'Name':
      return { text: expr.id, isElement: false };
    case 'Attribute':
      return { text: expr.name, isElement: false };
    case 'Subscript': {
      const object = rootName(expr.object);
      return object && { ...object, isElement: true };
    }
    case 'Unary':
      return rootName(expr.operand);
    case 'Binary':
      // An element times a sign.
      return expr.operator === '*' ? rootName(expr.left) : undefined;
    default:
      return undefined;
  }
}

// ---------------------------------------------------------------- message

function message(site: OperationSite, operand: string, hazard: Hazard, flows: boolean): string {
  const { operation } = site;
  const isHyperbolic = operation === 'acosh';
  const end = isHyperbolic ? '1' : '±1';
  const beyond = isHyperbolic ? 'below 1' : 'beyond ±1';
  const state =
    hazard.kind === 'end'
      ? `\`${operand}\` can be exactly ${end}`
      : hazard.kind === 'rounding'
        ? `\`${operand}\` is a cosine, which rounding takes ${beyond}`
        : hazard.confidence === 'possible'
          ? `Nothing shows that \`${operand}\` is never ${beyond}`
          : `\`${operand}\` can be ${beyond}`;
  const outside = site.framework === 'python' ? 'math raises ValueError' : `${operation} is NaN`;
  const atEnd = HAS_POLE.has(operation)
    ? `${operation} is infinite there`
    : `the gradient of ${operation} is infinite there`;
  const result =
    hazard.kind === 'end' ? atEnd : `${outside} there${flows ? `, and at ${end} its gradient is infinite` : ''}`;
  const isExact = !flows && !HAS_POLE.has(operation);
  const remedy = isHyperbolic
    ? `Clamp it at ${isExact ? '1' : 'slightly more than 1'}`
    : `Clamp it to ${isExact ? '±1' : '±(1 - eps) with an eps that its dtype can hold'}`;
  return `${state}: ${result}. ${remedy}.`;
}
