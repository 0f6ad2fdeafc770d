// A tenth of each learning rate that the script gives an optimizer or a trainer.

import { canonicalName } from '../../semantic/libraries';
import type { SemanticModel } from '../../semantic/model';
import { optimizersIn } from '../../semantic/optimizers';
import { ScriptEdits } from './script-edits';
import type { StepEdits } from './step';

const ARGUMENTS = /^(?:transformers|trl|sentence_transformers)(?:\.\w+)*\.(?:\w*TrainingArguments|\w+Config)$/;

export function lowerLearningRate(model: SemanticModel): StepEdits {
  const script = new ScriptEdits(model, 'learningRate');
  for (const { segment, callExprs } of model.analyses) {
    for (const { call, rate, name } of optimizersIn(model, segment)) {
      if (rate) script.wrap(segment, rate);
      else
        script.problem(
          segment,
          call.start,
          `${name} is given no learning rate, so its default counts: write one, a tenth of it`,
        );
    }
    for (const call of callExprs) {
      const callee = model.valueOf(segment, call.callee);
      if (callee.kind !== 'library' || !ARGUMENTS.test(canonicalName(callee.name))) continue;
      const rate = call.args.find(({ keyword }) => keyword === 'learning_rate');
      if (rate) script.wrap(segment, rate.value);
      else if (/TrainingArguments$/.test(callee.name))
        script.problem(segment, call.start, 'no learning_rate is given, so 5e-5 counts: write learning_rate=5e-6');
    }
  }
  if (script.isEmpty && script.problems.length === 0) {
    script.problems.push(
      'no optimizer that is known is made in this file: look for lr= or learning_rate= in the configuration',
    );
  }
  return script.finish();
}
