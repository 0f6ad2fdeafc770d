// NAN401: gradients are clipped after the optimizer has used them.

import { canonicalName } from '../semantic/libraries';
import { areDisjoint, type CallEvent, type TrainingEvent } from '../semantic/training';
import type { Argument, CallExpr, Node, Segment } from '../syntax/ast';
import { moveBeforeStep } from './clip-moves';
import { type LocalEdit, oneLine, type Rule, type RuleContext, sourceOf, type TrainingUnit } from './rule';

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
