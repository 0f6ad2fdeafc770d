// NAN101: a logarithm whose operand can reach the pole.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { hasEnds } from '../semantic/range';
import { asQuantity, type Quantity } from '../semantic/value';
import type { Expr, Node } from '../syntax/ast';
import { isStatement, walkExpressions } from '../syntax/walk';
import { isCaredFor } from './afterwards';
import { keepAbovePole, stableLogForm } from './log-rewrites';
import { determinantIn } from './matrix-evidence';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { siblingsOf } from './statements';

export const rule: Rule = {
  code: 'NAN101',
  name: 'log-of-possible-zero',
  severity: 'warning',
  summary: 'A logarithm of a value that can be exactly 0 (or 1, for `logit`; -1, for `log1p`).',
  fixable: 'both',
  yieldsTo: ['NAN109', 'NAN202', 'NAN301'],
  docs: {
    what: 'Finds `log`, `log2`, `log10`, `log1p`, `logit` and `xlogy` whose operand can reach the pole: outputs of softmax, sigmoid, relu and their kin, probabilities, counts, clamps at 0, in PyTorch, NumPy, TensorFlow, Keras, JAX and `math`.',
    why: 'Softmax and sigmoid are never 0 on paper, but underflow to exactly 0 in floating point. `log(0)` is -inf, its gradient is Inf, and 0 times that is NaN: one such element makes the loss and every weight NaN.',
    remedy:
      'Use the fused form (`log_softmax`, `logsigmoid`, a loss on logits), which never leaves the log domain; else keep the operand above 0 with an epsilon that its dtype can hold.',
    bad: `import torch


def nll(logits, labels):
    probs = torch.softmax(logits, dim=-1)
    return -torch.log(probs)[torch.arange(len(labels)), labels].mean()
`,
    good: `import torch


def nll(logits, labels):
    log_probs = torch.log_softmax(logits, dim=-1)
    return -log_probs[torch.arange(len(labels)), labels].mean()
`,
  },
  on: { operations: { names: ['log', 'log2', 'log10', 'log1p', 'logit', 'xlogy'], visit } },
};

/** Where the operand must not be, per operation: the lower pole, and the upper one of logit. */
const LOWER_POLE: Readonly<Record<string, number>> = { log: 0, log2: 0, log10: 0, log1p: -1, logit: 0, xlogy: 0 };

function visit(site: OperationSite, context: RuleContext): void {
  const operand = site.operands.get(site.operation === 'xlogy' ? 'y' : 'x');
  if (!operand || site.operands.has('where') || hasEpsilon(site)) return;
  const value = asQuantity(operand.value);
  if (operand.value.kind !== 'quantity' || value.role === 'size') return;
  // There is more to say of the logarithm of a determinant, and a rule that does.
  if (site.operation === 'log' && determinantIn(context.model, site.segment, operand.expr)) return;
  const pole = LOWER_POLE[site.operation] ?? 0;
  let confidence = reach(value, pole);
  if (site.operation === 'logit') confidence = surer(confidence, reachUpper(value, 1));
  if (confidence === undefined) return;
  if (site.operation === 'xlogy' && isSameValue(site)) return;
  if (isInteger(context.model, site) && confidence !== 'possible') confidence = 'possible';
  if (isCaredFor(context.model, site.segment, site.node)) return;
  if (value.role === 'mask' && (value.origin?.operation === 'triangle' || isAddedToScores(context.model, site))) return;
  if (becomesInteger(context.model, site)) return;
  if ((value.role === 'mask' || value.role === 'one-hot') && isNormalised(context.model, site)) return;
  const { segment } = site;
  const text = oneLine(sourceOf(segment, operand.expr), 50);
  const stable = stableLogForm(site, operand, context.model);
  const offered = [...(stable ? [stable] : []), ...keepAbovePole(site, operand, value, context.model)];
  context.report({
    segment,
    span: site.node,
    confidence,
    message: message(site, text, value, confidence, pole, stable !== undefined),
    related: value.because,
    fixes: offered,
  });
}

/** How sure it is that the value gets down to `pole`; undefined where it can't. */
function reach(value: Quantity, pole: number): Confidence | undefined {
  const { lo, hi, reachesLo, reachesHi } = value.range;
  if (lo > pole || (lo === pole && value.range.excludesZero && pole === 0)) return undefined;
  // By their name they have either sign.
  if (value.role === 'logits' && !hasEnds(value.range)) return 'likely';
  if (value.assumed && !isTold(value)) return 'possible';
  // A named probability is only ever likely; what the model derived is proven.
  if (value.assumed) return reachesLo > 0 ? 'likely' : 'possible';
  if (reachesLo === 2 || (hi <= pole && Math.max(reachesLo, reachesHi) > 0)) return 'proven';
  return reachesLo === 1 ? 'likely' : 'possible';
}

function reachUpper(value: Quantity, pole: number): Confidence | undefined {
  const { lo, hi, reachesLo, reachesHi } = value.range;
  if (hi < pole) return undefined;
  if (value.assumed) return reachesHi > 0 ? 'likely' : 'possible';
  if (reachesHi === 2 || (lo >= pole && Math.max(reachesLo, reachesHi) > 0)) return 'proven';
  return reachesHi === 1 ? 'likely' : 'possible';
}

const RANK: Readonly<Record<Confidence, number>> = { possible: 0, likely: 1, proven: 2 };

function surer(a: Confidence | undefined, b: Confidence | undefined): Confidence | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return RANK[a] >= RANK[b] ? a : b;
}

/** Whether a name says enough: a variance is there to be above 0, and a Python number by that name is a setting. */
function isTold({ role, holder }: Quantity): boolean {
  if (role === 'deviation' || role === 'variance' || role === 'norm' || role === 'denominator') return false;
  return holder !== 'scalar';
}

/** `torch.log(n / 8).to(torch.long)`: a position in a table, without a gradient. */
function isInteger(model: SemanticModel, { segment, node }: OperationSite): boolean {
  let at: Node = node;
  for (let parent = model.parentOf(segment, at); parent; parent = model.parentOf(segment, at)) {
    if (isStatement(parent)) return false;
    if (parent.kind === 'Call' && asQuantity(model.valueOf(segment, parent)).dtype === 'integer') return true;
    at = parent;
  }
  return false;
}

/** `logit(p, eps=1e-6)` clamps by itself. */
function hasEpsilon(site: OperationSite): boolean {
  const eps = site.operands.get('eps');
  return eps !== undefined && eps.value.kind !== 'none';
}

/** `xlogy(p, p)` is 0 where p is 0. */
function isSameValue(site: OperationSite): boolean {
  const [x, y] = [asQuantity(site.operands.get('x')?.value), asQuantity(site.operands.get('y')?.value)];
  return x.term !== undefined && x.term === y.term;
}

/** `scores + log(mask)`: the -inf is meant, as a mask. */
function isAddedToScores(model: SemanticModel, site: OperationSite): boolean {
  const parent = model.parentOf(site.segment, site.node);
  if (parent?.kind === 'Binary') return parent.operator === '+' || parent.operator === '-';
  if (parent?.kind === 'AugAssign') return parent.operator === '+' || parent.operator === '-';
  if (parent?.kind !== 'Assign') return false;
  return parent.targets.some((target) => target.kind === 'Name' && /mask|bias/i.test(target.id));
}

/** `transitions.log().log_softmax(1)`: the -inf of what cannot happen is meant, as a mask. */
function isNormalised(model: SemanticModel, site: OperationSite): boolean {
  const parent = model.parentOf(site.segment, site.node);
  if (parent?.kind === 'Attribute') return NORMALISES.test(parent.name);
  if (parent?.kind !== 'Call' || parent.callee === site.node) return false;
  const { callee } = parent;
  return NORMALISES.test(callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '');
}

/**
 * `far = torch.log(distance / 8)` and then `(8 + far).to(torch.long)`: a bucket. No gradient flows through it, and it is
 * taken for large distances only.
 */
function becomesInteger(model: SemanticModel, site: OperationSite): boolean {
  const { segment } = site;
  const stmt = model.statementOf(segment, site.node);
  if (stmt?.kind !== 'Assign') return false;
  const [target] = stmt.targets;
  if (target?.kind !== 'Name') return false;
  return siblingsOf(model, segment, stmt).some((each) => {
    if (each.start <= stmt.start || each.kind !== 'Assign') return false;
    const isWhole = asQuantity(model.valueOf(segment, each.value)).dtype === 'integer';
    return isWhole && mentions(each.value, target.id);
  });
}

function mentions(expr: Expr, name: string): boolean {
  let found = false;
  walkExpressions(expr, (part) => {
    found ||= part.kind === 'Name' && part.id === name;
  });
  return found;
}

const NORMALISES = /^(log_)?softmax$|^logsumexp$/;

function message(
  site: OperationSite,
  operand: string,
  value: Quantity,
  confidence: Confidence,
  pole: number,
  isStableOffered: boolean,
): string {
  const name = site.operation;
  const value0 = name === 'logit' ? '0 or 1' : String(pole);
  const because = value.because.at(-1)?.message;
  const state =
    confidence === 'possible'
      ? `nothing shows that \`${operand}\` stays ${name === 'logit' ? 'between 0 and 1' : `above ${pole}`}`
      : value.assumed
        ? `${value.role === 'mask' || value.role === 'count' ? `\`${operand}\` comes from a mask` : `\`${operand}\` is a probability by its name`}, and real data takes it to ${value0}`
        : value.range.lo < pole
          ? `\`${operand}\` can be ${value0} or less${because ? ` (${because})` : ''}`
          : `\`${operand}\` can be exactly ${value0}${because ? ` (${because})` : ''}`;
  const result =
    name === 'logit'
      ? 'logit is infinite there'
      : name === 'xlogy'
        ? 'the logarithm is -inf there'
        : `${name}(${pole}) is -inf`;
  return `${state[0] === '`' ? state : state.charAt(0).toUpperCase() + state.slice(1)}: ${result}${site.gradient && site.framework !== 'numpy' && site.framework !== 'python' ? ' and its gradient infinite' : ''}. ${advice(site, value, isStableOffered)}`;
}

function advice(site: OperationSite, value: Quantity, isStableOffered: boolean): string {
  if (isStableOffered && site.origins.get('x')?.operation === 'softmax')
    return 'Use log_softmax, or keep the operand above 0 with an epsilon that fits the dtype.';
  if (isStableOffered)
    return 'Use logsigmoid or a loss on logits, or keep the operand above 0 with an epsilon that fits the dtype.';
  if (site.operation === 'logit') return 'Give it an `eps`, or keep the operand off 0 and 1.';
  return value.range.lo < (LOWER_POLE[site.operation] ?? 0)
    ? 'Clamp it at a small positive value first.'
    : 'Clamp it at a small positive value, or add an epsilon that fits the dtype.';
}
