// A file as a program: its segments, what each binds and reads, and which segments can influence which.

import type {
  Block,
  CallExpr,
  CompareExpr,
  Expr,
  ImportFromStmt,
  Module,
  Node,
  PlacedSegment,
  Segment,
  Stmt,
} from '../syntax/ast';
import { blocksOf, childrenOf } from '../syntax/walk';
import { LIST_CHANGES } from './list-changes';

/** Facts about a segment that depend on its text alone; kept as long as the segment lives. */
export interface SegmentSummary {
  readonly id: number;
  /** Names bound at the top level of the file by this segment. */
  readonly binds: ReadonlySet<string>;
  /** Every name that occurs in it. */
  readonly reads: ReadonlySet<string>;
  /** Top-level packages it imports. */
  readonly imports: ReadonlySet<string>;
  /** Every call and every comparison in it, in the order of the source. */
  readonly calls: readonly CallExpr[];
  readonly comparisons: readonly CompareExpr[];
}

const summaries = new WeakMap<Segment, SegmentSummary>();
let nextId = 1;

function targetNames(target: Expr, into: Set<string>): void {
  if (target.kind === 'Name') into.add(target.id);
  else if (target.kind === 'Tuple' || target.kind === 'List') for (const e of target.elements) targetNames(e, into);
  else if (target.kind === 'Starred') targetNames(target.value, into);
}

/** Names that a statement list binds in its own scope (nested functions and classes bind their name only). */
export function boundNames(body: readonly Stmt[], into: Set<string> = new Set()): Set<string> {
  for (const stmt of body) {
    switch (stmt.kind) {
      case 'Assign':
        for (const target of stmt.targets) targetNames(target, into);
        break;
      case 'AugAssign':
      case 'AnnAssign':
        targetNames(stmt.target, into);
        break;
      case 'FunctionDef':
      case 'ClassDef':
        into.add(stmt.name);
        break;
      case 'Import':
        for (const name of stmt.names) into.add(name.alias ?? (name.name.split('.', 1)[0] as string));
        break;
      case 'ImportFrom':
        for (const name of stmt.names) into.add(name.alias ?? name.name);
        break;
      case 'For':
        targetNames(stmt.target, into);
        boundNames(stmt.body.body, into);
        if (stmt.orelse) boundNames(stmt.orelse.body, into);
        break;
      case 'While':
      case 'If':
        boundNames(stmt.body.body, into);
        if (stmt.orelse) boundNames(stmt.orelse.body, into);
        break;
      case 'With':
        for (const item of stmt.items) if (item.target) targetNames(item.target, into);
        boundNames(stmt.body.body, into);
        break;
      case 'Try':
        boundNames(stmt.body.body, into);
        for (const handler of stmt.handlers) {
          if (handler.name) into.add(handler.name);
          boundNames(handler.body.body, into);
        }
        if (stmt.orelse) boundNames(stmt.orelse.body, into);
        if (stmt.finalbody) boundNames(stmt.finalbody.body, into);
        break;
      case 'Match':
        for (const c of stmt.cases) {
          for (const name of c.captures) into.add(name);
          boundNames(c.body.body, into);
        }
        break;
      case 'BrokenStmt':
        boundNames(stmt.body, into);
        break;
      default:
        break;
    }
  }
  return into;
}

function walkNodes(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walkNodes(child, visit);
}

export function summarize(segment: Segment): SegmentSummary {
  const known = summaries.get(segment);
  if (known) return known;
  const reads = new Set<string>();
  const imports = new Set<string>();
  const globals = new Set<string>();
  const calls: CallExpr[] = [];
  const comparisons: CompareExpr[] = [];
  for (const stmt of segment.body) {
    walkNodes(stmt, (node) => {
      if (node.kind === 'Name') reads.add(node.id);
      else if (node.kind === 'Call') calls.push(node);
      else if (node.kind === 'Compare') comparisons.push(node);
      else if (node.kind === 'Global') for (const name of node.names) globals.add(name);
      else if (node.kind === 'Import') for (const name of node.names) imports.add(name.name.split('.', 1)[0] as string);
      else if (node.kind === 'ImportFrom') addImportFrom(node, imports);
    });
  }
  const binds = boundNames(segment.body);
  for (const name of globals) binds.add(name);
  const summary = { id: nextId++, binds, reads, imports, calls, comparisons };
  summaries.set(segment, summary);
  return summary;
}

function addImportFrom(stmt: ImportFromStmt, into: Set<string>): void {
  if (stmt.level === 0) into.add(stmt.module.split('.', 1)[0] as string);
  else if (isKerasBackend(stmt)) into.add('keras');
}

/** `from .. import backend as K`: how Keras, and what grew out of it, names its backend inside. */
export function isKerasBackend(stmt: ImportFromStmt): boolean {
  return stmt.level > 0 && stmt.names.some(({ name, alias }) => name === 'backend' && alias === 'K');
}

const changedCache = new WeakMap<Block, ReadonlySet<string>>();

/** Names and dotted attributes that a block may give another value, in-place methods included. */
export function changedNames(block: Block): ReadonlySet<string> {
  const known = changedCache.get(block);
  if (known) return known;
  const names = boundNames(block.body);
  const visit = (body: readonly Stmt[]): void => {
    for (const stmt of body) {
      if (stmt.kind === 'Assign') for (const target of stmt.targets) changedTarget(target, names);
      else if (stmt.kind === 'AugAssign' || stmt.kind === 'AnnAssign') changedTarget(stmt.target, names);
      else if (stmt.kind === 'ExprStmt' && stmt.value.kind === 'Call') {
        const { callee } = stmt.value;
        if (callee.kind === 'Attribute' && (callee.name.endsWith('_') || LIST_CHANGES.has(callee.name)))
          changedTarget(callee.object, names);
      }
      if (stmt.kind !== 'FunctionDef' && stmt.kind !== 'ClassDef')
        for (const inner of blocksOf(stmt)) visit(inner.body);
    }
  };
  visit(block.body);
  changedCache.set(block, names);
  return names;
}

function changedTarget(target: Expr, into: Set<string>): void {
  if (target.kind === 'Subscript') changedTarget(target.object, into);
  else if (target.kind === 'Tuple' || target.kind === 'List') for (const e of target.elements) changedTarget(e, into);
  else {
    const name = dottedName(target);
    if (name !== undefined) into.add(name);
  }
}

/** `self.fc` as one key, for attributes that are assigned on the way; undefined for anything but names and dots. */
export function dottedName(expr: Expr): string | undefined {
  if (expr.kind === 'Name') return expr.id;
  if (expr.kind !== 'Attribute') return undefined;
  const object = dottedName(expr.object);
  return object === undefined ? undefined : `${object}.${expr.name}`;
}

/** For each segment, a key that changes whenever anything that can influence its analysis changes. */
export function dependencyKeys(segments: readonly PlacedSegment[]): string[] {
  const summary = segments.map((placed) => summarize(placed.segment));
  const binders = new Map<string, number[]>();
  summary.forEach((s, i) => {
    for (const name of s.binds) {
      const list = binders.get(name);
      if (list) list.push(i);
      else binders.set(name, [i]);
    }
  });
  const uses = summary.map((s, i) => {
    const found = new Set<number>();
    for (const name of s.reads) for (const j of binders.get(name) ?? []) if (j !== i) found.add(j);
    return found;
  });
  const callers: Set<number>[] = summary.map(() => new Set());
  uses.forEach((found, i) => {
    for (const j of found) callers[j]?.add(i);
  });
  const closures = summary.map((_, i) => closure(i, uses));
  return summary.map((s, i) => {
    const all = new Set(closures[i]);
    // What its callers pass depends on all that they read.
    for (const caller of callers[i] ?? []) for (const j of closures[caller] ?? []) all.add(j);
    const ids = [...all].sort((a, b) => a - b).map((j) => summary[j]?.id);
    return `${s.id}:${ids.join(',')}`;
  });
}

function closure(start: number, uses: readonly ReadonlySet<number>[]): Set<number> {
  const seen = new Set([start]);
  const work = [start];
  for (let i = work.pop(); i !== undefined; i = work.pop()) {
    for (const j of uses[i] ?? []) {
      if (!seen.has(j)) {
        seen.add(j);
        work.push(j);
      }
    }
  }
  return seen;
}

/** Packages without one of which there is nothing to know: no number in the file is a tensor's or a logarithm's. */
const NUMERIC = [
  'torch',
  'numpy',
  'math',
  'scipy',
  'tensorflow',
  'keras',
  'tf_keras',
  'jax',
  'flax',
  'optax',
  'trax',
  'keras_core',
  'pytensor',
  'aesara',
  'theano',
  'lightning',
  'pytorch_lightning',
  'accelerate',
  'transformers',
  'deepspeed',
  'autograd',
  'sklearn',
  'transformers',
];

export function isNumeric(module: Module): boolean {
  return module.segments.some(({ segment }) => {
    const { imports } = summarize(segment);
    return NUMERIC.some((name) => imports.has(name));
  });
}

/** Top-level packages that the file imports anywhere. */
export function importedPackages(module: Module): Set<string> {
  const all = new Set<string>();
  for (const { segment } of module.segments) for (const name of summarize(segment).imports) all.add(name);
  return all;
}
