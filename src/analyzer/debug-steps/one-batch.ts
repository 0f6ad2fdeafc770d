// One small batch, again and again: whether the model can learn it says whether anything is wrong beside the data.

import { canonicalName } from '../../semantic/libraries';
import type { SemanticModel } from '../../semantic/model';
import type { CallExpr, Expr, Segment } from '../../syntax/ast';
import { hasLightningModule } from '../recorder/trainers';
import { findTrainingLoops } from '../recorder/training-loops';
import { ScriptEdits } from './script-edits';
import type { StepEdits } from './step';

const STEPS = 50;
const HF_ARGUMENTS =
  /^(?:transformers|trl|sentence_transformers)(?:\.\w+)*\.(?:\w*TrainingArguments|SFTConfig|DPOConfig)$/;
const HF_TRAINER = /^(?:transformers|trl)(?:\.\w+)*\.\w*Trainer$/;
const LIGHTNING_TRAINER = /^(?:pytorch_lightning|lightning)(?:\.\w+)*\.Trainer$/;
/** Iterables that hand on what they are given, one batch after another. */
const AROUND = /^(?:enumerate|tqdm|trange|track)$/;

export function oneBatch(model: SemanticModel): StepEdits {
  const script = new ScriptEdits(model, 'oneBatch');
  for (const { segment } of model.analyses) {
    for (const call of model.analysisOf(segment)?.callExprs ?? []) trainerCall(script, segment, call);
  }
  const { loops, hasLooseStep } = findTrainingLoops(model);
  for (const { segment, loop } of loops) {
    if (loop.kind === 'While') {
      script.problem(
        segment,
        loop.start,
        'the training loop is a while loop: draw one batch before it, use that one inside, and end after 50 steps',
      );
      continue;
    }
    const batches = batchesOf(loop.iterable);
    if (!batches) {
      script.problem(
        segment,
        loop.start,
        'the loop counts steps and draws its batches inside: draw one batch before the loop and use that one, for 50 steps',
      );
    } else if (batches.kind === 'Tuple' && !batches.outer) {
      script.problem(segment, loop.start, 'the loop goes through a bare tuple: put parentheses around it');
    } else script.wrap(segment, batches);
  }
  if (script.isEmpty && script.problems.length === 0) script.problems.push(reasonForNothing(model, hasLooseStep));
  return script.finish();
}

function reasonForNothing(model: SemanticModel, hasLooseStep: boolean): string {
  if (hasLightningModule(model)) return 'the Trainer is made in another file: give it overfit_batches=1 there';
  if (hasLooseStep) return 'the loop around this training step is in another file: let it go through one batch there';
  return 'there is no training loop in this file: none that calls backward() and an optimizer’s step(), no fit() and no Trainer';
}

/** What gives the batches: inside `enumerate(…)` and progress bars; undefined for a loop that only counts. */
function batchesOf(iterable: Expr): Expr | undefined {
  if (iterable.kind !== 'Call') return iterable;
  const { callee, args } = iterable;
  const name = callee.kind === 'Name' ? callee.id : callee.kind === 'Attribute' ? callee.name : '';
  if (name === 'range' || name === 'trange' || name === 'count') return undefined;
  const [first] = args;
  return AROUND.test(name) && first && first.keyword === undefined && first.unpack === ''
    ? batchesOf(first.value)
    : iterable;
}

function trainerCall(script: ScriptEdits, segment: Segment, call: CallExpr): void {
  const { model } = script;
  const callee = model.valueOf(segment, call.callee);
  const name = callee.kind === 'library' ? canonicalName(callee.name) : '';
  if (call.args.some(({ unpack }) => unpack === '**')) {
    if (HF_ARGUMENTS.test(name) || LIGHTNING_TRAINER.test(name))
      script.problem(
        segment,
        call.start,
        'its options come from elsewhere: set max_steps=50, or overfit_batches=1, there',
      );
    return;
  }
  if (HF_ARGUMENTS.test(name)) setTo(script, segment, call, 'max_steps', String(STEPS));
  else if (HF_TRAINER.test(name)) {
    const data = call.args.find(({ keyword }) => keyword === 'train_dataset');
    if (data) script.wrap(segment, data.value, '"examples"');
  } else if (LIGHTNING_TRAINER.test(name)) {
    setTo(script, segment, call, 'overfit_batches', '1');
  } else if (isKeras(model) && isKerasFit(call)) {
    for (const arg of kerasData(call)) script.wrap(segment, arg, '"examples"');
  }
}

function isKeras({ packages }: SemanticModel): boolean {
  return packages.has('keras') || packages.has('tensorflow') || packages.has('tf_keras');
}

function isKerasFit({ callee, args }: CallExpr): boolean {
  const isFit = callee.kind === 'Attribute' && callee.name === 'fit';
  return (
    isFit && args.some(({ keyword }) => /^(?:epochs|batch_size|validation_data|steps_per_epoch)$/.test(keyword ?? ''))
  );
}

/** `fit(x, y)`. */
function kerasData({ args }: CallExpr): Expr[] {
  const positional = args.filter(({ keyword, unpack }) => keyword === undefined && unpack === '').slice(0, 2);
  const named = args.filter(({ keyword }) => keyword === 'x' || keyword === 'y');
  return [...positional, ...named].map(({ value }) => value);
}

function setTo(script: ScriptEdits, segment: Segment, call: CallExpr, name: string, wanted: string): void {
  const given = call.args.find(({ keyword }) => keyword === name);
  if (given) script.wrap(segment, given.value, wanted);
  else script.addArgument(segment, call, name, wanted);
}
