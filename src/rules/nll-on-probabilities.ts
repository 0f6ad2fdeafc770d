// NAN604: a negative log-likelihood, which takes log-probabilities, is given probabilities or scores.

import type { OperationSite } from '../semantic/operation-site';
import { type Activation, asQuantity } from '../semantic/value';
import type { Expr } from '../syntax/ast';
import { asOperand } from './log-rewrites';
import { placeOf } from './loss-inputs';
import { asLogarithm, nameOf, otherLoss, scoresAndLoss } from './output-fixes';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN604',
  name: 'nll-on-probabilities',
  severity: 'warning',
  summary: 'A negative log-likelihood is given probabilities or scores instead of log-probabilities.',
  needs: ['torch'],
  fixable: 'unsafe',
  docs: {
    what: 'Follows the output of a model to `NLLLoss`, `F.nll_loss` and `CTCLoss`: a softmax or sigmoid before them, or the bare scores of a last layer.',
    why: 'These losses take a logarithm as given and only pick it out: of probabilities the loss is between -1 and 0, and its gradient does not grow where the model is wrong; of scores it falls without end. CTC adds up exponentials of what it is given, which are no probabilities. This is a wrong loss, not a NaN.',
    remedy: 'Use `log_softmax` before them, or give the scores to `CrossEntropyLoss`.',
    bad: `import torch.nn.functional as F


def loss_of(model, x, y):
    p = F.softmax(model(x), dim=1)
    return F.nll_loss(p, y)
`,
    good: `import torch.nn.functional as F


def loss_of(model, x, y):
    log_p = F.log_softmax(model(x), dim=1)
    return F.nll_loss(log_p, y)
`,
  },
  on: { operations: { names: ['nll', 'ctc'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  const x = site.operands.get('x');
  const { activation } = asQuantity(x?.value);
  if (!x || !activation || site.node.kind !== 'Call' || !/^torch\./.test(site.name)) return;
  if (activation.kind === 'log-softmax' || activation.kind === 'log-sigmoid') return;
  const shown = oneLine(sourceOf(site.segment, x.expr), 40);
  const loss = oneLine(sourceOf(site.segment, site.node.callee), 40);
  const isBare = activation.kind === 'linear';
  const what = isBare
    ? 'gives scores (no activation follows the last layer)'
    : `has been through ${nameOf(activation)}`;
  const isUnbounded = isBare && site.operation === 'nll' ? ' that falls without end' : '';
  context.report({
    segment: site.segment,
    span: site.node,
    confidence: 'proven',
    message: `\`${shown}\` ${what}, and \`${loss}\` takes log-probabilities: a wrong loss${isUnbounded}. Use log_softmax.`,
    related: placeOf(activation),
    fixes: fixes(site, x.expr, activation, context),
  });
}

const ON_SCORES: Readonly<Record<string, string>> = { NLLLoss: 'CrossEntropyLoss', nll_loss: 'cross_entropy' };

function fixes(site: OperationSite, x: Expr, activation: Activation, { model }: RuleContext): LocalFix[] {
  const offered =
    activation.kind === 'softmax'
      ? asLogarithm(activation, model)
      : activation.kind === 'sigmoid'
        ? scoresAndLoss(site, activation, ON_SCORES, model)
        : (otherLoss(site, ON_SCORES, model) ?? logSoftmaxOf(site, x));
  return offered ? [offered] : [];
}

/** The classes stand last in what CTC takes. */
function logSoftmaxOf(site: OperationSite, x: Expr): LocalFix | undefined {
  if (site.operation !== 'ctc') return undefined;
  const { segment } = site;
  return {
    title: 'Use log_softmax',
    safety: 'unsafe',
    edits: [{ segment, span: x, text: `${asOperand(segment, x)}.log_softmax(dim=-1)` }],
  };
}
