// NAN401: gradients are clipped after the optimizer has used them.

import { canonicalName } from '../semantic/libraries';
import { namesRead } from '../semantic/names-read';
import { boundNames } from '../semantic/program';
import { areDisjoint, type CallEvent, type TrainingEvent } from '../semantic/training';
import type { Argument, CallExpr, Node, Segment, Stmt } from '../syntax/ast';
import { indentationAt, newlineOf, reindent, terminated, wholeLines } from './lines';
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
  code: 'NAN401',
  name: 'clip-after-step',
  severity: 'warning',
  summary: 'Gradients are clipped after `optimizer.step()` has already used them.',
  needs: ['torch', 'optax', 'accelerate', 'lightning', 'pytorch_lightning', 'fabric'],
  fixable: 'safe',
  docs: {
    what: 'Finds gradient clipping that comes after `optimizer.step()` in the same iteration, on every path, through helper functions of the file, and `optax.chain` calls that clip after the optimizer.',
    why: 'The step has already taken the gradients as they were, Inf and NaN included; clipping what is left of them protects nothing. In Optax, Adam has already mixed the large gradient into its moments.',
    remedy: 'Clip between `backward()` and `step()`; with a `GradScaler`, call `scaler.unscale_(optimizer)` first.',
    bad: `import torch


def train_step(model, x, y, optimizer, criterion):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
`,
    good: `import torch


def train_step(model, x, y, optimizer, criterion):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
`,
  },
  on: { unit: checkUnit, segment: checkOptaxChains },
};

function checkUnit(unit: TrainingUnit, context: RuleContext): void {
  const { graph } = unit;
  const steps = graph.of('step');
  if (steps.length === 0) return;
  const isFresh = (event: TrainingEvent) => event.kind === 'backward';
  const reported = new Set<CallExpr>();
  for (const clip of graph.of('clip')) {
    const used = steps.filter(
      (step) =>
        step.via !== clip.via && !areDisjoint(step.parameters, clip.parameters) && graph.reaches(step, clip, isFresh),
    );
    if (used.length === 0 || reported.has(clip.via)) continue;
    // Clipped once more for a step that is still to come, without new gradients in between: the clip works.
    const isUsedLater = steps.some(
      (step) =>
        !used.includes(step) && !areDisjoint(step.parameters, clip.parameters) && graph.reaches(clip, step, isFresh),
    );
    if (isUsedLater) continue;
    reported.add(clip.via);
    const step = nearest(used, clip);
    const stepText = oneLine(sourceOf(step.segment, step.node));
    context.report({
      segment: unit.segment,
      span: clip.via,
      confidence: 'proven',
      message: `\`${oneLine(sourceOf(unit.segment, clip.via.callee))}\` clips the gradients after \`${stepText}\` has used them, so it has no effect on the update. Move it between \`backward()\` and the step.`,
      related: [{ segment: step.segment, span: step.node, message: 'the optimizer uses the gradients here' }],
      fixes: moveBeforeStep(unit, clip, used, context),
    });
  }
}

function nearest(steps: readonly CallEvent[], clip: CallEvent): CallEvent {
  const before = steps.filter((step) => step.segment === clip.segment && step.node.start < clip.node.start);
  return (before.at(-1) ?? steps[0]) as CallEvent;
}

// ---------------------------------------------------------------- the fix

function moveBeforeStep(
  unit: TrainingUnit,
  clip: CallEvent,
  steps: readonly CallEvent[],
  context: RuleContext,
): LocalFix[] {
  const { model } = context;
  const { segment } = unit;
  const clipStmt = model.statementOf(segment, clip.via);
  if (!clipStmt) return [];
  const targets = [...new Set(steps.map((step) => model.statementOf(segment, step.via)))];
  const [firstTarget] = targets.sort((a, b) => (a?.start ?? 0) - (b?.start ?? 0));
  if (
    !firstTarget ||
    !targets.every((target) => target && siblingsOf(model, segment, target) === siblingsOf(model, segment, firstTarget))
  )
    return [];
  // A helper or closure that also computes the gradients can't have the clip before it.
  const computesGradients = steps.some(
    (used) => used.node.args.length > 0 && used.scaler === undefined && takesClosure(used),
  );
  const inlined = unit.graph.of('backward').some((event) => steps.some((used) => used.via === event.via));
  if (computesGradients || inlined) return [];
  const step = steps.find((candidate) => model.statementOf(segment, candidate.via) === firstTarget);
  const moved = outOfGuards(context, segment, clipStmt, firstTarget);
  const target = outOfLoops(context, segment, firstTarget, moved);
  if (!step || !moved || !target || moved === target || isInside(moved, target) || isInside(target, moved)) return [];
  if (dependsOnBetween(context, segment, moved, target)) return [];
  const lines = wholeLines(segment, moved, true);
  const at = wholeLines(segment, target, true);
  if (!lines || !at) return [];
  const newline = newlineOf(segment);
  const indentation = indentationAt(segment, target.start);
  const text = reindent(
    terminated(sourceOf(segment, lines), newline),
    indentationAt(segment, moved.start),
    indentation,
  );
  if (text === undefined) return [];
  const unscale =
    step.scaler && step.subject && step.via === step.node && !isUnscaled(unit, step)
      ? `${indentation}${sourceOf(step.segment, step.scaler)}.unscale_(${sourceOf(step.segment, step.subject)})${newline}`
      : '';
  return [
    {
      title: `Move the clipping before \`${oneLine(sourceOf(segment, step.via))}\``,
      safety: 'safe',
      edits: [
        { segment, span: { start: at.start, end: at.start }, text: unscale + text },
        { segment, span: lines, text: '' },
      ],
    },
  ];
}

function takesClosure(step: CallEvent): boolean {
  return step.node.args.some((arg) => arg.keyword === undefined || arg.keyword === 'closure');
}

function isUnscaled(unit: TrainingUnit, step: CallEvent): boolean {
  return unit.graph
    .of('unscale')
    .some((event) => unit.graph.reaches(event, step, (between) => between.kind === 'backward'));
}

/** The clip with the `if` or `for` that holds nothing else, as long as the step is not in it too. */
function outOfGuards(context: RuleContext, segment: Segment, clip: Stmt, step: Stmt): Stmt | undefined {
  let moved = clip;
  for (const parent of ancestors(context.model, segment, clip)) {
    if (isInside(step, parent)) return moved;
    const alone =
      (parent.kind === 'If' && !parent.isElif && !parent.orelse && parent.body.body.length === 1) ||
      (parent.kind === 'For' && !parent.orelse && parent.body.body.length === 1);
    if (!alone) return undefined;
    moved = parent;
  }
  return moved;
}

/** The step with the loops that do not hold the clip: the clip goes before all of it. */
function outOfLoops(context: RuleContext, segment: Segment, step: Stmt, clip: Stmt | undefined): Stmt | undefined {
  let target = step;
  for (const parent of ancestors(context.model, segment, step)) {
    if (!clip || isInside(clip, parent)) break;
    if (parent.kind === 'For' || parent.kind === 'While') target = parent;
  }
  return target;
}

/** Whether something the clip reads is only computed between the step and the clip. */
function dependsOnBetween(context: RuleContext, segment: Segment, moved: Stmt, target: Stmt): boolean {
  const read = namesRead(moved);
  const siblings = siblingsOf(context.model, segment, moved);
  const between = siblings.filter((stmt) => stmt.start >= target.start && stmt.end <= moved.start);
  return [...boundNames(between)].some((name) => read.has(name));
}

// ---------------------------------------------------------------- Optax

const OPTAX_CLIP = /^optax\.(clip|clip_by_global_norm|adaptive_grad_clip)$/;
const OPTAX_OPTIMIZER =
  /^optax\.(adabelief|adadelta|adafactor|adagrad|adam|adamax|adamaxw|adamw|adan|amsgrad|fromage|lamb|lars|lion|nadam|nadamw|noisy_sgd|novograd|radam|rmsprop|sgd|sm3|yogi)$/;

function checkOptaxChains(segment: Segment, context: RuleContext): void {
  if (!segment.text.includes('chain')) return;
  const { model } = context;
  for (const expr of model.analysisOf(segment)?.callExprs ?? []) {
    if (model.qualifiedName(segment, expr.callee) !== 'optax.chain') continue;
    const made = expr.args.map((arg) => optaxName(context, segment, arg.value));
    const optimizer = made.findIndex((name) => name !== undefined && OPTAX_OPTIMIZER.test(name));
    if (optimizer < 0) continue;
    expr.args.forEach((arg, i) => {
      const name = made[i];
      if (i < optimizer || name === undefined || !OPTAX_CLIP.test(name)) return;
      const first = expr.args[optimizer];
      if (!first) return;
      const clipText = sourceOf(segment, arg);
      context.report({
        segment,
        span: arg.value,
        confidence: 'proven',
        message: `\`${oneLine(clipText)}\` comes after \`${oneLine(sourceOf(segment, first))}\` in the chain, so it clips the updates and not the gradients. Put it first.`,
        related: [{ segment, span: first, message: 'its moments have already taken up the unclipped gradient' }],
        fixes: [
          {
            title: 'Clip before the optimizer',
            safety: 'safe',
            edits: rotate(segment, expr.args.slice(optimizer, i + 1)),
          },
        ],
      });
    });
  }
}

/** The last argument comes first, each in the place of another, so that line breaks and commas stay. */
function rotate(segment: Segment, args: readonly Argument[]): LocalEdit[] {
  return args.map((arg, i) => ({
    segment,
    span: { start: arg.start, end: arg.end },
    text: sourceOf(segment, args[i === 0 ? args.length - 1 : i - 1] as Argument),
  }));
}

/** The Optax function whose result an argument of `chain` is, through a variable too. */
function optaxName(context: RuleContext, segment: Segment, expr: Node): string | undefined {
  if (expr.kind === 'Call') return context.model.qualifiedName(segment, expr.callee);
  if (expr.kind !== 'Name') return undefined;
  const value = context.model.valueOf(segment, expr);
  return value.kind === 'quantity' && value.madeBy ? canonicalName(value.madeBy) : undefined;
}
