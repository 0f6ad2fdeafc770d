// The training step as a graph: what happens in which order on which path of one iteration, helpers of the file inlined.

import type { AssignStmt, CallExpr, Expr, ForStmt, Node, Segment, Stmt, WhileStmt } from '../../syntax/ast';
import { childrenOf } from '../../syntax/walk';
import { mentions } from '../derived';
import type { FunctionScope, SemanticModel } from '../model';
import { boundNames, changedNames } from '../program';
import type { FunctionValue } from '../value';
import { type Classified, classifyAssignment, classifyCall, relevantCallStarts } from './events';
import { TrainingGraph } from './graph';
import { type Guard, guardsOf } from './guards';

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

const INTERESTING =
  /backward|\.step\b|clip_grad|zero_grad|\.gradient\b|optimizer_step|value_and_grad|\bgrad\(|filter_grad/;

/** Whether the file can contain a training step at all: a cheap gate before graphs are built. */
export function mayTrain(model: SemanticModel): boolean {
  return mentions(model, INTERESTING);
}

const MAX_NODES = 4000;
const MAX_DEPTH = 5;

/** An argument, in the frame of the call that gave it. */
interface Given {
  readonly expr: Expr;
  readonly frame: Frame;
}

interface Frame {
  readonly segment: Segment;
  readonly via: CallExpr | undefined;
  readonly loops: readonly number[];
  readonly guards: readonly Guard[];
  /** What the parameters of an inlined function were given. */
  readonly given: ReadonlyMap<string, Given>;
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
    guards: [],
    given: new Map(),
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
        const known = guardsOf(stmt.test, frame.segment);
        this.graph.declareTest(known);
        const join = this.graph.add();
        const then = { ...frame, guards: [...frame.guards, ...known.whenTrue] };
        this.graph.link(this.block(stmt.body.body, this.graph.branch(at, known.whenTrue), then), join);
        const orelse = this.graph.branch(at, known.whenFalse);
        const otherwise = { ...frame, guards: [...frame.guards, ...known.whenFalse] };
        this.graph.link(stmt.orelse ? this.block(stmt.orelse.body, orelse, otherwise) : orelse, join);
        return join;
      }
      case 'Assign': {
        let at = from;
        for (const child of childrenOf(stmt)) at = this.expression(child as Expr, at, frame);
        const found = classifyAssignment(stmt);
        return found ? this.event(found, stmt, at, frame) : at;
      }
      case 'For':
      case 'While':
        return this.loop(stmt, from, frame);
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

  private loop(stmt: ForStmt | WhileStmt, from: number, frame: Frame): number {
    const loop = ++this.loops;
    const changed = new Set(changedNames(stmt.body));
    if (stmt.kind === 'For') boundNames([stmt], changed);
    this.graph.declareLoop(loop, changed);
    const head = this.graph.add();
    const after = this.graph.add();
    this.graph.link(this.expression(stmt.kind === 'For' ? stmt.iterable : stmt.test, from, frame), head);
    const inner: Frame = { ...frame, loops: [...frame.loops, loop], breakTo: after, continueTo: { node: head, loop } };
    const end = this.block(stmt.body.body, head, inner);
    this.graph.link(end, head, loop);
    if (!isEndless(stmt)) this.graph.link(stmt.orelse ? this.block(stmt.orelse.body, head, frame) : head, after);
    return after;
  }

  /** The events of an expression in the order of evaluation: operands first, then the call. */
  private expression(expr: Expr, from: number, frame: Frame): number {
    if (expr.kind === 'Lambda' || !this.mayMatter(expr, frame.segment)) return from;
    let at = from;
    for (const child of childrenOf(expr)) at = this.expression(child as Expr, at, frame);
    if (expr.kind !== 'Call' || this.graph.size > MAX_NODES) return at;
    const found = classifyCall(this.model, frame.segment, expr);
    if (found?.kind === 'step') {
      // step(closure) runs the closure first.
      for (const arg of expr.args) {
        const closure = this.model.valueOf(frame.segment, arg.value);
        if (closure.kind === 'function') at = this.inline(closure, expr, at, frame);
      }
    }
    if (found) return this.event(found, expr, at, frame);
    const callee = this.model.valueOf(frame.segment, expr.callee);
    return callee.kind === 'function' ? this.inline(callee, expr, at, frame) : at;
  }

  private event(found: Classified, node: CallExpr | AssignStmt, from: number, frame: Frame): number {
    const { segment, loops, guards } = frame;
    const object = found.subject && this.objectOf(found.subject, frame);
    const at = this.graph.add({ ...found, node, segment, via: frame.via ?? node, loops, guards, object });
    this.graph.link(from, at);
    return at;
  }

  /** One name for an object, through the parameters of inlined functions: where it was made, or else as it is written. */
  private objectOf(expr: Expr, frame: Frame): string {
    const given = expr.kind === 'Name' ? frame.given.get(expr.id) : undefined;
    if (given) return this.objectOf(given.expr, given.frame);
    const value = this.model.valueOf(frame.segment, expr);
    if (value.kind === 'instance')
      return `${this.model.analyses.findIndex((each) => each.segment === value.segment)}@${value.call.start}`;
    return frame.segment.text
      .slice(expr.start, expr.end)
      .replace(/\s+/g, '')
      .replace(/^self\./, '');
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
      guards: frame.guards,
      given: this.givenTo(callee, call, frame),
      depth: frame.depth + 1,
      active: [...frame.active, callee.node],
      exit,
      breakTo: undefined,
      continueTo: undefined,
    });
    this.graph.link(end, exit);
    return exit;
  }

  private givenTo(callee: FunctionValue, call: CallExpr, frame: Frame): ReadonlyMap<string, Given> {
    const given = new Map<string, Given>();
    const names = callee.node.params.filter((each) => each.form === 'positional').map((each) => each.name);
    if (callee.self) names.shift();
    let position = 0;
    for (const arg of call.args) {
      if (arg.unpack !== '') break;
      const name = arg.keyword ?? names[position++];
      if (name !== undefined) given.set(name, { expr: arg.value, frame });
    }
    return given;
  }
}

function isEndless(stmt: Stmt): boolean {
  return stmt.kind === 'While' && stmt.test.kind === 'Constant' && stmt.test.value === true;
}
