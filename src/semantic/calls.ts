// Calls of functions and classes of the same file: their results, and what their call sites pass.

import type { CallExpr, FunctionDef, LambdaExpr, Parameter, Stmt } from '../syntax/ast';
import { blocksOf } from '../syntax/walk';
import { classMethod } from './classes';
import { dtypeNamed } from './dtype';
import { Environment } from './environment';
import type { Evaluator } from './evaluator';
import { interpretFunction } from './interpreter';
import * as R from './range';
import type { Session } from './session';
import {
  asQuantity,
  type ClassValue,
  type FunctionValue,
  isUnknown,
  type LocalInstance,
  NONE,
  type Quantity,
  UNKNOWN,
  type Value,
  valueKey,
} from './value';

const MAX_DEPTH = 4;

/** The value of calling a function, class or object of this file. */
export function callLocal(
  evaluator: Evaluator,
  expr: CallExpr,
  callee: FunctionValue | ClassValue | LocalInstance,
  args: readonly Value[],
): Value {
  if (callee.kind === 'class') {
    const init = classMethod(evaluator.session, { kind: 'object', type: callee }, '__init__');
    if (init?.kind === 'function') noteCall(evaluator.session, init, bindArguments(init, expr, args));
    return { kind: 'object', type: callee, call: expr };
  }
  if (callee.kind === 'object') {
    const { session } = evaluator;
    // An nn.Module's forward, a Keras layer's call, a plain object's __call__.
    const method =
      classMethod(session, callee, '__call__') ??
      classMethod(session, callee, 'forward') ??
      classMethod(session, callee, 'call');
    return method?.kind === 'function' ? callLocal(evaluator, expr, method, args) : UNKNOWN;
  }
  const bound = bindArguments(callee, expr, args);
  noteCall(evaluator.session, callee, bound);
  return functionResult(evaluator.session, callee, bound);
}

/** What calling an object of this file gives, whatever it is given. */
export function resultOf(session: Session, object: LocalInstance): Value {
  const method = classMethod(session, object, 'forward') ?? classMethod(session, object, 'call');
  const self = method?.kind === 'function' ? method.node.params[0] : undefined;
  return method?.kind === 'function' && self
    ? functionResult(session, method, new Map<string, Value>([[self.name, object]]))
    : UNKNOWN;
}

function noteCall(session: Session, callee: FunctionValue, args: ReadonlyMap<string, Value>): void {
  if (session.isRecording) session.localCall({ callee: callee.node, args });
}

/** Arguments by parameter name; `self` is bound already. */
function bindArguments(callee: FunctionValue, expr: CallExpr, args: readonly Value[]): Map<string, Value> {
  const params = callee.node.params;
  const positional = params.filter((p) => p.form === 'positional');
  const bound = new Map<string, Value>();
  let at = 0;
  const [first] = positional;
  if (callee.self && first) {
    bound.set(first.name, callee.self);
    at = 1;
  }
  expr.args.forEach((arg, i) => {
    const value = args[i] ?? UNKNOWN;
    if (arg.unpack === '*') at = Number.POSITIVE_INFINITY;
    if (arg.unpack !== '') return;
    if (arg.keyword !== undefined) bound.set(arg.keyword, value);
    else {
      const parameter = positional[at++];
      if (parameter) bound.set(parameter.name, value);
    }
  });
  return bound;
}

const givesValue = new WeakMap<FunctionDef, boolean>();

/** Whether a function has a `return` with a value anywhere in it. */
function returnsSomething(node: FunctionDef | LambdaExpr): boolean {
  if (node.kind === 'Lambda') return true;
  let known = givesValue.get(node);
  if (known === undefined) {
    const visit = (body: readonly Stmt[]): boolean =>
      body.some((stmt) =>
        stmt.kind === 'Return' || stmt.kind === 'BrokenStmt'
          ? stmt.kind === 'BrokenStmt' || stmt.value !== undefined
          : stmt.kind !== 'FunctionDef' &&
            stmt.kind !== 'ClassDef' &&
            blocksOf(stmt).some((block) => visit(block.body)),
      );
    known = visit(node.body.body);
    givesValue.set(node, known);
  }
  return known;
}

function functionResult(session: Session, callee: FunctionValue, args: ReadonlyMap<string, Value>): Value {
  if (!returnsSomething(callee.node)) return NONE;
  if (session.callStack.length >= MAX_DEPTH || session.callStack.includes(callee.node)) return UNKNOWN;
  const key = [...args].map(([name, value]) => `${name}=${valueKey(value)}`).join('&');
  let results = session.callResults.get(callee.node);
  if (!results) {
    results = new Map();
    session.callResults.set(callee.node, results);
  }
  const known = results.get(key);
  if (known) return known;
  // A function that is called with ever new values is analysed for a few of them only.
  if (results.size > 16) return UNKNOWN;
  session.callStack.push(callee.node);
  const value = session.silently(() =>
    withoutPlaces(interpretFunction(session, callee, parameterScope(session, callee, args))),
  );
  session.callStack.pop();
  results.set(key, value);
  return value;
}

/** A term names a value inside the callee; outside it would speak of something else. */
function withoutPlaces(value: Value): Value {
  if (value.kind === 'quantity') {
    const { term: _, ...rest } = value;
    return rest;
  }
  if (value.kind === 'sequence') return { kind: 'sequence', elements: value.elements.map(withoutPlaces) };
  if (value.kind === 'list') return { ...value, element: withoutPlaces(value.element) };
  if (value.kind === 'mapping')
    return { kind: 'mapping', entries: new Map([...value.entries].map(([k, v]) => [k, withoutPlaces(v)])) };
  return value;
}

/** A layer with the parameters bound: to the arguments, the defaults, the annotations, or nothing known. */
export function parameterScope(session: Session, callee: FunctionValue, args: ReadonlyMap<string, Value>): Environment {
  const scope = new Environment(callee.closure, true);
  for (const parameter of callee.node.params) {
    const value = parameterValue(session, parameter, args.get(parameter.name));
    const named: Value =
      value.kind === 'quantity' && value.term === undefined
        ? { ...value, term: session.freshTerm(parameter.name) }
        : value;
    scope.set(parameter.name, named);
  }
  return scope;
}

function parameterValue(session: Session, parameter: Parameter, given: Value | undefined): Value {
  if (given && (!isUnknown(given) || asQuantity(given).loaded)) return given;
  const annotated = annotationValue(parameter);
  const fallback = session.takesOnTrust ? parameter.default : undefined;
  if (fallback?.kind === 'Number') {
    // A default is what callers get who say nothing; others may pass anything, so it proves no hazard.
    const value = R.range(fallback.value, fallback.value, 0, 0);
    return {
      kind: 'quantity',
      holder: 'scalar',
      framework: 'python',
      range: value,
      dtype: fallback.isInteger ? 'integer' : 'float64',
      because: [],
    };
  }
  if (fallback?.kind === 'String' && fallback.value !== undefined) return { kind: 'string', values: [fallback.value] };
  return annotated ?? UNKNOWN;
}

function annotationValue(parameter: Parameter): Quantity | undefined {
  const annotation = parameter.annotation;
  if (!annotation) return undefined;
  const name =
    annotation.kind === 'Name'
      ? annotation.id
      : annotation.kind === 'Attribute'
        ? annotation.name
        : annotation.kind === 'String'
          ? annotation.value
          : undefined;
  switch (name) {
    case 'Tensor':
    case 'FloatTensor':
      return { ...UNKNOWN, holder: 'tensor', framework: 'torch' };
    case 'HalfTensor':
      return { ...UNKNOWN, holder: 'tensor', framework: 'torch', dtype: 'float16' };
    case 'LongTensor':
      return { ...UNKNOWN, holder: 'tensor', framework: 'torch', dtype: dtypeNamed('int64') ?? 'integer' };
    case 'ndarray':
    case 'NDArray':
      return { ...UNKNOWN, holder: 'tensor', framework: 'numpy' };
    case 'float':
      return { ...UNKNOWN, holder: 'scalar', framework: 'python', dtype: 'float64' };
    case 'int':
      return { ...UNKNOWN, holder: 'scalar', framework: 'python', dtype: 'integer' };
    default:
      return undefined;
  }
}
