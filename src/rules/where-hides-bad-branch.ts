// NAN202: a branch of `where` that breaks on the elements for which it is not selected.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand, UnselectedSite } from '../semantic/operation-site';
import { breakdown, isExponential } from '../semantic/poles';
import { isConstant } from '../semantic/range';
import { asQuantity, type Evidence } from '../semantic/value';
import type { Expr, Node, Segment } from '../syntax/ast';
import { guardedByItself, guardedBySelection, otherSubstitute } from './double-where';
import { isInTraining, mayCarryGradient, passesGradient, receivesGradient } from './gradient-flow';
import { nanSources, nanTested } from './nan-sources';
import { rootFixes, spelledOutRoot } from './root-rewrites';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { sitesByNode } from './sites';
import { isInside } from './statements';

export const rule: Rule = {
  code: 'NAN202',
  name: 'where-hides-bad-branch',
  severity: 'warning',
  summary:
    'A `where` around a log, root, division or exp that breaks on the elements it leaves out: the gradient is NaN.',
  needs: ['torch', 'tensorflow', 'keras', 'tf_keras', 'jax'],
  fixable: 'unsafe',
  yieldsTo: ['NAN104'],
  docs: {
    what: 'Finds `where(condition, f(x), other)` in which `f` cannot bear the elements that the condition leaves out: `where(x > 0, log(x), 0)`, `where(d == 0, 0, n / d)`, directly or through names, also as `masked_fill`.',
    why: 'Both branches are computed for every element. The value of the bad one is thrown away, but its gradient is multiplied by 0, and 0 times infinity is NaN: the loss is a fine number, and after one step every weight is NaN.',
    remedy:
      'Put a harmless number in place of the operand before the function sees it: `where(c, f(where(c, x, 1)), other)`.',
    bad: `import torch


def log_density(rate, x):
    return torch.where(x > 0, rate * torch.log(x), 0.0)
`,
    good: `import torch


def log_density(rate, x):
    return torch.where(x > 0, rate * torch.log(torch.where(x > 0, x, 1.0)), 0.0)
`,
  },
  on: { segment: visit },
};

/** An operation that breaks, in the selection that hides it. */
interface Hidden {
  readonly selection: OperationSite;
  /** The operation as it is where nothing is imagined. */
  readonly site: OperationSite;
  readonly unselected: UnselectedSite;
}

function visit(segment: Segment, context: RuleContext): void {
  const { model } = context;
  const sites = model.analysisOf(segment)?.sites ?? [];
  const reported = new Set<Node>();
  for (const selection of sites) {
    if (!isSelection(selection) || !isDifferentiated(model, selection)) continue;
    const byNode = sitesByNode(model, segment);
    const hidden = (selection.unselected ?? []).flatMap((unselected) => {
      const site = byNode.get(unselected.site.node);
      return site && isReached(model, selection, site) ? [{ selection, unselected, site }] : [];
    });
    for (const each of hidden) {
      if (reported.has(each.site.node) || isSaidOfRoot(each, hidden) || isHarmless(model, each)) continue;
      reported.add(each.site.node);
      reportHidden(each, context);
    }
    for (const site of replacedIn(model, selection)) {
      if (reported.has(site.node) || !isReached(model, selection, site)) continue;
      reported.add(site.node);
      reportReplaced(site, selection, context);
    }
  }
}

function isSelection(site: OperationSite): boolean {
  return site.operation === 'where' || site.operation === 'masked_fill';
}

function isDifferentiated(model: SemanticModel, site: OperationSite): boolean {
  if (!site.gradient || site.framework === 'numpy' || site.framework === 'python') return false;
  return asQuantity(site.result).gradient !== false && receivesGradient(model, site.segment, site.node);
}

/** Whether a gradient flows back into the operation, and no other rule says for sure that it breaks by itself. */
function isReached(model: SemanticModel, selection: OperationSite, site: OperationSite): boolean {
  if (!passesGradient(site) || !receivesGradient(model, site.segment, site.node)) return false;
  return breakdown(site)?.reach !== 2 || isInside(site.node, selection.node);
}

/** The selection of a substitute lets no gradient through: what breaks in it harms the other operand alone. */
function isHarmless(model: SemanticModel, { site, unselected }: Hidden): boolean {
  const { operand } = unselected.broken;
  if (!wrongSubstitute(model, site, operand)) return false;
  return ![...site.operands.values()].some(({ expr, value }) => expr !== operand.expr && mayCarryGradient(value));
}

/** `x / r` of a root r that is 0 there: the epsilon inside the root mends both. */
function isSaidOfRoot({ unselected }: Hidden, hidden: readonly Hidden[]): boolean {
  const { term } = asQuantity(unselected.broken.operand.value);
  return term !== undefined && hidden.some(({ site }) => isRoot(site) && asQuantity(site.result).term === term);
}

function isRoot(site: OperationSite): boolean {
  return site.operation === 'sqrt' || site.operation === 'norm' || site.operation === 'deviation';
}

/** It is the root that is tested, not what is under it. */
function isFoundByResult({ site, unselected }: Hidden): boolean {
  const { range } = asQuantity(unselected.broken.operand.value);
  return isRoot(site) && !isConstant(range) && range.hi >= 0;
}

const THROWN_AWAY = 'the value is thrown away, but 0 times its infinite gradient is NaN';

function reportHidden(hidden: Hidden, context: RuleContext): void {
  const { site, unselected } = hidden;
  const { segment } = site;
  const { operand } = unselected.broken;
  const substitute = wrongSubstitute(context.model, site, operand);
  const text = oneLine(sourceOf(segment, operand.expr), 50);
  const condition = oneLine(sourceOf(segment, unselected.condition), 50);
  const where = unselected.holds ? `\`${condition}\` does not hold` : `\`${condition}\` holds`;
  const whole = oneLine(sourceOf(segment, site.node), 50);
  const state = isExponential(site.operation) ? ', and overflows' : ` and \`${text}\` ${stateOf(operand)}`;
  const message = substitute
    ? `\`${whole}\` does not bear the substitute \`${oneLine(sourceOf(segment, substitute), 30)}\` either: where ${where}, ${THROWN_AWAY}. Use a harmless number.`
    : isFoundByResult(hidden)
      ? `\`${whole}\` is 0 where ${where}: ${THROWN_AWAY}. Put an epsilon inside the root.`
      : `\`${whole}\` is also computed where ${where}${state}: ${THROWN_AWAY}. Put a harmless number in place of \`${text}\` first.`;
  report(hidden, context, message, fixesFor(hidden, substitute, context.model), substitute ? 'proven' : 'likely');
}

function stateOf(operand: SiteOperand): string {
  const { range } = asQuantity(operand.value);
  if (isConstant(range)) return `is ${range.lo}`;
  return range.hi < 0 ? 'is negative' : 'can be 0';
}

function report(
  { site, selection }: Pick<Hidden, 'site' | 'selection'>,
  { model, report }: RuleContext,
  message: string,
  fixes: readonly LocalFix[],
  surest: Confidence,
): void {
  const { segment } = site;
  const confidence = isInTraining(model, selection.segment, site.node) ? surest : 'possible';
  report({ segment, span: site.node, confidence, message, related: relatedTo(site, selection), fixes });
}

function relatedTo(site: OperationSite, { segment, node }: OperationSite): readonly Evidence[] {
  if (isInside(site.node, node)) return [];
  return [{ segment, span: { start: node.start, end: node.end }, message: 'here it is selected' }];
}

function fixesFor(hidden: Hidden, substitute: Expr | undefined, model: SemanticModel): LocalFix[] {
  const { selection, unselected, site } = hidden;
  const { broken } = unselected;
  const operand = operandAt(site, broken.operand) ?? broken.operand;
  if (isFoundByResult(hidden))
    return site.operation === 'sqrt'
      ? rootFixes(site, operand, model).filter(({ safety }) => safety === 'unsafe')
      : spelledOutRoot(site, operand, model);
  const guarded = substitute
    ? otherSubstitute(site, substitute, site.segment)
    : ((isInside(site.node, selection.node) ? guardedBySelection(selection, unselected, operand, model) : undefined) ??
      guardedByItself(site, operand, selection.framework, model));
  return guarded ? [guarded] : [];
}

function operandAt(site: OperationSite, operand: SiteOperand): SiteOperand | undefined {
  return [...site.operands.values()].find(({ expr }) => expr === operand.expr);
}

// ---------------------------------------------------------------- a substitute that is no better

/** In `log(where(x > 0, x, 0.0))` the 0.0. */
function wrongSubstitute(model: SemanticModel, site: OperationSite, operand: SiteOperand): Expr | undefined {
  const { origin } = asQuantity(operand.value);
  if (origin?.operation !== 'where' && origin?.operation !== 'masked_fill') return undefined;
  if (origin.segment !== site.segment) return undefined;
  const made = sitesByNode(model, site.segment).get(origin.node);
  const names = origin.operation === 'masked_fill' ? ['value'] : ['x', 'y'];
  return names.flatMap((name) => {
    const given = made?.operands.get(name);
    return given && isConstant(asQuantity(given.value).range) && isBad(site, operand, given) ? [given.expr] : [];
  })[0];
}

function isBad(site: OperationSite, operand: SiteOperand, substitute: SiteOperand): boolean {
  const operands = new Map(site.operands);
  for (const [name, { expr }] of site.operands) if (expr === operand.expr) operands.set(name, substitute);
  return breakdown({ ...site, operands }) !== undefined;
}

// ---------------------------------------------------------------- NaN that is replaced once it is there

/** What made the NaN in `where(isnan(v), 0, v)`. */
function replacedIn(model: SemanticModel, selection: OperationSite): readonly OperationSite[] {
  const { segment, operands } = selection;
  const condition = operands.get(selection.operation === 'where' ? 'condition' : 'mask');
  const tested = condition && nanTested(model, segment, condition.expr);
  if (!tested) return [];
  const text = sourceOf(segment, tested);
  const branch = ['x', 'y']
    .flatMap((name) => operands.get(name) ?? [])
    .find(({ expr }) => sourceOf(segment, expr) === text);
  return branch ? nanSources(model, segment, branch.expr) : [];
}

function reportReplaced(site: OperationSite, selection: OperationSite, context: RuleContext): void {
  const { segment } = site;
  const operand = site.operands.get(site.operands.has('y') && site.operation !== 'power' ? 'y' : 'x');
  if (!operand) return;
  const whole = oneLine(sourceOf(segment, site.node), 50);
  const message = `NaN or Inf of \`${whole}\` is replaced only once it is there: ${THROWN_AWAY}. Put a harmless number in place of \`${oneLine(sourceOf(segment, operand.expr), 50)}\` first.`;
  const guarded = guardedByItself(site, operand, selection.framework, context.model);
  report({ site, selection }, context, message, guarded ? [guarded] : [], 'likely');
}
