// NAN102: a division whose denominator can be 0 on real data.

import type { OperationSite } from '../semantic/operation-site';
import { asQuantity, type Quantity } from '../semantic/value';
import { denominatorFixes } from './denominator-fixes';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { dividesNumbers, type ZeroDenominator, type ZeroKind } from './zero-denominator';
import { divisionByZero, hasDivisor } from './zero-division';

export const rule: Rule = {
  code: 'NAN102',
  name: 'division-by-possible-zero',
  severity: 'warning',
  summary: 'A division by a standard deviation, norm, count, mask sum or range that can be 0.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax', 'pytensor', 'theano'],
  fixable: 'unsafe',
  yieldsTo: ['NAN103', 'NAN109', 'NAN202', 'NAN301', 'NAN704'],
  docs: {
    what: 'Finds divisions, `reciprocal` and `rsqrt` whose denominator is a tensor that real data takes to 0: a standard deviation, a norm, a sum of a mask, a count, `max - min`, or a value that the model shows to reach 0.',
    why: 'In a tensor, x / 0 is Inf and 0 / 0 is NaN, without an error. One constant feature, one zero vector or one fully padded row is enough, and the next step carries it into every weight.',
    remedy:
      'Keep the denominator above 0: clamp a count at 1, add an epsilon to a standard deviation, use `F.normalize` for unit vectors.',
    bad: `import torch


def masked_mean(x, mask):
    return (x * mask).sum() / mask.sum()
`,
    good: `import torch


def masked_mean(x, mask):
    return (x * mask).sum() / mask.sum().clamp(min=1)
`,
  },
  on: { operations: { names: ['divide', 'reciprocal', 'rsqrt', 'addcdiv'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  const division = divisionByZero(site, context.model);
  if (!division) return;
  const { denominator, zero } = division;
  const { segment } = site;
  const { expr } = denominator;
  context.report({
    segment,
    span: hasDivisor(site) ? expr : site.node,
    confidence: zero.confidence,
    message: message(site, asQuantity(denominator.value), oneLine(sourceOf(segment, expr), 50), zero),
    related: zero.related,
    fixes: denominatorFixes(site, denominator, zero, context.model),
  });
}

/** When the denominator is 0. */
const WHEN: Readonly<Record<ZeroKind, string>> = {
  zero: '',
  deviation: 'when all values are equal',
  norm: 'for a zero vector',
  count: 'when nothing is counted',
  length: 'for an empty sequence',
  spread: 'when all values are equal',
  sum: 'when all that is summed is 0, or cancels',
  mean: 'when nothing is selected',
  difference: 'where both sides are equal',
  relu: 'for every negative input',
  magnitudes: 'where all of it is 0',
  squares: 'where what is squared is 0',
  root: 'where what is under the root is 0',
  underflow: 'where its exponent is far below 0',
  function: 'for an input of 0',
  fallback: 'when an entry is missing',
  filter: 'when the condition lets nothing through',
  counter: 'when nothing has been counted',
  initial: 'until the first update',
  setting: 'where it is switched off',
  'own element': 'like any other element',
  'own extreme': 'when all elements are 0',
  'own part': 'when all its parts are 0, the numerator too',
  odds: 'when what is taken off is 1',
  'ratio to itself': 'and the numerator with it',
  unknown: '',
};

function message(site: OperationSite, value: Quantity, text: string, { kind, confidence }: ZeroDenominator): string {
  const isScalar = dividesNumbers(site, value);
  const when = WHEN[kind] === '' ? '' : ` ${WHEN[kind]}`;
  const state =
    kind === 'zero'
      ? `\`${text}\` is 0`
      : confidence === 'possible'
        ? `Nothing shows that \`${text}\` is not 0`
        : `\`${text}\` can be 0${when}`;
  const result = isScalar ? 'dividing by it raises ZeroDivisionError' : 'dividing by it gives Inf or NaN';
  const advice = isScalar
    ? 'Ask for it first.'
    : kind === 'count' && value.role !== 'mask'
      ? 'Clamp it at 1.'
      : value.range.lo === 0
        ? 'Keep it above 0, by a clamp or an epsilon.'
        : 'Keep it off 0; an epsilon does not, where it has either sign.';
  return `${state}, and ${result}. ${advice}`;
}
