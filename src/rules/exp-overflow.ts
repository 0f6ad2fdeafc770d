// NAN104: an exponential that overflows inside a quotient or a logarithm which has a stable form.

import type { Confidence } from '../analyzer/finding';
import { workingDType } from '../semantic/derive';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import type { Quantity } from '../semantic/value';
import { type ExpForm, type ExpFormKind, expFormAt } from './exp-forms';
import { stableFixes } from './exp-rewrites';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN104',
  name: 'exp-overflow',
  severity: 'warning',
  summary: 'An exponential of an unbounded value in a hand-written softmax, log-sum-exp, softplus, sigmoid or tanh.',
  fixable: 'both',
  docs: {
    what: 'Finds `exp` of a value with no upper bound inside a hand-written softmax, log-sum-exp, log-mean-exp, softplus, sigmoid or tanh, in PyTorch, NumPy, TensorFlow, Keras and JAX.',
    why: '`exp` is Inf above 88.7 in float32 and above 11.1 in float16. Inf divided by Inf is NaN and `log(Inf)` is Inf. A hand-written sigmoid is right in value, but its gradient is 0 times Inf, which is NaN.',
    remedy:
      'Use the function of the framework (`softmax`, `logsumexp`, `softplus`, `sigmoid`, `tanh`), or subtract the maximum before the exponential.',
    bad: `import torch


def attend(scores, values):
    weights = torch.exp(scores) / torch.exp(scores).sum(dim=-1, keepdim=True)
    return weights @ values
`,
    good: `import torch


def attend(scores, values):
    weights = torch.softmax(scores, dim=-1)
    return weights @ values
`,
  },
  on: { operations: { names: ['divide', 'log', 'log1p', 'exp'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  const form = expFormAt(site, context.model);
  if (!form) return;
  const [exponential] = form.exponentials;
  const operand = exponential.operands.get('x');
  // Python's own exp raises an OverflowError, which nobody overlooks.
  if (operand?.value.kind !== 'quantity' || exponential.framework === 'python') return;
  const isByGradient = form.kind === 'reciprocal sigmoid' || form.kind === 'log-scale';
  if (isByGradient && !hasGradient(site, exponential, operand.value)) return;
  const confidence = overflow(operand.value);
  if (confidence === undefined) return;
  const { segment } = site;
  context.report({
    segment,
    // In another statement the exponential is the one to mend.
    span: isSameStatement(exponential, site, context.model) ? site.node : exponential.node,
    confidence,
    message: message(form, oneLine(sourceOf(segment, operand.expr), 40), operand.value),
    related: [
      { segment, span: { start: exponential.node.start, end: exponential.node.end }, message: 'the exponential' },
      {
        segment,
        span: { start: site.node.start, end: site.node.end },
        message: `this spells out ${SPELLED[form.kind]}`,
      },
    ],
    fixes: stableFixes(site, form, context.model),
  });
}

function isSameStatement(a: OperationSite, b: OperationSite, model: SemanticModel): boolean {
  return model.statementOf(a.segment, a.node) === model.statementOf(b.segment, b.node);
}

/** Whether a gradient is taken through this place, in a framework that takes any. */
function hasGradient(site: OperationSite, exponential: OperationSite, operand: Quantity): boolean {
  if (exponential.framework === 'numpy' || operand.holder === 'scalar') return false;
  return site.gradient && exponential.gradient && operand.gradient !== false;
}

/** Largest argument whose exponential is finite in the value's dtype. */
function largestExponent(value: Quantity): number {
  switch (workingDType(value)) {
    case 'float16':
      return 11.08;
    case 'float64':
      return 709.78;
    default:
      return 88.72;
  }
}

/** How sure it is that the argument of an exponential gets too large; undefined where it cannot. */
function overflow(value: Quantity): Confidence | undefined {
  const { hi, reachesHi } = value.range;
  if (hi <= largestExponent(value) && !value.assumed) return undefined;
  if (value.role === 'log-probabilities' || isShifted(value.term)) return undefined;
  if (!Number.isFinite(hi) || value.assumed) return 'likely';
  return reachesHi === 2 ? 'proven' : reachesHi === 1 ? 'likely' : 'possible';
}

/** A term from which a maximum was taken off, be it computed elsewhere and known by its name only. */
function isShifted(term: string | undefined): boolean {
  return term !== undefined && /-[^+*]*(max|largest|logsumexp|lse)/i.test(term);
}

const SPELLED: Readonly<Record<ExpFormKind, string>> = {
  softmax: 'a softmax',
  'weighted softmax': 'a weighted softmax',
  'log-sum-exp': 'a log-sum-exp',
  'log-mean-exp': 'a log-mean-exp',
  softplus: 'a softplus',
  'inverse softplus': 'an inverse softplus',
  sigmoid: 'a sigmoid',
  'reciprocal sigmoid': 'a sigmoid',
  'log-cosh': 'a log-cosh',
  'log-scale': 'a scale',
  tanh: 'a tanh',
  'tanh of half': 'a tanh',
  'tanh of negated half': 'a tanh',
};

function message(form: ExpForm, operand: string, value: Quantity): string {
  const { hi } = value.range;
  const state =
    Number.isFinite(hi) && !value.assumed
      ? `\`${operand}\` goes up to ${hi}, above the ${largestExponent(value)} that exp can bear`
      : `Nothing keeps \`${operand}\` below ${largestExponent(value)}, where exp overflows`;
  if (form.kind === 'log-scale')
    return `${state}: one large output of the network makes the scale Inf, and the loss with it. ${advice(form.kind)}`;
  return `${state}: ${consequence(form.kind)} here, which spells out ${SPELLED[form.kind]}. ${advice(form.kind)}`;
}

function consequence(kind: ExpFormKind): string {
  switch (kind) {
    case 'softmax':
    case 'weighted softmax':
    case 'sigmoid':
    case 'tanh':
    case 'tanh of half':
    case 'tanh of negated half':
      return 'Inf / Inf gives NaN';
    case 'reciprocal sigmoid':
      return 'the value is right but the gradient is NaN';
    default:
      return 'the logarithm gives Inf';
  }
}

function advice(kind: ExpFormKind): string {
  switch (kind) {
    case 'softmax':
      return 'Use softmax, or subtract the maximum first.';
    case 'weighted softmax':
      return 'Subtract the maximum first.';
    case 'log-sum-exp':
    case 'log-mean-exp':
      return 'Use logsumexp, which subtracts the maximum.';
    case 'softplus':
      return 'Use softplus.';
    case 'log-cosh':
      return 'Use `x + softplus(-2 * x) - log(2)`.';
    case 'log-scale':
      return 'Clamp the logarithm first.';
    case 'inverse softplus':
      return 'Use `x + log(-expm1(-x))`.';
    case 'sigmoid':
    case 'reciprocal sigmoid':
      return 'Use sigmoid.';
    default:
      return 'Use tanh.';
  }
}
