// NAN606: labels that the loss cannot take: more classes than the model has, fractions, padding taken for a class.

import { mentionedIn } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, literalString, type Quantity, type Value } from '../semantic/value';
import type { CallExpr, Segment } from '../syntax/ast';
import { type ClassCount, classesOf, classesOfKeras } from './class-counts';
import { mapReports } from './label-maps';
import { asOperand } from './log-rewrites';
import { paddingReports } from './padded-labels';
import { type LocalFix, oneLine, type Report, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN606',
  name: 'label-out-of-range',
  severity: 'warning',
  summary: 'Labels outside the classes of the model, fractions as class ids, or padding taken for a class.',
  needs: ['torch', 'transformers', 'tensorflow', 'keras', 'tf_keras'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds labels that contradict the number of classes, where both are in the file: label maps and `id2label` with more entries than `num_labels`, labels that start at 1, data sets with more classes than the last layer. Also class ids as floating-point numbers, and padded token ids used as labels with no -100 and no `ignore_index`.',
    why: 'A class id beyond the last one raises an error on a CPU; on a GPU it is a device-side assert, and in TensorFlow the loss is NaN. Padding that counts as a class makes up most of many batches: a wrong loss, not a NaN.',
    remedy:
      'Count classes from 0 and give the model as many; set padded labels to -100, or name the padding id as `ignore_index`.',
    bad: `import torch
from torch import nn

model = nn.Linear(4, 3)
labels = torch.tensor([1, 2, 3])
loss = nn.functional.cross_entropy(model(torch.randn(3, 4)), labels)
`,
    good: `import torch
from torch import nn

model = nn.Linear(4, 3)
labels = torch.tensor([0, 1, 2])
loss = nn.functional.cross_entropy(model(torch.randn(3, 4)), labels)
`,
  },
  on: { operations: { names: ['cross_entropy'], visit }, file: checkFile },
};

function checkFile(_: unknown, context: RuleContext): void {
  const { model } = context;
  for (const report of [...mapReports(model), ...paddingReports(model), ...kerasReports(model)]) context.report(report);
}

function visit(site: OperationSite, context: RuleContext): void {
  const [logits, target] = [site.operands.get('x'), site.operands.get('target')];
  if (site.framework !== 'torch' || !logits || target?.value.kind !== 'quantity') return;
  const fractions = fractional(site, target);
  if (fractions) {
    context.report(fractions);
    return;
  }
  const known = labelsOf(target.value);
  const classes = known && classesOf(context.model, site.segment, logits.expr);
  if (!known || !classes || known.largest < classes.count || isIgnored(site, known, context.model)) return;
  context.report(beyond(site.segment, target, known, classes, site.node));
}

// ---------------------------------------------------------------- beyond the last class

interface Labels {
  readonly smallest: number;
  readonly largest: number;
}

/** The ids that occur, where the file shows it: literals, and random ones with literal ends. */
function labelsOf(value: Quantity): Labels | undefined {
  const { lo, hi, reachesLo } = value.range;
  if (value.dtype !== undefined && value.dtype !== 'integer') return undefined;
  if (!Number.isInteger(lo) || !Number.isInteger(hi) || reachesLo < 2) return undefined;
  // randint leaves its upper end out.
  if (value.range.reachesHi < 2) return value.role === 'class-ids' ? { smallest: lo, largest: hi - 1 } : undefined;
  return { smallest: lo, largest: hi };
}

/** `ignore_index=3` may be what lies beyond. */
function isIgnored(site: OperationSite, { largest }: Labels, model: SemanticModel): boolean {
  const given =
    site.operands.get('ignore_index')?.value ??
    (site.callee?.kind === 'instance'
      ? site.callee.args.find(({ keyword }) => keyword === 'ignore_index')?.value
      : undefined);
  return given !== undefined && (asQuantity(given).range.hi >= largest || model.exhausted);
}

function beyond(
  segment: Segment,
  target: SiteOperand,
  { smallest, largest }: Labels,
  classes: ClassCount,
  node: { readonly start: number; readonly end: number },
): Report {
  const text = oneLine(sourceOf(segment, target.expr), 40);
  const startsAtOne = smallest === 1 && largest === classes.count;
  const outputs = `the model has ${classes.count} output${classes.count === 1 ? '' : 's'}`;
  const fixes: LocalFix[] = [];
  if (startsAtOne)
    fixes.push({
      title: 'Count the classes from 0',
      safety: 'unsafe',
      edits: [{ segment, span: target.expr, text: `${asOperand(segment, target.expr)} - 1` }],
    });
  if (classes.expr.kind === 'Number')
    fixes.push({
      title: `Give the model ${largest + 1} outputs`,
      safety: 'unsafe',
      edits: [{ segment: classes.segment, span: classes.expr, text: String(largest + 1) }],
    });
  return {
    segment,
    span: node,
    confidence: 'proven',
    message: startsAtOne
      ? `\`${text}\` holds class ids from 1 to ${largest}, and ${outputs}: its classes are 0 to ${classes.count - 1}. Count from 0.`
      : `\`${text}\` holds class ids up to ${largest}, and ${outputs}, for the classes 0 to ${classes.count - 1}. The loss cannot take the others.`,
    related: [{ segment: classes.segment, span: classes.expr, message: 'the number of outputs is chosen here' }],
    fixes,
  };
}

// ---------------------------------------------------------------- Keras

const SPARSE = /^(sparse_categorical_crossentropy|SparseCategoricalCrossentropy)$/;

const TRAINS = /\.(fit|compile)\(/;

function kerasReports(model: SemanticModel): Report[] {
  const found: Report[] = [];
  const sparse = new Set<string>();
  for (const analysis of model.analyses) {
    if (!mentionedIn(analysis, TRAINS)) continue;
    const { segment, callExprs } = analysis;
    for (const call of callExprs) {
      if (call.callee.kind !== 'Attribute') continue;
      const receiver = sourceOf(segment, call.callee.object);
      if (call.callee.name === 'compile') {
        const loss = given(call, 'loss', 1);
        if (loss && SPARSE.test(lossName(model.valueOf(segment, loss)) ?? '')) sparse.add(receiver);
        else sparse.delete(receiver);
      } else if (call.callee.name === 'fit' && sparse.has(receiver)) {
        const report = fitReport(model, segment, call);
        if (report) found.push(report);
      }
    }
  }
  return found;
}

function fitReport(model: SemanticModel, segment: Segment, call: CallExpr): Report | undefined {
  const learner = call.callee.kind === 'Attribute' ? model.valueOf(segment, call.callee.object) : undefined;
  const expr = given(call, 'y', 1);
  if (learner?.kind !== 'instance' || !/^keras\./.test(canonicalName(learner.className)) || !expr) return undefined;
  const value = model.valueOf(segment, expr);
  const labels = value.kind === 'quantity' ? labelsOf(value) : undefined;
  const classes = labels && classesOfKeras(model, learner);
  if (!labels || !classes || labels.largest < classes.count) return undefined;
  return beyond(segment, { expr, value }, labels, classes, call);
}

function given(call: CallExpr, keyword: string, position: number): CallExpr['args'][number]['value'] | undefined {
  return (
    call.args.find((arg) => arg.keyword === keyword)?.value ??
    call.args.filter((arg) => arg.keyword === undefined)[position]?.value
  );
}

function lossName(value: Value): string | undefined {
  const name =
    literalString(value) ??
    (value.kind === 'library' ? value.name : value.kind === 'instance' ? value.className : undefined);
  return name?.slice(name.lastIndexOf('.') + 1);
}

// ---------------------------------------------------------------- fractions

/** Class ids that somebody made floating-point numbers: the loss takes such for probabilities, of another shape. */
function fractional(site: OperationSite, target: SiteOperand): Report | undefined {
  const value = asQuantity(target.value);
  const isFloat = value.dtype !== undefined && /^(float16|bfloat16|float32|float64)$/.test(value.dtype);
  // What is above 1 is no probability; what was drawn or chosen as a class id may be several flags side by side.
  const { lo, hi, reachesHi } = value.range;
  const isAbove = reachesHi === 2 && hi > 1 && Number.isInteger(lo) && Number.isInteger(hi);
  const isChosen = value.role === 'class-ids' && (value.scales === undefined || hi > 2);
  if (!isFloat || (!isAbove && !isChosen)) return undefined;
  const { segment } = site;
  const text = sourceOf(segment, target.expr);
  const { expr } = target;
  const cast =
    expr.kind === 'Call' && expr.callee.kind === 'Attribute' && /^(float|double|half)$/.test(expr.callee.name)
      ? `${sourceOf(segment, expr.callee.object)}.long()`
      : `${asOperand(segment, expr)}.long()`;
  return {
    segment,
    span: site.node,
    confidence: 'likely',
    message: `\`${oneLine(text, 40)}\` holds class ids as floating-point numbers, which the cross-entropy takes for probabilities: it raises an error. Keep them whole.`,
    related: [],
    fixes: [{ title: 'Make the ids whole numbers', safety: 'unsafe', edits: [{ segment, span: expr, text: cast }] }],
  };
}
