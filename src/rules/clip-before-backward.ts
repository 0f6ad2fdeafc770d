// NAN403: gradients are clipped before backward() has computed them.

import type { CallEvent, TrainingEvent } from '../semantic/training';
import { moveBeforeStep } from './clip-moves';
import { oneLine, type Rule, type RuleContext, sourceOf, type TrainingUnit } from './rule';

export const rule: Rule = {
  code: 'NAN403',
  name: 'clip-before-backward',
  severity: 'warning',
  summary: 'Gradients are clipped before `backward()` has computed them.',
  needs: ['torch'],
  fixable: 'safe',
  docs: {
    what: 'Finds gradient clipping that comes before the `backward()` whose gradients the optimizer uses, in the same iteration, on every path, through helper functions and closures of the file.',
    why: 'There is nothing to clip yet, or only what the last iteration left; the gradients that the step uses are never clipped.',
    remedy: 'Clip between `backward()` and `step()`. With `optimizer.step(closure)` the place is inside the closure.',
    bad: `import torch


def train_step(model, x, y, optimizer, criterion):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    loss.backward()
    optimizer.step()
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
  on: { unit: checkUnit },
};

const isStep = (event: TrainingEvent) => event.kind === 'step';
const isBackward = (event: TrainingEvent) => event.kind === 'backward';

function checkUnit(unit: TrainingUnit, context: RuleContext): void {
  const { graph } = unit;
  const steps = graph.of('step');
  const backwards = graph.of('backward');
  if (steps.length === 0 || backwards.length === 0) return;
  const reported = new Set<CallEvent['via']>();
  for (const clip of graph.of('clip')) {
    if (reported.has(clip.via)) continue;
    // Clipped after a backward, or just before a step: it clips something.
    if (backwards.some((backward) => graph.reaches(backward, clip, () => false))) continue;
    if (steps.some((step) => graph.reaches(clip, step, isBackward))) continue;
    const backward = backwards.find((event) => graph.reaches(clip, event, isStep));
    // Where a helper does it all, the helper itself is reported.
    if (backward && backward.via === clip.via) continue;
    const used = backward ? steps.filter((step) => graph.reaches(backward, step, isStep)) : [];
    if (!backward || used.length === 0) continue;
    // What the last iteration left, unless it was thrown away: gradients that are summed up over iterations.
    const isClippedNextTime =
      graph.of('zero-grad').length > 0 &&
      steps.every((step) => step.loops.length < clip.loops.length) &&
      backwards.some((event) => graph.reachesAgain(event, clip, isStep));
    if (isClippedNextTime) continue;
    reported.add(clip.via);
    context.report({
      segment: unit.segment,
      span: clip.via,
      confidence: 'proven',
      message: `\`${oneLine(sourceOf(unit.segment, clip.via.callee))}\` comes before \`${oneLine(sourceOf(backward.segment, backward.node))}\` has computed the gradients, so those that the step uses are never clipped. Move it between \`backward()\` and the step.`,
      related: [{ segment: backward.segment, span: backward.node, message: 'the gradients are computed here' }],
      fixes: moveBeforeStep(unit, clip, used, context),
    });
  }
}
