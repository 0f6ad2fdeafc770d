// Walking the typed tree: the children of any node, and every expression or statement below one.

import type { Argument, Block, Expr, Node, Parameter, Stmt } from './ast';

/** A callback of `walk…`: the answer 'skip' keeps the walk out of the node's inside. */
type Visit<T> = (node: T) => unknown;

function pushArgs(args: readonly Argument[], into: Node[]): void {
  for (const arg of args) into.push(arg.value);
}

function pushParams(params: readonly Parameter[], into: Node[]): void {
  for (const param of params) {
    if (param.annotation) into.push(param.annotation);
    if (param.default) into.push(param.default);
  }
}

function push(nodes: readonly Node[], into: Node[]): void {
  for (const node of nodes) into.push(node);
}

/** Expressions and statements directly below `node`, in the order of the source (decorators first, then defaults). */
export function childrenOf(node: Node): Node[] {
  const found: Node[] = [];
  switch (node.kind) {
    case 'Name':
    case 'Number':
    case 'Constant':
    case 'BrokenExpr':
    case 'Pass':
    case 'Break':
    case 'Continue':
    case 'Global':
    case 'Nonlocal':
    case 'Import':
    case 'ImportFrom':
      break;
    case 'String':
      push(node.parts, found);
      break;
    case 'Attribute':
      found.push(node.object);
      break;
    case 'Subscript':
      found.push(node.object);
      push(node.indices, found);
      break;
    case 'Slice':
      if (node.lower) found.push(node.lower);
      if (node.upper) found.push(node.upper);
      if (node.step) found.push(node.step);
      break;
    case 'Call':
      found.push(node.callee);
      pushArgs(node.args, found);
      break;
    case 'Binary':
      found.push(node.left, node.right);
      break;
    case 'Unary':
      found.push(node.operand);
      break;
    case 'Bool':
      push(node.values, found);
      break;
    case 'Compare':
      found.push(node.left);
      push(node.comparators, found);
      break;
    case 'Conditional':
      found.push(node.body, node.test, node.orelse);
      break;
    case 'Lambda':
      pushParams(node.params, found);
      found.push(node.body);
      break;
    case 'Tuple':
    case 'List':
    case 'Set':
      push(node.elements, found);
      break;
    case 'Dict':
      for (const { key, value } of node.entries) {
        if (key) found.push(key);
        found.push(value);
      }
      break;
    case 'Comprehension':
      if (node.key) found.push(node.key);
      found.push(node.element);
      for (const clause of node.clauses) {
        found.push(clause.target, clause.iterable);
        push(clause.conditions, found);
      }
      break;
    case 'NamedExpr':
      found.push(node.target, node.value);
      break;
    case 'Starred':
    case 'Await':
    case 'ExprStmt':
      found.push(node.value);
      break;
    case 'Yield':
    case 'Return':
      if (node.value) found.push(node.value);
      break;
    case 'Raise':
      if (node.value) found.push(node.value);
      if (node.cause) found.push(node.cause);
      break;
    case 'Assign':
      push(node.targets, found);
      found.push(node.value);
      break;
    case 'AugAssign':
      found.push(node.target, node.value);
      break;
    case 'AnnAssign':
      found.push(node.target, node.annotation);
      if (node.value) found.push(node.value);
      break;
    case 'Assert':
      found.push(node.test);
      if (node.message) found.push(node.message);
      break;
    case 'Delete':
      push(node.targets, found);
      break;
    case 'If':
    case 'While':
      found.push(node.test);
      push(node.body.body, found);
      if (node.orelse) push(node.orelse.body, found);
      break;
    case 'For':
      found.push(node.target, node.iterable);
      push(node.body.body, found);
      if (node.orelse) push(node.orelse.body, found);
      break;
    case 'With':
      for (const item of node.items) {
        found.push(item.context);
        if (item.target) found.push(item.target);
      }
      push(node.body.body, found);
      break;
    case 'Try':
      push(node.body.body, found);
      for (const handler of node.handlers) {
        if (handler.type) found.push(handler.type);
        push(handler.body.body, found);
      }
      if (node.orelse) push(node.orelse.body, found);
      if (node.finalbody) push(node.finalbody.body, found);
      break;
    case 'FunctionDef':
      push(node.decorators, found);
      pushParams(node.params, found);
      if (node.returns) found.push(node.returns);
      push(node.body.body, found);
      break;
    case 'ClassDef':
      push(node.decorators, found);
      pushArgs(node.bases, found);
      push(node.body.body, found);
      break;
    case 'Match':
      found.push(node.subject);
      for (const arm of node.cases) {
        if (arm.guard) found.push(arm.guard);
        push(arm.body.body, found);
      }
      break;
    case 'BrokenStmt':
      push(node.body, found);
      break;
  }
  return found;
}

/** The suites of a statement, in the order of the source; those of `elif` and `match` included. */
export function blocksOf(statement: Stmt): Block[] {
  switch (statement.kind) {
    case 'If':
    case 'For':
    case 'While':
      return statement.orelse ? [statement.body, statement.orelse] : [statement.body];
    case 'With':
    case 'FunctionDef':
    case 'ClassDef':
      return [statement.body];
    case 'Try': {
      const blocks = [statement.body, ...statement.handlers.map((handler) => handler.body)];
      if (statement.orelse) blocks.push(statement.orelse);
      if (statement.finalbody) blocks.push(statement.finalbody);
      return blocks;
    }
    case 'Match':
      return statement.cases.map((arm) => arm.body);
    default:
      return [];
  }
}

export function isStatement(node: Node): node is Stmt {
  switch (node.kind) {
    case 'ExprStmt':
    case 'Assign':
    case 'AugAssign':
    case 'AnnAssign':
    case 'Return':
    case 'Raise':
    case 'Assert':
    case 'Delete':
    case 'Pass':
    case 'Break':
    case 'Continue':
    case 'Global':
    case 'Nonlocal':
    case 'Import':
    case 'ImportFrom':
    case 'If':
    case 'For':
    case 'While':
    case 'With':
    case 'Try':
    case 'FunctionDef':
    case 'ClassDef':
    case 'Match':
    case 'BrokenStmt':
      return true;
    default:
      return false;
  }
}

export function isExpression(node: Node): node is Expr {
  return !isStatement(node);
}

/** Every node at or below `root`, each before its children. A callback that answers 'skip' keeps out of the inside. */
export function walkNodes(root: Node, visit: Visit<Node>): void {
  if (visit(root) === 'skip') return;
  for (const child of childrenOf(root)) walkNodes(child, visit);
}

/** Every expression at or below `root` (those of inner statements too), each before its children. */
export function walkExpressions(root: Node, visit: Visit<Expr>): void {
  walkNodes(root, (node) => (isExpression(node) ? visit(node) : undefined));
}

/** Every statement of `body` and inside it, inner functions and classes included, each before what it holds. */
export function walkStatements(body: readonly Stmt[], visit: Visit<Stmt>): void {
  for (const statement of body) {
    if (visit(statement) === 'skip') continue;
    if (statement.kind === 'BrokenStmt') walkStatements(statement.body, visit);
    else for (const block of blocksOf(statement)) walkStatements(block.body, visit);
  }
}
