// The events of a training step: which call, or assignment to `.grad`, is which event, and what it works on.

import type { AssignStmt, CallExpr, Expr, Segment } from '../../syntax/ast';
import { derived } from '../derived';
import { canonicalName } from '../libraries';
import type { SegmentAnalysis, SemanticModel } from '../model';
import { looksLikeOptimizer, looksLikeScaler, looksLikeScheduler } from '../names';
import { namesRead } from '../names-read';
import { asQuantity, literalNumber, type Quantity, type Value } from '../value';
import type { Guard } from './guards';

export type EventKind =
  | 'zero-grad'
  | 'backward'
  | 'unscale'
  | 'clip'
  | 'step'
  | 'scaler-made'
  | 'scaler-update'
  /** `p.grad = …`: gradients that the script computes itself. */
  | 'gradient-write'
  /** A test whether something is finite. */
  | 'finite-check';

export interface TrainingEvent {
  readonly kind: EventKind;
  /** The call (or the assignment to `.grad`) itself, and the segment it stands in. */
  readonly node: CallExpr | AssignStmt;
  readonly segment: Segment;
  /** What stands in the analysed function for it: the call through which it is reached; itself where nothing is inlined. */
  readonly via: CallExpr | AssignStmt;
  /** Loops around it, outermost first, those of callers included. */
  readonly loops: readonly number[];
  /** Conditions that hold around it, those of callers included. */
  readonly guards: readonly Guard[];
  /** What it works on, as written: the model of a clip, the optimizer of a step, the loss of a backward. */
  readonly subject: Expr | undefined;
  /** The object that `subject` is, the same for every way to write it that is understood; undefined where there is no subject. */
  readonly object: string | undefined;
  /** The model whose parameters are meant, where that can be seen; unknown otherwise. */
  readonly parameters: ParameterSet | undefined;
  /** Scaling, unscaling and stepping are the framework's or the scaler's doing, not the script's. */
  readonly managed: boolean;
  /** The scaler that does it, as written. */
  readonly scaler: Expr | undefined;
}

/** An event of a kind that only calls are. */
export interface CallEvent extends TrainingEvent {
  readonly node: CallExpr;
  readonly via: CallExpr;
}

/** Kinds of which assignments to `.grad` are events too. */
export type GradientEventKind = 'zero-grad' | 'gradient-write';

/** The parameters of one model, by the name it has in the source. */
export interface ParameterSet {
  /** `self.net` of `self.net.parameters()`. */
  readonly model: string;
  /** The call that made the model, where that is known. */
  readonly made: CallExpr | undefined;
  /** Names from which the model was put together: `Sequential(encoder, head)` shares its parameters with both. */
  readonly parts: ReadonlySet<string>;
}

/** What a call is, before its place in the step is known. */
export type Classified = Pick<TrainingEvent, 'kind' | 'subject' | 'parameters' | 'managed' | 'scaler'>;

const EVENT_METHODS: ReadonlySet<string> = new Set([
  'backward',
  'manual_backward',
  'gradient',
  'step',
  'zero_grad',
  'zero_',
  'unscale_',
  'update',
  'clip_grad_norm_',
  'clip_grad_value_',
  'clip_gradients',
  'isnan',
  'isinf',
  'isfinite',
]);

/** What JAX and its libraries make of a loss function: calling it computes the gradients. */
const GRADIENT_FUNCTIONS =
  /^(jax\.(grad|value_and_grad)|flax\.nnx\.(grad|value_and_grad)|equinox\.filter_(grad|value_and_grad)|haiku\.(grad|value_and_grad))$/;

const FINITE_TESTS = /^(torch|numpy|math|jax\.numpy)\.(isnan|isinf|isfinite)$/;
const GRAD_SCALER = /(^|\.)GradScaler$/;
/** Library functions that are events, whatever alias they go by. */
const EVENT_FUNCTIONS = /clip_grad_|autograd\.backward$|optimizer_step$|(^|\.)is(nan|inf|finite)$|GradScaler$/;
const CLIP_FUNCTIONS = /^torch\.nn\.utils\.(clip_grad\.)?(clip_grad_norm_?|clip_grad_value_?)$/;
const CLIP_METHODS: ReadonlySet<string> = new Set(['clip_grad_norm_', 'clip_grad_value_', 'clip_gradients']);

/** Where calls begin that can be training events or that call functions of the file; sorted. */
export function relevantCallStarts(model: SemanticModel, segment: Segment): readonly number[] {
  const analysis = model.analysisOf(segment);
  if (!analysis) return [];
  return derived(analysis, relevantCallStarts, () => callStarts(analysis));
}

function callStarts(analysis: SegmentAnalysis): readonly number[] {
  const starts: number[] = [];
  for (const call of analysis.callExprs) {
    const isEvent = call.callee.kind === 'Attribute' && EVENT_METHODS.has(call.callee.name);
    const value = isEvent ? undefined : analysis.values.get(call.callee);
    const isGradient = value?.kind === 'quantity' && makesGradients(value);
    if (
      isEvent ||
      isGradient ||
      value?.kind === 'function' ||
      (value?.kind === 'library' && EVENT_FUNCTIONS.test(value.name))
    ) {
      starts.push(call.start);
    }
  }
  return starts.sort((a, b) => a - b);
}

/** The last part of a dotted name: `self.opt_d` is `opt_d`. */
export function lastName(expr: Expr): string {
  if (expr.kind === 'Name') return expr.id;
  if (expr.kind === 'Attribute') return expr.name;
  if (expr.kind === 'Subscript') return lastName(expr.object);
  return expr.kind === 'Call' ? lastName(expr.callee) : '';
}

export function isGradScaler(value: Value, expr: Expr): boolean {
  if (value.kind === 'instance') return GRAD_SCALER.test(value.className);
  return (value.kind === 'quantity' || value.kind === 'method') && looksLikeScaler(lastName(expr));
}

function isOptimizer(value: Value, expr: Expr): boolean {
  if (value.kind === 'instance') {
    const name = canonicalName(value.className);
    return (
      !name.includes('lr_scheduler') &&
      (/(^|\.)optim(izers?)?\./.test(name) || looksLikeOptimizer(name.slice(name.lastIndexOf('.') + 1)))
    );
  }
  if (value.kind === 'object') return false;
  const name = lastName(expr);
  return looksLikeOptimizer(name) && !looksLikeScheduler(name);
}

/** Receivers whose `backward` scales by itself: Accelerate, Fabric, DeepSpeed, Lightning. */
function managesBackward(value: Value, receiver: Expr, call: CallExpr): boolean {
  if (value.kind === 'instance' && /Accelerator$|Fabric$/.test(value.className)) return true;
  const positional = call.args.filter((arg) => arg.keyword === undefined).length;
  return (
    positional > 0 && /accelerator|fabric|engine|manager|strategy|(^|_)(model|ddp|self)$/i.test(lastName(receiver))
  );
}

function plain(kind: EventKind, subject: Expr | undefined, managed = false, scaler?: Expr): Classified {
  return { kind, subject, parameters: undefined, managed, scaler };
}

function makesGradients({ madeBy }: Quantity): boolean {
  return madeBy !== undefined && GRADIENT_FUNCTIONS.test(canonicalName(madeBy));
}

export function classifyCall(model: SemanticModel, segment: Segment, call: CallExpr): Classified | undefined {
  const callee = model.valueOf(segment, call.callee);
  const first = call.args.find((arg) => arg.keyword === undefined)?.value;
  if (callee.kind === 'library') {
    const name = canonicalName(callee.name);
    if (CLIP_FUNCTIONS.test(name)) return clip(model, segment, call, first, false);
    if (name === 'torch.autograd.backward') return plain('backward', first);
    if (name === 'torch_xla.core.xla_model.optimizer_step') return step(model, segment, first, undefined, true);
    if (GRAD_SCALER.test(name)) return plain('scaler-made', undefined);
    if (FINITE_TESTS.test(name)) return plain('finite-check', first);
  }
  if (callee.kind === 'quantity' && makesGradients(callee)) return plain('backward', undefined, true);
  if (call.callee.kind !== 'Attribute' || callee.kind === 'function' || callee.kind === 'library') return undefined;
  const { object: receiver, name } = call.callee;
  const value = model.valueOf(segment, receiver);
  switch (name) {
    case 'backward':
      if (managesBackward(value, receiver, call)) return plain('backward', first, true);
      if (value.kind === 'library' || value.kind === 'object') return undefined;
      return plain('backward', receiver);
    case 'manual_backward':
      return plain('backward', first, true);
    case 'gradient':
      return /tape|^t$/i.test(lastName(receiver)) ||
        (value.kind === 'instance' && /GradientTape$/.test(value.className))
        ? plain('backward', first, true)
        : undefined;
    case 'step':
      if (isGradScaler(value, receiver)) return step(model, segment, first, receiver, false);
      return isOptimizer(value, receiver) || (receiver.kind === 'Call' && lastName(receiver) === 'optimizers')
        ? step(model, segment, receiver, undefined, false)
        : undefined;
    case 'zero_grad':
      return plain('zero-grad', receiver);
    case 'zero_':
      return isGradient(receiver) ? plain('zero-grad', undefined) : undefined;
    case 'unscale_':
      return plain('unscale', first, false, receiver);
    case 'update':
      return isGradScaler(value, receiver) ? plain('scaler-update', undefined, false, receiver) : undefined;
    case 'isnan':
    case 'isinf':
    case 'isfinite':
      return plain('finite-check', receiver);
    default:
      // `clip_grad_norm_` of an FSDP model clips what is there; those of Accelerate, Fabric and Lightning unscale first.
      return CLIP_METHODS.has(name)
        ? clip(model, segment, call, first, !/(^|_)(model|module|net|fsdp)$/i.test(lastName(receiver)))
        : undefined;
  }
}

/** `p.grad`, `p.grad.data`. */
function isGradient(expr: Expr): boolean {
  return expr.kind === 'Attribute' && (expr.name === 'grad' || (expr.name === 'data' && isGradient(expr.object)));
}

/** `p.grad = None` forgets the gradients; `p.grad = g` puts others in their place. */
export function classifyAssignment(stmt: AssignStmt): Classified | undefined {
  if (!stmt.targets.some((target) => isGradient(target.kind === 'Subscript' ? target.object : target)))
    return undefined;
  const isNone = stmt.value.kind === 'Constant' && stmt.value.value === null;
  return plain(isNone ? 'zero-grad' : 'gradient-write', undefined);
}

function step(
  model: SemanticModel,
  segment: Segment,
  optimizer: Expr | undefined,
  scaler: Expr | undefined,
  managed: boolean,
): Classified {
  const value = optimizer && model.valueOf(segment, optimizer);
  const given = value?.kind === 'instance' ? value.call.args[0] : undefined;
  const parameters =
    value?.kind === 'instance' && given && given.unpack === ''
      ? parametersOf(model, given.value, value.segment)
      : undefined;
  return { kind: 'step', subject: optimizer, parameters, managed, scaler };
}

function clip(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
  first: Expr | undefined,
  managed: boolean,
): Classified | undefined {
  const limit =
    call.args.find((arg) => arg.keyword === 'max_norm' || arg.keyword === 'clip_value')?.value ??
    call.args.filter((arg) => arg.keyword === undefined)[1]?.value;
  // An infinite limit measures the norm and changes nothing.
  if (limit && literalNumber(model.valueOf(segment, limit)) === Number.POSITIVE_INFINITY) return undefined;
  return {
    kind: 'clip',
    subject: first,
    parameters: first && parametersOf(model, first, segment),
    managed,
    scaler: undefined,
  };
}

/** `self.net` for `self.net.parameters()`; undefined where the model can't be read off. */
function parametersOf(model: SemanticModel, expr: Expr, segment: Segment): ParameterSet | undefined {
  if (expr.kind !== 'Call' || expr.callee.kind !== 'Attribute' || expr.callee.name !== 'parameters') return undefined;
  const { object } = expr.callee;
  const value = model.valueOf(segment, object);
  const made = value.kind === 'instance' || value.kind === 'object' ? value.call : undefined;
  return {
    model: segment.text.slice(object.start, object.end).replace(/\s+/g, ''),
    made,
    parts: new Set(made?.args.flatMap((arg) => [...namesRead(arg.value)])),
  };
}

/** Whether two sets of parameters are known to be different models. */
export function areDisjoint(a: ParameterSet | undefined, b: ParameterSet | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.made && a.made === b.made) return false;
  // An attribute and a plain name may be one model under two names.
  const areComparable = a.model.startsWith('self.') === b.model.startsWith('self.') || (a.made && b.made);
  if (!areComparable) return false;
  const [first, second] = [a.model.replace(/^self\./, ''), b.model.replace(/^self\./, '')];
  if (first === 'self' || second === 'self' || first === second) return false;
  if (first.startsWith(`${second}.`) || second.startsWith(`${first}.`)) return false;
  return !a.parts.has(second) && !b.parts.has(first);
}

/** Whether the loss of a backward has been multiplied by a scaler, on one branch at least. */
export function isScaled(model: SemanticModel, segment: Segment, loss: Expr): boolean {
  if (loss.kind === 'Conditional') return isScaled(model, segment, loss.body) || isScaled(model, segment, loss.orelse);
  if (loss.kind === 'Call' && loss.callee.kind === 'Attribute' && loss.callee.name === 'scale') return true;
  const { origin } = asQuantity(model.valueOf(segment, loss));
  return origin?.operation === 'scale';
}
