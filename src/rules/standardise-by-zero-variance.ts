// NAN704: data is standardised by its own deviation or range, which is 0 where all values are equal.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, type Origin, type Quantity } from '../semantic/value';
import type { Expr } from '../syntax/ast';
import { definitionBefore } from './data-flow';
import { denominatorFixes } from './denominator-fixes';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { dividesNumbers } from './zero-denominator';
import { divisionByZero } from './zero-division';

export const rule: Rule = {
  code: 'NAN704',
  name: 'standardise-by-zero-variance',
  severity: 'warning',
  summary: 'Data is standardised by its own deviation or range, which is 0 where all values are equal.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `(x - x.mean()) / x.std()` and `(x - x.min()) / (x.max() - x.min())`, whole or by feature, with nothing that keeps the denominator above 0. Such a division is told of here and not as NAN102.',
    why: 'A feature with the same value in every row has a deviation of 0, and 0 / 0 is NaN: a pixel that is always black, a column that nobody filled in, a batch of equal rewards. One such feature makes every output of the first layer NaN.',
    remedy:
      'Add an epsilon to the deviation, leave constant features out, or use a scaler that knows of them (`StandardScaler`, `Normalization`).',
    bad: `import numpy as np


def standardise(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)
`,
    good: `import numpy as np


def standardise(X):
    return (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-8)
`,
  },
  on: { operations: { names: ['divide'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  const numerator = site.operands.get('x');
  const denominator = site.operands.get('y');
  // What has no such shape needs no closer look.
  const scale = numerator && denominator && scaleOf(site, numerator, denominator, context.model);
  if (!scale) return;
  const division = divisionByZero(site, context.model);
  if (!division || division.zero.confidence === 'possible' || dividesNumbers(site, asQuantity(denominator.value)))
    return;
  const { segment } = site;
  const { expr } = denominator;
  const text = oneLine(sourceOf(segment, expr), 50);
  const what = scale === 'deviation' ? 'standardising' : 'scaling';
  context.report({
    segment,
    span: expr,
    confidence: division.zero.confidence,
    message: isByFeature(site, denominator)
      ? `\`${text}\` is 0 for a feature that has the same value everywhere, and ${what} by it makes that feature NaN. Keep it above 0, or leave constant features out.`
      : `\`${text}\` is 0 when all values are equal, and ${what} by it gives NaN. Keep it above 0, by a clamp or an epsilon.`,
    related: division.zero.related,
    fixes: denominatorFixes(site, denominator, division.zero, context.model),
  });
}

/** Whether the denominator is a deviation or a range, and the numerator the distance from the same data's middle. */
function scaleOf(
  site: OperationSite,
  numerator: SiteOperand,
  denominator: SiteOperand,
  model: SemanticModel,
): 'deviation' | 'range' | undefined {
  const centre = centreOf(site, numerator.expr, model);
  if (!centre) return undefined;
  const middle = asQuantity(centre);
  const scale = asQuantity(denominator.value);
  if (isDeviation(scale))
    return middle.origin?.operation === 'mean' && areOfSame(middle, scale) ? 'deviation' : undefined;
  if (middle.origin?.operation !== 'smallest' || scale.because.at(-1)?.operation !== 'spread') return undefined;
  const data = middle.origin.operandTerm;
  return data !== undefined && scale.term?.includes(`smallest(${data}`) ? 'range' : undefined;
}

/** What `x - x.mean()` takes off, here or where the name was given. */
function centreOf(site: OperationSite, expr: Expr, model: SemanticModel): Quantity | undefined {
  const made = expr.kind === 'Name' ? definitionBefore(model, site.segment, expr.id, expr) : expr;
  if (made?.kind !== 'Binary' || made.operator !== '-') return undefined;
  return asQuantity(model.valueOf(site.segment, made.right));
}

function isDeviation({ origin, because }: Quantity): boolean {
  return (
    origin?.operation === 'deviation' ||
    (origin?.operation === 'sqrt' && because.at(-1)?.operation === 'variance') ||
    origin?.operation === 'variance'
  );
}

/** Both reduce the same data. */
function areOfSame(middle: Quantity, scale: Quantity): boolean {
  const term = dataOf(scale.origin);
  return middle.origin?.operandTerm !== undefined && term === middle.origin.operandTerm;
}

/** `x` of `x.std()` and of `x.var().sqrt()`. */
function dataOf(origin: Origin | undefined): string | undefined {
  if (origin?.operation !== 'sqrt') return origin?.operandTerm;
  return /^variance\(([^,()]+|.+?)(,.*)?\)$/.exec(origin.operandTerm ?? '')?.[1];
}

/** `axis=0`: a feature at a time. */
function isByFeature(site: OperationSite, { expr, value }: SiteOperand): boolean {
  const { origin } = asQuantity(value);
  const node = origin && origin.segment === site.segment ? origin.node : expr;
  return (
    /\b(axis|dim)\s*=|\((0|-1|1)[,)]/.test(sourceOf(site.segment, node)) ||
    /,\s*(0|-1|1)\)/.test(sourceOf(site.segment, node))
  );
}
