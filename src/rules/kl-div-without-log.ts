// NAN605: a Kullback-Leibler divergence is given probabilities where it takes their logarithms, or the other way round.

import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { type Activation, asQuantity, literalNumber, type Value } from '../semantic/value';
import { asOperand } from './log-rewrites';
import { placeOf } from './loss-inputs';
import { asLogarithm, nameOf, withArgument } from './output-fixes';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN605',
  name: 'kl-div-without-log',
  severity: 'warning',
  summary: 'A KL divergence is given probabilities instead of log-probabilities, or a target in the wrong domain.',
  needs: ['torch', 'optax'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `F.kl_div`, `KLDivLoss` and `optax.kl_divergence` whose first operand has been through a softmax or is a bare score, whose target is a logarithm without `log_target=True`, or whose operands stand in the wrong order.',
    why: "`kl_div(input, target)` takes the logarithm of the model's probabilities first and the probabilities of the target second. Of probabilities it is finite and no divergence: it is not 0 where both agree, and may be negative. This is a wrong loss, not a NaN; `softmax(x).log()` as the first operand is one for NAN101.",
    remedy: 'Write `F.kl_div(F.log_softmax(student, dim=-1), F.softmax(teacher, dim=-1), reduction="batchmean")`.',
    bad: `import torch.nn.functional as F


def distill(student, teacher):
    p = F.softmax(student, dim=-1)
    q = F.softmax(teacher, dim=-1)
    return F.kl_div(p, q, reduction="batchmean")
`,
    good: `import torch.nn.functional as F


def distill(student, teacher):
    log_p = F.log_softmax(student, dim=-1)
    q = F.softmax(teacher, dim=-1)
    return F.kl_div(log_p, q, reduction="batchmean")
`,
  },
  on: { operations: { names: ['kl_divergence'], visit } },
};

type Domain = 'probabilities' | 'logarithms' | 'scores';

function domainOf({ kind }: Activation): Domain {
  if (kind === 'linear') return 'scores';
  return kind === 'softmax' || kind === 'sigmoid' ? 'probabilities' : 'logarithms';
}

interface Side {
  readonly operand: SiteOperand;
  readonly activation: Activation;
  readonly domain: Domain;
}

function sideOf(operand: SiteOperand | undefined): Side | undefined {
  const { activation } = asQuantity(operand?.value);
  return operand && activation && { operand, activation, domain: domainOf(activation) };
}

function visit(site: OperationSite, context: RuleContext): void {
  if (site.node.kind !== 'Call' || !/^(torch|optax)\./.test(site.name)) return;
  const [input, target] = [sideOf(site.operands.get('x')), sideOf(site.operands.get('target'))];
  const takesLogTarget = logTarget(site);
  const isSwapped = input?.domain === 'probabilities' && target?.domain === 'logarithms' && takesLogTarget === false;
  if (isSwapped) swapped(site, input, target, context);
  else if (input && input.domain !== 'logarithms') wrongInput(site, input, context);
  else if (target && takesLogTarget !== undefined) {
    const wanted = takesLogTarget ? 'logarithms' : 'probabilities';
    if (target.domain !== wanted) wrongTarget(site, target, takesLogTarget, context);
  }
}

/** Whether the target is taken for a logarithm; undefined where that is not known. */
function logTarget(site: OperationSite): boolean | undefined {
  if (site.framework !== 'torch') return site.name.endsWith('_with_log_targets');
  const { callee } = site;
  const isUnpacked =
    callee?.kind === 'instance'
      ? callee.args.some(({ unpack }) => unpack)
      : site.node.kind === 'Call' && site.node.args.some(({ unpack }) => unpack !== '');
  if (isUnpacked) return undefined;
  const given: Value | undefined =
    callee?.kind === 'instance'
      ? callee.args.find(({ keyword }) => keyword === 'log_target')?.value
      : site.operands.get('log_target')?.value;
  const n = given === undefined ? 0 : literalNumber(given);
  return n === undefined ? undefined : n !== 0;
}

function shown(site: OperationSite, { operand }: Side): string {
  return oneLine(sourceOf(site.segment, operand.expr), 40);
}

function lossText(site: OperationSite): string {
  return site.node.kind === 'Call' ? oneLine(sourceOf(site.segment, site.node.callee), 40) : '';
}

function swapped(site: OperationSite, input: Side, target: Side, context: RuleContext): void {
  const { segment } = site;
  const [a, b] = [input.operand.expr, target.operand.expr];
  context.report({
    segment,
    span: site.node,
    confidence: 'proven',
    message: `\`${shown(site, input)}\` are probabilities and \`${shown(site, target)}\` logarithms, and \`${lossText(site)}\` takes the logarithms first: a wrong loss. Swap them.`,
    related: [...placeOf(input.activation), ...placeOf(target.activation)],
    fixes: [
      {
        title: 'Swap the two',
        safety: 'unsafe',
        edits: [
          { segment, span: a, text: sourceOf(segment, b) },
          { segment, span: b, text: sourceOf(segment, a) },
        ],
      },
    ],
  });
}

function wrongInput(site: OperationSite, input: Side, { model, report }: RuleContext): void {
  const isBare = input.domain === 'scores';
  const what = isBare
    ? 'gives scores (no activation follows the last layer)'
    : `has been through ${nameOf(input.activation)}`;
  const fix = isBare ? logSoftmaxOf(site, input) : asLogarithm(input.activation, model);
  report({
    segment: site.segment,
    span: site.node,
    confidence: 'proven',
    message: `\`${shown(site, input)}\` ${what}, and \`${lossText(site)}\` takes the logarithm of probabilities first: a wrong loss, not 0 where both agree. Use log_softmax.`,
    related: placeOf(input.activation),
    fixes: fix ? [fix] : [],
  });
}

function logSoftmaxOf(site: OperationSite, { operand }: Side): LocalFix | undefined {
  if (site.framework !== 'torch') return undefined;
  const { segment } = site;
  const text = `${asOperand(segment, operand.expr)}.log_softmax(dim=-1)`;
  return { title: 'Use log_softmax', safety: 'unsafe', edits: [{ segment, span: operand.expr, text }] };
}

function wrongTarget(site: OperationSite, target: Side, takesLog: boolean, context: RuleContext): void {
  const what =
    target.domain === 'scores'
      ? 'gives scores (no activation follows the last layer)'
      : target.domain === 'logarithms'
        ? 'are logarithms of probabilities'
        : 'are probabilities';
  const expected = takesLog ? 'their logarithms' : 'probabilities';
  const remedy =
    target.domain === 'scores'
      ? `Use ${takesLog ? 'log_softmax' : 'softmax'}`
      : takesLog
        ? 'Leave out log_target'
        : 'Add log_target=True';
  context.report({
    segment: site.segment,
    span: site.node,
    confidence: 'proven',
    message: `\`${shown(site, target)}\` ${what}, and \`${lossText(site)}\` takes ${expected} for its target: a wrong loss. ${remedy}.`,
    related: placeOf(target.activation),
    fixes: targetFixes(site, target, takesLog),
  });
}

function targetFixes(site: OperationSite, target: Side, takesLog: boolean): LocalFix[] {
  const { segment, node, callee } = site;
  if (site.framework !== 'torch' || node.kind !== 'Call') return [];
  if (target.domain === 'scores') {
    const text = `${asOperand(segment, target.operand.expr)}.${takesLog ? 'log_softmax' : 'softmax'}(dim=-1)`;
    return [{ title: 'Use softmax', safety: 'unsafe', edits: [{ segment, span: target.operand.expr, text }] }];
  }
  const value = takesLog ? 'False' : 'True';
  const edit =
    callee?.kind === 'instance'
      ? withArgument(callee.segment, callee.call, 'log_target', value)
      : withArgument(segment, node, 'log_target', value, 5);
  return [{ title: `Say what the target is: log_target=${value}`, safety: 'unsafe', edits: [edit] }];
}
