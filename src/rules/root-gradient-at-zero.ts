// NAN201: a root whose value is fine at 0 and whose gradient is not.

import type { Confidence } from '../analyzer/finding';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, literalNumber, literalString } from '../semantic/value';
import { gradientConfidence, isGradientUsed } from './gradient-use';
import { isDifference, WHEN_ZERO, type ZeroEvidence, zeroEvidence } from './root-evidence';
import { rootFixes, spelledOutRoot } from './root-rewrites';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN201',
  name: 'root-gradient-at-zero',
  severity: 'warning',
  summary: 'A square root, or a norm or std of JAX, TensorFlow and Keras, whose gradient is infinite or NaN at 0.',
  needs: ['torch', 'tensorflow', 'keras', 'tf_keras', 'jax'],
  fixable: 'both',
  yieldsTo: ['NAN103', 'NAN109', 'NAN202', 'NAN301'],
  docs: {
    what: 'Finds `sqrt(x)` and `x ** 0.5` through which a gradient flows and whose operand can be exactly 0: sums of squares, mean squared errors, variances, squared distances, clamps at 0, softmax and sigmoid outputs. In JAX, TensorFlow and Keras also `norm` and `std`; those of PyTorch define the gradient at 0.',
    why: 'The derivative of a root is infinite at 0. The chain rule multiplies it by the gradient of the operand, which is 0 for a square: the loss is a fine number, and after one step every weight is NaN.',
    remedy:
      'Put an epsilon inside the root (outside it does not help), or use a form with a defined gradient: `torch.linalg.vector_norm`, `Tensor.std`.',
    bad: `import torch


def contrastive_loss(left, right, is_same, margin=1.0):
    distance = torch.sqrt(((left - right) ** 2).sum(dim=1))
    return (is_same * distance + (1 - is_same) * torch.relu(margin - distance)).mean()
`,
    good: `import torch


def contrastive_loss(left, right, is_same, margin=1.0):
    distance = torch.linalg.vector_norm(left - right, dim=1)
    return (is_same * distance + (1 - is_same) * torch.relu(margin - distance)).mean()
`,
  },
  on: { operations: { names: ['sqrt', 'power', 'norm', 'deviation'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  const operand = site.operands.get('x');
  if (!operand || !site.gradient || site.framework === 'numpy' || site.framework === 'python') return;
  if (asQuantity(site.result).gradient === false || site.name.startsWith('math.')) return;
  if (site.operation === 'norm' || site.operation === 'deviation') visitReduction(site, operand, context);
  else visitRoot(site, operand, context);
}

function visitRoot(site: OperationSite, operand: SiteOperand, context: RuleContext): void {
  const { model } = context;
  if (site.operation === 'power' && literalNumber(site.operands.get('y')?.value) !== 0.5) return;
  if (asQuantity(operand.value).holder !== 'tensor' && site.form === 'operator') return;
  const evidence = zeroEvidence(model, site.segment, operand.expr);
  if (!evidence || !isGradientUsed(model, site)) return;
  const text = oneLine(sourceOf(site.segment, operand.expr), 50);
  const because = `\`${text}\` can be exactly 0 ${WHEN_ZERO[evidence.kind]}`;
  report(site, context, evidence, gradientConfidence(model, site, evidence), because, rootFixes(site, operand, model));
}

/** Norms and deviations, where the framework does not define the gradient at 0. */
function visitReduction(site: OperationSite, operand: SiteOperand, context: RuleContext): void {
  if (site.framework === 'torch' || site.operands.has('y')) return;
  const { model } = context;
  const isStd = site.operation === 'deviation';
  if (isStd ? !/std$/.test(site.name) : !isEuclidean(site)) return;
  if (asQuantity(operand.value).gradient === false || !isGradientUsed(model, site)) return;
  const isDistance = isDifference(model, site.segment, operand.expr);
  const confidence = isStd || isDistance ? gradientConfidence(model, site, undefined) : 'possible';
  const text = oneLine(sourceOf(site.segment, operand.expr), 50);
  const because = isStd
    ? `The std of \`${text}\` is 0 when all values are equal`
    : `The norm of \`${text}\` is 0 ${isDistance ? 'where both sides are equal' : 'for a zero vector'}`;
  report(site, context, undefined, confidence, because, spelledOutRoot(site, operand, model));
}

function isEuclidean(site: OperationSite): boolean {
  const order = site.operands.get('ord');
  if (!order || order.value.kind === 'none') return true;
  return literalNumber(order.value) === 2 || /^(euclidean|fro)$/.test(literalString(order.value) ?? '');
}

function report(
  site: OperationSite,
  context: RuleContext,
  evidence: ZeroEvidence | undefined,
  confidence: Confidence,
  because: string,
  fixes: readonly LocalFix[],
): void {
  const { segment } = site;
  const elsewhere = evidence && (evidence.expr.start < site.node.start || evidence.expr.end > site.node.end);
  const result =
    site.framework === 'torch' ? 'the gradient of the root is infinite there' : 'the gradient is NaN there';
  context.report({
    segment,
    span: site.node,
    confidence,
    message: `${because}: ${result}, and one such element spoils every weight. Put an epsilon inside the root${fixes.some((fix) => fix.safety === 'safe') ? ', or use a form with a defined gradient' : ''}.`,
    related: elsewhere
      ? [
          {
            segment,
            span: { start: evidence.expr.start, end: evidence.expr.end },
            message: `this is 0 ${WHEN_ZERO[evidence.kind]}`,
          },
        ]
      : [],
    fixes,
  });
}
