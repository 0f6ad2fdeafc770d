// NAN601: a cross-entropy that takes class ids is fed one-hot labels, or the other way round.

import type { OperationSite } from '../semantic/operation-site';
import { asQuantity, literalString, type Quantity, type Value } from '../semantic/value';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN601',
  name: 'cross-entropy-on-one-hot',
  severity: 'warning',
  summary: 'A cross-entropy on class ids is given one-hot labels, or one on one-hot labels is given ids.',
  needs: ['torch', 'tensorflow', 'keras', 'tf_keras'],
  fixable: 'both',
  docs: {
    what: 'Finds one-hot labels (`F.one_hot`, `np.eye(n)[y]`, `to_categorical`, `LabelBinarizer`, a scattered 1) given to `CrossEntropyLoss` or `F.cross_entropy`, and Keras losses whose labels have the other form.',
    why: 'With integers PyTorch raises; as floats they are taken for class probabilities, another kind of target for which `ignore_index` is refused. In Keras a sparse loss on one-hot labels fails or learns nothing. This is a wrong loss, not a NaN.',
    remedy: 'Give the class ids themselves.',
    bad: `import torch.nn.functional as F


def loss_of(logits, labels):
    target = F.one_hot(labels, num_classes=10)
    return F.cross_entropy(logits, target)
`,
    good: `import torch.nn.functional as F


def loss_of(logits, labels):
    return F.cross_entropy(logits, labels)
`,
  },
  on: {
    operations: { names: ['cross_entropy', 'sparse_cross_entropy', 'categorical_cross_entropy'], visit },
    segment: checkKerasFit,
  },
};

function visit(site: OperationSite, context: RuleContext): void {
  const target = site.operands.get('target');
  if (target?.value.kind !== 'quantity') return;
  const value = target.value;
  const { segment } = site;
  const shown = oneLine(sourceOf(segment, target.expr), 50);
  if (site.operation === 'categorical_cross_entropy') {
    if (value.role !== 'class-ids') return;
    context.report({
      segment,
      span: site.node,
      confidence: 'likely',
      message: `\`${shown}\` holds class ids, and this loss expects one-hot labels. Use the sparse loss.`,
      related: value.because,
      fixes: [],
    });
    return;
  }
  if (value.role !== 'one-hot' && value.role !== 'label-matrix') return;
  const isInteger = value.dtype === 'integer' && site.framework === 'torch';
  context.report({
    segment,
    span: site.node,
    confidence: isInteger ? 'proven' : 'likely',
    message: isInteger
      ? `\`${shown}\` is one-hot with integers, for which the cross-entropy raises an error. Give it the class ids.`
      : site.framework === 'torch'
        ? `\`${shown}\` is one-hot, so the cross-entropy takes it for class probabilities, another kind of target. Give it the class ids.`
        : `\`${shown}\` is one-hot, and this loss expects class ids. Give it the ids, or use the categorical loss.`,
    related: value.because,
    fixes: fixes(site, target.expr, value),
  });
}

function fixes(site: OperationSite, target: Expr, value: Quantity): LocalFix[] {
  const { segment } = site;
  const offered: LocalFix[] = [];
  const ids = classIds(site, target);
  if (ids !== undefined)
    offered.push({
      title: `Use the class ids \`${ids}\``,
      safety: 'safe',
      edits: [{ segment, span: target, text: ids }],
    });
  if (site.framework !== 'torch' || value.role !== 'one-hot') return offered;
  const text = sourceOf(segment, target);
  const isAtom =
    target.kind === 'Name' || target.kind === 'Attribute' || target.kind === 'Call' || target.kind === 'Subscript';
  offered.push({
    title: 'Turn the labels back into ids with argmax',
    safety: value.dtype === 'integer' ? 'safe' : 'unsafe',
    edits: [{ segment, span: target, text: `${isAtom ? text : `(${text})`}.argmax(dim=-1)` }],
  });
  return offered;
}

/** The ids from which the one-hot labels were made, where they still have that value. */
function classIds(site: OperationSite, target: Expr): string | undefined {
  const origin = asQuantity(site.operands.get('target')?.value).origin;
  const made = origin?.node === target ? origin : site.origins.get('target');
  if (made?.operation !== 'one_hot' || !made.operand || made.segment !== site.segment) return undefined;
  return sourceOf(site.segment, made.operand);
}

// ---------------------------------------------------------------- Keras: compile and fit

function checkKerasFit(segment: Segment, context: RuleContext): void {
  if (!segment.text.includes('fit')) return;
  const { model } = context;
  const compiled = new Map<string, { readonly loss: string; readonly expr: Expr }>();
  for (const call of model.analysisOf(segment)?.callExprs ?? []) {
    if (call.callee.kind !== 'Attribute') continue;
    const receiver = sourceOf(segment, call.callee.object);
    if (call.callee.name === 'compile') {
      const loss =
        call.args.find((arg) => arg.keyword === 'loss')?.value ??
        call.args.filter((arg) => arg.keyword === undefined)[1]?.value;
      if (!loss) continue;
      const name = lossName(model.valueOf(segment, loss));
      if (name === undefined) compiled.delete(receiver);
      else compiled.set(receiver, { loss: name, expr: loss });
    } else if (call.callee.name === 'fit') {
      const known = compiled.get(receiver);
      const labels =
        call.args.find((arg) => arg.keyword === 'y')?.value ??
        call.args.filter((arg) => arg.keyword === undefined)[1]?.value;
      if (known && labels) checkFit(context, segment, call, known, labels);
    }
  }
}

const OTHER_LOSS: Readonly<Record<string, string>> = {
  sparse_categorical_crossentropy: 'categorical_crossentropy',
  categorical_crossentropy: 'sparse_categorical_crossentropy',
};

function checkFit(
  context: RuleContext,
  segment: Segment,
  call: CallExpr,
  compiled: { readonly loss: string; readonly expr: Expr },
  labels: Expr,
): void {
  const value = asQuantity(context.model.valueOf(segment, labels));
  const wantsIds = compiled.loss === 'sparse_categorical_crossentropy';
  if (wantsIds ? value.role !== 'one-hot' && value.role !== 'label-matrix' : value.role !== 'class-ids') return;
  const other = OTHER_LOSS[compiled.loss];
  if (other === undefined) return;
  const quote = sourceOf(segment, { start: compiled.expr.start, end: compiled.expr.start + 1 });
  const isLiteral = compiled.expr.kind === 'String' && (quote === '"' || quote === "'");
  const text = sourceOf(segment, labels);
  context.report({
    segment,
    span: call,
    confidence: 'likely',
    message: wantsIds
      ? `\`${text}\` is one-hot, and the model was compiled with a loss on class ids. Use \`${other}\`.`
      : `\`${text}\` holds class ids, and the model was compiled with a loss on one-hot labels. Use \`${other}\`.`,
    related: [{ segment, span: compiled.expr, message: 'the loss is chosen here' }, ...value.because],
    fixes: isLiteral
      ? [
          {
            title: `Use ${other}`,
            safety: 'unsafe',
            edits: [{ segment, span: compiled.expr, text: `${quote}${other}${quote}` }],
          },
        ]
      : [],
  });
}

/** The Keras loss that a `loss=` argument names, as a string, a function or an object. */
function lossName(value: Value): string | undefined {
  const text = literalString(value) ?? (value.kind === 'library' ? lastPart(value.name) : undefined);
  if (text !== undefined) return Object.hasOwn(OTHER_LOSS, text) ? text : undefined;
  if (value.kind !== 'instance') return undefined;
  const name = lastPart(value.className);
  if (name === 'SparseCategoricalCrossentropy') return 'sparse_categorical_crossentropy';
  return name === 'CategoricalCrossentropy' ? 'categorical_crossentropy' : undefined;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
