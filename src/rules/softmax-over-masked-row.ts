// NAN107: a softmax over scores of which a mask can set a whole row to -inf.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { dottedName } from '../semantic/program';
import { asQuantity, isTensor, literalNumber, type Value } from '../semantic/value';
import type { Expr, Node, Segment } from '../syntax/ast';
import { walkStatements } from '../syntax/walk';
import { definitionBefore, sourcesOf } from './data-flow';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN107',
  name: 'softmax-over-masked-row',
  severity: 'warning',
  summary: 'A softmax over scores of which a padding mask can set a whole row to -inf.',
  fixable: 'unsafe',
  docs: {
    what: 'Finds `softmax`, `log_softmax` and `logsumexp` over scores that a padding mask has filled with `-inf`, where nothing rules out a row that is padding as a whole.',
    why: 'Softmax subtracts the largest score of the row: `-inf - (-inf)` is NaN. One empty sequence in a batch is enough to make the loss and, after the step, every weight NaN.',
    remedy:
      "Fill with the dtype's smallest number, which gives an even distribution over such a row, or set the rows to 0 after the softmax.",
    bad: `import torch


def attend(query, key, value, key_padding_mask):
    scores = query @ key.transpose(-2, -1)
    scores = scores.masked_fill(key_padding_mask[:, None, :], float("-inf"))
    return torch.softmax(scores, dim=-1) @ value
`,
    good: `import torch


def attend(query, key, value, key_padding_mask):
    scores = query @ key.transpose(-2, -1)
    scores = scores.masked_fill(key_padding_mask[:, None, :], torch.finfo(scores.dtype).min)
    return torch.softmax(scores, dim=-1) @ value
`,
  },
  on: { operations: { names: ['softmax', 'log_softmax', 'logsumexp'], visit } },
};

/** A place where scores are set to -inf. */
interface Filling {
  readonly node: Node;
  readonly mask: Expr;
  readonly constant: Expr;
  readonly scores: Expr;
}

function visit(site: OperationSite, context: RuleContext): void {
  const { model } = context;
  const { segment } = site;
  const x = site.operands.get('x');
  // `log_sigmoid` stands in the tables as a log_softmax; it knows no rows. jax.nn.softmax(where=) gives 0 by itself.
  if (!x || site.operands.has('where') || /sigmoid$/i.test(site.name)) return;
  const filling = fillingOf(model, site, x.expr);
  if (!filling) return;
  const confidence = coversRow(model, segment, filling);
  if (!confidence || isMended(model, site) || asksForWholeRows(model, segment, filling)) return;
  const mask = oneLine(sourceOf(segment, filling.mask), 50);
  context.report({
    segment,
    span: site.node,
    confidence,
    message: `\`${oneLine(sourceOf(segment, x.expr), 50)}\` is -inf wherever \`${mask}\` masks it, and ${site.operation} of a row that is masked as a whole is NaN. Fill with the smallest number of the dtype, or set such rows to 0 afterwards.`,
    related: [
      {
        segment,
        span: { start: filling.node.start, end: filling.node.end },
        message: 'the scores are set to -inf here',
      },
    ],
    fixes: fixes(model, site, filling),
  });
}

// ---------------------------------------------------------------- where the scores are filled

/** Calls that keep an element at -inf: any other call, a product of matrices, a sum over rows gives new numbers. */
const KEEPS: ReadonlySet<string> = new Set([
  'same',
  'masked_fill',
  'where',
  'select',
  'detach',
  'cast_float32',
  'cast',
]);

function fillingOf(model: SemanticModel, site: OperationSite, scores: Expr): Filling | undefined {
  const { segment } = site;
  const sites = model.analysisOf(segment)?.sites ?? [];
  const calls = new Map(sites.map((each) => [each.node, each]));
  const passes = (expr: Expr): boolean => {
    if (expr.kind === 'Call') return expr === scores ? true : KEEPS.has(calls.get(expr)?.operation ?? '');
    return expr.kind === 'Binary' ? expr.operator === '+' || expr.operator === '/' : true;
  };
  const sources = sourcesOf(model, segment, scores, passes);
  for (const source of sources) {
    const call = calls.get(source);
    const filled = call && ofCall(call);
    if (filled) return filled;
  }
  return filledInPlace(model, site, sources, sites);
}

function ofCall(site: OperationSite): Filling | undefined {
  const { node, operands } = site;
  const x = operands.get('x');
  if (site.operation === 'masked_fill') {
    const [mask, value] = [operands.get('mask'), operands.get('value')];
    return x && mask && value && isMinusInfinity(value.value)
      ? { node, mask: mask.expr, constant: value.expr, scores: x.expr }
      : undefined;
  }
  if (site.operation !== 'where') return undefined;
  const [condition, y] = [operands.get('condition'), operands.get('y')];
  if (!condition || !x || !y) return undefined;
  if (isMinusInfinity(x.value)) return { node, mask: condition.expr, constant: x.expr, scores: y.expr };
  return isMinusInfinity(y.value) ? { node, mask: condition.expr, constant: y.expr, scores: x.expr } : undefined;
}

function isMinusInfinity(value: Value): boolean {
  return !isTensor(value) && literalNumber(value) === Number.NEGATIVE_INFINITY;
}

/** `scores.masked_fill_(mask, -inf)` and `scores[mask] = -inf` as statements, before the softmax of the same scores. */
function filledInPlace(
  model: SemanticModel,
  site: OperationSite,
  sources: readonly Expr[],
  sites: readonly OperationSite[],
): Filling | undefined {
  const { segment } = site;
  const holder = model.enclosingFunction(segment, site.node);
  const names = sources.filter((expr) => expr.kind === 'Name');
  const isOf = (object: Expr, place: Node): boolean =>
    object.kind === 'Name' &&
    place.end <= site.node.start &&
    model.enclosingFunction(segment, place) === holder &&
    names.some(
      (name) =>
        name.id === object.id &&
        definitionBefore(model, segment, name.id, name) === definitionBefore(model, segment, object.id, object),
    );
  for (const each of sites) {
    if (each.operation !== 'masked_fill' || !each.inPlace) continue;
    const filled = ofCall(each);
    if (filled && isOf(filled.scores, each.node)) return filled;
  }
  if (!holder) return undefined;
  let found: Filling | undefined;
  walkStatements(holder.body.body, (stmt) => {
    if (stmt.kind !== 'Assign' || !isMinusInfinity(model.valueOf(segment, stmt.value))) return;
    const [target] = stmt.targets;
    const [mask] = target?.kind === 'Subscript' ? target.indices : [];
    if (target?.kind !== 'Subscript' || !mask || target.indices.length !== 1 || !isOf(target.object, stmt)) return;
    found = { node: stmt, mask, constant: stmt.value, scores: target.object };
  });
  return found;
}

// ---------------------------------------------------------------- whether it can be a whole row

const PADDING_NAME = /pad|valid|length|empty|present/i;
const TRIANGLE_NAME = /causal|future|subsequent|triu|tril|look_?ahead|diag|eye/i;

/** A mask that comes with the data, by its name or by what it compares; undefined for one that always leaves something. */
function coversRow(model: SemanticModel, segment: Segment, { mask, scores }: Filling): Confidence | undefined {
  const key = dottedName(scores);
  const sources = sourcesOf(model, segment, mask).flatMap((expr) =>
    expr.kind === 'Compare'
      ? [expr, ...[expr.left, ...expr.comparators].flatMap((side) => sourcesOf(model, segment, side))]
      : [expr],
  );
  // A comparison of the scores themselves keeps the largest of them.
  if (key !== undefined && sources.some((expr) => dottedName(expr) === key)) return undefined;
  const text = sources.map((expr) => sourceOf(segment, expr)).join('\n');
  if (TRIANGLE_NAME.test(text)) return undefined;
  const values = sources.map((expr) => asQuantity(model.valueOf(segment, expr)));
  if (values.some(({ origin }) => origin?.operation === 'triangle' || origin?.operation === 'eye')) return undefined;
  if (!values.some(({ role, dtype }) => role === 'mask' || dtype === 'bool')) return undefined;
  return PADDING_NAME.test(text) ? 'likely' : 'possible';
}

/** Whether the NaN rows are replaced afterwards. In a filled row no gradient comes back, so that this is a cure. */
function isMended(model: SemanticModel, site: OperationSite): boolean {
  const { segment } = site;
  return (model.analysisOf(segment)?.sites ?? []).some((after) => {
    const isCure = after.operation === 'masked_fill' || after.operation === 'where' || /nan_to_num$/.test(after.name);
    if (!isCure || after.node.end < site.node.end) return false;
    return [...after.operands.values()].some(({ expr }) =>
      sourcesOf(model, segment, expr, (each) => each.kind !== 'Call').some((source) => source === site.node),
    );
  });
}

/** `mask.all(-1)`, `mask.any()`: somebody asks for rows that are masked as a whole. */
function asksForWholeRows(model: SemanticModel, segment: Segment, { mask, node }: Filling): boolean {
  const holder = model.enclosingFunction(segment, node);
  if (!holder) return false;
  const names = sourcesOf(model, segment, mask).flatMap((expr) => (expr.kind === 'Name' ? [expr.id] : []));
  return (
    names.length > 0 && /\.(all|any|isneginf|isinf)\(|\bmasks?\b.*\[.*0\] = (False|0)/.test(sourceOf(segment, holder))
  );
}

function fixes(model: SemanticModel, site: OperationSite, { constant, scores }: Filling): LocalFix[] {
  const { segment, framework } = site;
  const name = dottedName(scores);
  const home = { torch: 'torch', jax: 'jax.numpy', numpy: 'numpy' }[framework as string];
  const library = home === undefined ? undefined : model.nameFor(home);
  const smallest =
    name === undefined
      ? undefined
      : framework === 'tensorflow'
        ? `${name}.dtype.min`
        : library === undefined
          ? undefined
          : `${library}.finfo(${name}.dtype).min`;
  const replace = (title: string, text: string): LocalFix => ({
    title,
    safety: 'unsafe',
    edits: [{ segment, span: { start: constant.start, end: constant.end }, text }],
  });
  return [
    ...(smallest === undefined ? [] : [replace("Fill with the dtype's smallest number", smallest)]),
    replace('Fill with -1e4, which every float dtype can hold', '-1e4'),
  ];
}
