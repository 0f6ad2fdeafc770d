// What the rules about gradient scalers ask of a training step.

import type { SemanticModel } from '../semantic/model';
import { type CallEvent, isScaled } from '../semantic/training';
import type { Expr, Segment } from '../syntax/ast';
import type { TrainingUnit } from './rule';

/** `GradScaler(enabled=False)` does nothing at all. */
export function isSwitchedOff(model: SemanticModel, segment: Segment, scaler: Expr): boolean {
  const value = model.valueOf(segment, scaler);
  if (value.kind !== 'instance') return false;
  const enabled = value.call.args.find((arg) => arg.keyword === 'enabled')?.value;
  return enabled?.kind === 'Constant' && enabled.value === false;
}

/** Whether the gradients that an event finds can come from a scaled loss, in the same iteration. */
export function reachesScaled(unit: TrainingUnit, event: CallEvent, model: SemanticModel): boolean {
  return unit.graph
    .of('backward')
    .some(
      (backward) =>
        backward.subject !== undefined &&
        !backward.managed &&
        isScaled(model, backward.segment, backward.subject) &&
        unit.graph.reaches(backward, event, (between) => between.kind === 'zero-grad'),
    );
}
