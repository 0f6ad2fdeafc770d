// NAN501: a loss computed in float16 under autocast is differentiated without being scaled.

import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import { type CallEvent, isScaled } from '../semantic/training';
import { type AutocastRegion, asQuantity, literalString } from '../semantic/value';
import type { CallExpr, Expr, Segment, Stmt } from '../syntax/ast';
import { indentationAt, lineStart, newlineOf, wholeLines } from './lines';
import {
  type LocalEdit,
  type LocalFix,
  oneLine,
  type Rule,
  type RuleContext,
  sourceOf,
  type TrainingUnit,
} from './rule';
import { ancestors } from './statements';

export const rule: Rule = {
  code: 'NAN501',
  name: 'fp16-without-grad-scaler',
  severity: 'warning',
  summary: 'The loss is computed in float16 under autocast, and `backward()` is called without a GradScaler.',
  needs: ['torch'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `backward()` on a loss that was computed under `autocast` in float16 (the default on CUDA) and that no `GradScaler` scales.',
    why: 'Gradients below 6e-8 are 0 in float16: whole layers stop learning in silence, and a later rise of the learning rate to make up for it ends in Inf.',
    remedy:
      'Scale the loss with a `GradScaler` (constructor, `scale`, `unscale_` before clipping, `step`, `update`), or use bfloat16, which has the range of float32 and needs none.',
    bad: `import torch


def train_step(model, x, y, optimizer):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
`,
    good: `import torch

scaler = torch.amp.GradScaler("cuda")


def train_step(model, x, y, optimizer):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = torch.nn.functional.cross_entropy(model(x), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
`,
  },
  on: { unit: checkUnit },
};

function checkUnit(unit: TrainingUnit, context: RuleContext): void {
  const { model } = context;
  const own = unit.graph.of('backward').filter((event) => event.via === event.node);
  if (own.length === 0 || usesScaler(unit, model)) return;
  for (const event of own) {
    if (event.managed || !event.subject || isScaled(model, event.segment, event.subject)) continue;
    const loss = asQuantity(model.valueOf(event.segment, event.subject));
    const region = loss.autocast;
    if (region?.dtype !== 'float16' || loss.gradient === false) continue;
    const text = oneLine(sourceOf(event.segment, event.subject));
    context.report({
      segment: event.segment,
      span: event.node,
      confidence: region.certain ? 'proven' : 'likely',
      message: `\`${text}\` is computed in float16 under autocast and is not scaled, so small gradients underflow to 0. Scale it with a GradScaler, or use bfloat16.`,
      related: [
        {
          segment: region.segment,
          span: region.call,
          message: region.certain ? 'autocast computes in float16 here' : 'on CUDA, autocast computes in float16 here',
        },
      ],
      fixes: [...addScaler(unit, event, region, context), ...useBfloat16(region, context)],
    });
  }
}

/** One scaled backward, a scaler's step, or a scaler passed in: this code knows about scaling, on this path or another. */
function usesScaler(unit: TrainingUnit, model: SemanticModel): boolean {
  return (
    unit.graph.events.some(
      (event) =>
        event.scaler !== undefined ||
        (event.kind === 'backward' &&
          event.subject !== undefined &&
          !event.managed &&
          isScaled(model, event.segment, event.subject)),
    ) ||
    (unit.scope?.node.params.some((parameter) => /scaler/i.test(parameter.name)) ?? false)
  );
}

// ---------------------------------------------------------------- bfloat16

function useBfloat16(region: AutocastRegion, context: RuleContext): LocalFix[] {
  const torch = context.model.nameFor('torch');
  const { call, segment } = region;
  const title = 'Use bfloat16, which needs no scaler';
  const given = call.args.find((arg) => arg.keyword === 'dtype') ?? positionalDtype(call, context.model, segment);
  if (given) {
    const text = sourceOf(segment, given.value);
    if (given.value.kind !== 'Attribute' && given.value.kind !== 'Name') return [];
    const replaced = /(float16|half)$/.test(text)
      ? text.replace(/(float16|half)$/, 'bfloat16')
      : torch && `${torch}.bfloat16`;
    return replaced ? [{ title, safety: 'unsafe', edits: [{ segment, span: given.value, text: replaced }] }] : [];
  }
  if (call.args.some((arg) => arg.unpack !== '')) return [];
  const name = torch ?? context.model.nameFor('torch.bfloat16');
  const close = call.argsSpan.end - 1;
  const last = call.args.at(-1);
  const at = last ? last.end : close;
  const value = torch ? `${torch}.bfloat16` : 'torch.bfloat16';
  const edits: LocalEdit[] = [{ segment, span: { start: at, end: at }, text: `${last ? ', ' : ''}dtype=${value}` }];
  if (name === undefined) edits.unshift({ import: 'import torch' });
  return [{ title, safety: 'unsafe', edits }];
}

function positionalDtype(call: CallExpr, model: SemanticModel, segment: Segment): CallExpr['args'][number] | undefined {
  return call.args.find(
    (arg) => arg.keyword === undefined && model.qualifiedName(segment, arg.value)?.match(/^torch\.(float16|half)$/),
  );
}

// ---------------------------------------------------------------- the scaler, whole

function addScaler(unit: TrainingUnit, backward: CallEvent, region: AutocastRegion, context: RuleContext): LocalFix[] {
  const { graph, segment } = unit;
  const { model } = context;
  const steps = graph
    .of('step')
    .filter((step) => step.via === step.node && !step.managed && graph.reaches(backward, step, () => false));
  const isSoleBackward = graph.of('backward').length === 1;
  const [step] = steps;
  const stepStmt = step && model.statementOf(segment, step.node);
  if (
    !isSoleBackward ||
    steps.length !== 1 ||
    !step?.subject ||
    step.node.args.length > 0 ||
    stepStmt?.kind !== 'ExprStmt' ||
    !backward.subject
  )
    return [];
  const optimizer = sourceOf(segment, step.subject);
  const home = placeForScaler(unit, backward, region, model);
  if (!home) return [];
  const { name } = home;
  const newline = newlineOf(segment);
  const stepLines = wholeLines(segment, stepStmt, false);
  if (!stepLines) return [];
  const loss = sourceOf(segment, backward.subject);
  const subject = backward.subject.outer ?? backward.subject;
  const edits: LocalEdit[] = [
    ...home.edits,
    { segment, span: subject, text: `${name}.scale(${loss})` },
    { segment, span: step.node, text: `${name}.step(${optimizer})` },
  ];
  const lastLine = sourceOf(segment, stepLines);
  const indentation = indentationAt(segment, stepStmt.start);
  const update = /[\r\n]$/.test(lastLine)
    ? `${indentation}${name}.update()${newline}`
    : `${newline}${indentation}${name}.update()`;
  edits.push({ segment, span: { start: stepLines.end, end: stepLines.end }, text: update });
  const clips = graph
    .of('clip')
    .filter((clip) => graph.reaches(backward, clip, () => false) && graph.reaches(clip, step, () => false));
  const [clip] = clips;
  if (clip) {
    const clipStmt = model.statementOf(segment, clip.via);
    const target = clipStmt && outermostGuard(model, segment, clipStmt, stepStmt);
    const lines = target && wholeLines(segment, target, true);
    if (!lines || !target) return [];
    edits.push({
      segment,
      span: { start: lines.start, end: lines.start },
      text: `${indentationAt(segment, target.start)}${name}.unscale_(${optimizer})${newline}`,
    });
  }
  return [
    { title: 'Add a GradScaler: construct, scale, unscale before clipping, step, update', safety: 'unsafe', edits },
  ];
}

/** A clip under `if max_norm:`: unscale before the `if`, so that it happens on both paths alike. */
function outermostGuard(model: SemanticModel, segment: Segment, clip: Stmt, step: Stmt): Stmt {
  let target = clip;
  for (const parent of ancestors(model, segment, clip)) {
    if (parent.start <= step.start && step.end <= parent.end) break;
    if (parent.kind === 'FunctionDef' || parent.kind === 'ClassDef') break;
    target = parent;
  }
  return target;
}

interface ScalerHome {
  /** How the step refers to it: `scaler` or `self.scaler`. */
  readonly name: string;
  readonly edits: readonly LocalEdit[];
}

/** Once per run: before the outermost loop of the function, in the class's constructor, or at the top of the file. */
function placeForScaler(
  unit: TrainingUnit,
  backward: CallEvent,
  region: AutocastRegion,
  model: SemanticModel,
): ScalerHome | undefined {
  const { segment } = unit;
  const built = constructor_(region, model);
  if (!built) return undefined;
  const newline = newlineOf(segment);
  const name = freshName(segment, 'scaler');
  const around = ancestors(model, segment, backward.node);
  const loops = around.filter((stmt) => stmt.kind === 'For' || stmt.kind === 'While');
  const inFunction = around.findIndex((stmt) => stmt.kind === 'FunctionDef');
  const own = inFunction < 0 ? loops : loops.filter((loop) => around.indexOf(loop) < inFunction);
  const outermost = own.at(-1);
  if (outermost) {
    const lines = wholeLines(segment, outermost, true);
    const at =
      lines?.start ??
      (segment.text.slice(lineStart(segment.text, outermost.start), outermost.start).trim() === ''
        ? lineStart(segment.text, outermost.start)
        : undefined);
    if (at === undefined) return undefined;
    return {
      name,
      edits: [
        ...built.imports,
        {
          segment,
          span: { start: at, end: at },
          text: `${indentationAt(segment, outermost.start)}${name} = ${built.text}${newline}`,
        },
      ],
    };
  }
  const { scope } = unit;
  if (!scope) return undefined;
  const self = scope.owner && scope.node.params[0]?.name;
  const init = scope.owner?.node.body.body.find((stmt) => stmt.kind === 'FunctionDef' && stmt.name === '__init__');
  const last = init?.kind === 'FunctionDef' ? init.body.body.at(-1) : undefined;
  if (self && last && init?.kind === 'FunctionDef' && init.params[0]?.name === self) {
    const lines = wholeLines(segment, last, false);
    if (!lines) return undefined;
    const text = `${indentationAt(segment, last.start)}${self}.${name} = ${built.text}`;
    const isTerminated = /[\r\n]$/.test(sourceOf(segment, lines));
    return {
      name: `${self}.${name}`,
      edits: [
        ...built.imports,
        { segment, span: { start: lines.end, end: lines.end }, text: isTerminated ? text + newline : newline + text },
      ],
    };
  }
  // Called once per batch from somewhere else: a scaler made here would forget its scale each time.
  const outer = [...around].reverse().find((stmt) => stmt.kind === 'FunctionDef' || stmt.kind === 'ClassDef');
  const lines = outer && wholeLines(segment, outer, true);
  if (!lines || !outer || indentationAt(segment, outer.start) !== '') return undefined;
  return {
    name,
    edits: [
      ...built.imports,
      {
        segment,
        span: { start: lines.start, end: lines.start },
        text: `${name} = ${built.text}${newline}${newline}${newline}`,
      },
    ],
  };
}

function freshName(segment: Segment, wanted: string): string {
  return new RegExp(`\\b${wanted}\\b`).test(segment.text) ? `grad_${wanted}` : wanted;
}

/** `torch.amp.GradScaler("cuda")` for the device of the region, in the API generation that the file uses. */
function constructor_(
  region: AutocastRegion,
  model: SemanticModel,
): { text: string; imports: readonly LocalEdit[] } | undefined {
  const torch = model.nameFor('torch');
  const imports: LocalEdit[] = torch === undefined ? [{ import: 'import torch' }] : [];
  const root = torch ?? 'torch';
  const callee = model.valueOf(region.segment, region.call.callee);
  const isOld = callee.kind === 'library' && canonicalName(callee.name).startsWith('torch.cuda.amp');
  if (isOld) return { text: `${root}.cuda.amp.GradScaler()`, imports };
  const device =
    region.call.args.find((arg) => arg.keyword === 'device_type') ??
    region.call.args.find((arg) => arg.keyword === undefined);
  if (!device) return { text: `${root}.amp.GradScaler("cuda")`, imports };
  const literal = literalString(model.valueOf(region.segment, device.value));
  if (literal !== undefined) return { text: `${root}.amp.GradScaler("${literal.split(':')[0]}")`, imports };
  return isVisibleEverywhere(device.value)
    ? { text: `${root}.amp.GradScaler(${sourceOf(region.segment, device.value)})`, imports }
    : undefined;
}

function isVisibleEverywhere(expr: Expr): boolean {
  return expr.kind === 'Name' || (expr.kind === 'Attribute' && isVisibleEverywhere(expr.object));
}
