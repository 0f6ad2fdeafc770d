// NAN409: a loss that is NaN or Inf is replaced, skipped or left out of the log, and nobody is told.

import { keywordOf } from '../semantic/configuration-sources';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import { type CallEvent, lastName } from '../semantic/training';
import { asQuantity } from '../semantic/value';
import type { CallExpr, Expr, IfStmt, Node, Segment, Stmt } from '../syntax/ast';
import { childrenOf } from '../syntax/walk';
import { finiteTest } from './finite-test';
import { skipFixes } from './hidden-loss-fixes';
import { indentationAt, newlineOf, wholeLines } from './lines';
import {
  type LocalEdit,
  type LocalFix,
  oneLine,
  type Rule,
  type RuleContext,
  sourceOf,
  type TrainingUnit,
} from './rule';
import { ancestors, isInside, siblingsOf } from './statements';

export const rule: Rule = {
  code: 'NAN409',
  name: 'non-finite-loss-hidden',
  severity: 'warning',
  summary: 'A loss that is NaN or Inf is replaced or skipped, and nothing tells of it.',
  needs: ['torch', 'transformers'],
  fixable: 'both',
  docs: {
    what: "Finds `nan_to_num` of a loss before `backward()`, and batches that are left out because their loss is NaN without a message or a counter. In a file that looks for NaN, it also hints at the HF Trainer's `logging_nan_inf_filter`, which is on by default.",
    why: '`nan_to_num` mends the number that is logged and not the gradient: the weights become NaN while the log shows 0. Batches that are skipped in silence can be all of them. The filter logs a loss of 0.0 for a run in which every loss is NaN.',
    remedy:
      'Stop at the first loss that is not finite, or skip the batch, count it and say so; switch the filter off while you look for a NaN.',
    bad: `import torch


def train(model, loader, optimizer, criterion):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        if torch.isnan(loss):
            continue
        loss.backward()
        optimizer.step()
`,
    good: `import torch


def train(model, loader, optimizer, criterion):
    skipped = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        if torch.isnan(loss):
            skipped += 1
            print(f"{skipped} batches skipped")
            continue
        loss.backward()
        optimizer.step()
`,
  },
  on: { unit: checkUnit, file: (_, context) => checkFilter(context) },
};

function checkUnit(unit: TrainingUnit, context: RuleContext): void {
  const backwards = unit.graph.of('backward').filter((event) => event.via === event.node);
  if (backwards.length === 0) return;
  const checks = unit.graph.of('finite-check');
  checkReplaced(unit, backwards, checks, context);
  for (const check of checks) if (check.via === check.node) checkSkipped(unit, check, backwards, context);
}

/** Whether two pieces of code speak of the same loss: `loss`, `loss.item()`, `losses["total"]`, `self.loss`. */
function sharesName(a: Node | undefined, b: Node | undefined): boolean {
  if (!a || !b) return false;
  const names = holdersIn(a);
  return [...holdersIn(b)].some((name) => names.has(name));
}

/** Names that are read, those of an object's own attributes with the attribute. */
function holdersIn(node: Node, into: Set<string> = new Set()): Set<string> {
  if (node.kind === 'Attribute' && node.object.kind === 'Name' && node.object.id === 'self')
    into.add(`self.${node.name}`);
  else if (node.kind === 'Name') into.add(node.id);
  else for (const child of childrenOf(node)) holdersIn(child, into);
  return into;
}

// ---------------------------------------------------------------- replaced

const REPLACES = /^(torch|numpy|jax\.numpy)\.nan_to_num_?$/;

/** What a call of `nan_to_num` replaces NaN in. */
function replacedBy(model: SemanticModel, segment: Segment, call: CallExpr): Expr | undefined {
  const name = model.qualifiedName(segment, call.callee);
  if (name !== undefined) return REPLACES.test(name) ? call.args[0]?.value : undefined;
  return call.callee.kind === 'Attribute' && /^nan_to_num_?$/.test(call.callee.name) ? call.callee.object : undefined;
}

function checkReplaced(
  unit: TrainingUnit,
  backwards: readonly CallEvent[],
  checks: readonly CallEvent[],
  context: RuleContext,
): void {
  const { model } = context;
  const { segment } = unit;
  if (!/nan_to_num/.test(segment.text)) return;
  for (const call of model.analysisOf(segment)?.callExprs ?? []) {
    const operand = replacedBy(model, segment, call);
    if (!operand || model.enclosingFunction(segment, call) !== unit.scope?.node) continue;
    const stmt = model.statementOf(segment, call);
    const backward = stmt && backwards.find((event) => leadsTo(model, segment, call, operand, stmt, event));
    if (!backward || !stmt || checks.some((check) => sharesName(check.subject, operand))) continue;
    context.report({
      segment,
      span: call,
      confidence: 'proven',
      message: `\`${oneLine(sourceOf(segment, call))}\` shows a sound loss where \`${oneLine(sourceOf(segment, operand), 40)}\` is NaN or Inf, and does not mend its gradient. Stop there, or skip the batch and say so.`,
      related: [{ segment, span: backward.node, message: 'the gradient is computed here all the same' }],
      fixes: unwrap(model, segment, call, operand, stmt, backward),
    });
  }
}

/** Whether what the call gives is the loss that is differentiated. */
function leadsTo(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
  operand: Expr,
  stmt: Stmt,
  backward: CallEvent,
): boolean {
  if (isInside(call, backward.node)) return true;
  if (stmt.start > backward.node.start) return false;
  const target = stmt.kind === 'Assign' && stmt.value === call ? stmt.targets[0] : undefined;
  if (target && isTheLoss(segment, target, backward)) return true;
  if (!isLoss(model, segment, operand, backward)) return false;
  if (stmt.kind === 'ExprStmt') return stmt.value === call && sourceOf(segment, call.callee).endsWith('nan_to_num_');
  return target !== undefined && sharesName(target, backward.subject);
}

/** `loss` of `loss.backward()` and of `scaler.scale(loss).backward()`. */
function isTheLoss(segment: Segment, target: Expr, { subject }: CallEvent): boolean {
  const scaled = subject?.kind === 'Call' && lastName(subject) === 'scale' ? subject.args[0]?.value : subject;
  return scaled !== undefined && sourceOf(segment, scaled) === sourceOf(segment, target);
}

function isLoss(model: SemanticModel, segment: Segment, operand: Expr, backward: CallEvent): boolean {
  return (
    sharesName(operand, backward.subject) ||
    asQuantity(model.valueOf(segment, operand)).role === 'loss' ||
    /loss/i.test(sourceOf(segment, operand))
  );
}

/** Takes the call away and stops at a loss that is not finite instead. */
function unwrap(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
  operand: Expr,
  stmt: Stmt,
  backward: CallEvent,
): LocalFix[] {
  const torch = model.nameFor('torch');
  const lines = wholeLines(segment, stmt, false);
  const target = stmt.kind === 'Assign' && stmt.targets.length === 1 ? stmt.targets[0] : undefined;
  const isOwn = stmt.start <= backward.node.start && backward.node.end <= stmt.end;
  const loss = isOwn ? operand : target;
  if (torch === undefined || !lines || loss?.kind !== 'Name') return [];
  const test = finiteTest(
    model,
    torch,
    sourceOf(segment, loss),
    indentationAt(segment, stmt.start),
    newlineOf(segment),
  );
  const text = sourceOf(segment, operand.outer ?? operand);
  const isWhole = operand.kind === 'Name' && operand.id === loss.id && !isOwn;
  const edits: LocalEdit[] = isWhole
    ? [{ segment, span: lines, text: test }]
    : [
        { segment, span: call, text },
        isOwn
          ? { segment, span: { start: lines.start, end: lines.start }, text: test }
          : { segment, span: { start: lines.end, end: lines.end }, text: test },
      ];
  return [{ title: `Stop when \`${loss.id}\` is not finite`, safety: 'unsafe', edits }];
}

// ---------------------------------------------------------------- skipped

function checkSkipped(
  unit: TrainingUnit,
  check: CallEvent,
  backwards: readonly CallEvent[],
  context: RuleContext,
): void {
  const { model } = context;
  const { segment } = check;
  const test = ancestors(model, segment, check.node)[0];
  if (test?.kind !== 'If' || !isInside(check.node, test.test) || !check.subject) return;
  const backward = backwards.find(
    (event) =>
      event.segment === segment &&
      event.loops.length > 0 &&
      sharesName(event.subject, check.subject) &&
      unit.graph.reaches(check, event, () => false),
  );
  if (!backward) return;
  const isInverse = isInside(backward.node, test.body);
  if (isInverse ? !isSilentElse(test, check, segment) : !isSilentSkip(test)) return;
  if (isToldBefore(model, segment, test, check)) return;
  context.report({
    segment,
    span: test.test,
    confidence: 'proven',
    message: `A batch whose \`${oneLine(sourceOf(segment, check.subject), 40)}\` is not finite is left out in silence, and that may be every batch from here on. Say so, or count them.`,
    related: [{ segment, span: backward.node, message: 'only the others get here' }],
    fixes: skipFixes(model, segment, test, check.subject, isInverse),
  });
}

/** Nothing but `continue`, and what tidies up before it. */
function isSilentSkip(test: IfStmt): boolean {
  const { body } = test.body;
  return (
    body.at(-1)?.kind === 'Continue' &&
    body.slice(0, -1).every((stmt) => stmt.kind === 'Delete' || stmt.kind === 'Pass' || isTidying(stmt))
  );
}

function isTidying(stmt: Stmt): boolean {
  if (stmt.kind !== 'ExprStmt' || stmt.value.kind !== 'Call' || stmt.value.callee.kind !== 'Attribute') return false;
  const { name, object } = stmt.value.callee;
  return /^(zero_grad|empty_cache|collect)$/.test(name) || (name === 'update' && /scaler/i.test(lastName(object)));
}

/** `if isfinite(loss): loss.backward()` and nothing otherwise. */
function isSilentElse(test: IfStmt, check: CallEvent, segment: Segment): boolean {
  const isPositive = /isfinite|not\b.*isnan|~/.test(sourceOf(segment, test.test));
  return !test.orelse && isPositive && check.subject !== undefined;
}

const TELLS =
  /\b(print|log|info|debug|warn|warning|error|write|append|update|report|add_scalar|set_postfix|set_description|desc|record|meter|wandb)\w*\(/i;

/** Whether the loss has been logged on the way: then a NaN is seen, whatever happens to the batch. */
function isToldBefore(model: SemanticModel, segment: Segment, test: IfStmt, check: CallEvent): boolean {
  const around = [test, ...ancestors(model, segment, test)];
  return around.some((stmt) => {
    if (stmt.kind === 'For' || stmt.kind === 'While' || stmt.kind === 'FunctionDef') return false;
    return siblingsOf(model, segment, stmt).some(
      (sibling) =>
        sibling.end <= stmt.start && TELLS.test(sourceOf(segment, sibling)) && sharesName(check.subject, sibling),
    );
  });
}

// ---------------------------------------------------------------- the Trainer's filter

const ARGUMENTS = /^transformers(\.\w+)*\.\w*TrainingArguments$/;
const FINITE = /^(torch|numpy|math)\.(isnan|isinf|isfinite)$|^torch\.autograd\.(set_)?detect_anomaly$/;

function checkFilter(context: RuleContext): void {
  const { model } = context;
  if (!model.packages.has('transformers')) return;
  const calls = model.analyses.flatMap(({ segment, callExprs }) => callExprs.map((call) => ({ segment, call })));
  const named = calls.map((each) => ({ ...each, name: model.qualifiedName(each.segment, each.call.callee) ?? '' }));
  const found = named.filter(({ name }) => ARGUMENTS.test(name));
  const looksForNan = ({ name, call }: (typeof named)[number]): boolean =>
    FINITE.test(canonicalName(name)) ||
    (call.callee.kind === 'Attribute' && /^is(nan|inf|finite)$/.test(call.callee.name));
  if (found.length === 0 || !named.some(looksForNan)) return;
  for (const { segment, call } of found) {
    const given = keywordOf(call, 'logging_nan_inf_filter');
    if (call.args.some((arg) => arg.unpack !== '')) continue;
    if (given && !(given.kind === 'Constant' && given.value === true)) continue;
    const last = call.args.at(-1);
    const at = last ? last.end : call.argsSpan.end - 1;
    const edit: LocalEdit = given
      ? { segment, span: given, text: 'False' }
      : { segment, span: { start: at, end: at }, text: `${last ? ', ' : ''}logging_nan_inf_filter=False` };
    context.report({
      segment,
      span: call.callee,
      severity: 'hint',
      confidence: 'likely',
      message: `This file looks for NaN, and the log of \`${sourceOf(segment, call.callee)}\` leaves it out: \`logging_nan_inf_filter\` is on by default and shows a loss of 0.0. Switch it off while you look.`,
      related: [],
      fixes: [{ title: 'Log losses that are NaN or Inf', safety: 'safe', edits: [edit] }],
    });
  }
}
