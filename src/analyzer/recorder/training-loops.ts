// The loops that train: whose iterations hold `backward` and `step`, helper functions of the file looked into.

import type { SemanticModel } from '../../semantic/model';
import { boundNames } from '../../semantic/program';
import { buildTrainingGraph, type TrainingEvent, type Unit, unitsOf } from '../../semantic/training';
import type { ForStmt, PlacedSegment, Segment, Stmt, WhileStmt } from '../../syntax/ast';
import { pureText, rootOf } from './call-chains';

export type Loop = ForStmt | WhileStmt;

export interface TrainingLoop {
  readonly offset: number;
  readonly segment: Segment;
  readonly unit: Unit;
  readonly loop: Loop;
  /** It and the loops around it in its function, outermost first. */
  readonly around: readonly Loop[];
  /** What of the training step happens in it. */
  readonly events: readonly TrainingEvent[];
}

export interface LoopSearch {
  readonly loops: readonly TrainingLoop[];
  /** Whether there is a training step around which no loop of this file stands. */
  readonly hasLooseStep: boolean;
}

export function findTrainingLoops(model: SemanticModel): LoopSearch {
  const loops: TrainingLoop[] = [];
  let hasStep = false;
  for (const placed of model.module.segments) {
    for (const unit of unitsOf(model, placed.segment)) {
      const graph = buildTrainingGraph(model, unit);
      const events = graph.events.filter(isTorchEvent);
      if (events.length === 0) continue;
      hasStep = true;
      loops.push(...loopsOf(model, placed, unit, events));
    }
  }
  return { loops, hasLooseStep: hasStep && loops.length === 0 };
}

/** `tape.gradient` and JAX's gradient functions are the same events of other frameworks. */
function isTorchEvent({ kind, node }: TrainingEvent): boolean {
  if (kind === 'step') return true;
  if (kind !== 'backward' || node.kind !== 'Call') return false;
  const { callee } = node;
  return callee.kind === 'Name'
    ? callee.id === 'backward'
    : callee.kind === 'Attribute' && /backward$/.test(callee.name);
}

function loopsOf(
  model: SemanticModel,
  { offset, segment }: PlacedSegment,
  unit: Unit,
  events: readonly TrainingEvent[],
): TrainingLoop[] {
  const byLoop = new Map<Loop, { around: readonly Loop[]; kinds: Set<string> }>();
  for (const event of events) {
    const enclosing = enclosingLoops(model, segment, unit, event);
    // Where a helper that is called here has a loop of its own, that one is the loop, in the helper.
    if (enclosing.length !== event.loops.length) continue;
    const around = withoutListing(enclosing, event);
    const loop = around.at(-1);
    if (!loop) continue;
    const known = byLoop.get(loop);
    if (known) known.kinds.add(event.kind);
    else byLoop.set(loop, { around, kinds: new Set([event.kind]) });
  }
  const stepping = [...byLoop].filter(([, { kinds }]) => kinds.has('step'));
  // Where nothing steps (an engine does it inside), the loops that differentiate.
  const candidates = stepping.length > 0 ? stepping : [...byLoop];
  const loops = candidates.map(([loop]) => loop);
  return candidates
    .filter(([loop, { around }]) => isTheOne(loop, around, loops, candidates))
    .map(([loop, { around }]) => {
      const own = events.filter((event) => enclosingLoops(model, segment, unit, event).includes(loop));
      return { offset, segment, unit, loop, around, events: own };
    });
}

/** Of loops within each other the outer one, which holds all steps; but epochs are not iterations of training. */
function isTheOne(
  loop: Loop,
  around: readonly Loop[],
  loops: readonly Loop[],
  candidates: readonly (readonly [Loop, { readonly around: readonly Loop[] }])[],
): boolean {
  const inner = candidates.filter(([other, place]) => other !== loop && place.around.includes(loop));
  if (isCounting(loop) && inner.some(([other]) => !isCounting(other))) return false;
  const outer = around.filter((other) => other !== loop && loops.includes(other));
  return outer.every((other) => isCounting(other) && !isCounting(loop));
}

/** `for epoch in range(10)`, `while True`. */
function isCounting(loop: Loop): boolean {
  if (loop.kind === 'While') return true;
  const { iterable } = loop;
  return iterable.kind === 'Call' && iterable.callee.kind === 'Name' && /^t?range$/.test(iterable.callee.id);
}

function enclosingLoops(model: SemanticModel, segment: Segment, unit: Unit, { via }: TrainingEvent): Loop[] {
  const loops: Loop[] = [];
  const last: Stmt | undefined = unit.scope?.node;
  for (let at = model.parentOf(segment, via); at && at !== last; at = model.parentOf(segment, at)) {
    if (at.kind !== 'For' && at.kind !== 'While') continue;
    if (via.start >= at.body.start && via.end <= at.body.end) loops.unshift(at);
  }
  return loops;
}

/** `for optimizer in optimizers: optimizer.step()` goes through the optimizers of one iteration of training. */
function withoutListing(loops: readonly Loop[], { subject, node, via }: TrainingEvent): readonly Loop[] {
  const text = subject && node === via ? pureText(subject) : undefined;
  if (text === undefined) return loops;
  let count = loops.length;
  for (; count > 0; count--) {
    const loop = loops[count - 1];
    if (
      loop?.kind !== 'For' ||
      !boundNames([{ ...loop, body: { ...loop.body, body: [] }, orelse: undefined }]).has(rootOf(text))
    )
      break;
  }
  return loops.slice(0, count);
}
