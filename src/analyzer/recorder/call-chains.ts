// What a helper function calls its things, in the words of the code that calls it.

import type { SemanticModel } from '../../semantic/model';
import { boundNames } from '../../semantic/program';
import type { CallExpr, Expr, FunctionDef, Node, Segment } from '../../syntax/ast';

const MAX_DEPTH = 5;

/** A call of a function of the file, inside the one before it. */
export interface ChainLink {
  readonly call: CallExpr;
  readonly callee: FunctionDef;
  readonly segment: Segment;
  readonly isMethod: boolean;
}

/** `self.net`, `optimizers[0]`: what can be evaluated elsewhere without doing anything; undefined for all else. */
export function pureText(expr: Expr): string | undefined {
  if (expr.kind === 'Name') return expr.id;
  if (expr.kind === 'Attribute') {
    const object = pureText(expr.object);
    return object === undefined ? undefined : `${object}.${expr.name}`;
  }
  if (expr.kind !== 'Subscript' || expr.indices.length !== 1) return undefined;
  const object = pureText(expr.object);
  const [index] = expr.indices;
  if (object === undefined || !index) return undefined;
  if (index.kind === 'Number' && index.isInteger) return `${object}[${index.value}]`;
  if (index.kind !== 'String' || index.value === undefined || index.isBytes) return undefined;
  return `${object}[${JSON.stringify(index.value)}]`;
}

/** `model` of `model.head[0]`. */
export function rootOf(text: string): string {
  return /^[^.[]*/.exec(text)?.[0] ?? text;
}

/** Whether `text` names `owner` or something inside it. */
export function isWithin(text: string, owner: string): boolean {
  return text === owner || text.startsWith(`${owner}.`) || text.startsWith(`${owner}[`);
}

/** The calls by which `from` comes to `node`, outermost first; empty where it is `node` itself. */
export function chainTo(model: SemanticModel, segment: Segment, from: Node, node: Node): readonly ChainLink[] {
  if (from === node || from.kind !== 'Call') return [];
  return search(model, segment, from, node, []) ?? [];
}

function search(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
  node: Node,
  before: readonly ChainLink[],
): readonly ChainLink[] | undefined {
  const link = linkOf(model, segment, call);
  if (!link || before.length >= MAX_DEPTH || before.some(({ callee }) => callee === link.callee)) return undefined;
  const chain = [...before, link];
  if (model.enclosingFunction(link.segment, node) === link.callee) return chain;
  for (const inner of callsWithin(model, link.segment, link.callee.body)) {
    const found = search(model, link.segment, inner, node, chain);
    if (found) return found;
  }
  return undefined;
}

export function linkOf(model: SemanticModel, segment: Segment, call: CallExpr): ChainLink | undefined {
  const value = model.valueOf(segment, call.callee);
  if (value.kind !== 'function' || value.node.kind === 'Lambda') return undefined;
  return { call, callee: value.node, segment: value.segment, isMethod: value.self !== undefined };
}

export function callsWithin(
  model: SemanticModel,
  segment: Segment,
  { start, end }: { readonly start: number; readonly end: number },
): readonly CallExpr[] {
  return (model.analysisOf(segment)?.callExprs ?? []).filter((call) => call.start >= start && call.end <= end);
}

/** `text` of the innermost function in the words of the outermost caller; undefined where it has no name there. */
export function inCallersWords(text: string, chain: readonly ChainLink[]): string | undefined {
  let current: string | undefined = text;
  for (const link of [...chain].reverse()) {
    if (current === undefined) return undefined;
    current = outsideOf(current, link);
  }
  return current;
}

function outsideOf(text: string, { call, callee, isMethod }: ChainLink): string | undefined {
  const root = rootOf(text);
  const rest = text.slice(root.length);
  const names = callee.params.filter(({ form }) => form === 'positional').map(({ name }) => name);
  const self = isMethod ? names.shift() : undefined;
  if (root === self) {
    const receiver = call.callee.kind === 'Attribute' ? pureText(call.callee.object) : undefined;
    return receiver === undefined ? undefined : receiver + rest;
  }
  if (boundNames(callee.body.body).has(root)) return undefined;
  if (!callee.params.some(({ name }) => name === root)) return text;
  const position = names.indexOf(root);
  const given =
    call.args.find(({ keyword }) => keyword === root) ??
    call.args.filter(({ keyword, unpack }) => keyword === undefined && unpack === '')[position];
  const outside = given && given.unpack === '' ? pureText(given.value) : undefined;
  return outside === undefined ? undefined : outside + rest;
}
