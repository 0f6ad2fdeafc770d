// NAN103: a root of a value that rounding, or real data, takes below 0.

import { isOfSquares } from '../semantic/cancellation';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, literalNumber } from '../semantic/value';
import type { Expr, Segment } from '../syntax/ast';
import { isCaredFor } from './afterwards';
import { BELOW_ZERO, type NegativeEvidence, negativeEvidence } from './negative-evidence';
import { poleUses } from './pole-uses';
import { liftedFixes } from './root-rewrites';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN103',
  name: 'root-of-possible-negative',
  severity: 'warning',
  summary: 'A square root of a difference that comes out below 0: `E[x²] - E[x]²`, `1 - x**2`, `a² + b² - 2ab`.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `sqrt`, `rsqrt`, `x ** 0.5` and `x ** -0.5` of differences that are not negative on paper, or hardly ever: a variance as `E[x²] - E[x]²`, `1 - cos**2`, expanded squared distances, discriminants, what is left of a posterior variance; and of values that an operation gives with either sign.',
    why: 'Where both sides are nearly equal, all that is left of the difference is rounding, and half of the time that is negative. Its root is NaN, without an error, and the next step carries it into every weight.',
    remedy:
      'Clamp the difference before the root: at 0 where no gradient flows, else at a small positive number, since the gradient of a root at exactly 0 is infinite.',
    bad: `import torch


def running_std(x):
    mean = x.mean(dim=0)
    return torch.sqrt((x**2).mean(dim=0) - mean**2)
`,
    good: `import torch


def running_std(x):
    mean = x.mean(dim=0)
    return torch.sqrt(((x**2).mean(dim=0) - mean**2).clamp(min=1e-12))
`,
  },
  on: { operations: { names: ['sqrt', 'rsqrt', 'power', 'cancel', 'subtract'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  if (site.operation === 'cancel' || site.operation === 'subtract') {
    visitVariance(site, context);
    return;
  }
  if (site.operation === 'power' && Math.abs(literalNumber(site.operands.get('y')?.value) ?? 0) !== 0.5) return;
  const operand = site.operands.get('x');
  if (!operand || site.operands.has('where')) return;
  const evidence = negativeEvidence(site, operand, context.model);
  if (!evidence || isCaredFor(context.model, site.segment, site.node)) return;
  report(site, operand, evidence, context);
}

function report(site: OperationSite, operand: SiteOperand, evidence: NegativeEvidence, context: RuleContext): void {
  const { segment } = site;
  const text = oneLine(sourceOf(segment, operand.expr), 50);
  const isPython = site.framework === 'python';
  const isAboveZero = !isPython && mustStayAboveZero(site, operand, context.model);
  const result = isPython ? 'its root raises ValueError' : 'its root is NaN there';
  const advice = isAboveZero
    ? `Clamp it at a small positive number: at exactly 0 ${isDivided(site) ? 'the result is Inf' : 'the gradient is infinite'}.`
    : 'Clamp it at 0 first.';
  context.report({
    segment,
    span: site.node,
    // A root of a cosine is taken where it is not negative: of latitudes, say.
    confidence: evidence.kind === 'wave' ? 'possible' : evidence.confidence,
    message: `\`${text}\` ${BELOW_ZERO[evidence.kind]}: ${result}. ${advice}`,
    related: evidence.related,
    fixes: liftedFixes(site, operand, isAboveZero, context.model),
  });
}

/** Whether the root of exactly 0 does harm too: by its gradient, or as a denominator. */
function mustStayAboveZero(site: OperationSite, { value }: SiteOperand, model: SemanticModel): boolean {
  if (isDivided(site)) return true;
  const hasGradient = site.framework !== 'numpy' && site.gradient && asQuantity(value).gradient !== false;
  if (hasGradient || (site.node.kind !== 'Call' && site.node.kind !== 'Binary')) return hasGradient;
  return poleUses(model, site.segment, site.node).some(({ kind }) => kind === 'divisor');
}

function isDivided(site: OperationSite): boolean {
  return site.operation === 'rsqrt' || (literalNumber(site.operands.get('y')?.value) ?? 0) < 0;
}

// ---------------------------------------------------------------- variances that are handed on

const VARIANCE = /(^|_)vars?(_|$)|variance|^(sigma|std)_?(2|sq|squared)$/i;
const GIVES_VARIANCE = /(^|_)vars?(_|$)|variance|moment|stat/i;

/** `return mean, mean_of_squares - mean**2`: whoever gets it takes its root, and has no reason to doubt its sign. */
function visitVariance(site: OperationSite, context: RuleContext): void {
  const { model } = context;
  const { segment, node } = site;
  const { cancels } = asQuantity(site.result);
  if (cancels?.node !== node || (node.kind !== 'Binary' && node.kind !== 'Call')) return;
  // What a formula gives for a distribution is no difference of two measured numbers.
  const left = site.operands.get('x');
  if (cancels.kind === 'variance' ? !left || !isOfSquares(left) : cancels.kind !== 'residual') return;
  if (!isHandedOn(model, segment, node) || isCaredFor(model, segment, node)) return;
  const text = oneLine(sourceOf(segment, node), 50);
  context.report({
    segment,
    span: node,
    confidence: 'likely',
    message: `\`${text}\` ${BELOW_ZERO[cancels.kind]}: the root of what is handed on is NaN there. Clamp it at 0.`,
    related: [],
    fixes: liftedFixes({ ...site, form: 'operator' }, { expr: node, value: site.result }, false, model),
  });
}

/** Whether a variance leaves the function as it is, with no root taken here: that root is reported itself. */
function isHandedOn(model: SemanticModel, segment: Segment, node: Expr): boolean {
  const scope = model.enclosingFunction(segment, node);
  const stmt = model.statementOf(segment, node);
  if (!scope || !stmt) return false;
  if (stmt.kind === 'Return')
    return GIVES_VARIANCE.test(scope.name) && (stmt.value === node || model.parentOf(segment, node)?.kind === 'Tuple');
  if (stmt.kind !== 'Assign' || stmt.value !== node) return false;
  const [target] = stmt.targets;
  if (target?.kind === 'Attribute') return VARIANCE.test(target.name) && poleUses(model, segment, node).length === 0;
  if (target?.kind !== 'Name' || !VARIANCE.test(target.id)) return false;
  const after = segment.text.slice(stmt.end, scope.end);
  return (
    new RegExp(`\\breturn\\b.*\\b${target.id}\\b`).test(after) &&
    !after.split('\n').some((line) => line.includes(target.id) && LIFTS_OR_ROOTS.test(line))
  );
}

const LIFTS_OR_ROOTS = /clamp|clip|max|relu|abs|where|sqrt|\*\*\s*-?(0?\.5|\(?1\s*\/\s*2)|eps/i;
