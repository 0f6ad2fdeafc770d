// Fixes that make a model's output and its loss agree: an activation dropped or renamed, another loss, from_logits.

import { canonicalName } from '../semantic/libraries';
import { kerasLossClass } from '../semantic/losses';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { type Activation, type Instance, literalString, type Value } from '../semantic/value';
import type { Argument, CallExpr, Expr, Segment } from '../syntax/ast';
import { outerSpan } from '../syntax/ast';
import { lineStart, nextLine, wholeLines } from './lines';
import { asOperand, isCheap } from './log-rewrites';
import { type LocalEdit, type LocalFix, oneLine, sourceOf } from './rule';
import { siblingsOf } from './statements';

const SHOWN: Readonly<Record<Activation['kind'], string>> = {
  softmax: 'softmax',
  'log-softmax': 'log_softmax',
  sigmoid: 'sigmoid',
  'log-sigmoid': 'logsigmoid',
  linear: 'last layer',
};

/** What an activation is called in a sentence. */
export function nameOf({ kind }: Activation): string {
  return SHOWN[kind];
}

/** Gives the loss the scores themselves: those that still have a name here, else by dropping the activation. */
export function fixesByScores(
  site: OperationSite,
  { expr, activation }: { readonly expr: Expr; readonly activation: Activation },
  model: SemanticModel,
): LocalFix[] {
  const origin = site.origins.get('x');
  const isNamed = origin?.node === activation.node && origin.node !== expr && origin.operand && isCheap(origin.operand);
  if (isNamed && origin.operand && sameFunction(model, site, origin.node)) {
    const scores = sourceOf(site.segment, origin.operand);
    return [
      {
        title: `Give the loss the scores \`${oneLine(scores, 30)}\``,
        safety: 'unsafe',
        edits: [{ segment: site.segment, span: expr, text: scores }],
      },
    ];
  }
  const dropped = leftOut(activation, model);
  return dropped ? [dropped] : [];
}

function sameFunction(model: SemanticModel, site: OperationSite, node: Expr): boolean {
  return model.enclosingFunction(site.segment, node) === model.enclosingFunction(site.segment, site.node);
}

/** The fix that leaves an activation out, so that the scores before it come through. */
export function leftOut(activation: Activation, model: SemanticModel): LocalFix | undefined {
  const edits = withoutActivation(activation, model);
  return edits && { title: `Leave the ${nameOf(activation)} out`, safety: 'unsafe', edits };
}

function withoutActivation(activation: Activation, model: SemanticModel): readonly LocalEdit[] | undefined {
  const { form, node, segment, operand } = activation;
  switch (form) {
    case 'call':
      if (!operand) return undefined;
      return (
        withoutStatement(model, segment, node, operand) ?? [
          {
            segment,
            span: node,
            text: needsParentheses(model, segment, node) ? asOperand(segment, operand) : sourceOf(segment, operand),
          },
        ]
      );
    case 'argument': {
      const call = model.parentOf(segment, node);
      const argument = call?.kind === 'Call' ? call.args.find(({ value }) => value === node) : undefined;
      return call?.kind === 'Call' && argument ? [withoutItem(segment, call.args, argument, call.argsSpan)] : undefined;
    }
    case 'layer':
      return withoutLayer(activation, model);
  }
}

/** Of `x = softmax(x)` nothing is left. */
function withoutStatement(
  model: SemanticModel,
  segment: Segment,
  node: Expr,
  operand: Expr,
): readonly LocalEdit[] | undefined {
  const stmt = model.parentOf(segment, node);
  if (stmt?.kind !== 'Assign' || stmt.value !== node || stmt.targets.length !== 1) return undefined;
  const [target] = stmt.targets;
  if (!target || sourceOf(segment, target) !== sourceOf(segment, operand)) return undefined;
  const lines = wholeLines(segment, stmt, false);
  return lines && siblingsOf(model, segment, stmt).length > 1 ? [{ segment, span: lines, text: '' }] : undefined;
}

/** Whether what stands around an expression would bind tighter than an operator in its place. */
function needsParentheses(model: SemanticModel, segment: Segment, node: Expr): boolean {
  const parent = model.parentOf(segment, node);
  return (
    parent !== undefined &&
    /^(Attribute|Subscript|Call|Binary|Unary|Compare|Await|Starred)$/.test(parent.kind) &&
    !(parent.kind === 'Call' && parent.callee !== node)
  );
}

/** The layer out of its list, its argument list, or the line that adds it. */
function withoutLayer({ node, segment }: Activation, model: SemanticModel): readonly LocalEdit[] | undefined {
  const holder = model.parentOf(segment, node);
  if (holder?.kind === 'List' || (holder?.kind === 'Tuple' && !isNamedPair(holder.elements))) {
    const item = holder.elements.find((element) => element === node);
    return item && [withoutItem(segment, holder.elements, item, holder)];
  }
  if (holder?.kind === 'Tuple') {
    const pairs = model.parentOf(segment, holder);
    return pairs?.kind === 'List' ? [withoutItem(segment, pairs.elements, holder, pairs)] : undefined;
  }
  if (holder?.kind !== 'Call') return undefined;
  const stmt = model.statementOf(segment, node);
  if (stmt?.kind === 'ExprStmt' && stmt.value === holder) {
    const lines = wholeLines(segment, stmt, false);
    return lines && siblingsOf(model, segment, stmt).length > 1 ? [{ segment, span: lines, text: '' }] : undefined;
  }
  const argument = holder.args.find(({ value }) => value === node);
  return argument && argument.keyword === undefined
    ? [withoutItem(segment, holder.args, argument, holder.argsSpan)]
    : undefined;
}

function isNamedPair(elements: readonly Expr[]): boolean {
  return elements.length === 2 && elements[0]?.kind === 'String';
}

/** Takes one item out of a list in brackets, with the comma that it needs no longer. */
function withoutItem<T extends Expr | Argument>(
  segment: Segment,
  items: readonly T[],
  item: T,
  brackets: { readonly start: number; readonly end: number },
): LocalEdit {
  const { text } = segment;
  const at = items.indexOf(item);
  const [before, after] = [items[at - 1], items[at + 1]];
  const [start, end] = [startOf(item), endOf(item)];
  const comma = /^\s*,/.exec(text.slice(end, brackets.end))?.[0].length ?? 0;
  const [line, next] = [lineStart(text, start), nextLine(text, end)];
  const isAlone = text.slice(line, start).trim() === '' && /^\s*(#.*)?$/.test(text.slice(end + comma, next));
  if (isAlone) return { segment, span: { start: line, end: next }, text: '' };
  if (before && !text.slice(endOf(before), start).includes('#'))
    return { segment, span: { start: endOf(before), end }, text: '' };
  return { segment, span: { start, end: after ? startOf(after) : end + comma }, text: '' };
}

function startOf(item: Expr | Argument): number {
  return 'kind' in item ? outerSpan(item).start : item.start;
}

function endOf(item: Expr | Argument): number {
  return 'kind' in item ? outerSpan(item).end : item.end;
}

// ---------------------------------------------------------------- other names

/** Calls something else of the same library in the same way: `F.softmax` → `F.log_softmax`. */
export function renamed(
  segment: Segment,
  callee: Expr,
  qualified: string,
  to: string,
  model: SemanticModel,
): readonly LocalEdit[] | undefined {
  if (callee.kind === 'Attribute') return [{ segment, span: callee.nameSpan, text: to }];
  if (callee.kind !== 'Name') return undefined;
  const home = qualified.slice(0, qualified.lastIndexOf('.'));
  const known = model.nameFor(`${home}.${to}`);
  const edit: LocalEdit = { segment, span: callee, text: known ?? to };
  return known === undefined ? [edit, { import: `from ${home} import ${to}` }] : [edit];
}

/** The loss on scores, and the scores for it. */
export function scoresAndLoss(
  site: OperationSite,
  activation: Activation,
  names: Readonly<Record<string, string>>,
  model: SemanticModel,
): LocalFix | undefined {
  const loss = otherLoss(site, names, model);
  const scores = withoutActivation(activation, model);
  return loss && scores && { ...loss, title: `${loss.title} on the scores`, edits: [...loss.edits, ...scores] };
}

/** The same loss by another name, where it is called or, for an object, where it is made. */
export function otherLoss(
  site: OperationSite,
  names: Readonly<Record<string, string>>,
  model: SemanticModel,
): LocalFix | undefined {
  const from = site.name.slice(site.name.lastIndexOf('.') + 1);
  const to = names[from];
  if (to === undefined || site.node.kind !== 'Call') return undefined;
  const made = site.callee?.kind === 'instance' ? site.callee : undefined;
  const [segment, callee] = made ? [made.segment, made.call.callee] : [site.segment, site.node.callee];
  const name = made ? made.className : site.name;
  const edits = renamed(segment, callee, name, to, model);
  return edits && { title: `Use ${to}`, safety: 'unsafe', edits };
}

/** `softmax` → `log_softmax`, in whatever form it is applied. */
export function asLogarithm(activation: Activation, model: SemanticModel): LocalFix | undefined {
  const { callee, segment, node, form } = activation;
  if (activation.kind !== 'softmax' || node.kind !== 'Call' || form === 'argument') return undefined;
  const fix = (edits: readonly LocalEdit[] | undefined, to: string): LocalFix | undefined =>
    edits && { title: `Use ${to}`, safety: 'unsafe', edits };
  if (callee?.kind === 'instance')
    return canonicalName(callee.className) === 'torch.nn.Softmax'
      ? fix(renamed(callee.segment, callee.call.callee, callee.className, 'LogSoftmax', model), 'LogSoftmax')
      : undefined;
  if (callee?.kind === 'method')
    return callee.name === 'softmax'
      ? fix(renamed(segment, node.callee, '', 'log_softmax', model), 'log_softmax')
      : undefined;
  if (callee?.kind !== 'library' || !callee.name.endsWith('.softmax')) return undefined;
  return fix(renamed(segment, node.callee, callee.name, 'log_softmax', model), 'log_softmax');
}

/** Of one unit, sigmoid is what was meant by softmax. */
export function asSigmoid(activation: Activation, model: SemanticModel): LocalFix | undefined {
  const edits = activation.kind === 'softmax' ? sigmoidEdits(activation, model) : undefined;
  return edits && { title: 'Use sigmoid', safety: 'unsafe', edits };
}

function sigmoidEdits(
  { form, node, segment, callee, operand }: Activation,
  model: SemanticModel,
): readonly LocalEdit[] | undefined {
  const text = sourceOf(segment, node);
  if (form === 'argument') {
    if (node.kind === 'String') return [{ segment, span: node, text: text.replace('softmax', 'sigmoid') }];
    return node.kind === 'Attribute' ? [{ segment, span: node.nameSpan, text: 'sigmoid' }] : undefined;
  }
  if (node.kind !== 'Call') return undefined;
  if (callee?.kind === 'instance') {
    if (canonicalName(callee.className) !== 'torch.nn.Softmax') return undefined;
    const name = renamed(callee.segment, callee.call.callee, callee.className, 'Sigmoid', model);
    return name && [...name, { segment: callee.segment, span: callee.call.argsSpan, text: '()' }];
  }
  if (callee?.kind === 'method' && node.callee.kind === 'Attribute')
    return [
      { segment, span: node.callee.nameSpan, text: 'sigmoid' },
      { segment, span: node.argsSpan, text: '()' },
    ];
  const sigmoid = model.nameFor('torch.sigmoid');
  const isTorch = callee?.kind === 'library' && canonicalName(callee.name).startsWith('torch.');
  return isTorch && sigmoid && operand
    ? [{ segment, span: node, text: `${sigmoid}(${sourceOf(segment, operand)})` }]
    : undefined;
}

// ---------------------------------------------------------------- an argument of a call

/** Gives a call `keyword=value`, whether it has that argument already or not. */
export function withArgument(
  segment: Segment,
  call: CallExpr,
  keyword: string,
  value: string,
  position = -1,
): LocalEdit {
  const given =
    call.args.find((arg) => arg.keyword === keyword) ?? call.args.filter((arg) => arg.keyword === undefined)[position];
  if (given) return { segment, span: given.value, text: value };
  const last = call.args.at(-1);
  const at = last ? last.end : call.argsSpan.end - 1;
  return { segment, span: { start: at, end: at }, text: `${last ? ', ' : ''}${keyword}=${value}` };
}

/** A Keras loss as a rule sees it: what is called, or what `compile` is given. */
export interface KerasLoss {
  readonly segment: Segment;
  readonly site: OperationSite | undefined;
  readonly lossExpr: Expr;
  readonly lossValue: Value;
}

/** Tells a Keras loss which input it gets: an object, a function, a name. */
export function fromLogits(
  { segment, site, lossExpr, lossValue }: KerasLoss,
  wanted: boolean,
  model: SemanticModel,
): LocalFix | undefined {
  const [what, text] = wanted ? ['scores', 'True'] : ['probabilities', 'False'];
  const fix = (edit: LocalEdit): LocalFix => ({
    title: `Say that the loss gets ${what}: from_logits=${text}`,
    safety: 'unsafe',
    edits: [edit],
  });
  if (lossValue.kind === 'instance') return fix(flagEdit(lossValue, text));
  if (site)
    return site.node.kind === 'Call' ? fix(withArgument(segment, site.node, 'from_logits', text, 2)) : undefined;
  const name = literalString(lossValue) ?? (lossValue.kind === 'library' ? lossValue.name : undefined);
  const type = name === undefined ? undefined : kerasLossClass(name);
  const home = type && (model.nameFor(`keras.losses.${type}`) ?? model.nameFor(`tensorflow.keras.losses.${type}`));
  return home && wanted ? fix({ segment, span: lossExpr, text: `${home}(from_logits=True)` }) : undefined;
}

function flagEdit(loss: Instance, text: string): LocalEdit {
  return withArgument(loss.segment, loss.call, 'from_logits', text, 0);
}
