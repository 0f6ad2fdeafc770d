// NAN404: gradients pile up over iterations, or are thrown away before the optimizer has used them.

import { namesRead } from '../semantic/names-read';
import { boundNames } from '../semantic/program';
import type { CallEvent, TrainingEvent } from '../semantic/training';
import type { CallExpr, Node } from '../syntax/ast';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf, type TrainingUnit } from './rule';
import { insertAfter, insertBefore, moveBefore } from './statement-moves';

export const rule: Rule = {
  code: 'NAN404',
  name: 'missing-zero-grad',
  severity: 'warning',
  summary: 'Gradients are never set to zero between iterations, or are set to zero before the step.',
  needs: ['torch'],
  fixable: 'both',
  docs: {
    what: 'Finds training loops that call `backward()` and `step()` and in which nothing sets the gradients to zero, and `zero_grad()` between `backward()` and `step()`.',
    why: '`backward()` adds to the gradients that are there. Without `zero_grad()` each step uses the sum over all steps so far: the updates grow until the loss is Inf. With `zero_grad()` just before the step there is nothing left to learn from.',
    remedy: 'Call `optimizer.zero_grad()` once an iteration, before `backward()` or after `step()`.',
    bad: `import torch


def train(model, loader, optimizer, criterion):
    for x, y in loader:
        loss = criterion(model(x), y)
        assert torch.isfinite(loss)
        loss.backward()
        optimizer.step()
`,
    good: `import torch


def train(model, loader, optimizer, criterion):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        assert torch.isfinite(loss)
        loss.backward()
        optimizer.step()
`,
  },
  on: { file: checkFile },
};

function checkFile(units: readonly TrainingUnit[], context: RuleContext): void {
  const stepping = units.filter((unit) => unit.graph.of('step').length > 0 && unit.graph.of('backward').length > 0);
  for (const unit of stepping) {
    if (unit.graph.of('gradient-write').length > 0) continue;
    checkOrder(unit, context);
    checkLoops(unit, units, context);
  }
}

const isBackward = (event: TrainingEvent) => event.kind === 'backward';

// ---------------------------------------------------------------- set to zero before the step

function checkOrder(unit: TrainingUnit, context: RuleContext): void {
  const { graph } = unit;
  const steps = graph.of('step');
  for (const zero of graph.of('zero-grad')) {
    if (zero.node.kind !== 'Call' || !zero.subject) continue;
    const step = steps.find(
      (candidate) =>
        zeroes(zero, candidate, steps) &&
        graph.reaches(zero, candidate, isBackward) &&
        isUnconditional(zero, candidate),
    );
    const backward =
      step &&
      graph.of('backward').findLast((event) => graph.reaches(event, zero, (between) => between.kind === 'step'));
    if (!step || !backward || !isUnconditional(zero, backward)) continue;
    context.report({
      segment: zero.segment,
      span: zero.node,
      confidence: 'proven',
      message: `\`${oneLine(sourceOf(zero.segment, zero.node))}\` throws the gradients away between \`backward()\` and the step, so the step learns nothing. Move it before \`backward()\`.`,
      related: [
        { segment: backward.segment, span: backward.node, message: 'the gradients are computed here' },
        { segment: step.segment, span: step.node, message: 'and would be used here' },
      ],
      fixes: zeroBefore(zero, backward, context),
    });
  }
}

/** Whether it is the step's own gradients that are set to zero: those of the optimizer, or of the only model there is. */
function zeroes(zero: TrainingEvent, step: CallEvent, steps: readonly CallEvent[]): boolean {
  if (zero.object === step.object) return true;
  const written = zero.subject && sourceOf(zero.segment, zero.subject).replace(/\s+/g, '');
  if (step.parameters) return written === step.parameters.model;
  return steps.length === 1 && zero.subject?.kind === 'Name' && /model|net/i.test(zero.subject.id);
}

/** `if not isfinite(loss): optimizer.zero_grad()` skips a step on purpose. */
function isUnconditional(event: TrainingEvent, other: TrainingEvent): boolean {
  return event.guards.every((guard) =>
    other.guards.some((each) => each.key === guard.key && each.holds === guard.holds),
  );
}

function zeroBefore(zero: TrainingEvent, backward: CallEvent, context: RuleContext): LocalFix[] {
  const { model } = context;
  const { segment } = zero;
  if (zero.via !== zero.node || backward.via !== backward.node || backward.segment !== segment) return [];
  const moved = model.statementOf(segment, zero.node);
  const target = model.statementOf(segment, backward.node);
  const edits = moved && target && moveBefore(context, segment, moved, target);
  if (!edits) return [];
  return [{ title: `Move it before \`${oneLine(sourceOf(segment, backward.node))}\``, safety: 'safe', edits }];
}

// ---------------------------------------------------------------- never set to zero

function checkLoops(unit: TrainingUnit, units: readonly TrainingUnit[], context: RuleContext): void {
  const { graph } = unit;
  for (const step of graph.of('step')) {
    const backward = graph
      .of('backward')
      .find((event) => feeds(unit, event, step) && event.loops.some((loop) => step.loops.includes(loop)));
    const loop = backward?.loops.filter((each) => step.loops.includes(each)).at(-1);
    if (!backward || loop === undefined || !step.subject) continue;
    if (graph.of('zero-grad').some((zero) => zero.loops.includes(loop))) continue;
    if (takesOtherArguments(step) || isMadeInLoop(unit, step, loop, context)) continue;
    if (mayZeroElsewhere(unit, units, context)) continue;
    const outside = graph.of('zero-grad')[0];
    const optimizer = oneLine(sourceOf(step.segment, step.subject));
    const said = outside
      ? `\`${oneLine(sourceOf(outside.segment, outside.node))}\` stands outside the loop`
      : `Nothing in this loop sets the gradients of \`${optimizer}\` to zero`;
    context.report({
      segment: backward.segment,
      span: backward.node,
      confidence: 'proven',
      message: `${said}, so \`${oneLine(sourceOf(backward.segment, backward.node))}\` adds to those of all earlier iterations. Call \`${optimizer}.zero_grad()\` once an iteration.`,
      related: [{ segment: step.segment, span: step.node, message: 'each step uses the sum of all gradients so far' }],
      fixes: addZeroGrad(backward, step, context),
    });
    return;
  }
}

function feeds(unit: TrainingUnit, backward: CallEvent, step: CallEvent): boolean {
  // A tape's gradients and those of DeepSpeed's engine do not pile up.
  if (backward.node.callee.kind === 'Attribute' && backward.node.callee.name === 'gradient') return false;
  return unit.graph.reaches(backward, step, () => false);
}

/** `step(closure)` of a closure that the file does not hold, `step(zero_grad=True)`. */
function takesOtherArguments(step: CallEvent): boolean {
  return step.node.args.length > (step.scaler || step.managed ? 1 : 0);
}

/** A model or an optimizer that each iteration makes anew has no gradients yet. */
function isMadeInLoop(unit: TrainingUnit, step: CallEvent, loop: number, context: RuleContext): boolean {
  if (!step.subject) return false;
  const read = namesRead(step.subject);
  read.delete('self');
  const changed = unit.graph.changedIn(loop);
  if ([...read].some((name) => changed.has(name)) || changed.has(sourceOf(step.segment, step.subject))) return true;
  if (step.via === step.node) return false;
  const maker = context.model.enclosingFunction(step.segment, step.node);
  const own = boundNames(maker?.body.body ?? []);
  return [...read].some((name) => own.has(name));
}

/** Whether gradients may be set to zero by code that the graph of this function does not show. */
function mayZeroElsewhere(unit: TrainingUnit, units: readonly TrainingUnit[], context: RuleContext): boolean {
  const explained = new Set<Node>(unit.graph.of('zero-grad').map((event) => event.node));
  // Another function that computes, uses and clears gradients clears its own.
  for (const other of units) {
    const isWhole = other.graph.of('step').length > 0 && other.graph.of('backward').length > 0;
    if (isWhole) for (const zero of other.graph.of('zero-grad')) explained.add(zero.node);
  }
  return context.model.analyses.some(({ callExprs }) =>
    callExprs.some((call) => mentionsZeroing(call) && !explained.has(call)),
  );
}

function mentionsZeroing(call: CallExpr): boolean {
  const name = call.callee.kind === 'Attribute' ? call.callee.name : call.callee.kind === 'Name' ? call.callee.id : '';
  return (
    /zero_?grad|clear_?grad|reset_?grad/i.test(name) ||
    call.args.some((arg) => arg.keyword !== undefined && /zero_grad/.test(arg.keyword))
  );
}

function addZeroGrad(backward: CallEvent, step: CallEvent, { model }: RuleContext): LocalFix[] {
  const { segment } = step;
  if (!step.subject || step.segment !== backward.segment || step.via !== step.node || backward.via !== backward.node)
    return [];
  const optimizer = sourceOf(segment, step.subject);
  const sharesLoop = step.loops.at(-1) === backward.loops.at(-1);
  const place = model.statementOf(segment, sharesLoop ? backward.node : step.node);
  if (!place) return [];
  const code = `${optimizer}.zero_grad()`;
  const edits = sharesLoop ? insertBefore(segment, place, code) : insertAfter(segment, place, code);
  if (!edits) return [];
  const title = `Add \`${oneLine(code)}\` ${sharesLoop ? 'before the backward' : 'after the step'}`;
  return [{ title, safety: 'unsafe', edits }];
}
