// The training step as a graph: what happens in which order on which path of one iteration, helpers of the file inlined.

import type { Block, CallExpr, Expr, Node, Segment, Stmt } from '../syntax/ast';
import { childrenOf } from '../syntax/walk';
import { canonicalName } from './libraries';
import type { FunctionScope, SemanticModel } from './model';
import { looksLikeOptimizer, looksLikeScaler, looksLikeScheduler } from './names';
import { namesRead } from './names-read';
import { asQuantity, type FunctionValue, literalNumber, type Value } from './value';

export type EventKind = 'zero-grad' | 'backward' | 'unscale' | 'clip' | 'step' | 'scaler-update';

export interface TrainingEvent {
  readonly kind: EventKind;
  /** The call itself, and the segment it stands in. */
  readonly node: CallExpr;
  readonly segment: Segment;
  /** The call in the analysed function through which it is reached; the call itself where nothing is inlined. */
  readonly via: CallExpr;
  /** Loops around it, outermost first, those of callers included. */
  readonly loops: readonly number[];
  /** What it works on, as written: the model of a clip, the optimizer of a step, the loss of a backward. */
  readonly subject: Expr | undefined;
  /** The model whose parameters are meant, where that can be seen; unknown otherwise. */
  readonly parameters: ParameterSet | undefined;
  /** Scaling, unscaling and stepping are the framework's or the scaler's doing, not the script's. */
  readonly managed: boolean;
  /** The scaler that does it, as written. */
  readonly scaler: Expr | undefined;
}

/** The parameters of one model, by the name it has in the source. */
export interface ParameterSet {
  /** `self.net` of `self.net.parameters()`. */
  readonly model: string;
  /** Names from which the model was put together: `Sequential(encoder, head)` shares its parameters with both. */
  readonly parts: ReadonlySet<string>;
}

interface GraphNode {
  readonly event: TrainingEvent | undefined;
  readonly next: { readonly to: number; readonly back: number | undefined }[];
}

/** The events of one function (or the top level of a segment) and the paths between them. */
export class TrainingGraph {
  private readonly nodes: GraphNode[] = [];
  readonly events: TrainingEvent[] = [];
  private readonly positions = new Map<TrainingEvent, number>();

  add(event?: TrainingEvent): number {
    this.nodes.push({ event, next: [] });
    if (event) {
      this.events.push(event);
      this.positions.set(event, this.nodes.length - 1);
    }
    return this.nodes.length - 1;
  }

  get size(): number {
    return this.nodes.length;
  }

  link(from: number | undefined, to: number, back?: number): void {
    if (from !== undefined) this.nodes[from]?.next.push({ to, back });
  }

  of(kind: EventKind): TrainingEvent[] {
    return this.events.filter((event) => event.kind === kind);
  }

  /**
   * Whether `to` can come after `from` within one iteration of every loop that holds both, with nothing between them
   * for which `stop` holds.
   */
  reaches(from: TrainingEvent, to: TrainingEvent, stop: (event: TrainingEvent) => boolean): boolean {
    const common = new Set(from.loops.filter((loop) => to.loops.includes(loop)));
    const start = this.positions.get(from);
    const goal = this.positions.get(to);
    if (start === undefined || goal === undefined) return false;
    const seen = new Set<number>();
    const work = [start];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      for (const { to: next, back } of this.nodes[at]?.next ?? []) {
        if (seen.has(next) || (back !== undefined && common.has(back))) continue;
        if (next === goal) return true;
        seen.add(next);
        const event = this.nodes[next]?.event;
        if (!event || !stop(event)) work.push(next);
      }
    }
    return false;
  }
}

/** A function, or the statements of a segment that stand in no function. */
export interface Unit {
  readonly segment: Segment;
  readonly body: readonly Stmt[];
  readonly scope: FunctionScope | undefined;
}

export function unitsOf(model: SemanticModel, segment: Segment): Unit[] {
  const functions = model.analysisOf(segment)?.functions ?? [];
  return [
    { segment, body: segment.body, scope: undefined },
    ...functions.map((scope) => ({ segment, body: scope.node.body.body, scope })),
  ];
}

const INTERESTING = /backward|\.step\b|clip_grad|zero_grad|\.gradient\b|optimizer_step/;

/** Whether the file can contain a training step at all: a cheap gate before graphs are built. */
export function mayTrain(model: SemanticModel): boolean {
  return model.analyses.some(({ segment }) => INTERESTING.test(segment.text));
}

const MAX_NODES = 4000;
const MAX_DEPTH = 5;

interface Frame {
  readonly segment: Segment;
  readonly via: CallExpr | undefined;
  readonly loops: readonly number[];
  readonly depth: number;
  readonly active: readonly Node[];
  readonly exit: number;
  readonly breakTo: number | undefined;
  readonly continueTo: { readonly node: number; readonly loop: number } | undefined;
}

export function buildTrainingGraph(model: SemanticModel, unit: Unit): TrainingGraph {
  const builder = new Builder(model);
  const { graph } = builder;
  const entry = graph.add();
  const exit = graph.add();
  const end = builder.block(unit.body, entry, {
    segment: unit.segment,
    via: undefined,
    loops: [],
    depth: 0,
    active: unit.scope ? [unit.scope.node] : [],
    exit,
    breakTo: undefined,
    continueTo: undefined,
  });
  graph.link(end, exit);
  return graph;
}

class Builder {
  readonly graph = new TrainingGraph();
  private loops = 0;

  constructor(private readonly model: SemanticModel) {}

  block(body: readonly Stmt[], from: number | undefined, frame: Frame): number | undefined {
    let at = from;
    for (const stmt of body) {
      if (at === undefined) return undefined;
      at = this.statement(stmt, at, frame);
    }
    return at;
  }

  private statement(stmt: Stmt, from: number, frame: Frame): number | undefined {
    switch (stmt.kind) {
      case 'FunctionDef':
      case 'ClassDef':
        return from;
      case 'If': {
        const at = this.expression(stmt.test, from, frame);
        const join = this.graph.add();
        this.graph.link(this.block(stmt.body.body, at, frame), join);
        this.graph.link(stmt.orelse ? this.block(stmt.orelse.body, at, frame) : at, join);
        return join;
      }
      case 'For':
      case 'While':
        return this.loop(
          stmt.kind === 'For' ? stmt.iterable : stmt.test,
          stmt.body,
          stmt.orelse,
          isEndless(stmt),
          from,
          frame,
        );
      case 'With': {
        let at = from;
        for (const item of stmt.items) at = this.expression(item.context, at, frame);
        return this.block(stmt.body.body, at, frame);
      }
      case 'Try': {
        const join = this.graph.add();
        let end = this.block(stmt.body.body, from, frame);
        const handlers = this.graph.add();
        this.graph.link(from, handlers);
        this.graph.link(end, handlers);
        if (stmt.orelse) end = this.block(stmt.orelse.body, end, frame);
        this.graph.link(end, join);
        for (const handler of stmt.handlers) this.graph.link(this.block(handler.body.body, handlers, frame), join);
        return stmt.finalbody ? this.block(stmt.finalbody.body, join, frame) : join;
      }
      case 'Match': {
        const at = this.expression(stmt.subject, from, frame);
        const join = this.graph.add();
        this.graph.link(at, join);
        for (const c of stmt.cases) this.graph.link(this.block(c.body.body, at, frame), join);
        return join;
      }
      case 'Return': {
        const at = stmt.value ? this.expression(stmt.value, from, frame) : from;
        this.graph.link(at, frame.exit);
        return undefined;
      }
      case 'Raise':
        return undefined;
      case 'Break':
        if (frame.breakTo !== undefined) this.graph.link(from, frame.breakTo);
        return undefined;
      case 'Continue':
        if (frame.continueTo) this.graph.link(from, frame.continueTo.node, frame.continueTo.loop);
        return undefined;
      case 'BrokenStmt':
        return this.block(stmt.body, from, frame);
      default: {
        let at = from;
        for (const child of childrenOf(stmt)) at = this.expression(child as Expr, at, frame);
        return at;
      }
    }
  }

  private loop(
    header: Expr,
    body: Block,
    orelse: Block | undefined,
    endless: boolean,
    from: number,
    frame: Frame,
  ): number {
    const loop = ++this.loops;
    const head = this.graph.add();
    const after = this.graph.add();
    this.graph.link(this.expression(header, from, frame), head);
    const inner: Frame = { ...frame, loops: [...frame.loops, loop], breakTo: after, continueTo: { node: head, loop } };
    const end = this.block(body.body, head, inner);
    this.graph.link(end, head, loop);
    if (!endless) this.graph.link(orelse ? this.block(orelse.body, head, frame) : head, after);
    return after;
  }

  /** The events of an expression in the order of evaluation: operands first, then the call. */
  private expression(expr: Expr, from: number, frame: Frame): number {
    if (expr.kind === 'Lambda' || !this.mayMatter(expr, frame.segment)) return from;
    let at = from;
    for (const child of childrenOf(expr)) at = this.expression(child as Expr, at, frame);
    if (expr.kind !== 'Call' || this.graph.size > MAX_NODES) return at;
    const event = this.eventOf(expr, frame);
    if (event?.kind === 'step') {
      // step(closure) runs the closure first.
      for (const arg of expr.args) {
        const closure = this.model.valueOf(frame.segment, arg.value);
        if (closure.kind === 'function') at = this.inline(closure, expr, at, frame);
      }
    }
    if (event) {
      const node = this.graph.add(event);
      this.graph.link(at, node);
      return node;
    }
    const callee = this.model.valueOf(frame.segment, expr.callee);
    return callee.kind === 'function' ? this.inline(callee, expr, at, frame) : at;
  }

  /** Whether a call that is an event, or that could be inlined, begins inside the expression: most have none. */
  private mayMatter(expr: Expr, segment: Segment): boolean {
    const starts = relevantCallStarts(this.model, segment);
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if ((starts[mid] as number) < expr.start) low = mid + 1;
      else high = mid;
    }
    const next = starts[low];
    return next !== undefined && next < expr.end;
  }

  private inline(callee: FunctionValue, call: CallExpr, from: number, frame: Frame): number {
    if (callee.node.kind === 'Lambda' || frame.depth >= MAX_DEPTH || frame.active.includes(callee.node)) return from;
    const exit = this.graph.add();
    const end = this.block(callee.node.body.body, from, {
      segment: callee.segment,
      via: frame.via ?? call,
      loops: frame.loops,
      depth: frame.depth + 1,
      active: [...frame.active, callee.node],
      exit,
      breakTo: undefined,
      continueTo: undefined,
    });
    this.graph.link(end, exit);
    return exit;
  }

  private eventOf(call: CallExpr, frame: Frame): TrainingEvent | undefined {
    const found = classifyCall(this.model, frame.segment, call);
    return found && { ...found, node: call, segment: frame.segment, via: frame.via ?? call, loops: frame.loops };
  }
}

const EVENT_METHODS: ReadonlySet<string> = new Set([
  'backward',
  'manual_backward',
  'gradient',
  'step',
  'zero_grad',
  'unscale_',
  'update',
  'clip_grad_norm_',
  'clip_grad_value_',
  'clip_gradients',
]);

/** Where calls begin that can be training events or that call functions of the file; sorted. */
function relevantCallStarts(model: SemanticModel, segment: Segment): readonly number[] {
  const analysis = model.analysisOf(segment);
  if (!analysis) return [];
  const known = analysis.derived.get(relevantCallStarts) as readonly number[] | undefined;
  if (known) return known;
  const starts: number[] = [];
  for (const call of analysis.callExprs) {
    const isEvent = call.callee.kind === 'Attribute' && EVENT_METHODS.has(call.callee.name);
    const value = isEvent ? undefined : analysis.values.get(call.callee);
    if (isEvent || value?.kind === 'function' || (value?.kind === 'library' && EVENT_FUNCTIONS.test(value.name))) {
      starts.push(call.start);
    }
  }
  starts.sort((a, b) => a - b);
  analysis.derived.set(relevantCallStarts, starts);
  return starts;
}

function isEndless(stmt: Stmt): boolean {
  return stmt.kind === 'While' && stmt.test.kind === 'Constant' && stmt.test.value === true;
}

// ---------------------------------------------------------------- what a call is in a training step

type Classified = Pick<TrainingEvent, 'kind' | 'subject' | 'parameters' | 'managed' | 'scaler'>;

const CLIP_FUNCTIONS = /^torch\.nn\.utils\.(clip_grad\.)?(clip_grad_norm_?|clip_grad_value_?)$/;
/** Library functions that are events, whatever alias they go by. */
const EVENT_FUNCTIONS = /clip_grad_|autograd\.backward$|optimizer_step$/;
const CLIP_METHODS: ReadonlySet<string> = new Set(['clip_grad_norm_', 'clip_grad_value_', 'clip_gradients']);

/** The last part of a dotted name: `self.opt_d` is `opt_d`. */
function lastName(expr: Expr): string {
  if (expr.kind === 'Name') return expr.id;
  if (expr.kind === 'Attribute') return expr.name;
  if (expr.kind === 'Subscript') return lastName(expr.object);
  return expr.kind === 'Call' ? lastName(expr.callee) : '';
}

export function isGradScaler(value: Value, expr: Expr): boolean {
  if (value.kind === 'instance') return /(^|\.)\w*GradScaler$/.test(value.className);
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

export function classifyCall(model: SemanticModel, segment: Segment, call: CallExpr): Classified | undefined {
  const callee = model.valueOf(segment, call.callee);
  const first = call.args.find((arg) => arg.keyword === undefined)?.value;
  if (callee.kind === 'library') {
    const name = canonicalName(callee.name);
    if (CLIP_FUNCTIONS.test(name)) return clip(model, segment, call, first);
    if (name === 'torch.autograd.backward')
      return { kind: 'backward', subject: first, parameters: undefined, managed: false, scaler: undefined };
    if (name === 'torch_xla.core.xla_model.optimizer_step') return step(model, segment, first, undefined, true);
  }
  if (call.callee.kind !== 'Attribute' || callee.kind === 'function' || callee.kind === 'library') return undefined;
  const { object: receiver, name } = call.callee;
  const value = model.valueOf(segment, receiver);
  switch (name) {
    case 'backward':
      if (managesBackward(value, receiver, call))
        return { kind: 'backward', subject: first, parameters: undefined, managed: true, scaler: undefined };
      if (value.kind === 'library' || value.kind === 'object') return undefined;
      return { kind: 'backward', subject: receiver, parameters: undefined, managed: false, scaler: undefined };
    case 'manual_backward':
      return { kind: 'backward', subject: first, parameters: undefined, managed: true, scaler: undefined };
    case 'gradient':
      return /tape|^t$/i.test(lastName(receiver)) ||
        (value.kind === 'instance' && /GradientTape$/.test(value.className))
        ? { kind: 'backward', subject: first, parameters: undefined, managed: true, scaler: undefined }
        : undefined;
    case 'step':
      if (isGradScaler(value, receiver)) return step(model, segment, first, receiver, false);
      return isOptimizer(value, receiver) || (receiver.kind === 'Call' && lastName(receiver) === 'optimizers')
        ? step(model, segment, receiver, undefined, false)
        : undefined;
    case 'zero_grad':
      return { kind: 'zero-grad', subject: receiver, parameters: undefined, managed: false, scaler: undefined };
    case 'unscale_':
      return { kind: 'unscale', subject: first, parameters: undefined, managed: false, scaler: receiver };
    case 'update':
      return isGradScaler(value, receiver)
        ? { kind: 'scaler-update', subject: undefined, parameters: undefined, managed: false, scaler: receiver }
        : undefined;
    default:
      return CLIP_METHODS.has(name) ? clip(model, segment, call, first) : undefined;
  }
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

function clip(model: SemanticModel, segment: Segment, call: CallExpr, first: Expr | undefined): Classified | undefined {
  const limit =
    call.args.find((arg) => arg.keyword === 'max_norm' || arg.keyword === 'clip_value')?.value ??
    call.args.filter((arg) => arg.keyword === undefined)[1]?.value;
  // An infinite limit measures the norm and changes nothing.
  if (limit && literalNumber(model.valueOf(segment, limit)) === Number.POSITIVE_INFINITY) return undefined;
  return {
    kind: 'clip',
    subject: first,
    parameters: first && parametersOf(model, first, segment),
    managed: call.callee.kind === 'Attribute' && CLIP_METHODS.has(call.callee.name),
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
    parts: new Set(made?.args.flatMap((arg) => [...namesRead(arg.value)])),
  };
}

/** Whether two sets of parameters are known to be different models. */
export function areDisjoint(a: ParameterSet | undefined, b: ParameterSet | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const [first, second] = [a.model.replace(/^self\./, ''), b.model.replace(/^self\./, '')];
  if (first === 'self' || second === 'self' || first === second) return false;
  if (first.startsWith(`${second}.`) || second.startsWith(`${first}.`)) return false;
  return !a.parts.has(second) && !b.parts.has(first);
}

/** Whether the loss of a backward has been multiplied by a scaler. */
export function isScaled(model: SemanticModel, segment: Segment, loss: Expr): boolean {
  if (loss.kind === 'Call' && loss.callee.kind === 'Attribute' && loss.callee.name === 'scale') return true;
  const { origin } = asQuantity(model.valueOf(segment, loss));
  return origin?.operation === 'scale';
}
