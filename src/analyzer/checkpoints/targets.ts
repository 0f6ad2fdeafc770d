// Which suites of a file are to get checks: functions by name, statements by line, or everything that computes.

import type { ClassDef, Expr, FunctionDef, Module, Node, Segment, Stmt } from '../../syntax/ast';
import { blocksOf, childrenOf, walkExpressions, walkStatements } from '../../syntax/walk';
import { HELPER_PREFIX } from './helper-source';
import type { CheckTarget, KindOf } from './options';

/** A run of statements in one segment, all to be looked at, suites inside them too. */
export interface Region {
  readonly offset: number;
  readonly segment: Segment;
  readonly body: readonly Stmt[];
  /** Qualified name of the function around, empty at the top level. */
  readonly functionName: string;
  /** Whether inner functions belong to it. */
  readonly isDeep: boolean;
}

export interface FunctionPlace {
  readonly qualifiedName: string;
  readonly node: FunctionDef;
  readonly owner: ClassDef | undefined;
  readonly offset: number;
  readonly segment: Segment;
}

/** Methods that frameworks call to compute a model's output. */
const FORWARD = new Set(['forward', '__call__', 'call', 'training_step', 'compute_loss']);
/** What turns a function into something other than Python: a call of ours would not get through. */
const COMPILERS = /^(?:script|njit|numba|guvectorize|vectorize|kernel|triton|cuda)$/;

export function functionsOf(module: Module): FunctionPlace[] {
  const found: FunctionPlace[] = [];
  for (const { offset, segment } of module.segments) {
    const visit = (body: readonly Stmt[], prefix: string, owner: ClassDef | undefined) => {
      for (const node of body) {
        if (node.kind === 'FunctionDef') {
          if (node.name.startsWith(HELPER_PREFIX)) continue;
          const qualifiedName = prefix + node.name;
          found.push({ qualifiedName, node, owner, offset, segment });
          visit(node.body.body, `${qualifiedName}.`, undefined);
        } else if (node.kind === 'ClassDef') visit(node.body.body, `${prefix}${node.name}.`, node);
        else if (node.kind === 'BrokenStmt') visit(node.body, prefix, owner);
        else for (const block of blocksOf(node)) visit(block.body, prefix, owner);
      }
    };
    visit(segment.body, '', undefined);
  }
  return found;
}

/** Regions of the target, in the order of the source, with what is to be said where there are none. */
export function regionsOf(
  module: Module,
  target: CheckTarget,
  kindOf: KindOf,
): { regions: Region[]; functions: FunctionPlace[]; problems: string[] } {
  const all = functionsOf(module);
  const problems: string[] = [];
  if (target.kind === 'lines') return { ...regionsOfLines(module, all), problems };
  const chosen =
    target.kind === 'function'
      ? all.filter(({ qualifiedName }) => qualifiedName === target.name || qualifiedName.endsWith(`.${target.name}`))
      : all.filter((place) => computes(place, kindOf));
  if (target.kind === 'function' && chosen.length === 0) problems.push(noSuchFunction(target.name, all));
  const functions = chosen.filter((place) => {
    const compiler = compilerOf(place.node);
    if (compiler) problems.push(`${place.qualifiedName} is compiled by @${compiler}, which lets no check through`);
    return !compiler;
  });
  const isDeep = target.kind === 'function';
  const regions = functions.map(({ node, offset, segment, qualifiedName }) => ({
    offset,
    segment,
    body: node.body.body,
    functionName: qualifiedName,
    isDeep,
  }));
  if (target.kind === 'everything') regions.push(...trainingLoops(module));
  return { regions: regions.sort((a, b) => a.offset - b.offset || start(a) - start(b)), functions, problems };
}

function start(region: Region): number {
  return region.body[0]?.start ?? 0;
}

function noSuchFunction(name: string, all: readonly FunctionPlace[]): string {
  const names = all.map(({ qualifiedName }) => qualifiedName);
  if (names.length === 0) return `there is no function ${name}: the file has none`;
  const shown = names.slice(0, 8).join(', ') + (names.length > 8 ? `, … (${names.length} in all)` : '');
  return `there is no function ${name}; the file has ${shown}`;
}

/** Whole functions and the top level: which statements are meant is decided line by line. */
function regionsOfLines(module: Module, functions: FunctionPlace[]): { regions: Region[]; functions: FunctionPlace[] } {
  const regions: Region[] = [];
  for (const { offset, segment } of module.segments) {
    regions.push({ offset, segment, body: segment.body, functionName: '', isDeep: false });
  }
  for (const { node, offset, segment, qualifiedName } of functions) {
    if (compilerOf(node)) continue;
    regions.push({ offset, segment, body: node.body.body, functionName: qualifiedName, isDeep: false });
  }
  return { regions, functions };
}

function computes({ node }: FunctionPlace, kindOf: KindOf): boolean {
  if (FORWARD.has(node.name)) return true;
  if (node.name === '__init__') return false;
  let found = false;
  walkStatements(node.body.body, (statement) => {
    if (found || statement.kind === 'FunctionDef' || statement.kind === 'ClassDef') return 'skip';
    const value = producedValue(statement);
    found = (value !== undefined && kindOf(value) === 'tensor') || isTrainingCall(statement);
    return undefined;
  });
  return found;
}

/** The expression whose value a statement keeps or hands out. */
export function producedValue(statement: Stmt): Expr | undefined {
  switch (statement.kind) {
    case 'Assign':
    case 'AugAssign':
    case 'AnnAssign':
    case 'Return':
      return statement.value;
    default:
      return undefined;
  }
}

/** `loss.backward()` or `optimizer.step()`. */
export function isTrainingCall(statement: Stmt): boolean {
  if (statement.kind !== 'ExprStmt' || statement.value.kind !== 'Call') return false;
  const { callee } = statement.value;
  return callee.kind === 'Attribute' && /^(?:manual_)?backward$|^step$/.test(callee.name);
}

/** Loops outside functions in which gradients are computed or applied. */
function trainingLoops(module: Module): Region[] {
  const regions: Region[] = [];
  for (const { offset, segment } of module.segments) {
    walkStatements(segment.body, (statement) => {
      if (statement.kind === 'FunctionDef' || statement.kind === 'ClassDef') return 'skip';
      if (statement.kind !== 'For' && statement.kind !== 'While') return undefined;
      let trains = false;
      walkStatements(statement.body.body, (inner) => {
        trains ||= isTrainingCall(inner);
      });
      if (!trains) return undefined;
      regions.push({ offset, segment, body: statement.body.body, functionName: '', isDeep: false });
      return 'skip';
    });
  }
  return regions;
}

function compilerOf(node: FunctionDef): string | undefined {
  for (const decorator of node.decorators) {
    let compiler: string | undefined;
    walkExpressions(decorator, (expr) => {
      const name = expr.kind === 'Name' ? expr.id : expr.kind === 'Attribute' ? expr.name : undefined;
      if (name !== undefined && COMPILERS.test(name)) compiler ??= name;
    });
    if (compiler) return compiler;
  }
  return undefined;
}

/** Says which compiler in the file refuses the branch in a check, if one does. */
export function compilerRefusing(module: Module): string | undefined {
  const look = (node: Node): string | undefined => {
    if (node.kind === 'Call') {
      const isFull = node.args.some(
        ({ keyword, value }) => keyword === 'fullgraph' && value.kind === 'Constant' && value.value === true,
      );
      if (isFull) return 'torch.compile(fullgraph=True) refuses checks: take fullgraph out while they are in';
      const { callee } = node;
      const isScript = callee.kind === 'Attribute' && callee.name === 'script';
      if (isScript && callee.object.kind === 'Attribute' && callee.object.name === 'jit') {
        return 'torch.jit.script refuses checks: leave it out while they are in';
      }
    }
    for (const child of childrenOf(node)) {
      const refusal = look(child);
      if (refusal) return refusal;
    }
    return undefined;
  };
  for (const { segment } of module.segments) {
    if (!/fullgraph|\bscript\b/.test(segment.text)) continue;
    for (const statement of segment.body) {
      const refusal = look(statement);
      if (refusal) return refusal;
    }
  }
  return undefined;
}
