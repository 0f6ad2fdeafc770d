// Parameters and buffers that are made of reserved memory, and whether anything in the file gives them their values.

import { isWhole } from '../semantic/derive';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import { asQuantity, type Room } from '../semantic/value';
import type { CallExpr, ClassDef, Expr, FunctionDef, Node, Segment, Stmt } from '../syntax/ast';
import { walkNodes } from '../syntax/walk';
import { isFilledBefore, type RoomUses, roomOf } from './room-uses';
import { sourceOf } from './rule';
import { type ClassInitialisers, initialisersOf, lastName, type SegmentInitialisers } from './state-initialisers';

/** A parameter or buffer of a class that begins as reserved memory. */
export interface State {
  readonly kind: 'parameter' | 'buffer';
  /** Name of the attribute. */
  readonly name: string;
  readonly room: Room;
  readonly owner: ClassDef;
  /** The call that makes it a parameter or buffer. */
  readonly made: CallExpr;
  /** `self.weight = nn.Parameter(torch.empty(3, 4))`, where it is as plain as that. */
  readonly assignment: Stmt | undefined;
  /** How self is called where it is made. */
  readonly self: string;
  /** The name by which it is handed over to the attribute, where it is not made there. */
  readonly passedOn?: Expr;
}

const PARAMETER = /^torch\.nn\.(parameter\.)?(Parameter|Buffer)$/;

/** Parameters and buffers that a segment makes of memory in which nothing has been stored yet. */
export function statesOf(model: SemanticModel, segment: Segment, uses: RoomUses): State[] {
  const found: State[] = [];
  for (const call of model.analysisOf(segment)?.callExprs ?? []) {
    const state = stateMadeBy(model, segment, call, uses);
    if (state && !found.some((other) => other.room.call === state.room.call)) found.push(state);
  }
  return found;
}

function stateMadeBy(model: SemanticModel, segment: Segment, call: CallExpr, uses: RoomUses): State | undefined {
  const callee = model.valueOf(segment, call.callee);
  const isParameter = callee.kind === 'library' && PARAMETER.test(callee.name);
  const isRegistered = call.callee.kind === 'Attribute' && call.callee.name === 'register_buffer';
  if (!isParameter && !isRegistered) return undefined;
  const given = call.args.find(
    ({ keyword }, i) =>
      keyword === (isParameter ? 'data' : 'tensor') || (keyword === undefined && i === (isParameter ? 0 : 1)),
  )?.value;
  const room = given && roomOf(model.valueOf(segment, given));
  if (!given || room?.segment !== segment) return undefined;
  if (isWhole(asQuantity(model.valueOf(segment, given)).dtype)) return undefined;
  // What is not trained is set from outside.
  if (call.args.some(({ keyword, value }) => keyword === 'requires_grad' && isFalse(value))) return undefined;
  if (isFilledBefore(model, segment, room.call, uses.get(room.call) ?? [], call)) return undefined;
  const method = model.enclosingFunction(segment, call);
  const owner = method && classOf(model, segment, method);
  const self = method?.params[0]?.name;
  if (!owner || self === undefined) return undefined;
  const place = isRegistered ? nameRegistered(call, self) : attributeHolding(model, segment, call, self, method);
  if (!place) return undefined;
  const isBuffer = isRegistered || (callee.kind === 'library' && canonicalName(callee.name).endsWith('Buffer'));
  return { kind: isBuffer ? 'buffer' : 'parameter', room, owner, made: call, self, ...place };
}

function isFalse(expr: Expr): boolean {
  return expr.kind === 'Constant' && expr.value === false;
}

/** The class whose method a function is. */
function classOf(model: SemanticModel, segment: Segment, method: FunctionDef): ClassDef | undefined {
  for (let at = model.parentOf(segment, method); at; at = model.parentOf(segment, at)) {
    if (at.kind === 'ClassDef') return at;
    if (at.kind === 'FunctionDef') return undefined;
  }
  return undefined;
}

type Place = Pick<State, 'name' | 'assignment' | 'passedOn'>;

function nameRegistered({ callee, args }: CallExpr, self: string): Place | undefined {
  const name = args.find(({ keyword }, i) => keyword === 'name' || (keyword === undefined && i === 0))?.value;
  const isOwn = callee.kind === 'Attribute' && callee.object.kind === 'Name' && callee.object.id === self;
  return isOwn && name?.kind === 'String' && name.value !== undefined
    ? { name: name.value, assignment: undefined }
    : undefined;
}

/** The attribute of self to which a parameter goes, by itself, by a name in between, or in a list of parameters. */
function attributeHolding(
  model: SemanticModel,
  segment: Segment,
  made: Expr,
  self: string,
  method: FunctionDef,
): Place | undefined {
  let at: Node = made;
  let isPlain = true;
  for (let parent = model.parentOf(segment, at); parent; parent = model.parentOf(segment, at)) {
    switch (parent.kind) {
      case 'Conditional':
      case 'List':
      case 'Comprehension':
      case 'Dict':
        isPlain = false;
        break;
      case 'Call': {
        const name = lastName(parent.callee);
        if (name === 'register_parameter') return nameRegistered(parent, self);
        if (!/^Parameter(List|Dict)$/.test(name)) return undefined;
        isPlain = false;
        break;
      }
      case 'Assign': {
        const [target] = parent.targets;
        if (!target || parent.targets.length !== 1) return undefined;
        return (
          placeOf(target, self, isPlain ? parent : undefined) ?? passedOn(model, segment, target, self, method, parent)
        );
      }
      case 'AnnAssign':
        return placeOf(parent.target, self, isPlain ? parent : undefined);
      default:
        return undefined;
    }
    at = parent;
  }
  return undefined;
}

function placeOf(target: Expr, self: string, assignment: Stmt | undefined): Place | undefined {
  return target.kind === 'Attribute' && target.object.kind === 'Name' && target.object.id === self
    ? { name: target.name, assignment }
    : undefined;
}

/** `w = nn.Parameter(…)` and then `self.w = w`, with nothing else done to w. */
function passedOn(
  model: SemanticModel,
  segment: Segment,
  target: Expr,
  self: string,
  method: FunctionDef,
  assignment: Stmt,
): Place | undefined {
  if (target.kind !== 'Name') return undefined;
  let place: Place | undefined;
  let isOnly = true;
  walkNodes(method, (node) => {
    if (node.kind !== 'Name' || node.id !== target.id || node === target) return;
    const parent = model.parentOf(segment, node);
    const [next] =
      parent?.kind === 'Assign' && parent.value === node
        ? parent.targets.map((each) => placeOf(each, self, undefined))
        : parent?.kind === 'Call' && lastName(parent.callee) === 'register_parameter'
          ? [nameRegistered(parent, self)]
          : [];
    if (next && !place && node.start > assignment.start) place = { ...next, passedOn: node };
    else isOnly = false;
  });
  return isOnly ? place : undefined;
}

// ---------------------------------------------------------------- who fills it

const QUANTISED = /u?int8|float8|fp8|fp4|qweight|qzeros/i;
/** Bases that leave it to the class to initialise what it adds. */
const PLAIN_BASE =
  /^(Module|LightningModule|object|ABC|Generic|Protocol|Mixin|\w+Mixin|_?[A-Z]\w*(Loss|Norm)|_?Linear|_?Conv\w*|Function|Enum)$/;
const PLACEHOLDER = /dummy|placeholder|indicator|unused|sentinel/i;

/** All that the segments of a file say about who gives parameters and buffers their values. */
export class Initialisers {
  private readonly segments: readonly SegmentInitialisers[];
  private readonly byName = new Map<string, ClassDef>();
  private readonly byClass = new Map<ClassDef, ClassInitialisers>();
  private readonly homes = new Map<ClassDef, Segment>();
  private readonly functions = new Set<string>();

  constructor(private readonly model: SemanticModel) {
    this.segments = model.analyses.map(({ segment }) => {
      const found = initialisersOf(segment);
      for (const [node, initialisers] of found.classes) {
        this.byName.set(node.name, node);
        this.byClass.set(node, initialisers);
        this.homes.set(node, segment);
      }
      for (const name of found.functions) this.functions.add(name);
      return found;
    });
  }

  /** Whether something in the file may fill the state, or something outside of it that the file calls on. */
  mayFill(state: State, states: readonly State[]): boolean {
    const { name } = state;
    const isFilledAnywhere = this.segments.some(
      ({ stored, initialisesAll, applied }) =>
        stored.has(name) ||
        initialisesAll ||
        applied.some((given) => given === undefined || !this.functions.has(given)),
    );
    if (isFilledAnywhere) return true;
    const family = this.familyOf(state.owner);
    if (this.isGivenValuesElsewhere(state, family)) return true;
    const own = family.flatMap((node) => this.byClass.get(node) ?? []);
    if (own.some((each) => each.initialisesAll || each.stored.has(name) || each.strings.has(name))) return true;
    if (own.some((each) => each.assigned.get(name)?.some((value) => isOtherValue(value, state, states)))) return true;
    return own.some(({ calledOnSelf }) => [...calledOnSelf].some((method) => !this.functions.has(method)));
  }

  /** Whether the class, or one that it belongs with, does anything with the state after it is made. */
  isUsed({ name, owner }: State): boolean {
    if (PLACEHOLDER.test(name)) return false;
    return this.familyOf(owner).some((node) => {
      const own = this.byClass.get(node);
      return (own?.mentioned.get(name) ?? 0) > (own?.assigned.get(name)?.length ?? 0);
    });
  }

  /**
   * Quantised layers hold what a checkpoint says. And a class derived from one that is not seen here, without a method
   * of its own that gives values, may be given them as the family does it.
   */
  private isGivenValuesElsewhere({ room, owner }: State, family: readonly ClassDef[]): boolean {
    if (QUANTISED.test(sourceOf(room.segment, owner))) return true;
    if (family.some((node) => this.byClass.get(node)?.hasMethod)) return false;
    return family.some((node) =>
      this.baseNames(node).some((base) => !this.classOf(node, base) && !this.isPlain(node, base)),
    );
  }

  private isPlain(node: ClassDef, base: Expr): boolean {
    const home = this.homes.get(node);
    const name = (home && this.model.qualifiedName(home, base)) ?? lastName(base);
    return PLAIN_BASE.test(name.slice(name.lastIndexOf('.') + 1));
  }

  private baseNames({ bases }: ClassDef): Expr[] {
    return bases.flatMap(({ value, keyword }) =>
      keyword !== undefined ? [] : value.kind === 'Subscript' ? [value.object] : [value],
    );
  }

  /** The class of the file that a base of `node` is. */
  private classOf(node: ClassDef, base: Expr): ClassDef | undefined {
    const home = this.homes.get(node);
    const value = home && this.model.valueOf(home, base);
    if (value?.kind === 'class') return value.node;
    return value?.kind === 'quantity' ? this.byName.get(lastName(base)) : undefined;
  }

  /** The class and all its bases in the file. */
  private lineageOf(node: ClassDef): Set<ClassDef> {
    const found = new Set([node]);
    for (const each of found)
      for (const base of this.baseNames(each)) {
        const known = this.classOf(each, base);
        if (known) found.add(known);
      }
    return found;
  }

  /** The class with its bases, and the classes derived from it with theirs. */
  private familyOf(owner: ClassDef): ClassDef[] {
    const found = this.lineageOf(owner);
    for (const node of this.byClass.keys()) {
      const lineage = this.lineageOf(node);
      if (lineage.has(owner)) for (const each of lineage) found.add(each);
    }
    return [...found];
  }
}

/** A value that is not None, and neither what a state of the file is made of nor made of the state itself. */
function isOtherValue(value: Expr, state: State, states: readonly State[]): boolean {
  if (value.kind === 'Constant' && value.value === null) return false;
  let isOther = true;
  walkNodes(value, (node) => {
    if (states.some(({ made, passedOn }) => node === made || node === passedOn)) isOther = false;
    // A running mean goes on from what is there.
    if (node.kind === 'Attribute' && node.name === state.name) isOther = false;
  });
  return isOther;
}
