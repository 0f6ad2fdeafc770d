// The flow analysis of statements: environments through branches, loops, with and try.

import type { Expr, ForStmt, ImportFromStmt, ImportStmt, Stmt, TryStmt, WhileStmt, WithStmt } from '../syntax/ast';
import { autocastRegion, switchesGradientOff } from './autocast';
import { applyBinary } from './binary-operations';
import type { Environment } from './environment';
import { Evaluator } from './evaluator';
import { elementOf } from './idioms';
import { shared } from './lists';
import { boundNames, changedNames, dottedName, isKerasBackend } from './program';
import * as R from './range';
import { refine } from './refine';
import type { Session } from './session';
import {
  anyOf,
  asQuantity,
  type FunctionValue,
  joinValues,
  lengthOf,
  type Quantity,
  UNKNOWN,
  type Value,
} from './value';

/** A function defined inside the code that is being analysed: its body waits until the enclosing one is known. */
export interface PendingFunction {
  readonly value: FunctionValue;
}

/** What held at a break or continue. */
interface LoopExit {
  readonly env: Environment;
  /** In an exception handler: what is rare is no evidence. */
  readonly isExceptional: boolean;
}

interface Frame {
  /** Joined over all return statements. */
  result: Value | undefined;
  readonly pending: PendingFunction[];
  /** The innermost loop: the layer that its body stands on, and what held at each break and continue. */
  loop: { readonly entry: Environment; readonly exits: LoopExit[] } | undefined;
  /** How many exception handlers stand around the statement. */
  handlers: number;
}

/** Interprets a body in `env`; nested functions are handed back for the caller to analyse. */
export function interpretBody(
  evaluator: Evaluator,
  body: readonly Stmt[],
  env: Environment,
): { result: Value | undefined; pending: PendingFunction[] } {
  const frame: Frame = { result: undefined, pending: [], loop: undefined, handlers: 0 };
  new Interpreter(evaluator, frame).block(body, env);
  return frame;
}

/** The value a function gives, with its parameters bound in `scope`. Decorators that switch things off are honoured. */
export function interpretFunction(session: Session, callee: FunctionValue, scope: Environment): Value {
  let evaluator = new Evaluator(session, { segment: callee.segment, gradient: true, autocast: undefined });
  if (callee.node.kind === 'Lambda') return evaluator.evaluate(callee.node.body, scope);
  evaluator = decorated(evaluator, callee);
  return interpretBody(evaluator, callee.node.body.body, scope).result ?? UNKNOWN;
}

/** The evaluator under which a function's body runs, with `@torch.no_grad()` or `@autocast()` applied. */
export function decorated(evaluator: Evaluator, callee: FunctionValue): Evaluator {
  if (callee.node.kind === 'Lambda') return evaluator;
  let result = evaluator;
  for (const decorator of callee.node.decorators) {
    const value = evaluator.session.silently(() => evaluator.evaluate(decorator, callee.closure));
    if (switchesGradientOff(value)) result = result.within({ gradient: false });
    const region = autocastRegion(value);
    if (region !== undefined) result = result.within({ autocast: region === 'off' ? undefined : region });
  }
  return result;
}

/** Functions that stop where their first argument does not hold. */
const CHECKS = /(^|_)(assert|check)(_true)?$|^assertTrue$/i;

class Interpreter {
  constructor(
    private readonly evaluator: Evaluator,
    private readonly frame: Frame,
  ) {}

  private readonly fresh = (name: string): string => this.evaluator.session.freshTerm(name);

  block(body: readonly Stmt[], env: Environment): void {
    for (const stmt of body) this.statement(stmt, env);
  }

  private assign(target: Expr, value: Value, expr: Expr, env: Environment): void {
    this.evaluator.assignTarget(target, value, env);
    const key = dottedName(target);
    if (key !== undefined) env.define(key, expr);
  }

  private statement(stmt: Stmt, env: Environment): void {
    const { evaluator } = this;
    switch (stmt.kind) {
      case 'ExprStmt':
        evaluator.evaluate(stmt.value, env);
        this.checked(stmt.value, env);
        return;
      case 'Assign': {
        const value = evaluator.evaluate(stmt.value, env);
        for (const target of stmt.targets) this.assign(target, value, stmt.value, env);
        return;
      }
      case 'AnnAssign': {
        if (stmt.value) this.assign(stmt.target, evaluator.evaluate(stmt.value, env), stmt.value, env);
        return;
      }
      case 'AugAssign': {
        const old = evaluator.evaluate(stmt.target, env);
        const by = evaluator.evaluate(stmt.value, env);
        const value = applyBinary(
          evaluator,
          stmt,
          stmt.operator,
          { expr: stmt.target, value: old },
          { expr: stmt.value, value: by },
          env,
        );
        const key = dottedName(stmt.target);
        if (key !== undefined) evaluator.bind(key, value.kind === 'quantity' ? withoutTerm(value) : value, env);
        else evaluator.assignTarget(stmt.target, value, env);
        return;
      }
      case 'Return': {
        const value: Value = stmt.value ? evaluator.evaluate(stmt.value, env) : { kind: 'none' };
        if (!env.dead)
          this.frame.result = this.frame.result === undefined ? value : joinValues(this.frame.result, value);
        env.dead = true;
        return;
      }
      case 'Raise':
        if (stmt.value) evaluator.evaluate(stmt.value, env);
        env.dead = true;
        return;
      case 'Assert':
        evaluator.evaluate(stmt.test, env);
        if (stmt.message) evaluator.evaluate(stmt.message, env);
        refine(evaluator, stmt.test, true, env);
        return;
      case 'Delete':
        for (const target of stmt.targets) evaluator.evaluate(target, env);
        return;
      case 'Pass':
      case 'Global':
      case 'Nonlocal':
        return;
      case 'Break':
      case 'Continue':
        this.leaveLoop(env);
        env.dead = true;
        return;
      case 'Import':
        importModules(stmt, env);
        return;
      case 'ImportFrom':
        importNames(stmt, env, evaluator.session);
        return;
      case 'If': {
        evaluator.evaluate(stmt.test, env);
        const [whenTrue, whenFalse] = [env.branch(), env.branch()];
        whenTrue.dead = env.dead;
        whenFalse.dead = env.dead;
        refine(evaluator, stmt.test, true, whenTrue);
        refine(evaluator, stmt.test, false, whenFalse);
        this.block(stmt.body.body, whenTrue);
        if (stmt.orelse) this.block(stmt.orelse.body, whenFalse);
        if (!env.dead) env.merge([whenTrue, whenFalse], this.fresh);
        return;
      }
      case 'For':
      case 'While':
        this.loop(stmt, env);
        return;
      case 'With':
        this.with(stmt, env);
        return;
      case 'Try':
        this.try(stmt, env);
        return;
      case 'FunctionDef': {
        for (const decorator of stmt.decorators) evaluator.evaluate(decorator, env);
        for (const parameter of stmt.params) if (parameter.default) evaluator.evaluate(parameter.default, env);
        const value: FunctionValue = { kind: 'function', node: stmt, segment: evaluator.context.segment, closure: env };
        env.set(stmt.name, value);
        this.frame.pending.push({ value });
        return;
      }
      case 'ClassDef':
        for (const base of stmt.bases) evaluator.evaluate(base.value, env);
        env.set(stmt.name, { kind: 'class', node: stmt, segment: evaluator.context.segment, closure: env });
        return;
      case 'Match': {
        evaluator.evaluate(stmt.subject, env);
        const branches = stmt.cases.map((c) => {
          const branch = env.branch();
          for (const name of c.captures) branch.set(name, UNKNOWN);
          if (c.guard) evaluator.evaluate(c.guard, branch);
          this.block(c.body.body, branch);
          return branch;
        });
        env.merge([...branches, env.branch()], this.fresh);
        return;
      }
      case 'BrokenStmt':
        for (const name of boundNames([stmt])) env.set(name, UNKNOWN);
        return;
    }
  }

  /** `torch._assert((x >= 0).all(), "…")` stops where it does not hold, as an assert statement does. */
  private checked(expr: Expr, env: Environment): void {
    if (expr.kind !== 'Call' || expr.args.length === 0) return;
    const { callee } = expr;
    const name = callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
    const condition = expr.args[0]?.value;
    const isCondition = condition?.kind === 'Compare' || condition?.kind === 'Bool' || condition?.kind === 'Call';
    if (isCondition && CHECKS.test(name)) refine(this.evaluator, condition, true, env);
  }

  /**
   * A silent pass finds out what the body does to the names it assigns; widened by that, a second pass records. Inside
   * a silent pass an inner loop runs once only, so that nesting costs a factor of the depth, not a power of two.
   */
  private loop(stmt: ForStmt | WhileStmt, env: Environment): void {
    const { evaluator } = this;
    const entry = env.branch();
    if (stmt.kind === 'For') {
      const iterable = evaluator.evaluate(stmt.iterable, entry);
      evaluator.assignTarget(stmt.target, loopElement(stmt.iterable, iterable), entry);
    } else {
      evaluator.evaluate(stmt.test, entry);
    }
    const before = this.frame.loop;
    const changed = [...changedNames(stmt.body)].filter((name) => entry.get(name) !== undefined);
    const guesses = new Map<string, R.Range>();
    if (changed.length > 0 && evaluator.session.isRecording) {
      this.widenHead(stmt, entry);
    } else {
      for (const name of changed) {
        const old = entry.get(name);
        if (old?.kind === 'quantity') {
          const term = evaluator.session.freshTerm(name);
          const isGuessed = old.range.lo >= 0 && Number.isFinite(old.range.lo);
          const range = { ...old.range, hi: Number.POSITIVE_INFINITY, reachesHi: 0 as const };
          if (isGuessed) guesses.set(name, range);
          entry.set(name, isGuessed ? { ...UNKNOWN, range, because: old.because, term } : { ...UNKNOWN, term });
        } else if (old?.kind === 'list' || old?.kind === 'sequence') entry.set(name, shared(old));
      }
    }
    const body = entry.branch();
    const exits: LoopExit[] = [];
    this.frame.loop = { entry, exits };
    if (stmt.kind === 'While') refine(evaluator, stmt.test, true, body);
    this.block(stmt.body.body, body);
    this.frame.loop = before;
    const endless = stmt.kind === 'While' && stmt.test.kind === 'Constant' && stmt.test.value === true;
    const after = entry.branch();
    // That a loop may not run at all is no evidence: it would speak against every mean.
    for (const path of [after, ...exits.filter((exit) => exit.isExceptional).map((exit) => exit.env)])
      for (const name of changed) weaken(path, name, env.get(name));
    entry.merge([body, ...exits.map((exit) => exit.env), ...(endless ? [] : [after])], this.fresh);
    entry.dead = false;
    // What was guessed to stay above its lower end, and does not, may have misled all that the body assigns.
    if ([...guesses].some(([name, range]) => asQuantity(entry.get(name)).range.lo < range.lo))
      for (const name of changed)
        if (entry.get(name)?.kind === 'quantity')
          entry.set(name, { ...UNKNOWN, term: evaluator.session.freshTerm(name) });
    if (stmt.orelse) this.block(stmt.orelse.body, entry);
    for (const [name, value] of entry.bindings) env.set(name, value);
  }

  private leaveLoop(env: Environment): void {
    const { loop, handlers } = this.frame;
    if (!loop || env.dead) return;
    loop.exits.push({ env: flattened(env, loop.entry), isExceptional: handlers > 0 });
  }

  /** Binds in `entry` what holds of the names that the body changes, however often it runs. */
  private widenHead(stmt: ForStmt | WhileStmt, entry: Environment): void {
    const { session } = this.evaluator;
    const guesses = new Map<string, Quantity>();
    for (const [name, value] of this.attempt(stmt, entry)) {
      const old = entry.get(name);
      if (old === undefined) continue;
      const widened = widen(old, value, session, name);
      entry.set(name, widened);
      if (old.kind === 'quantity' && widened.kind === 'quantity' && isGuess(old.range, widened.range))
        guesses.set(name, widened);
    }
    if (guesses.size === 0) return;
    // A threshold is a guess: it holds if the body, begun with it, does not leave it.
    const next = this.attempt(stmt, entry);
    for (const [name, guess] of guesses) {
      const range = asQuantity(next.get(name)).range;
      if (range.lo < guess.range.lo || range.hi > guess.range.hi)
        entry.set(name, { ...guess, range: opened(guess.range, range) });
    }
  }

  /** What the body, run once and silently, makes of the names that it binds. */
  private attempt(stmt: ForStmt | WhileStmt, entry: Environment): ReadonlyMap<string, Value> {
    const { evaluator, frame } = this;
    const trial = entry.branch();
    const before = { result: frame.result, pending: frame.pending.length, loop: frame.loop };
    frame.loop = { entry, exits: [] };
    if (stmt.kind === 'While') refine(evaluator, stmt.test, true, trial);
    evaluator.session.silently(() => this.block(stmt.body.body, trial));
    frame.result = before.result;
    frame.pending.length = before.pending;
    frame.loop = before.loop;
    if (stmt.kind === 'For')
      for (const name of [...trial.bindings.keys()]) if (targetHas(stmt.target, name)) trial.bindings.delete(name);
    return trial.bindings;
  }

  private with(stmt: WithStmt, env: Environment): void {
    let inner = this.evaluator;
    for (const item of stmt.items) {
      const context = inner.evaluate(item.context, env);
      if (switchesGradientOff(context)) inner = inner.within({ gradient: false });
      else if (context.kind === 'instance' && /\.enable_grad$/.test(context.className))
        inner = inner.within({ gradient: true });
      const region = autocastRegion(context);
      if (region !== undefined) inner = inner.within({ autocast: region === 'off' ? undefined : region });
      if (item.target) inner.assignTarget(item.target, UNKNOWN, env);
    }
    new Interpreter(inner, this.frame).block(stmt.body.body, env);
  }

  private try(stmt: TryStmt, env: Environment): void {
    const body = env.branch();
    this.block(stmt.body.body, body);
    const paths: Environment[] = [];
    if (stmt.orelse) this.block(stmt.orelse.body, body);
    paths.push(body);
    for (const handler of stmt.handlers) {
      const path = env.branch();
      // It may have got anywhere: each name is what it was or what the body made of it.
      for (const [name, value] of body.bindings) {
        const old = env.get(name);
        path.set(name, old === undefined ? value : joinValues(old, value));
      }
      for (const name of body.bindings.keys()) weaken(path, name, env.get(name));
      if (handler.type) this.evaluator.evaluate(handler.type, path);
      if (handler.name) path.set(handler.name, UNKNOWN);
      this.frame.handlers++;
      this.block(handler.body.body, path);
      this.frame.handlers--;
      paths.push(path);
    }
    env.merge(paths, this.fresh);
    if (stmt.finalbody) {
      const { dead } = env;
      env.dead = false;
      this.block(stmt.finalbody.body, env);
      env.dead ||= dead;
    }
  }
}

/** A copy of what a layer holds now, down to the loop's own layer: the layers themselves go on changing. */
function flattened(exit: Environment, loopEntry: Environment): Environment {
  const flat = loopEntry.branch();
  const layers: Environment[] = [];
  for (let layer: Environment | undefined = exit; layer && layer !== loopEntry; layer = layer.parent)
    layers.unshift(layer);
  for (const layer of layers) for (const [name, value] of layer.bindings) flat.set(name, value);
  return flat;
}

/** What holds of a name at the head of a loop whose body turns `before` into `after`. */
function widen(before: Value, after: Value, session: Session, name: string): Value {
  if (before === after) return before;
  if (before.kind !== 'quantity' || after.kind !== 'quantity') {
    const joined = joinValues(before, after);
    if (joined.kind === 'list')
      return { ...joined, length: { ...joined.length, hi: Number.POSITIVE_INFINITY, reachesHi: 0 } };
    return joined.kind === 'quantity' ? { ...joined, term: session.freshTerm(name) } : joined;
  }
  if (before.term !== undefined && before.term === after.term) return before;
  const joined = joinValues(before, after) as Quantity;
  // A bound that moves is let go to the next of few thresholds, so that two passes are enough.
  const lo = after.range.lo >= before.range.lo ? before.range.lo : after.range.lo >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  const hi = after.range.hi <= before.range.hi ? before.range.hi : after.range.hi <= 1 ? 1 : Number.POSITIVE_INFINITY;
  const range: R.Range = {
    lo,
    hi,
    reachesLo: lo === Number.NEGATIVE_INFINITY ? 0 : joined.range.reachesLo,
    reachesHi: hi === Number.POSITIVE_INFINITY ? 0 : joined.range.reachesHi,
    reachesZero: joined.range.reachesZero,
    excludesZero: joined.range.excludesZero,
  };
  return { ...joined, range, term: session.freshTerm(name) };
}

function isGuess(old: R.Range, widened: R.Range): boolean {
  return (
    (widened.lo !== old.lo && Number.isFinite(widened.lo)) || (widened.hi !== old.hi && Number.isFinite(widened.hi))
  );
}

/** A range without the ends that `beyond` goes past. */
function opened(r: R.Range, beyond: R.Range): R.Range {
  const isBelow = beyond.lo < r.lo;
  const isAbove = beyond.hi > r.hi;
  return {
    ...r,
    ...(isBelow ? { lo: Number.NEGATIVE_INFINITY, reachesLo: 0 as const } : {}),
    ...(isAbove ? { hi: Number.POSITIVE_INFINITY, reachesHi: 0 as const } : {}),
  };
}

/** What a counter or a list is before a loop fills it. */
function isStart(value: Value): boolean {
  return value.kind === 'quantity' ? R.isConstant(value.range) : lengthOf(value)?.hi === 0;
}

/** On a path that is hardly ever taken, a counter or a list that is as it was before says nothing. */
function weaken(path: Environment, name: string, before: Value | undefined): void {
  const value = path.get(name);
  if (value !== undefined && before !== undefined && isStart(before)) path.set(name, unproven(value));
}

/** The same value with nothing that says which of its ends it reaches. */
function unproven(value: Value): Value {
  if (value.kind === 'quantity') return { ...value, range: R.unproven(value.range) };
  const length = lengthOf(value);
  if (!length) return value;
  const element = value.kind === 'list' ? value.element : anyOf(value.kind === 'sequence' ? value.elements : []);
  return { kind: 'list', element, length: R.unproven(length), because: [] };
}

function withoutTerm(q: Quantity): Quantity {
  const { term: _, origin: __, ...rest } = q;
  return rest;
}

function targetHas(target: Expr, name: string): boolean {
  if (target.kind === 'Name') return target.id === name;
  return (
    (target.kind === 'Tuple' || target.kind === 'List') && target.elements.some((element) => targetHas(element, name))
  );
}

/** What `for` binds: an element of the iterable; `enumerate` and `zip` give tuples of elements. */
function loopElement(iterable: Expr, value: Value): Value {
  if (iterable.kind === 'Call' && iterable.callee.kind === 'Name') {
    const count: Quantity = {
      ...UNKNOWN,
      holder: 'scalar',
      framework: 'python',
      dtype: 'integer',
      range: R.range(0, Number.POSITIVE_INFINITY, 2, 0),
    };
    if (iterable.callee.id === 'enumerate')
      return { kind: 'sequence', elements: [iterable.args.length > 1 ? UNKNOWN : count, UNKNOWN] };
    if (iterable.callee.id === 'range') return elementOf(value);
  }
  return elementOf(value);
}

function importModules(stmt: ImportStmt, env: Environment): void {
  for (const { name, alias } of stmt.names) {
    if (alias !== undefined) env.set(alias, { kind: 'library', name });
    else {
      const root = name.split('.', 1)[0] as string;
      env.set(root, { kind: 'library', name: root });
    }
  }
}

function importNames(stmt: ImportFromStmt, env: Environment, session: Session): void {
  // A relative import is code we do not see, but for the backend of Keras and of what grew out of it.
  const home = stmt.level > 0 ? '.' : stmt.module;
  for (const { name, alias } of stmt.names) {
    if (name === '*') {
      if (stmt.level === 0) session.starImports.add(stmt.module);
      continue;
    }
    const library =
      isKerasBackend(stmt) && name === 'backend' ? 'keras.backend' : stmt.level > 0 ? undefined : `${home}.${name}`;
    env.set(alias ?? name, library === undefined ? UNKNOWN : { kind: 'library', name: library });
  }
}
