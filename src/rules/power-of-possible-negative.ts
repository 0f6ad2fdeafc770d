// NAN106: a power of a base that can be below 0, or at 0 where the power or its gradient is infinite.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, type Evidence } from '../semantic/value';
import type { CallExpr, Expr } from '../syntax/ast';
import { isCaredFor } from './afterwards';
import { sourcesOf } from './data-flow';
import { type Exponent, exponentOf } from './exponents';
import { gradientConfidence, isGradientUsed } from './gradient-use';
import { BELOW_ZERO, negativeEvidence } from './negative-evidence';
import { baseAboveZero, liftedBase, signKept } from './power-rewrites';
import { WHEN_ZERO, zeroEvidence } from './root-evidence';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { zeroDenominator } from './zero-denominator';

export const rule: Rule = {
  code: 'NAN106',
  name: 'power-of-possible-negative',
  severity: 'warning',
  summary: 'A fractional power of a base that can be negative, or 0 where the power or its gradient is infinite.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax'],
  fixable: 'unsafe',
  yieldsTo: ['NAN103', 'NAN201'],
  docs: {
    what: 'Finds powers with an exponent that is a fraction, as `x ** (1 / 3)` or `x.pow(1 / p)`, or a tensor, of bases that can be below 0; powers with an exponent between 0 and 1 of bases that can be exactly 0 where a gradient flows; and powers with a negative exponent of bases that can be 0.',
    why: 'For real numbers a fractional power of a negative number is NaN, odd roots too. At exactly 0 the slope of a power below 1 is infinite, and a negative power is Inf: one such element is enough.',
    remedy:
      'Clamp the base at a small positive number, or take the power of the magnitude and put the sign back: `x.sign() * x.abs().clamp(min=1e-12) ** p`.',
    bad: `import torch


def compress(spectrum):
    return torch.abs(spectrum) ** 0.3
`,
    good: `import torch


def compress(spectrum):
    return torch.abs(spectrum).clamp(min=1e-12) ** 0.3
`,
  },
  on: { operations: { names: ['power'], visit } },
};

interface Found {
  readonly confidence: Confidence;
  readonly message: string;
  readonly related: readonly Evidence[];
  readonly fixes: readonly LocalFix[];
}

function visit(site: OperationSite, context: RuleContext): void {
  const [base, y] = [site.operands.get('x'), site.operands.get('y')];
  // Python's own numbers give complex ones, or raise an error.
  if (!base || !y || site.operands.has('where') || site.framework === 'python') return;
  const exponent = exponentOf(y, site.segment, context.model);
  const { literal } = exponent;
  // Roots are another rule's.
  const isRoot = literal === 0.5;
  const found =
    (isRoot || literal === -0.5 ? undefined : belowZero(site, base, y, exponent, context)) ??
    (literal !== undefined && literal < 0 ? poleAtZero(site, base, literal, context) : undefined) ??
    (isRoot ? undefined : slopeAtZero(site, base, exponent, context));
  if (!found || isCaredFor(context.model, site.segment, site.node)) return;
  context.report({ segment: site.segment, span: site.node, ...found });
}

/** A fractional power of a negative base is NaN. */
function belowZero(
  site: OperationSite,
  base: SiteOperand,
  y: SiteOperand,
  { literal, isFraction }: Exponent,
  { model }: RuleContext,
): Found | undefined {
  if (isFraction === 'no') return undefined;
  const evidence = negativeEvidence(site, base, model);
  if (!evidence) return undefined;
  const { kind, related } = evidence;
  const confidence = atMost(evidence.confidence, isFraction);
  const isSigned = kind === 'sign' || kind === 'wave' || kind === 'difference';
  const lifted = liftedBase(site, base, literal, model);
  const signed = isSigned && (literal ?? 1) > 0 ? signKept(site, base, y.expr, model) : [];
  return {
    confidence,
    message: `\`${textOf(site, base)}\` ${BELOW_ZERO[kind]}: a power that is a fraction is NaN there. ${signed.length > 0 ? 'Take the power of its magnitude, or clamp it above 0.' : 'Clamp it above 0.'}`,
    related,
    fixes: [...signed, ...lifted],
  };
}

/** A tensor as an exponent is hardly ever whole; of a number that is configured nothing is known. */
function atMost(confidence: Confidence, isFraction: Exponent['isFraction']): Confidence {
  if (isFraction === 'surely') return confidence;
  return isFraction === 'probably' && confidence !== 'possible' ? 'likely' : 'possible';
}

/** A negative power of 0 is Inf. */
function poleAtZero(site: OperationSite, base: SiteOperand, n: number, { model }: RuleContext): Found | undefined {
  if (asQuantity(base.value).holder !== 'tensor') return undefined;
  const operands = new Map([['y', base]]);
  const zero = zeroDenominator({ ...site, operation: 'reciprocal', operands }, base, model);
  if (!zero || hasSelfLoops(site, base, model) || isCapped(site, model)) return undefined;
  const isKnown = zero.confidence !== 'possible';
  return {
    confidence: zero.confidence,
    message: `${isKnown ? `\`${textOf(site, base)}\` can be 0` : `Nothing shows that \`${textOf(site, base)}\` is not 0`}, and 0 to the power of ${n} is Inf. Keep it above 0.`,
    related: zero.related,
    fixes: asQuantity(base.value).range.lo === 0 ? baseAboveZero(site, base, n, model) : [],
  };
}

/** Degrees of a graph in which every node has an edge to itself: the rows of what an identity was added to. */
function hasSelfLoops({ segment }: OperationSite, base: SiteOperand, model: SemanticModel): boolean {
  return sourcesOf(model, segment, base.expr).some(
    (expr) =>
      expr.kind === 'Binary' && expr.operator === '+' && [expr.left, expr.right].some((part) => isIdentity(part)),
  );
}

function isIdentity(expr: Expr): boolean {
  return expr.kind === 'Call' && /^(eye|speye|identity|eye_like)$/.test(calledName(expr));
}

/** `min(c * x ** -0.5, largest)`: the Inf is what the smaller one is for. */
function isCapped({ segment, node }: OperationSite, model: SemanticModel): boolean {
  for (let at = model.parentOf(segment, node); at; at = model.parentOf(segment, at)) {
    if (at.kind === 'Call' && /^(min|minimum|fmin|clamp|clip|clamp_max)$/.test(calledName(at))) return true;
    if (at.kind === 'Assign' || at.kind === 'Return' || at.kind === 'ExprStmt') return false;
  }
  return false;
}

function calledName({ callee }: CallExpr): string {
  return callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
}

/** The slope of a power below 1 is infinite at 0. */
function slopeAtZero(
  site: OperationSite,
  base: SiteOperand,
  { literal, isBelowOne }: Exponent,
  { model }: RuleContext,
): Found | undefined {
  if (!isBelowOne || !site.gradient || site.framework === 'numpy') return undefined;
  const { holder } = asQuantity(base.value);
  if (asQuantity(site.result).gradient === false || (holder !== 'tensor' && site.form === 'operator')) return undefined;
  const evidence = zeroEvidence(model, site.segment, base.expr);
  if (!evidence || !isGradientUsed(model, site)) return undefined;
  const confidence = gradientConfidence(model, site, evidence);
  return {
    confidence: literal === undefined && confidence === 'proven' ? 'likely' : confidence,
    message: `\`${textOf(site, base)}\` can be exactly 0 ${WHEN_ZERO[evidence.kind]}: the gradient of a power below 1 is infinite there, and one such element spoils every weight. Keep the base above 0.`,
    related: [],
    fixes: baseAboveZero(site, base, literal, model),
  };
}

function textOf({ segment }: OperationSite, { expr }: SiteOperand): string {
  return oneLine(sourceOf(segment, expr), 50);
}
