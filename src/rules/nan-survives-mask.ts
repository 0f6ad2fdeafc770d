// NAN109: a NaN or an infinity that a mask of zeros, or nan_to_num, is meant to remove, and does not.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand, UnselectedSite } from '../semantic/operation-site';
import { isConstant, reachOfZero } from '../semantic/range';
import { asQuantity, type Origin, type Quantity } from '../semantic/value';
import type { Node, Segment } from '../syntax/ast';
import { isCaredFor } from './afterwards';
import { guardedByItself } from './double-where';
import { isInTraining, passesGradient, receivesGradient } from './gradient-flow';
import { selectedInstead, selectedProduct } from './mask-rewrites';
import { nanSources } from './nan-sources';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { type SitesByNode, sitesByNode } from './sites';

export const rule: Rule = {
  code: 'NAN109',
  name: 'nan-survives-mask',
  severity: 'warning',
  summary:
    'A product with a mask, or `nan_to_num`, that is to remove Inf or NaN: 0 times Inf is NaN, and so is the gradient.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds infinities that are multiplied by a mask (`inf * mask`, `(1 - mask) * -inf`), logarithms and divisions that break exactly where the mask beside them is 0 (`log(x) * (x > 0)`), and `nan_to_num` around a division or logarithm through which a gradient flows.',
    why: '0 times Inf is NaN, and 0 times NaN is NaN: a product with a mask keeps what it was to remove. `nan_to_num` and `multiply_no_nan` mend the value, but the gradient behind them is multiplied in the same way, and is NaN.',
    remedy:
      'Select with `where` or `masked_fill` instead of multiplying, and keep the operand off its pole before the operation.',
    bad: `import numpy as np


def best_action(q_values, mask):
    return (q_values - np.inf * (1 - mask)).argmax(axis=-1)
`,
    good: `import numpy as np


def best_action(q_values, mask):
    return np.where(mask, q_values, -np.inf).argmax(axis=-1)
`,
  },
  on: { segment: visit },
};

function visit(segment: Segment, context: RuleContext): void {
  const sites = context.model.analysisOf(segment)?.sites ?? [];
  const byNode = sitesByNode(context.model, segment);
  const reported = new Set<Node>();
  const once = (node: Node, say: () => void): void => {
    if (reported.has(node)) return;
    reported.add(node);
    say();
  };
  for (const site of sites) {
    if (site.operation === 'multiply') {
      const infinite = infiniteFactor(site, byNode);
      if (infinite && !isCaredFor(context.model, segment, site.node))
        once(site.node, () => reportInfinity(site, infinite, context));
      for (const unselected of site.unselected ?? []) {
        const source = byNode.get(unselected.site.node);
        if (source && isHarmful(context.model, site, source, unselected))
          once(source.node, () => reportProduct(site, source, unselected, context));
      }
    } else if (site.operation === 'nan_to_num' || site.operation === 'multiply_no_nan') {
      for (const source of curedIn(context.model, site)) once(source.node, () => reportCure(site, source, context));
    }
  }
}

// ---------------------------------------------------------------- an infinity times a mask

interface InfiniteFactor {
  readonly infinite: SiteOperand;
  readonly mask: SiteOperand;
  readonly confidence: Confidence;
  /** The infinity stands among other values, where something was masked before. */
  readonly isPartly: boolean;
}

function infiniteFactor({ operands }: OperationSite, sites: SitesByNode): InfiniteFactor | undefined {
  const [x, y] = [operands.get('x'), operands.get('y')];
  if (!x || !y) return undefined;
  return timesMask(x, y, sites) ?? timesMask(y, x, sites);
}

function timesMask(infinite: SiteOperand, mask: SiteOperand, sites: SitesByNode): InfiniteFactor | undefined {
  const [value, other] = [asQuantity(infinite.value), asQuantity(mask.value)];
  const isWhole = isInfinite(value);
  if ((!isWhole && value.hasInfinity !== true) || other.holder === 'scalar' || isSelectedByProduct(other))
    return undefined;
  const reach = reachOfZero(other.range) ?? 0;
  if (reach === 0) return undefined;
  const isPartly = !isWhole;
  if (isPartly && ((other.role !== 'mask' && other.role !== 'probabilities') || !isFilled(value.origin, sites)))
    return undefined;
  return { infinite, mask, isPartly, confidence: reach === 2 && !other.assumed && isWhole ? 'proven' : 'likely' };
}

/** JAX multiplies with truth values by selecting: False times Inf is 0. */
function isSelectedByProduct({ framework, dtype }: Quantity): boolean {
  return framework === 'jax' && dtype === 'bool';
}

/** Whether an infinity was put among the elements, and is still there. */
function isFilled(origin: Origin | undefined, sites: SitesByNode): boolean {
  if (origin?.operation === 'log_softmax') return true;
  if (origin?.operation !== 'masked_fill' && origin?.operation !== 'where') return false;
  const made = sites.get(origin.node);
  return [...(made?.operands.values() ?? [])].some(({ value }) => isInfinite(asQuantity(value)));
}

function isInfinite({ range }: Quantity): boolean {
  return isConstant(range) && !Number.isFinite(range.lo);
}

function reportInfinity(site: OperationSite, factor: InfiniteFactor, { model, report }: RuleContext): void {
  const { segment } = site;
  const mask = oneLine(sourceOf(segment, factor.mask.expr), 40);
  const infinite = oneLine(sourceOf(segment, factor.infinite.expr), 40);
  const held = factor.isPartly ? `\`${infinite}\` holds an infinity` : `\`${infinite}\` is infinite`;
  const fix = factor.isPartly
    ? selectedInstead(site, factor.infinite, factor.mask, model)
    : selectedProduct(site, factor.infinite, factor.mask, model);
  report({
    segment,
    span: site.node,
    confidence: factor.confidence,
    message: `${held}, and where \`${mask}\` is 0 the product is not 0 but NaN. Select with \`where\`${factor.isPartly ? '' : ', or use a large finite number'}.`,
    related: asQuantity(factor.mask.value).because,
    fixes: fix ? [fix] : [],
  });
}

// ---------------------------------------------------------------- f(x) * (x > 0)

/** Whether the value is NaN there, or the gradient, where one flows. */
function isHarmful(
  model: SemanticModel,
  product: OperationSite,
  source: OperationSite,
  unselected: UnselectedSite,
): boolean {
  if (breaksValue(product, unselected)) return !isCaredFor(model, product.segment, product.node);
  return passesGradient(source) && receivesGradient(model, source.segment, product.node);
}

function breaksValue(product: OperationSite, { broken, branch }: UnselectedSite): boolean {
  return (
    broken.breaksValue && !isSelectedByProduct(asQuantity(product.operands.get(branch === 'x' ? 'y' : 'x')?.value))
  );
}

function reportProduct(
  product: OperationSite,
  source: OperationSite,
  unselected: UnselectedSite,
  { model, report }: RuleContext,
): void {
  const { condition, holds, broken } = unselected;
  const isNan = breaksValue(product, unselected);
  const { segment } = source;
  const whole = oneLine(sourceOf(segment, source.node), 50);
  const tested = oneLine(sourceOf(segment, condition), 40);
  const where = holds ? `where \`${tested}\` does not hold` : `where \`${tested}\` holds`;
  const { operand } = broken;
  const text = oneLine(sourceOf(segment, operand.expr), 40);
  const result = isNan
    ? `\`${whole}\` is Inf or NaN ${where}, and 0 times that is NaN`
    : `The gradient of \`${whole}\` is infinite ${where}, and 0 times that is NaN`;
  const isSure = isNan || isInTraining(model, segment, source.node);
  const own = [...source.operands.values()].find(({ expr }) => expr === operand.expr) ?? operand;
  const fix = guardedByItself(source, own, product.framework, model);
  report({
    segment,
    span: source.node,
    confidence: isSure ? 'likely' : 'possible',
    message: `${result}: the mask does not remove it. Put a harmless number in place of \`${text}\` first.`,
    related: [
      { segment, span: { start: product.node.start, end: product.node.end }, message: 'the product with the mask' },
    ],
    fixes: fix ? [fix] : [],
  });
}

// ---------------------------------------------------------------- nan_to_num as a cure

/** What makes the NaN that is replaced, where a gradient flows back into it. */
function curedIn(model: SemanticModel, site: OperationSite): readonly OperationSite[] {
  const x = site.operands.get('x');
  if (!x || !site.gradient || site.framework === 'numpy' || site.framework === 'python') return [];
  if (asQuantity(site.result).gradient === false || !receivesGradient(model, site.segment, site.node)) return [];
  return nanSources(model, site.segment, x.expr).filter(
    (source) => passesGradient(source) && receivesGradient(model, source.segment, source.node),
  );
}

function reportCure(site: OperationSite, source: OperationSite, { model, report }: RuleContext): void {
  const { segment } = source;
  const operand = source.operands.get(source.operation === 'divide' || source.operation === 'xlogy' ? 'y' : 'x');
  if (!operand) return;
  const whole = oneLine(sourceOf(segment, source.node), 50);
  const name = site.name.slice(site.name.lastIndexOf('.') + 1);
  const fix = guardedByItself(source, operand, site.framework, model);
  report({
    segment,
    span: source.node,
    confidence: isInTraining(model, segment, source.node) ? 'likely' : 'possible',
    message: `\`${name}\` replaces the NaN or Inf of \`${whole}\`, but not that of its gradient, which is 0 times infinity. Put a harmless number in place of \`${oneLine(sourceOf(segment, operand.expr), 40)}\` first.`,
    related: [{ segment, span: { start: site.node.start, end: site.node.end }, message: 'the value is mended here' }],
    fixes: fix ? [fix] : [],
  });
}
