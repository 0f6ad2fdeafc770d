// NAN107: a softmax over scores of which a mask can set a whole row to -inf.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { dottedName } from '../semantic/program';
import { asQuantity, isTensor, literalNumber, type Value } from '../semantic/value';
import { type AssignStmt, type Expr, type Node, outerSpan, type Segment, type SubscriptExpr } from '../syntax/ast';
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
    what: 'Finds padding masks that fill scores with `-inf` (or add the logarithm of a mask) before a `softmax`, `log_softmax` or `logsumexp`, where nothing rules out a row that is padding as a whole.',
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
  on: { segment: visit },
};

/** A place where scores are set to -inf. */
interface Filling {
  readonly node: Node;
  readonly mask: Expr;
  /** The constant, or the mask whose logarithm is taken. */
  readonly filler: Expr;
  readonly scores: Expr | undefined;
  readonly form: 'constant' | 'log of a mask';
}

const SOFTMAXES: ReadonlySet<string> = new Set(['softmax', 'log_softmax', 'logsumexp']);

function visit(segment: Segment, context: RuleContext): void {
  const { model } = context;
  const sites = model.analysisOf(segment)?.sites ?? [];
  const fillings = new Fillings(model, segment, sites);
  if (fillings.isEmpty) return;
  for (const store of fillings.opposites) reportOpposites(store, segment, context);
  const reported = new Set<Node>();
  for (const site of sites) {
    if (!SOFTMAXES.has(site.operation)) continue;
    const x = site.operands.get('x');
    // `log_sigmoid` stands in the tables as a log_softmax; it knows no rows. jax.nn.softmax(where=) gives 0 by itself.
    if (!x || site.operands.has('where') || /sigmoid$/i.test(site.name)) continue;
    const filling = fillings.behind(site, x.expr);
    if (!filling || reported.has(filling.node)) continue;
    const confidence = coversRow(model, segment, filling);
    if (!confidence || isMended(model, site) || asksForWholeRows(model, segment, filling)) continue;
    reported.add(filling.node);
    const mask = oneLine(sourceOf(segment, filling.mask), 50);
    const scores = oneLine(sourceOf(segment, filling.scores ?? x.expr), 50);
    context.report({
      segment,
      span: { start: filling.node.start, end: filling.node.end },
      confidence,
      message: `\`${scores}\` is -inf wherever \`${mask}\` masks it, and ${site.operation} of a row that is masked as a whole is NaN. ${filling.form === 'constant' ? 'Fill with the smallest number of the dtype' : 'Keep the mask off 0'}, or set such rows to 0 afterwards.`,
      related: [
        {
          segment,
          span: { start: site.node.start, end: site.node.end },
          message: `the ${site.operation} is taken here`,
        },
      ],
      fixes: fixes(model, site, filling),
    });
  }
}

/** `logits[0] = inf` among elements that are -inf: softmax subtracts the largest, and inf - inf is NaN. */
function reportOpposites(store: AssignStmt, segment: Segment, context: RuleContext): void {
  const target = store.targets[0] as SubscriptExpr;
  const text = oneLine(sourceOf(segment, target.object), 50);
  context.report({
    segment,
    span: store,
    confidence: 'likely',
    message: `\`${text}\` is -inf elsewhere and +inf here: softmax of such a row is NaN, since it subtracts inf from inf. Store 0 instead.`,
    related: [],
    fixes: [{ title: 'Store 0', safety: 'unsafe', edits: [{ segment, span: outerSpan(store.value), text: '0' }] }],
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

/** The fillings of one segment. */
class Fillings {
  /** Statements that store +inf in what is -inf otherwise. */
  readonly opposites: readonly AssignStmt[];
  private readonly calls = new Map<Node, OperationSite>();
  private readonly byCall = new Map<Node, Filling>();
  /** `scores.masked_fill_(mask, -inf)` and `scores[mask] = -inf`. */
  private readonly inPlace: Filling[] = [];

  constructor(
    private readonly model: SemanticModel,
    private readonly segment: Segment,
    sites: readonly OperationSite[],
  ) {
    const opposites: AssignStmt[] = [];
    this.opposites = opposites;
    // Most code writes no infinity and takes no logarithm of a mask.
    if (!/inf|\blog\b/i.test(segment.text)) return;
    for (const site of sites) {
      const filling = ofCall(site);
      if (filling) this.byCall.set(site.node, filling);
      if (filling && site.inPlace) this.inPlace.push(filling);
    }
    if (/\]\s*=[^=]/.test(segment.text)) this.collectStores(opposites);
    if (!this.isEmpty) for (const site of sites) this.calls.set(site.node, site);
  }

  get isEmpty(): boolean {
    return this.byCall.size === 0 && this.inPlace.length === 0 && this.opposites.length === 0;
  }

  private collectStores(opposites: AssignStmt[]): void {
    const { model, segment } = this;
    walkStatements(segment.body, (stmt) => {
      if (stmt.kind !== 'Assign') return;
      const [target] = stmt.targets;
      if (target?.kind !== 'Subscript') return;
      const stored = model.valueOf(segment, stmt.value);
      const [mask] = target.indices;
      if (isInfinity(stored, -1) && mask && target.indices.length === 1)
        this.inPlace.push({ node: stmt, mask, filler: stmt.value, scores: target.object, form: 'constant' });
      else if (isInfinity(stored, 1)) {
        const { range } = asQuantity(model.valueOf(segment, target.object));
        if (range.lo === Number.NEGATIVE_INFINITY && range.hi === range.lo) opposites.push(stmt);
      }
    });
  }

  /** The filling that the scores of a softmax went through. */
  behind(site: OperationSite, scores: Expr): Filling | undefined {
    const passes = (expr: Expr): boolean => {
      if (expr.kind === 'Call') return expr === scores ? true : KEEPS.has(this.calls.get(expr)?.operation ?? '');
      return expr.kind === 'Binary' ? expr.operator === '+' || expr.operator === '/' : true;
    };
    const sources = sourcesOf(this.model, this.segment, scores, passes);
    for (const source of sources) {
      const filling = this.byCall.get(source);
      if (filling) return filling;
    }
    return this.filledInPlace(site, sources);
  }

  private filledInPlace(site: OperationSite, sources: readonly Expr[]): Filling | undefined {
    if (this.inPlace.length === 0) return undefined;
    const { model, segment } = this;
    const holder = model.enclosingFunction(segment, site.node);
    const names = sources.filter((expr) => expr.kind === 'Name');
    return this.inPlace.find(
      ({ scores, node }) =>
        scores?.kind === 'Name' &&
        node.end <= site.node.start &&
        model.enclosingFunction(segment, node) === holder &&
        names.some(
          (name) =>
            name.id === scores.id &&
            definitionBefore(model, segment, name.id, name) === definitionBefore(model, segment, scores.id, scores),
        ),
    );
  }
}

function ofCall(site: OperationSite): Filling | undefined {
  const { node, operands } = site;
  const x = operands.get('x');
  const form = 'constant';
  switch (site.operation) {
    case 'masked_fill': {
      const [mask, value] = [operands.get('mask'), operands.get('value')];
      return x && mask && value && isInfinity(value.value, -1)
        ? { node, mask: mask.expr, filler: value.expr, scores: x.expr, form }
        : undefined;
    }
    case 'where': {
      const [condition, y] = [operands.get('condition'), operands.get('y')];
      if (!condition || !x || !y) return undefined;
      if (isInfinity(x.value, -1)) return { node, mask: condition.expr, filler: x.expr, scores: y.expr, form };
      return isInfinity(y.value, -1) ? { node, mask: condition.expr, filler: y.expr, scores: x.expr, form } : undefined;
    }
    case 'log': {
      const value = asQuantity(x?.value);
      if (!x || value.role !== 'mask' || value.origin?.operation === 'triangle') return undefined;
      return { node, mask: x.expr, filler: x.expr, scores: undefined, form: 'log of a mask' };
    }
    default:
      return undefined;
  }
}

function isInfinity(value: Value, sign: 1 | -1): boolean {
  return !isTensor(value) && literalNumber(value) === sign * Number.POSITIVE_INFINITY;
}

// ---------------------------------------------------------------- whether it can be a whole row

const PADDING_NAME = /pad|valid|length|(^|_|\b)lens?\b|empty|present/i;
const TRIANGLE_NAME = /causal|future|subsequent|triu|tril|look_?ahead|diag|eye/i;

/** A mask that comes with the data, by its name or by what it compares; undefined for one that always leaves something. */
function coversRow(model: SemanticModel, segment: Segment, filling: Filling): Confidence | undefined {
  const { mask, scores } = filling;
  const key = scores && dottedName(scores);
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
  // Of a mask that is added as a logarithm, rows are what a batch is made of.
  return filling.form === 'log of a mask' || PADDING_NAME.test(text) ? 'likely' : 'possible';
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

function fixes(model: SemanticModel, site: OperationSite, filling: Filling): LocalFix[] {
  const { filler, scores } = filling;
  const { segment, framework } = site;
  const home = { torch: 'torch', jax: 'jax.numpy', numpy: 'numpy' }[framework as string];
  const library = home === undefined ? undefined : model.nameFor(home);
  const replace = (title: string, text: string): LocalFix => ({
    title,
    safety: 'unsafe',
    edits: [{ segment, span: { start: filler.start, end: filler.end }, text }],
  });
  if (filling.form === 'log of a mask') {
    const mask = dottedName(filler);
    if (mask === undefined || library === undefined) return [];
    const tiny = `${library}.finfo(${mask}.dtype).tiny`;
    const text = framework === 'torch' ? `${mask}.clamp(min=${tiny})` : `${library}.maximum(${mask}, ${tiny})`;
    return [replace("Keep the mask at the dtype's smallest number", text)];
  }
  const name = scores && dottedName(scores);
  const smallest =
    name === undefined
      ? undefined
      : framework === 'tensorflow'
        ? `${name}.dtype.min`
        : library === undefined
          ? undefined
          : `${library}.finfo(${name}.dtype).min`;
  return [
    ...(smallest === undefined ? [] : [replace("Fill with the dtype's smallest number", smallest)]),
    replace('Fill with -1e4, which every float dtype can hold', '-1e4'),
  ];
}
