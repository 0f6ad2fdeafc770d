// NAN301: an epsilon or a clamp in a place where it guards nothing.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import type { Node, Segment } from '../syntax/ast';
import { clampsAfterwards, droppedClamp } from './clamps-too-late';
import { besideHazard } from './epsilon-beside';
import { eitherSign, timesSign } from './epsilon-signs';
import type { Report, Rule, RuleContext } from './rule';
import { type SitesByNode, sitesByNode } from './sites';

export const rule: Rule = {
  code: 'NAN301',
  name: 'misplaced-epsilon',
  severity: 'warning',
  summary:
    'An epsilon or a clamp in a place where it guards nothing: `log(x) + eps`, `a / b + eps`, `log(x).clamp(min=…)`.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax', 'pytensor', 'theano'],
  fixable: 'both',
  docs: {
    what: 'Finds epsilons that are added to a logarithm, a root, a quotient or a reciprocal instead of to its operand, that are multiplied by a sign, or added to a denominator of either sign; clamps that come after the logarithm or division; and clamps whose result is thrown away.',
    why: 'The guard is there to be read, but the operand still reaches the pole: `log(0) + eps` is -inf, `0 / 0 + eps` is NaN, and `sqrt(x) + eps` and `log(x).clamp(min=-100)` are fine numbers with an infinite gradient.',
    remedy: 'Put the epsilon or the clamp on the operand, before the operation sees it.',
    bad: `import torch


def update(grad, exp_avg_sq, eps=1e-8):
    return grad / exp_avg_sq.sqrt() + eps
`,
    good: `import torch


def update(grad, exp_avg_sq, eps=1e-8):
    return grad / (exp_avg_sq.sqrt() + eps)
`,
  },
  on: { segment: visit },
};

type Check = (site: OperationSite, model: SemanticModel, sites: SitesByNode) => Report | undefined;

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  add: [besideHazard],
  multiply: [timesSign],
  divide: [eitherSign],
  clamp: [droppedClamp, clampsAfterwards],
  maximum: [droppedClamp, clampsAfterwards],
  minimum: [droppedClamp],
};

function visit(segment: Segment, { model, report }: RuleContext): void {
  const sites = model.analysisOf(segment)?.sites ?? [];
  const wanted = sites.filter(({ operation }) => Object.hasOwn(CHECKS, operation));
  if (wanted.length === 0) return;
  const byNode = sitesByNode(model, segment);
  const seen = new Set<Node>();
  for (const site of wanted) {
    if (seen.has(site.node)) continue;
    seen.add(site.node);
    for (const check of CHECKS[site.operation] ?? []) {
      const found = check(site, model, byNode);
      if (!found) continue;
      report(found);
      break;
    }
  }
}
