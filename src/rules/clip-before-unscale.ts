// NAN402: gradients are clipped while they are still multiplied by the scaler's scale.

import { mentions } from '../semantic/derived';
import { areDisjoint, type CallEvent, isScaled, type TrainingEvent } from '../semantic/training';
import { indentationAt, newlineOf, wholeLines } from './lines';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf, type TrainingUnit } from './rule';
import { isSwitchedOff, reachesScaled } from './scaler-use';
import { underConditionsOf } from './statement-moves';

export const rule: Rule = {
  code: 'NAN402',
  name: 'clip-before-unscale',
  severity: 'warning',
  summary: 'Gradients are clipped while a GradScaler still has them scaled.',
  needs: ['torch'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `clip_grad_norm_` and `clip_grad_value_` between `scaler.scale(loss).backward()` and `scaler.step(optimizer)` with no `scaler.unscale_(optimizer)` before them.',
    why: 'The gradients are then up to 65,536 times too large, so a limit of 1.0 cuts nearly all of them: what remains after unscaling is a norm of 1 / 65,536, and it changes whenever the scale does.',
    remedy: 'Call `scaler.unscale_(optimizer)` once before the clip; `scaler.step` knows that it was done.',
    bad: `import torch

scaler = torch.amp.GradScaler("cuda")


def train_step(model, x, y, optimizer):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = torch.nn.functional.cross_entropy(model(x), y)
    scaler.scale(loss).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
`,
    good: `import torch

scaler = torch.amp.GradScaler("cuda")


def train_step(model, x, y, optimizer):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = torch.nn.functional.cross_entropy(model(x), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
`,
  },
  on: { unit: checkUnit },
};

const isBackward = (event: TrainingEvent) => event.kind === 'backward';

function checkUnit(unit: TrainingUnit, context: RuleContext): void {
  const { graph } = unit;
  const { model } = context;
  const clips = graph.of('clip').filter((clip) => !clip.managed);
  const steps = graph.of('step').filter((step) => step.scaler && !isSwitchedOff(model, step.segment, step.scaler));
  if (clips.length === 0 || steps.length === 0) return;
  for (const clip of clips) {
    const step = steps.find(
      (candidate) => !areDisjoint(candidate.parameters, clip.parameters) && graph.reaches(clip, candidate, isBackward),
    );
    if (!step || isUnscaledBefore(unit, clip, step) || !comesFromScaled(unit, clip, context)) continue;
    const backward = graph
      .of('backward')
      .find((event) => event.subject && isScaled(model, event.segment, event.subject));
    const text = oneLine(sourceOf(clip.segment, clip.node.callee));
    const scaler = step.scaler ? sourceOf(step.segment, step.scaler) : 'the scaler';
    const optimizer = step.subject ? sourceOf(step.segment, step.subject) : 'optimizer';
    context.report({
      segment: clip.segment,
      span: clip.node,
      confidence: 'proven',
      message: `\`${text}\` clips gradients that \`${scaler}\` still has multiplied by its scale. Call \`${scaler}.unscale_(${oneLine(optimizer)})\` before it.`,
      related: [
        ...(backward
          ? [{ segment: backward.segment, span: backward.node, message: 'the gradients are scaled here' }]
          : []),
        { segment: step.segment, span: step.node, message: 'and only unscaled here' },
      ],
      fixes: unscaleFirst(clip, step, context),
    });
  }
}

/** Whether some path unscales before the clip: where conditions differ, the script knows of unscaling. */
function isUnscaledBefore(unit: TrainingUnit, clip: CallEvent, step: CallEvent): boolean {
  const others = new Set(unit.graph.of('step').map((event) => event.object));
  others.delete(step.object);
  return unit.graph
    .of('unscale')
    .some((event) => !others.has(event.object) && unit.graph.reaches(event, clip, isBackward));
}

const UNSCALES = /unscale_/;

/**
 * Whether what the clip finds is scaled. A function that clips and steps with a scaler that it was given has scaled
 * gradients, unless something in the file unscales them.
 */
function comesFromScaled(unit: TrainingUnit, clip: CallEvent, context: RuleContext): boolean {
  if (unit.graph.of('backward').length > 0) return reachesScaled(unit, clip, context.model);
  return !mentions(context.model, UNSCALES);
}

function unscaleFirst(clip: CallEvent, step: CallEvent, context: RuleContext): LocalFix[] {
  const { model } = context;
  const { segment } = clip;
  const sharesFrame = step.segment === segment && (clip.via === clip.node) === (step.via === step.node);
  const isOwn = clip.via === clip.node || clip.via === step.via;
  if (!sharesFrame || !isOwn || !step.scaler || !step.subject) return [];
  const clipStmt = model.statementOf(segment, clip.node);
  const stepStmt = model.statementOf(segment, step.node);
  const lines = clipStmt && wholeLines(segment, clipStmt, true);
  if (!clipStmt || !stepStmt || !lines) return [];
  const call = `${sourceOf(segment, step.scaler)}.unscale_(${sourceOf(segment, step.subject)})`;
  const code = underConditionsOf(context, segment, call, clipStmt, stepStmt);
  if (code === undefined) return [];
  const text = `${indentationAt(segment, clipStmt.start)}${code}${newlineOf(segment)}`;
  return [
    {
      title: `Unscale first: \`${oneLine(call)}\``,
      safety: 'unsafe',
      edits: [{ segment, span: { start: lines.start, end: lines.start }, text }],
    },
  ];
}
