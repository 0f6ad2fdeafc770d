// NAN502: a GradScaler whose protocol is not kept: scale, unscale once, step, update once.

import { type CallEvent, isScaled, type TrainingEvent } from '../semantic/training';
import type { CallExpr, Expr, Segment, Stmt } from '../syntax/ast';
import {
  type LocalEdit,
  type LocalFix,
  oneLine,
  type Rule,
  type RuleContext,
  sourceOf,
  type TrainingUnit,
} from './rule';
import { isSwitchedOff } from './scaler-use';
import { insertAfter, insertBefore, removeStatement } from './statement-moves';
import { ancestors } from './statements';

export const rule: Rule = {
  code: 'NAN502',
  name: 'grad-scaler-protocol',
  severity: 'warning',
  summary: 'A GradScaler is used in part: a call of its protocol is missing, doubled or out of place.',
  needs: ['torch'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds scaled losses whose optimizer steps by itself, `scaler.step` on gradients that were never scaled, a missing or doubled `scaler.update()`, two `unscale_` of one optimizer in a step, and a scaler that is made anew in each iteration.',
    why: 'Without `scaler.step` the optimizer takes gradients that are 65,536 times too large, Inf included. Without `update` the second step raises an error, and so does a second `unscale_`. Gradients of a loss that was not scaled are divided by the scale all the same, and nothing is learned; where no loss was ever scaled, the step raises.',
    remedy:
      'Per run: one `GradScaler`. Per step: `scaler.scale(loss).backward()`, `scaler.unscale_(optimizer)` if gradients are looked at, `scaler.step(optimizer)`, `scaler.update()`.',
    bad: `import torch

scaler = torch.amp.GradScaler("cuda")


def train_step(model, x, y, optimizer):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = torch.nn.functional.cross_entropy(model(x), y)
    scaler.scale(loss).backward()
    optimizer.step()
    scaler.update()
`,
    good: `import torch

scaler = torch.amp.GradScaler("cuda")


def train_step(model, x, y, optimizer):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = torch.nn.functional.cross_entropy(model(x), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
`,
  },
  on: { unit: checkUnit },
};

const isBackward = (event: TrainingEvent) => event.kind === 'backward';
const never = () => false;

function checkUnit(unit: TrainingUnit, context: RuleContext): void {
  const { graph } = unit;
  const scaled = graph.of('backward').filter((event) => isScaledBackward(event, context));
  const steps = graph
    .of('step')
    .filter((step) => step.scaler && !isSwitchedOff(context.model, step.segment, step.scaler));
  if (scaled.length === 0 && steps.length === 0) return;
  checkPlainSteps(unit, scaled, context);
  checkUnscaledLosses(unit, scaled, steps, context);
  // A function that only steps may leave scaling and updating to its callers.
  if (graph.of('backward').length > 0) checkUpdates(unit, steps, context);
  checkUnscaling(unit, context);
  checkMaking(unit, steps, context);
}

function isScaledBackward(event: CallEvent, { model }: RuleContext): boolean {
  if (event.managed || !event.subject || !isScaled(model, event.segment, event.subject)) return false;
  const scaler = scalerOf(event.subject);
  return !scaler || !isSwitchedOff(model, event.segment, scaler);
}

/** `scaler` of `scaler.scale(loss)`. */
function scalerOf(loss: Expr): Expr | undefined {
  return loss.kind === 'Call' && loss.callee.kind === 'Attribute' && loss.callee.name === 'scale'
    ? loss.callee.object
    : undefined;
}

// ---------------------------------------------------------------- optimizer.step() on scaled gradients

function checkPlainSteps(unit: TrainingUnit, scaled: readonly CallEvent[], context: RuleContext): void {
  const { graph } = unit;
  for (const step of graph.of('step')) {
    if (step.scaler || step.managed || !step.subject) continue;
    const isOther = (event: TrainingEvent) =>
      event.kind === 'backward' ||
      event.kind === 'finite-check' ||
      (event.kind === 'step' && event.object === step.object);
    const backward = scaled.find((event) => graph.reaches(event, step, isOther));
    if (!backward) continue;
    // Somewhere else the same optimizer steps with the scaler: the two paths are told apart by something.
    if (graph.of('step').some((other) => other.scaler && other.object === step.object)) continue;
    const isUnscaled = graph.of('unscale').some((event) => graph.reaches(event, step, isBackward));
    const optimizer = sourceOf(step.segment, step.subject);
    const scaler = nearestScaler(unit, backward);
    context.report({
      segment: step.segment,
      span: step.node,
      confidence: 'proven',
      message: isUnscaled
        ? `\`${oneLine(sourceOf(step.segment, step.node))}\` uses unscaled gradients without the scaler's test for Inf. Call \`${scaler ?? 'scaler'}.step(${oneLine(optimizer)})\`, which skips the step when they overflowed.`
        : `\`${oneLine(sourceOf(step.segment, step.node))}\` uses gradients that are still multiplied by the scale. Call \`${scaler ?? 'scaler'}.step(${oneLine(optimizer)})\`, which unscales them and skips the step when they overflowed.`,
      related: [{ segment: backward.segment, span: backward.node, message: 'the gradients are scaled here' }],
      fixes: stepWithScaler(unit, step, backward, scaler, context),
    });
  }
}

/** The scaler as the function writes it. */
function nearestScaler(unit: TrainingUnit, backward: CallEvent): string | undefined {
  const direct = backward.subject && scalerOf(backward.subject);
  if (direct) return sourceOf(backward.segment, direct);
  const other = unit.graph.events.find((event) => event.scaler && event.segment === backward.segment);
  return other?.scaler && sourceOf(other.segment, other.scaler);
}

function stepWithScaler(
  unit: TrainingUnit,
  step: CallEvent,
  backward: CallEvent,
  scaler: string | undefined,
  context: RuleContext,
): LocalFix[] {
  if (!step.subject || scaler === undefined || step.via !== step.node || backward.via !== backward.node) return [];
  if (step.node.args.length > 0) return [];
  const { segment } = step;
  const call = `${scaler}.step(${sourceOf(segment, step.subject)})`;
  const stmt = context.model.statementOf(segment, step.node);
  if (stmt?.kind !== 'ExprStmt') return [];
  const isUpdated = unit.graph.of('scaler-update').length > 0;
  const update = isUpdated ? [] : insertAfter(segment, stmt, `${scaler}.update()`);
  if (!update) return [];
  const title = isUpdated ? `Use \`${oneLine(call)}\`` : `Use \`${oneLine(call)}\` and \`${scaler}.update()\``;
  return [{ title, safety: 'unsafe', edits: [{ segment, span: step.node, text: call }, ...update] }];
}

// ---------------------------------------------------------------- scaler.step() on gradients that nobody scaled

function checkUnscaledLosses(
  unit: TrainingUnit,
  scaled: readonly CallEvent[],
  steps: readonly CallEvent[],
  context: RuleContext,
): void {
  const { graph } = unit;
  const { model } = context;
  if (scalesElsewhere(context)) return;
  for (const backward of graph.of('backward')) {
    if (backward.managed || !backward.subject || scaled.includes(backward)) continue;
    if (isScaled(model, backward.segment, backward.subject)) continue;
    const step = steps.find(
      (each) => graph.reaches(backward, each, isBackward) && !scaled.some((other) => graph.reaches(other, each, never)),
    );
    if (!step?.scaler || isAutograd(backward)) continue;
    const loss = sourceOf(backward.segment, backward.subject);
    if (/scaled/i.test(loss)) continue;
    const scaler = sourceOf(step.segment, step.scaler);
    context.report({
      segment: backward.segment,
      span: backward.node,
      confidence: 'proven',
      message: `\`${oneLine(loss)}\` is not scaled, but \`${oneLine(sourceOf(step.segment, step.node))}\` divides its gradients by the scale. Call \`${scaler}.scale(${oneLine(loss)}).backward()\`.`,
      related: [{ segment: step.segment, span: step.node, message: 'the gradients are divided by the scale here' }],
      fixes:
        step.segment === backward.segment && step.via === step.node && backward.via === backward.node
          ? [
              {
                title: `Scale the loss: \`${scaler}.scale(${oneLine(loss, 30)})\``,
                safety: 'unsafe',
                edits: [
                  {
                    segment: backward.segment,
                    span: backward.subject.outer ?? backward.subject,
                    text: `${scaler}.scale(${loss})`,
                  },
                ],
              },
            ]
          : [],
    });
  }
}

function isAutograd(backward: CallEvent): boolean {
  return backward.node.callee.kind !== 'Attribute' || backward.node.callee.object !== backward.subject;
}

/** A loss that is scaled at one place and differentiated at another, out of sight. */
function scalesElsewhere({ model }: RuleContext): boolean {
  return model.analyses.some(({ segment, callExprs }) =>
    callExprs.some((call) => {
      if (call.callee.kind !== 'Attribute' || call.callee.name !== 'scale') return false;
      const parent = model.parentOf(segment, call);
      return !(parent?.kind === 'Attribute' && parent.name === 'backward');
    }),
  );
}

// ---------------------------------------------------------------- update: once a step

function checkUpdates(unit: TrainingUnit, steps: readonly CallEvent[], context: RuleContext): void {
  const { graph } = unit;
  const updates = graph.of('scaler-update');
  const [step] = steps;
  if (step?.scaler && updates.length === 0 && !updatesElsewhere(context)) {
    const scaler = sourceOf(step.segment, step.scaler);
    const stmt = context.model.statementOf(step.segment, step.node);
    const edits = stmt && step.via === step.node ? insertAfter(step.segment, stmt, `${scaler}.update()`) : undefined;
    context.report({
      segment: step.segment,
      span: step.node,
      confidence: 'proven',
      message: `Nothing calls \`${scaler}.update()\` after \`${oneLine(sourceOf(step.segment, step.node))}\`, so the next step raises an error. Call it once a step.`,
      related: [],
      fixes: edits ? [{ title: `Add \`${scaler}.update()\` after the step`, safety: 'unsafe', edits }] : [],
    });
  }
  for (const update of updates) {
    const first = updates.find(
      (other) =>
        other !== update &&
        other.node !== update.node &&
        scalerText(other) === scalerText(update) &&
        other.node.args.length === 0 &&
        update.node.args.length === 0 &&
        graph.reaches(other, update, (event) => event.kind === 'step' || event.kind === 'backward'),
    );
    if (!first) continue;
    const text = oneLine(sourceOf(update.segment, update.node));
    context.report({
      segment: update.segment,
      span: update.node,
      confidence: 'proven',
      message: `\`${text}\` comes a second time in one step. Call it once, after the last \`step\`.`,
      related: [{ segment: first.segment, span: first.node, message: 'the scale is updated here already' }],
      fixes: removal(update, `Remove the second \`${text}\``, context),
    });
  }
}

function scalerText(event: TrainingEvent): string {
  return event.scaler ? sourceOf(event.segment, event.scaler) : '';
}

/** `scaler.update()` in a function that this one does not call. */
function updatesElsewhere({ model }: RuleContext): boolean {
  return model.analyses.some(({ segment, callExprs }) =>
    callExprs.some(
      ({ callee }) =>
        callee.kind === 'Attribute' && callee.name === 'update' && /scaler/i.test(sourceOf(segment, callee.object)),
    ),
  );
}

function removal(event: CallEvent, title: string, context: RuleContext): LocalFix[] {
  const stmt = context.model.statementOf(event.segment, event.node);
  if (event.via !== event.node || stmt?.kind !== 'ExprStmt') return [];
  const edits = removeStatement(context, event.segment, stmt);
  return edits ? [{ title, safety: 'unsafe', edits }] : [];
}

// ---------------------------------------------------------------- unscale_: once an optimizer and step

function checkUnscaling(unit: TrainingUnit, context: RuleContext): void {
  const { graph } = unit;
  const unscales = graph.of('unscale');
  for (const unscale of unscales) {
    const first = unscales.find(
      (other) =>
        other.node !== unscale.node &&
        other.object !== undefined &&
        other.object === unscale.object &&
        graph.reaches(other, unscale, (event) => event.kind === 'scaler-update' || event.kind === 'backward'),
    );
    if (!first) continue;
    const text = oneLine(sourceOf(unscale.segment, unscale.node));
    context.report({
      segment: unscale.segment,
      span: unscale.node,
      confidence: unscale.guards.length > first.guards.length ? 'likely' : 'proven',
      message: `\`${text}\` comes a second time since the last update, which raises an error. Call it once an optimizer and step.`,
      related: [{ segment: first.segment, span: first.node, message: 'the gradients are unscaled here already' }],
      fixes: removal(unscale, `Remove the second \`${text}\``, context),
    });
  }
}

// ---------------------------------------------------------------- one scaler a run

function checkMaking(unit: TrainingUnit, steps: readonly CallEvent[], context: RuleContext): void {
  const { graph } = unit;
  const { model } = context;
  for (const made of graph.of('scaler-made')) {
    const loop = made.loops.at(-1);
    const step = steps.find((each) => loop !== undefined && each.loops.at(-1) === loop);
    if (!step || !graph.reaches(made, step, never)) continue;
    const { segment } = made;
    const stmt = model.statementOf(segment, made.node);
    const around = stmt && ancestors(model, segment, stmt);
    const inLoop = around?.find((parent) => parent.kind === 'For' || parent.kind === 'While');
    const canMove = stmt?.kind === 'Assign' && isConstant(made.node) && made.via === made.node;
    const edits = canMove && inLoop ? moveOut(context, segment, stmt, inLoop) : undefined;
    context.report({
      segment,
      span: made.node,
      confidence: 'proven',
      message: `\`${oneLine(sourceOf(segment, made.node))}\` is made anew in each iteration, so the scale starts at its first value every time and never adapts. Make it once, before the loop.`,
      related: [{ segment: step.segment, span: step.node, message: 'it serves one step only' }],
      fixes: edits ? [{ title: 'Make the scaler once, before the loop', safety: 'unsafe', edits }] : [],
    });
  }
}

/** A constructor that asks nothing of the loop. */
function isConstant(made: CallExpr): boolean {
  return made.args.every(
    ({ value }) => value.kind === 'String' || value.kind === 'Constant' || value.kind === 'Number',
  );
}

function moveOut(context: RuleContext, segment: Segment, stmt: Stmt, loop: Stmt): LocalEdit[] | undefined {
  const edits = insertBefore(segment, loop, sourceOf(segment, stmt));
  const removed = removeStatement(context, segment, stmt);
  return edits && removed ? [...edits, ...removed] : undefined;
}
