// Classes of the file: their methods through local bases, and the attributes that their methods assign.

import type { ClassDef, Expr, FunctionDef, Stmt } from '../syntax/ast';
import { blocksOf } from '../syntax/walk';
import { parameterScope } from './calls';
import { Environment } from './environment';
import { Evaluator } from './evaluator';
import { interpretFunction } from './interpreter';
import { isContainer } from './layers';
import { shared } from './lists';
import * as R from './range';
import type { Session } from './session';
import { type ClassValue, joinValues, type LocalInstance, type Quantity, UNKNOWN, type Value } from './value';

const methods = new WeakMap<ClassDef, FunctionDef[]>();

export function methodsOf(node: ClassDef): readonly FunctionDef[] {
  let known = methods.get(node);
  if (!known) {
    known = functionsIn(node.body.body);
    methods.set(node, known);
  }
  return known;
}

const methodTables = new WeakMap<ClassDef, Map<string, FunctionDef>>();

function methodNamed(node: ClassDef, name: string): FunctionDef | undefined {
  let table = methodTables.get(node);
  if (!table) {
    table = new Map();
    // Of two definitions, as of a property and its setter, the first one counts.
    for (const method of methodsOf(node)) if (!table.has(method.name)) table.set(method.name, method);
    methodTables.set(node, table);
  }
  return table.get(name);
}

function functionsIn(body: readonly Stmt[]): FunctionDef[] {
  return body.flatMap((stmt) =>
    stmt.kind === 'FunctionDef'
      ? [stmt]
      : stmt.kind === 'If'
        ? functionsIn([...stmt.body.body, ...(stmt.orelse?.body ?? [])])
        : [],
  );
}

/** The class itself and its local bases, nearest first. */
export function lineage(session: Session, type: ClassValue, depth = 0): ClassValue[] {
  if (depth > 8) return [type];
  const result = [type];
  for (const base of type.node.bases) {
    if (base.keyword !== undefined || base.value.kind !== 'Name') continue;
    const value = type.closure.get(base.value.id);
    if (value?.kind === 'class' && value.node !== type.node) result.push(...lineage(session, value, depth + 1));
  }
  return result;
}

/** Qualified names of the library classes that a class of the file derives from. */
export function libraryBases(session: Session, type: ClassValue): string[] {
  const names: string[] = [];
  for (const ancestor of lineage(session, type)) {
    const evaluator = new Evaluator(session, { segment: ancestor.segment, gradient: true, autocast: undefined });
    for (const base of ancestor.node.bases) {
      if (base.keyword !== undefined) continue;
      const value = session.silently(() => evaluator.evaluate(base.value, ancestor.closure));
      if (value.kind === 'library') names.push(value.name);
    }
  }
  return names;
}

export function classMethod(session: Session, object: LocalInstance, name: string): Value | undefined {
  for (const type of lineage(session, object.type)) {
    const node = methodNamed(type.node, name);
    if (!node) continue;
    const decorators = node.decorators.map(decoratorName);
    const value = { kind: 'function', node, segment: type.segment, closure: type.closure } as const;
    if (decorators.includes('staticmethod')) return value;
    if (decorators.includes('property') || decorators.includes('cached_property')) return UNKNOWN;
    return { ...value, self: object };
  }
  return undefined;
}

function decoratorName(decorator: Expr): string | undefined {
  return decorator.kind === 'Name' ? decorator.id : decorator.kind === 'Attribute' ? decorator.name : undefined;
}

/** The value of `self.name`, from the class body and from what `__init__` (or, failing that, any method) assigns. */
export function classAttribute(session: Session, object: LocalInstance, name: string): Value | undefined {
  for (const type of lineage(session, object.type)) {
    const found = attributesOf(session, type).get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function attributesOf(session: Session, type: ClassValue): Map<string, Value> {
  const known = session.attributes.get(type.node);
  if (known) return known;
  const attributes = new Map<string, Value>();
  // Set first: a method that reads what it is about to define sees what is known so far.
  session.attributes.set(type.node, attributes);
  const self: LocalInstance = { kind: 'object', type };
  classBody(session, type, attributes);
  const methods = methodsOf(type.node);
  const init = methods.filter(
    (method) =>
      method.name === '__init__' ||
      method.name === '__post_init__' ||
      method.name === 'setup' ||
      method.name === 'build',
  );
  for (const method of init)
    runForAttributes(
      session,
      type,
      self,
      method,
      (name, value) => attributes.set(name, join(attributes.get(name), value)),
      (name, value) => attributes.set(name, value),
    );
  const inInit = new Set(attributes.keys());
  const writers = new Map<string, number>();
  for (const method of methods) {
    const assigned = assignedAttributes(method);
    for (const name of assigned) writers.set(name, (writers.get(name) ?? 0) + 1);
    if (init.includes(method)) continue;
    const isFresh = (name: string): boolean => !inInit.has(name) || attributes.get(name)?.kind === 'none';
    if (![...assigned].some(isFresh)) continue;
    const alone = new Set([...assigned].filter((name) => isFresh(name) && !attributes.has(name)));
    runForAttributes(
      session,
      type,
      self,
      method,
      (name, value) => {
        if (isFresh(name)) attributes.set(name, join(attributes.get(name), value));
      },
      (name, value) => {
        if (alone.has(name)) attributes.set(name, value);
      },
    );
  }
  for (const [name, count] of writers) {
    // A number or tensor that several methods write, or one counts up: nothing is known of it when another reads it.
    const isVolatile = count > 1 || methods.some((method) => updatedAttributes(method).has(name));
    const known = attributes.get(name);
    if (isVolatile && known?.kind === 'quantity')
      attributes.set(name, startsAtZero(session, type, methods, name, known) ?? UNKNOWN);
    // What other methods append to it, or take from it, is not seen.
    else if (known) attributes.set(name, shared(known));
  }
  return attributes;
}

/** A counter: set to 0 when the object is made, perhaps again by a reset, and added to elsewhere. */
function startsAtZero(
  session: Session,
  type: ClassValue,
  methods: readonly FunctionDef[],
  name: string,
  known: Quantity,
): Quantity | undefined {
  const init = methods.find((method) => method.name === '__init__');
  const start = init && zeroAssignment(init, name);
  if (!start || known.holder === 'tensor') return undefined;
  const isCounter = methods.every((method) => {
    if (!assignedAttributes(method).has(name)) return true;
    return zeroAssignment(method, name) !== undefined || updatedAttributes(method).has(name);
  });
  if (!isCounter || !methods.some((method) => updatedAttributes(method).has(name))) return undefined;
  const span = { start: start.start, end: start.end };
  return {
    ...UNKNOWN,
    range: R.around(1),
    ...(session.arrayFramework === undefined ? { holder: 'scalar' as const } : {}),
    because: [{ segment: type.segment, span, message: 'it starts at 0 here', operation: 'initial' }],
  };
}

/** `self.count = 0` in a method. */
function zeroAssignment(method: FunctionDef, name: string): Stmt | undefined {
  const self = method.params[0]?.name;
  return method.body.body.find(
    (stmt) =>
      stmt.kind === 'Assign' &&
      stmt.value.kind === 'Number' &&
      stmt.value.value === 0 &&
      stmt.targets.some(
        (target) =>
          target.kind === 'Attribute' &&
          target.name === name &&
          target.object.kind === 'Name' &&
          target.object.id === self,
      ),
  );
}

function join(a: Value | undefined, b: Value): Value {
  return a === undefined ? b : joinValues(a, b);
}

function classBody(session: Session, type: ClassValue, attributes: Map<string, Value>): void {
  const evaluator = new Evaluator(session, { segment: type.segment, gradient: true, autocast: undefined });
  const scope = new Environment(type.closure, true);
  session.silently(() => {
    for (const stmt of type.node.body.body) {
      if (stmt.kind === 'Assign') {
        const value = evaluator.evaluate(stmt.value, scope);
        for (const target of stmt.targets) if (target.kind === 'Name') attributes.set(target.id, value);
      } else if (stmt.kind === 'AnnAssign' && stmt.value && stmt.target.kind === 'Name') {
        attributes.set(stmt.target.id, evaluator.evaluate(stmt.value, scope));
      }
    }
  });
}

function runForAttributes(
  session: Session,
  type: ClassValue,
  self: LocalInstance,
  node: FunctionDef,
  sink: (name: string, value: Value) => void,
  replace: (name: string, value: Value) => void,
): void {
  if (session.callStack.includes(node)) return;
  const before = session.attributeSink;
  session.attributeSink = (name, value) => sink(name, value.kind === 'quantity' ? stripTerm(value) : value);
  session.callStack.push(node);
  const callee = { kind: 'function', node, segment: type.segment, closure: type.closure, self } as const;
  const first = node.params[0];
  const args = new Map<string, Value>(session.parameters.get(node) ?? []);
  if (first) args.set(first.name, self);
  const scope = parameterScope(session, callee, args);
  session.silently(() => interpretFunction(session, callee, scope));
  session.callStack.pop();
  session.attributeSink = before;
  if (first) keepLayers(`${first.name}.`, scope, replace);
}

/** Of a model to which layers are added one by one, the attribute is what it is in the end. */
function keepLayers(prefix: string, scope: Environment, replace: (name: string, value: Value) => void): void {
  for (const [key, value] of scope.bindings)
    if (key.startsWith(prefix) && value.kind === 'instance' && isContainer(value))
      replace(key.slice(prefix.length), value);
}

function stripTerm(value: Value & { kind: 'quantity' }): Value {
  const { term: _, ...rest } = value;
  return rest;
}

interface AssignedAttributes {
  readonly all: ReadonlySet<string>;
  /** By `self.n += 1`, `self.x[i] = v` or an in-place method: the value depends on how often. */
  readonly updated: ReadonlySet<string>;
}

const assignedCache = new WeakMap<FunctionDef, AssignedAttributes>();

/** Names assigned as `self.name = …` anywhere in a method. */
export function assignedAttributes(method: FunctionDef): ReadonlySet<string> {
  return attributeWrites(method).all;
}

function updatedAttributes(method: FunctionDef): ReadonlySet<string> {
  return attributeWrites(method).updated;
}

function attributeWrites(method: FunctionDef): AssignedAttributes {
  const known = assignedCache.get(method);
  if (known) return known;
  const self = method.params[0]?.name;
  const all = new Set<string>();
  const updated = new Set<string>();
  const visitTarget = (target: Expr, isUpdate: boolean): void => {
    if (target.kind === 'Attribute' && target.object.kind === 'Name' && target.object.id === self) {
      all.add(target.name);
      if (isUpdate) updated.add(target.name);
    } else if (target.kind === 'Tuple' || target.kind === 'List') {
      for (const element of target.elements) visitTarget(element, isUpdate);
    } else if (target.kind === 'Subscript') visitTarget(target.object, true);
  };
  const visit = (body: readonly Stmt[]): void => {
    for (const stmt of body) {
      if (stmt.kind === 'Assign') for (const target of stmt.targets) visitTarget(target, false);
      else if (stmt.kind === 'AnnAssign') visitTarget(stmt.target, false);
      else if (stmt.kind === 'AugAssign') visitTarget(stmt.target, true);
      else if (stmt.kind === 'ExprStmt' && stmt.value.kind === 'Call' && stmt.value.callee.kind === 'Attribute') {
        if (stmt.value.callee.name.endsWith('_')) visitTarget(stmt.value.callee.object, true);
      } else if (stmt.kind === 'With') {
        for (const item of stmt.items) if (item.target) visitTarget(item.target, false);
      }
      if (stmt.kind !== 'FunctionDef' && stmt.kind !== 'ClassDef') {
        for (const block of blocksOf(stmt)) visit(block.body);
      }
    }
  };
  visit(method.body.body);
  const writes = { all, updated };
  assignedCache.set(method, writes);
  return writes;
}
