// NAN608: a loss for another kind of task: a regression's on class ids, one class's on several labels, many classes' on one.

import { mentionedIn } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, type Instance, literalNumber, literalString, type Value } from '../semantic/value';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { classesOf, classesOfKeras } from './class-counts';
import { labelMaps } from './label-maps';
import { asOperand } from './log-rewrites';
import { type LocalFix, oneLine, type Report, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN608',
  name: 'loss-for-other-task',
  severity: 'warning',
  summary: 'A loss of another task: squares on class ids, one class for several labels, many classes for one output.',
  needs: ['torch', 'transformers', 'tensorflow', 'keras', 'tf_keras'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds a squared or absolute error of logits against class ids, a cross-entropy over a single output, a cross-entropy of labels of which several hold at once (`MultiLabelBinarizer`, sums of one-hot labels), and a `problem_type` that contradicts `num_labels` or the labels of the file.',
    why: 'The loss goes down and the model learns something else, or nothing: over one class the softmax is always 1, so the loss is 0 and the gradient too; squares of class ids say that class 9 is far from class 1. This is a wrong loss, not a NaN.',
    remedy:
      'Class ids: cross-entropy. Several labels at once, or one output for yes and no: binary cross-entropy with logits.',
    bad: `import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))


def loss_of(x, y):
    return nn.functional.cross_entropy(model(x), y)
`,
    good: `import torch
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))


def loss_of(x, y):
    return nn.functional.binary_cross_entropy_with_logits(model(x).squeeze(-1), y.float())
`,
  },
  on: { operations: { names: ['cross_entropy', 'nonnegative_loss'], visit }, file: checkFile },
};

function visit(site: OperationSite, context: RuleContext): void {
  const [logits, target] = [site.operands.get('x'), site.operands.get('target')];
  if (site.framework !== 'torch' || !logits || !target) return;
  const { model } = context;
  const report =
    site.operation === 'cross_entropy'
      ? (severalLabels(site, logits, target, model) ?? singleOutput(site, logits, target, model))
      : squaredIds(site, logits, target, model);
  if (report) context.report(report);
}

function text(site: OperationSite, { expr }: SiteOperand): string {
  return oneLine(sourceOf(site.segment, expr), 40);
}

// ---------------------------------------------------------------- torch

/** Cross-entropy of labels of which several hold at once. */
function severalLabels(
  site: OperationSite,
  logits: SiteOperand,
  target: SiteOperand,
  model: SemanticModel,
): Report | undefined {
  const value = asQuantity(target.value);
  if (value.role !== 'multi-hot' && !isSumOfOneHot(target.value, model)) return undefined;
  return {
    segment: site.segment,
    span: site.node,
    confidence: 'likely',
    message: `\`${text(site, target)}\` can hold several labels a row, and the cross-entropy looks for exactly one: it is taken for probabilities that do not sum to 1. This is a wrong loss; use binary cross-entropy with logits.`,
    related: value.because,
    fixes: binaryFix(site, logits, target, false, model),
  };
}

/** `F.one_hot(ids).sum(dim=1)`, `.amax(1)`, perhaps clamped or cast since. */
function isSumOfOneHot(value: Value, model: SemanticModel): boolean {
  let { origin } = asQuantity(value);
  let isCombined = false;
  for (let depth = 0; depth < 6 && origin?.operand; depth++) {
    if (origin.operation === 'sum' || origin.operation === 'largest') isCombined = true;
    else if (!/^(cast\w*|clamp|same|detach)$/.test(origin.operation)) return false;
    const inner = asQuantity(model.valueOf(origin.segment, origin.operand));
    if (isCombined && inner.role === 'one-hot') return true;
    origin = inner.origin;
  }
  return false;
}

/** Cross-entropy over one output. */
function singleOutput(
  site: OperationSite,
  logits: SiteOperand,
  target: SiteOperand,
  model: SemanticModel,
): Report | undefined {
  const classes = classesOf(model, site.segment, logits.expr);
  if (classes?.count !== 1) return undefined;
  return {
    segment: site.segment,
    span: site.node,
    confidence: 'likely',
    message: `\`${text(site, logits)}\` has a single output, over which the softmax is always 1: this loss is 0 and teaches nothing. Use binary cross-entropy with logits, or one output a class.`,
    related: [{ segment: classes.segment, span: classes.expr, message: 'the number of outputs is chosen here' }],
    fixes: binaryFix(site, logits, target, true, model),
  };
}

/** A squared or absolute error of several outputs against one class id a row. */
function squaredIds(
  site: OperationSite,
  logits: SiteOperand,
  target: SiteOperand,
  model: SemanticModel,
): Report | undefined {
  if (!/(^|\.)(mse_loss|l1_loss|smooth_l1_loss|huber_loss|MSELoss|L1Loss|SmoothL1Loss|HuberLoss)$/.test(site.name))
    return undefined;
  if (asQuantity(target.value).role !== 'class-ids') return undefined;
  const classes = classesOf(model, site.segment, logits.expr);
  if (!classes || classes.count < 2) return undefined;
  return {
    segment: site.segment,
    span: site.node,
    confidence: 'likely',
    message: `\`${text(site, target)}\` holds class ids, and this loss takes them for quantities: each of the ${classes.count} outputs is drawn to the id. This is a wrong loss; use the cross-entropy.`,
    related: [{ segment: classes.segment, span: classes.expr, message: 'the number of outputs is chosen here' }],
    fixes: otherLoss(site, model, ['cross_entropy', 'CrossEntropyLoss'], 'Use the cross-entropy', [
      { segment: site.segment, span: target.expr, text: wholeIds(site.segment, target.expr) },
    ]),
  };
}

function wholeIds(segment: Segment, expr: Expr): string {
  if (expr.kind === 'Call' && expr.callee.kind === 'Attribute' && /^(float|double)$/.test(expr.callee.name))
    return `${sourceOf(segment, expr.callee.object)}.long()`;
  return `${asOperand(segment, expr)}.long()`;
}

function binaryFix(
  site: OperationSite,
  logits: SiteOperand,
  target: SiteOperand,
  squeezes: boolean,
  model: SemanticModel,
): LocalFix[] {
  const { segment } = site;
  const names = ['binary_cross_entropy_with_logits', 'BCEWithLogitsLoss'] as const;
  const isFloat = /\.float\(\)$/.test(sourceOf(segment, target.expr));
  return otherLoss(site, model, names, 'Use binary cross-entropy with logits', [
    ...(squeezes ? [{ segment, span: logits.expr, text: `${asOperand(segment, logits.expr)}.squeeze(-1)` }] : []),
    ...(isFloat ? [] : [{ segment, span: target.expr, text: `${asOperand(segment, target.expr)}.float()` }]),
  ]);
}

/** The loss by its other name, where it is made for this place alone and with nothing but its defaults. */
function otherLoss(
  site: OperationSite,
  model: SemanticModel,
  [functional, module]: readonly [string, string],
  title: string,
  edits: LocalFix['edits'],
): LocalFix[] {
  const { callee } = site;
  if (site.node.kind !== 'Call') return [];
  if (site.form === 'function') {
    if (site.node.callee.kind !== 'Attribute' || site.node.args.length !== 2) return [];
    const span = site.node.callee.nameSpan;
    return [{ title, safety: 'unsafe', edits: [{ segment: site.segment, span, text: functional }, ...edits] }];
  }
  if (callee?.kind !== 'instance' || callee.call.args.length > 0 || callee.call.callee.kind !== 'Attribute') return [];
  const uses = model.analyses.flatMap(({ sites }) =>
    sites.filter((other) => other.callee?.kind === 'instance' && other.callee.call === callee.call),
  );
  if (new Set(uses.map(({ node }) => node)).size !== 1) return [];
  const made = { segment: callee.segment, span: callee.call.callee.nameSpan, text: module };
  return [{ title, safety: 'unsafe', edits: [made, ...edits] }];
}

// ---------------------------------------------------------------- transformers, Keras

const TASKS = /num_labels|\.(compile|fit)\(/;

function checkFile(_: unknown, context: RuleContext): void {
  const { model } = context;
  const compiled = new Map<string, { readonly segment: Segment; readonly expr: Expr; readonly loss: string }>();
  for (const analysis of model.analyses) {
    if (!mentionedIn(analysis, TASKS)) continue;
    const { segment, callExprs } = analysis;
    for (const call of callExprs) {
      const report = problemType(model, segment, call) ?? kerasLoss(model, segment, call, compiled);
      if (report) context.report(report);
    }
  }
}

function keyword(call: CallExpr, name: string): Expr | undefined {
  return call.args.find((arg) => arg.keyword === name)?.value;
}

/** `num_labels` and `problem_type` of one call, and the label maps of the file. */
function problemType(model: SemanticModel, segment: Segment, call: CallExpr): Report | undefined {
  const given = keyword(call, 'num_labels');
  const count = given && literalNumber(model.valueOf(segment, given));
  if (!given || count === undefined || !/SequenceClassification/.test(sourceOf(segment, call.callee))) return undefined;
  const type = keyword(call, 'problem_type');
  const problem = type && literalString(model.valueOf(segment, type));
  const maps = labelMaps(model);
  const map = maps.every(({ largest }) => largest === maps[0]?.largest) ? maps[0] : undefined;
  const related = map ? [{ segment: map.segment, span: map.dict, message: 'the labels are listed here' }] : [];
  const told = (message: string, fixes: readonly LocalFix[]): Report => ({
    segment,
    span: type ?? given,
    confidence: 'likely',
    message,
    related,
    fixes,
  });
  const replaced = (title: string, span: Expr, by: string): LocalFix => ({
    title,
    safety: 'unsafe',
    edits: [{ segment, span, text: by }],
  });
  if (count === 1 && problem === 'single_label_classification')
    return told(
      '`num_labels` is 1, and a softmax over one class is always 1: the loss of `single_label_classification` is 0 and teaches nothing. Give it one output a class.',
      map && given.kind === 'Number'
        ? [replaced(`Use num_labels=${map.largest + 1}`, given, String(map.largest + 1))]
        : [],
    );
  if (count === 1 && problem === undefined && map && map.largest >= 1)
    return told(
      `\`num_labels\` is 1, which makes it a regression: the ids of \`${map.name}\` are taken for quantities. This is a wrong loss; give it one output a class.`,
      given.kind === 'Number' ? [replaced(`Use num_labels=${map.largest + 1}`, given, String(map.largest + 1))] : [],
    );
  if (count > 1 && problem === 'regression' && map && map.largest + 1 === count && type)
    return told(
      `\`problem_type\` is "regression", and \`${map.name}\` lists ${count} classes, whose ids are taken for quantities. This is a wrong loss.`,
      [replaced('Use single_label_classification', type, '"single_label_classification"')],
    );
  return undefined;
}

type Compiled = Map<string, { readonly segment: Segment; readonly expr: Expr; readonly loss: string }>;

/** `compile(loss="mse")` and `fit(x, ids)`: several units drawn to one id, or classes of a single unit. */
function kerasLoss(model: SemanticModel, segment: Segment, call: CallExpr, compiled: Compiled): Report | undefined {
  if (call.callee.kind !== 'Attribute') return undefined;
  const receiver = sourceOf(segment, call.callee.object);
  const positional = call.args.filter((arg) => arg.keyword === undefined);
  if (call.callee.name === 'compile') {
    const loss = keyword(call, 'loss') ?? positional[1]?.value;
    const name = loss && lossName(model.valueOf(segment, loss));
    if (loss && name) compiled.set(receiver, { segment, expr: loss, loss: name });
    else compiled.delete(receiver);
    return undefined;
  }
  const known = call.callee.name === 'fit' ? compiled.get(receiver) : undefined;
  const learner = model.valueOf(segment, call.callee.object);
  if (!known || learner.kind !== 'instance' || !canonicalName(learner.className).startsWith('keras.')) return undefined;
  const units = classesOfKeras(model, learner);
  const labels = keyword(call, 'y') ?? positional[1]?.value;
  if (!units || !labels) return undefined;
  const related = [{ segment: known.segment, span: known.expr, message: 'the loss is chosen here' }];
  const change = (to: string): LocalFix[] =>
    known.expr.kind === 'String'
      ? [
          {
            title: `Use ${to}`,
            safety: 'unsafe',
            edits: [{ segment: known.segment, span: known.expr, text: `"${to}"` }],
          },
        ]
      : [];
  const activation = activationOf(units.segment, units.expr, model);
  if (/^categorical_?crossentropy$/i.test(known.loss) && units.count === 1 && activation !== 'softmax')
    return {
      segment,
      span: call,
      confidence: 'proven',
      message: `The model has a single unit, and \`${known.loss}\` compares classes with each other: over one class it is 0 and teaches nothing. Use binary_crossentropy.`,
      related,
      fixes: activation === 'sigmoid' ? change('binary_crossentropy') : [],
    };
  const isSquared = /^(mse|mae|mean_?squared_?error|mean_?absolute_?error)$/i.test(known.loss);
  if (!isSquared || units.count < 2 || asQuantity(model.valueOf(segment, labels)).role !== 'class-ids')
    return undefined;
  return {
    segment,
    span: call,
    confidence: 'likely',
    message: `\`${oneLine(sourceOf(segment, labels), 40)}\` holds class ids, and \`${known.loss}\` takes them for quantities: each of the ${units.count} units is drawn to the id. This is a wrong loss; use sparse_categorical_crossentropy.`,
    related,
    fixes: activation === 'softmax' ? change('sparse_categorical_crossentropy') : [],
  };
}

/** `Dense(10, activation="softmax")`, of the layer whose units are given. */
function activationOf(segment: Segment, units: Expr, model: SemanticModel): string | undefined {
  const layer = model.parentOf(segment, units);
  if (layer?.kind !== 'Call') return undefined;
  const given = keyword(layer, 'activation') ?? layer.args.filter((arg) => arg.keyword === undefined)[1]?.value;
  return given && literalString(model.valueOf(segment, given));
}

function lossName(value: Value): string | undefined {
  const name =
    literalString(value) ??
    (value.kind === 'library' ? value.name : isPlain(value) ? canonicalName(value.className) : undefined);
  return name?.slice(name.lastIndexOf('.') + 1);
}

function isPlain(value: Value): value is Instance {
  return value.kind === 'instance';
}
