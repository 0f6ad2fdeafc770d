// Models whose parameters are cast to float16 by hand, and the optimizers that are given them.

import type { Argument, CallExpr, Expr, FunctionDef, Node, Segment } from '../../syntax/ast';
import { walkExpressions } from '../../syntax/walk';
import { derived, mentions } from '../derived';
import { canonicalName } from '../libraries';
import type { SegmentAnalysis, SemanticModel } from '../model';
import type { Value } from '../value';

export interface HalfModel {
  /** As the script writes it afterwards: `model`, `self.net`. */
  readonly name: string;
  readonly segment: Segment;
  /** The call that casts: `.half()`, `.to(torch.float16)`, `from_pretrained(…, torch_dtype=torch.float16)`. */
  readonly cast: CallExpr;
  /** The dtype argument, where the cast has one. */
  readonly dtype: Expr | undefined;
  /** The optimizers that are made for its parameters where the cast is seen. */
  readonly optimizers: readonly MadeOptimizer[];
}

export interface MadeOptimizer {
  /** `torch.optim.AdamW`. */
  readonly className: string;
  readonly segment: Segment;
  readonly call: CallExpr;
}

/** Libraries and idioms that keep float32 copies of the parameters. */
const KEEPS_FLOAT32 =
  /\b(peft|apex|deepspeed|bitsandbytes|fairseq|FP16_?Optimizer|master_param|MixedPrecision|kbit_training)/;
const HALF = /half\b|float16/;
const MODEL_NAME =
  /(^|_)(model|net|network|encoder|decoder|backbone|generator|discriminator|unet|vae|transformer|gpt|bert|lm|classifier)\d*$/i;
/** Methods that give back the module they are called on. */
const CHAINED: ReadonlySet<string> = new Set(['half', 'to', 'type', 'cuda', 'cpu', 'train', 'requires_grad_']);

const known = new WeakMap<SemanticModel, readonly HalfModel[]>();

/** Every model of the file that is cast to float16 and not back. */
export function halfModels(model: SemanticModel): readonly HalfModel[] {
  let found = known.get(model);
  if (!found) {
    found = findHalfModels(model);
    known.set(model, found);
  }
  return found;
}

function findHalfModels(model: SemanticModel): readonly HalfModel[] {
  if (!mentions(model, HALF) || mentions(model, KEEPS_FLOAT32)) return [];
  const found: HalfModel[] = [];
  for (const analysis of model.analyses) {
    const { segment } = analysis;
    for (const { call, cast, name } of derived(analysis, castsIn, () => castsIn(model, analysis))) {
      const scope = model.enclosingFunction(segment, call);
      const optimizers = model.analyses.flatMap((other) =>
        optimizersOf(model, other.segment, name, (made) => isSeen(model, segment, scope, other.segment, made, name)),
      );
      found.push({ name, segment, cast: call, dtype: cast.dtype, optimizers });
    }
  }
  return found;
}

interface NamedCast {
  readonly call: CallExpr;
  readonly cast: Cast;
  readonly name: string;
}

/** The casts of a segment that last. */
function castsIn(model: SemanticModel, { segment, callExprs }: SegmentAnalysis): readonly NamedCast[] {
  return callExprs.flatMap((call) => {
    const cast = castOf(model, segment, call);
    const name = cast && nameOf(model, segment, call, cast.root);
    return cast && name !== undefined && !isUndone(model, segment, call, name) ? [{ call, cast, name }] : [];
  });
}

interface Cast {
  readonly root: Expr;
  readonly dtype: Expr | undefined;
}

function castOf(model: SemanticModel, segment: Segment, call: CallExpr): Cast | undefined {
  if (call.callee.kind !== 'Attribute') return undefined;
  const { object, name } = call.callee;
  if (name === 'from_pretrained' || name === 'from_config') {
    const dtype = call.args.find((arg) => arg.keyword === 'torch_dtype' || arg.keyword === 'dtype');
    return dtype && isFloat16(model, segment, dtype) ? { root: call, dtype: dtype.value } : undefined;
  }
  if (name !== 'half' && name !== 'to' && name !== 'type') return undefined;
  const dtype = name === 'half' ? undefined : call.args.find((arg) => isFloat16(model, segment, arg));
  if (name !== 'half' && !dtype) return undefined;
  const root = rootOf(object);
  return isModel(model.valueOf(segment, root), root) ? { root, dtype: dtype?.value } : undefined;
}

function isFloat16(model: SemanticModel, segment: Segment, arg: Argument): boolean {
  const value = model.valueOf(segment, arg.value);
  return value.kind === 'library' && /^torch\.(float16|half)$/.test(canonicalName(value.name));
}

/** `Net(3)` of `Net(3).cuda().train()`. */
function rootOf(expr: Expr): Expr {
  return expr.kind === 'Call' && expr.callee.kind === 'Attribute' && CHAINED.has(expr.callee.name)
    ? rootOf(expr.callee.object)
    : expr;
}

function isModel(value: Value, root: Expr): boolean {
  if (value.kind === 'instance')
    return /^torch\.nn\.(?!functional)|^torchvision\.models\./.test(canonicalName(value.className));
  if (value.kind === 'object') return true;
  if (value.kind !== 'quantity' || value.framework !== undefined || value.holder !== undefined) return false;
  if (root.kind === 'Call')
    return root.callee.kind === 'Attribute' && /^from_(pretrained|config)$/.test(root.callee.name);
  const name = root.kind === 'Name' ? root.id : root.kind === 'Attribute' ? root.name : '';
  return MODEL_NAME.test(name);
}

/** The name under which the cast model goes on: what it is assigned to, or what was cast in place. */
function nameOf(model: SemanticModel, segment: Segment, call: CallExpr, root: Expr): string | undefined {
  let outer: Node = call;
  for (let at = model.parentOf(segment, outer); at; at = model.parentOf(segment, at)) {
    if (at.kind === 'Attribute' || (at.kind === 'Call' && at.callee === outer)) {
      // In evaluation mode it is not trained.
      if (at.kind === 'Attribute' && !CHAINED.has(at.name)) return undefined;
      outer = at;
      continue;
    }
    if (at.kind === 'Assign' && at.value === outer && at.targets.length === 1)
      return textOf(segment, at.targets[0] as Expr);
    break;
  }
  return root.kind === 'Name' || root.kind === 'Attribute' ? textOf(segment, root) : undefined;
}

function textOf(segment: Segment, expr: Expr): string {
  return segment.text.slice(expr.start, expr.end).replace(/\s+/g, '');
}

/** Cast back to float32 or on to bfloat16 later in the same function. */
function isUndone(model: SemanticModel, segment: Segment, cast: CallExpr, name: string): boolean {
  const scope = model.enclosingFunction(segment, cast);
  if (/\.data\s*=[^=]*\.(float|to)\(/.test(segment.text)) return true;
  return (model.analysisOf(segment)?.callExprs ?? []).some((call) => {
    if (
      call.start <= cast.start ||
      call.callee.kind !== 'Attribute' ||
      model.enclosingFunction(segment, call) !== scope
    )
      return false;
    const { name: method, object } = call.callee;
    if (textOf(segment, rootOf(object)) !== name) return false;
    if (method === 'float' || method === 'bfloat16' || method === 'double' || method === 'eval') return true;
    return (
      method === 'to' &&
      call.args.some((arg) =>
        /^torch\.(float32|float|bfloat16|float64)$/.test(model.qualifiedName(segment, arg.value) ?? ''),
      )
    );
  });
}

/** Whether the optimizer's name for the model is the cast one: in the same function, at the top level, in the same class. */
function isSeen(
  model: SemanticModel,
  segment: Segment,
  scope: FunctionDef | undefined,
  otherSegment: Segment,
  made: CallExpr,
  name: string,
): boolean {
  const other = model.enclosingFunction(otherSegment, made);
  if (other === scope && (scope === undefined || otherSegment === segment)) return true;
  return name.startsWith('self.') && otherSegment === segment;
}

function optimizersOf(
  model: SemanticModel,
  segment: Segment,
  name: string,
  isVisible: (call: CallExpr) => boolean,
): MadeOptimizer[] {
  const found: MadeOptimizer[] = [];
  for (const call of model.analysisOf(segment)?.callExprs ?? []) {
    const className = model.qualifiedName(segment, call.callee);
    if (className === undefined || !/(^|\.)optim(izers?)?\./.test(canonicalName(className))) continue;
    const given = call.args[0]?.value;
    if (!given || !isVisible(call) || !givesParametersOf(segment, given, name)) continue;
    found.push({ className: canonicalName(className), segment, call });
  }
  return found;
}

function givesParametersOf(segment: Segment, given: Expr, name: string): boolean {
  let gives = false;
  walkExpressions(given, (expr) => {
    if (expr.kind !== 'Call' || expr.callee.kind !== 'Attribute') return;
    if (!/^(named_)?parameters$/.test(expr.callee.name)) return;
    const owner = textOf(segment, expr.callee.object);
    if (owner === name || owner.startsWith(`${name}.`)) gives = true;
  });
  return gives;
}
