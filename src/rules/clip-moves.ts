// Where a gradient clip belongs: the fix that moves it between `backward()` and the optimizer's step.

import type { CallEvent } from '../semantic/training';
import { indentationAt, newlineOf } from './lines';
import { type LocalFix, oneLine, type RuleContext, sourceOf, type TrainingUnit } from './rule';
import { moveBefore, outOfGuards, outOfLoops } from './statement-moves';
import { siblingsOf } from './statements';

/** Moves the clip before the first of the steps that it should have come before. */
export function moveBeforeStep(
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
  if (!step || !moved) return [];
  const target = outOfLoops(context, segment, firstTarget, moved);
  const unscale =
    step.scaler && step.subject && step.via === step.node && !isUnscaled(unit, step)
      ? `${indentationAt(segment, target.start)}${sourceOf(step.segment, step.scaler)}.unscale_(${sourceOf(step.segment, step.subject)})${newlineOf(segment)}`
      : '';
  const edits = moveBefore(context, segment, moved, target, unscale);
  if (!edits) return [];
  return [{ title: `Move the clipping before \`${oneLine(sourceOf(segment, step.via))}\``, safety: 'safe', edits }];
}

function takesClosure(step: CallEvent): boolean {
  return step.node.args.some((arg) => arg.keyword === undefined || arg.keyword === 'closure');
}

function isUnscaled(unit: TrainingUnit, step: CallEvent): boolean {
  return unit.graph
    .of('unscale')
    .some((event) => unit.graph.reaches(event, step, (between) => between.kind === 'backward'));
}
