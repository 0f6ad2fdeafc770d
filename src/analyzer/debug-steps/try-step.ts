// Tries a step on a script.

import type { SemanticModel } from '../../semantic/model';
import { fullPrecision } from './full-precision';
import { checkLabels } from './labels';
import { lowerLearningRate } from './learning-rate';
import { oneBatch } from './one-batch';
import { type DebugStep, hasStep, type StepEdits } from './step';

const STEPS: Readonly<Record<DebugStep, (model: SemanticModel) => StepEdits>> = {
  oneBatch,
  labels: checkLabels,
  learningRate: lowerLearningRate,
  fullPrecision,
};

/** Never throws. A script in which the step is tried already is left as it is. */
export function tryStep(model: SemanticModel, step: DebugStep): StepEdits {
  if (hasStep(model.module.text, step)) {
    return { edits: [], changed: [], problems: ['this is in the script already'] };
  }
  return STEPS[step](model);
}
