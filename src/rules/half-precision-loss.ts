// NAN505: a loss is summed or squared in float16, outside autocast.

import type { OperationSite } from '../semantic/operation-site';
import { asQuantity, literalNumber, type Quantity } from '../semantic/value';
import { isInTraining } from './gradient-flow';
import { asOperand } from './log-rewrites';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

const NAMES = ['sum', 'square', 'power', 'nonnegative_loss', 'variance'];

export const rule: Rule = {
  code: 'NAN505',
  name: 'half-precision-loss',
  severity: 'warning',
  summary: 'A sum or a square of a loss is computed in float16.',
  needs: ['torch'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds sums, squares, variances and squared errors of tensors that were cast to float16 by hand, where gradients flow and no autocast region computes them in float32.',
    why: 'float16 ends at 65,504: the square of 256 is Inf, and so is a sum of 700 hundreds. Autocast computes these operations in float32 for that reason; a cast by hand does not.',
    remedy: 'Cast to float32 with `.float()` before the loss.',
    bad: `import torch


def loss_of(prediction, target):
    error = prediction.half() - target.half()
    return error.pow(2).mean()
`,
    good: `import torch


def loss_of(prediction, target):
    error = prediction.half() - target.half()
    return error.float().pow(2).mean()
`,
  },
  on: { operations: { names: NAMES, visit } },
};

/** The square of this, and more, is Inf in float16. */
const LARGEST_ROOT = 256;

function visit(site: OperationSite, context: RuleContext): void {
  if (site.framework !== 'torch' || site.autocast || !site.gradient) return;
  const operand = site.operands.get('x');
  const value = asQuantity(operand?.value);
  if (!operand || value.dtype !== 'float16' || value.gradient === false || !overflows(site, value)) return;
  // The sum of a square that is Inf already: the square is what is reported.
  if (value.origin && NAMES.includes(value.origin.operation)) return;
  // `sum(dtype=torch.float32)` adds in float32.
  if (site.operands.has('dtype') || !isInTraining(context.model, site.segment, site.node)) return;
  const { segment } = site;
  const text = oneLine(sourceOf(segment, operand.expr), 40);
  context.report({
    segment,
    span: site.node,
    confidence: 'likely',
    message: `\`${text}\` is float16, in which ${site.operation === 'sum' ? 'a sum above 65,504' : 'the square of 256'} is Inf. Cast it with \`.float()\` first.`,
    related: value.because,
    fixes: fixes(site),
  });
}

function overflows(site: OperationSite, { range }: Quantity): boolean {
  const size = Math.max(Math.abs(range.lo), Math.abs(range.hi));
  if (site.operation === 'power') {
    const exponent = literalNumber(site.operands.get('y')?.value);
    return exponent !== undefined && exponent >= 2 && size >= LARGEST_ROOT;
  }
  return site.operation === 'sum' ? size > 1 : size >= LARGEST_ROOT;
}

function fixes(site: OperationSite): LocalFix[] {
  const { segment } = site;
  if (site.inPlace) return [];
  const halves = [...site.operands.values()].filter(({ value }) => asQuantity(value).dtype === 'float16');
  const edits = halves.map(({ expr }) => {
    const needsNone = site.form === 'method' || expr.kind !== 'Binary';
    return {
      segment,
      span: expr.outer ?? expr,
      text: `${needsNone ? asOperand(segment, expr) : `(${sourceOf(segment, expr)})`}.float()`,
    };
  });
  return [{ title: 'Compute it in float32', safety: 'unsafe', edits }];
}
