// What the function that reserves memory does with it: which expression stores into it, which one reads it.

import { isWhole } from '../semantic/derive';
import { isCondition } from '../semantic/idioms';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { handsOnRoom } from '../semantic/room';
import { asQuantity, literalNumber, type Room, type Value } from '../semantic/value';
import type { CallExpr, Expr, Node, Segment, SubscriptExpr } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { definitionBefore } from './data-flow';
import { isInside } from './statements';

export interface RoomUse {
  /**
   * Whatever may store something, or hands the memory to code that is not seen here, counts as a store. A part is stored
   * where an index is a condition: the elements for which it does not hold stay as they were.
   */
  readonly kind: 'read' | 'store' | 'part' | 'result';
  /** The expression whose value the memory is. */
  readonly expr: Expr;
  /** What reads it, or stores into it. */
  readonly by: Node;
}

/** Uses of the memory that a segment reserves, by the reserving call, in the order of the source. */
export type RoomUses = ReadonlyMap<CallExpr, readonly RoomUse[]>;

export function roomOf(value: Value | undefined): Room | undefined {
  return value?.kind === 'quantity' ? value.room : undefined;
}

export function roomUses(model: SemanticModel, segment: Segment): RoomUses {
  const found = new Map<CallExpr, RoomUse[]>();
  const analysis = model.analysisOf(segment);
  if (!analysis?.sites.some(({ result }) => roomOf(result))) return found;
  const sites = new Map<Node, OperationSite>(analysis.sites.map((site) => [site.node, site]));
  const note = (expr: Expr, room: Room | undefined): void => {
    if (room?.segment !== segment || isWhole(asQuantity(sites.get(room.call)?.result).dtype)) return;
    const use = classify(model, segment, expr, sites);
    const list = found.get(room.call) ?? [];
    found.set(room.call, list);
    if (use) list.push({ ...use, expr });
  };
  const names = new Set<string>();
  for (const [expr, value] of analysis.values) {
    const room = roomOf(value);
    if (!room) continue;
    if (expr.kind === 'Name') names.add(expr.id);
    note(expr, room);
  }
  // At the head of a loop that adds to it, a value is no longer known to be the memory that it begins with.
  for (const stmt of names.size > 0 ? segment.body : [])
    walkExpressions(stmt, (expr) => {
      if (expr.kind !== 'Name' || !names.has(expr.id) || roomOf(analysis.values.get(expr))) return;
      const before = definitionBefore(model, segment, expr.id, expr);
      const block = before && model.parentOf(segment, model.statementOf(segment, before) ?? before);
      if (before && (!block || isInside(expr, block))) note(expr, roomOf(analysis.values.get(before)));
    });
  for (const list of found.values()) list.sort((a, b) => a.expr.start - b.expr.start);
  return found;
}

/** The first read of reserved memory that nothing can have stored into before. */
export function firstRead(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
  uses: readonly RoomUse[],
): RoomUse | undefined {
  const home = model.enclosingFunction(segment, call);
  const first = uses.find(({ kind, expr }) => kind === 'read' && model.enclosingFunction(segment, expr) === home);
  return first && !isFilledBefore(model, segment, call, uses, first.expr) ? first : undefined;
}

/** The first read of memory of which a condition has filled a part, and nothing the rest. */
export function firstReadOfRest(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
  uses: readonly RoomUse[],
): RoomUse | undefined {
  const part = uses.find(({ kind }) => kind === 'part');
  // In a loop, each turn may fill another part.
  if (!part || loopsAround(model, segment, part.expr).some((loop) => !isInside(call, loop))) return undefined;
  if (uses.some((use) => use.kind === 'store' || (use.kind === 'part' && use !== part))) return undefined;
  return uses.find(
    ({ kind, expr }) => (kind === 'read' || kind === 'result') && expr.kind === 'Name' && expr.start > part.expr.start,
  );
}

/** Whether something may have been stored into reserved memory by the time that `place` is reached. */
export function isFilledBefore(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
  uses: readonly RoomUse[],
  place: Node,
): boolean {
  const home = model.enclosingFunction(segment, call);
  const loops = loopsAround(model, segment, place).filter((loop) => !isInside(call, loop));
  return uses.some(
    ({ kind, expr }) =>
      kind !== 'read' &&
      (expr.start < place.start ||
        model.enclosingFunction(segment, expr) !== home ||
        loops.some((loop) => isInside(expr, loop))),
  );
}

function loopsAround(model: SemanticModel, segment: Segment, node: Node): Node[] {
  const found: Node[] = [];
  for (let at = model.parentOf(segment, node); at && at.kind !== 'FunctionDef'; at = model.parentOf(segment, at))
    if (at.kind === 'For' || at.kind === 'While' || at.kind === 'Comprehension') found.push(at);
  return found;
}

/** Of a view, of pieces and of what is put together, it is not seen what becomes of it. */
const MAKES_PIECES =
  /(^|\.)(split|chunk|unbind|tensor_split|array_split|narrow|diagonal|select|cat|concat|concatenate|stack|hstack|vstack)$/;

const STORE = 'store';
const READ = 'read';

type Classified = Pick<RoomUse, 'kind' | 'by'> | undefined;

function classify(
  model: SemanticModel,
  segment: Segment,
  expr: Expr,
  sites: ReadonlyMap<Node, OperationSite>,
): Classified {
  const parent = model.parentOf(segment, expr);
  if (!parent) return undefined;
  const isRoom = (node: Node): boolean => roomOf(model.valueOf(segment, node as Expr)) !== undefined;
  switch (parent.kind) {
    case 'Binary': {
      // Whatever is there, NaN and it are NaN.
      const other = model.valueOf(segment, parent.left === expr ? parent.right : parent.left);
      const isMeant = other.kind === 'string' || (other.kind === 'library' && /\.nan$/i.test(other.name));
      return isMeant ? undefined : { kind: READ, by: parent };
    }
    case 'Unary':
      return parent.operator === 'not' ? undefined : { kind: READ, by: parent };
    case 'Compare':
      return parent.operators.every((operator) => /[<>=]/.test(operator)) ? { kind: READ, by: parent } : undefined;
    case 'AugAssign':
      return { kind: READ, by: parent };
    case 'Subscript': {
      const holder = model.parentOf(segment, parent);
      if (parent.object !== expr) return { kind: STORE, by: parent };
      if (isTarget(parent, holder)) return { kind: selects(model, segment, parent) ? 'part' : STORE, by: parent };
      return isRoom(parent) ? undefined : { kind: STORE, by: parent };
    }
    case 'Attribute': {
      const call = model.parentOf(segment, parent);
      if (call?.kind === 'Call' && call.callee === parent)
        return classifyMethod(parent.name, call, sites, isRoom(call));
      return isRoom(parent) || SHAPE.test(parent.name) ? undefined : { kind: STORE, by: parent };
    }
    case 'Call':
      return classifyArgument(model, segment, expr, parent, sites, isRoom(parent));
    case 'Tuple':
    case 'List': {
      const call = model.parentOf(segment, parent);
      const isInput = call?.kind === 'Call' && call.callee !== parent && isLayer(model, segment, call);
      return { kind: isInput ? READ : STORE, by: isInput ? call : parent };
    }
    case 'Assign':
      if (parent.targets.includes(expr)) return undefined;
      return parent.targets.every((target) => target.kind === 'Name') ? undefined : { kind: STORE, by: parent };
    case 'AnnAssign':
      return parent.target === expr || parent.target.kind === 'Name' ? undefined : { kind: STORE, by: parent };
    case 'Return':
      return { kind: 'result', by: parent };
    case 'ExprStmt':
    case 'String':
    case 'Assert':
    case 'Delete':
      return undefined;
    default:
      return { kind: STORE, by: parent };
  }
}

/** Whether an index says by a truth value which elements are meant. */
function selects(model: SemanticModel, segment: Segment, { indices }: SubscriptExpr): boolean {
  const [index] = indices;
  if (!index || indices.length !== 1) return false;
  const { role, dtype } = asQuantity(model.valueOf(segment, index));
  return isCondition(index) || role === 'mask' || dtype === 'bool';
}

function isTarget(expr: Expr, holder: Node | undefined): boolean {
  if (holder?.kind === 'Assign') return holder.targets.includes(expr);
  return holder?.kind === 'Tuple' || holder?.kind === 'List' || (holder?.kind === 'For' && holder.target === expr);
}

/** What is asked of an array without looking at its elements. */
const SHAPE =
  /^(shape|size|ndim|dim|numel|nbytes|dtype|device|layout|is_\w+|requires_grad|grad|stride|element_size|itemsize)$/;

/** In-place methods that work on what is there; all others put something in its place. */
const WORKS_ON_ELEMENTS =
  /^(add|sub|subtract|mul|multiply|div|divide|true_divide|pow|exp|log|log2|log10|log1p|sqrt|rsqrt|reciprocal|square|abs|neg|sign|sigmoid|tanh|relu|clamp|clip|clamp_min|clamp_max|lerp|addcmul|addcdiv|addmm|addbmm|baddbmm|addmv|addr|index_add|scatter_add|cumsum|cumprod|erfinv)_$/;

function classifyMethod(
  name: string,
  call: CallExpr,
  sites: ReadonlyMap<Node, OperationSite>,
  isRoom: boolean,
): Classified {
  if (name.endsWith('_')) return isRoom ? undefined : { kind: WORKS_ON_ELEMENTS.test(name) ? READ : STORE, by: call };
  if (isRoom || SHAPE.test(name) || /^new_/.test(name)) return undefined;
  const site = sites.get(call);
  return site ? usedBy(site) : { kind: STORE, by: call };
}

function usedBy(site: OperationSite): Classified {
  const { operation, name, node } = site;
  // What is multiplied by a beta of 0 is not looked at, NaN included.
  if (operation === 'add_product' && literalNumber(site.operands.get('beta')?.value) === 0) return undefined;
  if (handsOnRoom(operation) || /^cast_|^(size|uninitialised|where)$/.test(operation)) return undefined;
  return {
    kind: /^(opaque|literal|tensor_of|parameter)$/.test(operation) || MAKES_PIECES.test(name) ? STORE : READ,
    by: node,
  };
}

function classifyArgument(
  model: SemanticModel,
  segment: Segment,
  expr: Expr,
  call: CallExpr,
  sites: ReadonlyMap<Node, OperationSite>,
  isRoom: boolean,
): Classified {
  if (call.callee === expr || isRoom) return undefined;
  const arg = call.args.find(({ value }) => value === expr);
  if (arg?.keyword === 'out') return { kind: STORE, by: call };
  if (call.callee.kind === 'Name' && /^(len|print|isinstance|type|id|repr|str)$/.test(call.callee.id)) return undefined;
  if (isLayer(model, segment, call)) return { kind: READ, by: call };
  const site = sites.get(call);
  const operand = site && [...site.operands].find(([, { expr: given }]) => given === expr)?.[0];
  // `zeros_like(x)` asks for the shape alone.
  if (operand === 'shape' || operand === 'base') return undefined;
  if (!site || operand === undefined || operand === 'out' || site.inPlace || site.framework === 'python')
    return { kind: STORE, by: call };
  return usedBy(site);
}

/** A layer of the library: it reads its inputs and leaves them as they are. */
function isLayer(model: SemanticModel, segment: Segment, call: CallExpr): boolean {
  const callee = model.valueOf(segment, call.callee);
  return callee.kind === 'instance' && /^torch\.nn\.(modules\.)?[A-Z]\w*$/.test(callee.className);
}
