// Who gives the parameters and buffers of modules their first values: what a segment stores, by the attribute's name.

import type { CallExpr, ClassDef, Expr, FunctionDef, Node, Segment } from '../syntax/ast';
import { childrenOf } from '../syntax/walk';

/** What one class says of its own attributes. */
export interface ClassInitialisers {
  /** Attributes of self that a method stores into. */
  readonly stored: Set<string>;
  /** Values that attributes of self are given. */
  readonly assigned: Map<string, Expr[]>;
  /** Attributes of self that are used at all, by how often they stand there. */
  readonly mentioned: Map<string, number>;
  /** Methods that initialise by their name, called on self or on the base class. */
  readonly calledOnSelf: Set<string>;
  /** Literal strings: names for `getattr`. */
  readonly strings: Set<string>;
  /** Something initialises all that there is: a loop over the parameters, a function that is handed self, a checkpoint. */
  initialisesAll: boolean;
  /** It has a method of its own that gives values, by its name. */
  readonly hasMethod: boolean;
}

export interface SegmentInitialisers {
  readonly classes: ReadonlyMap<ClassDef, ClassInitialisers>;
  /** Attributes of any other object that are stored into: `module.weight` in a function that initialises. */
  readonly stored: ReadonlySet<string>;
  /** Functions given to `apply`, by their last name; undefined for one that has none. */
  readonly applied: readonly (string | undefined)[];
  readonly functions: ReadonlySet<string>;
  /** A loop over the parameters of some object stores into them. */
  readonly initialisesAll: boolean;
}

const known = new WeakMap<Segment, SegmentInitialisers>();

export function initialisersOf(segment: Segment): SegmentInitialisers {
  let found = known.get(segment);
  if (!found) {
    found = new Collector().collect(segment);
    known.set(segment, found);
  }
  return found;
}

/** Functions in which a module is put together or given its values, by their names. */
const SETUP =
  /^(__init__|__post_init__|_*(setup|build|init|reset|load|materialize|create|make|tie|post_init|initiali[sz]e|replace|convert)(_\w+)?|\w+_init|\w*(init_weights|initiali[sz]e\w*|reset_parameters))$/;

/** A class with such a method gives its own parameters their values. */
const GIVES_VALUES = /^_*(re)?(set|init)_?(parameters|params|weights?)|^_*initiali[sz]e/;

/** Functions that fill what they are given, by their names: `nn.init.zeros_`, `glorot`, `trunc_normal_`, `copy_`. */
const FILLS =
  /_$|(^|_)(init\w*|glorot|xavier|kaiming|he|lecun|orthogonal|uniform|normal|constant|zeros|ones|eye|fill|copy|reset|load|assign|scatter|broadcast|gather|recv|reduce)(_|$)/i;
const FILLS_NOT = /_like$|normali[sz]e|^(reduce_\w+|gather|scatter|ones|zeros|eye|normal)$|^requires_grad_$/;
const KEEPS = /^(requires_grad_|share_memory_|detach_|t_|transpose_|squeeze_|unsqueeze_|swapaxes_|retain_grad)$/;
/** Methods and attributes that lead to the same memory. */
const VIEWS =
  /^(data|T|mT|view|reshape|t|transpose|permute|flatten|narrow|select|squeeze|unsqueeze|detach|diagonal|flip|to|cuda|float|values|items|keys)$/;
const PARAMETERS = /^_?(named_)?(parameters|buffers|modules|children)$|^state_dict$/;
const CHECKPOINT =
  /^_?(load_state_dict|load_from_state_dict|load_weights|load_pretrained\w*|from_pretrained|weight_loader|load_checkpoint|load_file|load_model)$/;

export function fillsByName(name: string): boolean {
  return FILLS.test(name) && !FILLS_NOT.test(name);
}

interface Scope {
  readonly owner: ClassDef | undefined;
  readonly self: string | undefined;
  readonly isSetup: boolean;
}

class Collector {
  private readonly classes = new Map<ClassDef, ClassInitialisers>();
  private readonly stored = new Set<string>();
  private readonly applied: (string | undefined)[] = [];
  private readonly functions = new Set<string>();
  private initialisesAll = false;
  private readonly path: Node[] = [];

  collect(segment: Segment): SegmentInitialisers {
    for (const stmt of segment.body) this.visit(stmt, { owner: undefined, self: undefined, isSetup: false });
    const { classes, stored, applied, functions, initialisesAll } = this;
    return { classes, stored, applied, functions, initialisesAll };
  }

  private visit(node: Node, scope: Scope): void {
    let inner = scope;
    if (node.kind === 'ClassDef') {
      this.classes.set(node, {
        stored: new Set(),
        assigned: new Map(),
        mentioned: new Map(),
        calledOnSelf: new Set(),
        strings: new Set(),
        initialisesAll: false,
        hasMethod: node.body.body.some((stmt) => stmt.kind === 'FunctionDef' && GIVES_VALUES.test(stmt.name)),
      });
      inner = { owner: node, self: undefined, isSetup: false };
    } else if (node.kind === 'FunctionDef') {
      this.functions.add(node.name);
      inner = this.enter(node, scope);
      if (scope.owner && CHECKPOINT.test(node.name)) this.all(scope.owner);
    } else if (node.kind === 'Attribute') this.attribute(node.name, node.object, node, scope);
    else if (node.kind === 'Call') this.call(node, scope);
    else if (node.kind === 'String' && node.value !== undefined && scope.owner) this.string(node.value, scope.owner);
    this.path.push(node);
    for (const child of childrenOf(node)) this.visit(child, inner);
    this.path.pop();
  }

  private enter(node: FunctionDef, scope: Scope): Scope {
    const isMethod = this.path.at(-1) === scope.owner || this.path.at(-1)?.kind === 'If';
    const self = scope.owner && isMethod ? (node.params[0]?.name ?? scope.self) : scope.self;
    return { owner: scope.owner, self, isSetup: scope.isSetup || SETUP.test(node.name) };
  }

  private all(owner: ClassDef | undefined): void {
    const own = owner && this.classes.get(owner);
    if (own) own.initialisesAll = true;
  }

  private string(text: string, owner: ClassDef): void {
    const call = this.path.at(-1);
    // The name under which it is registered says nothing of what is in it.
    if (call?.kind === 'Call' && call.callee.kind === 'Attribute' && call.callee.name.startsWith('register_')) return;
    if (text.length < 60) this.classes.get(owner)?.strings.add(text);
  }

  private attribute(name: string, object: Expr, node: Expr, scope: Scope): void {
    const own = scope.owner && this.classes.get(scope.owner);
    const isSelf = object.kind === 'Name' && object.id === scope.self;
    const parent = this.path.at(-1);
    const isShape = parent?.kind === 'Attribute' && /^(device|dtype|shape|size|requires_grad)$/.test(parent.name);
    if (own && isSelf && !isShape) own.mentioned.set(name, (own.mentioned.get(name) ?? 0) + 1);
    if (own && isSelf && parent?.kind === 'Assign' && parent.targets.includes(node)) {
      const list = own.assigned.get(name);
      if (list) list.push(parent.value);
      else own.assigned.set(name, [parent.value]);
      return;
    }
    if (!this.isStored(node, scope)) return;
    if (own && isSelf) own.stored.add(name);
    else this.stored.add(name);
  }

  /** Whether what stands around an attribute stores into it. */
  private isStored(attribute: Expr, scope: Scope): boolean {
    let at: Node = attribute;
    for (let i = this.path.length - 1; i >= 0; i--) {
      const parent = this.path[i] as Node;
      const above = this.path[i - 1];
      switch (parent.kind) {
        case 'Attribute':
          if (above?.kind === 'Call' && above.callee === parent && !VIEWS.test(parent.name))
            return fillsByName(parent.name) && !KEEPS.test(parent.name);
          if (above?.kind !== 'Call' && !VIEWS.test(parent.name)) return false;
          break;
        case 'Call': {
          if (parent.callee === at) break;
          const name = lastName(parent.callee);
          const keyword = parent.args.find(({ value }) => value === at)?.keyword;
          if (keyword === 'out' || fillsByName(name)) return true;
          if (/^(zip|enumerate|reversed|list|tuple|getattr)$/.test(name)) break;
          return above?.kind === 'ExprStmt' && name !== 'print' && !name.startsWith('register_');
        }
        case 'Subscript':
          if (parent.object !== at) return false;
          break;
        case 'List':
        case 'Tuple':
        case 'Starred':
        case 'Dict':
          break;
        case 'Assign':
          // `w = self.weight.data` in a function that initialises: the name stands for it from there on.
          if (parent.value === at || !parent.targets.some((target) => target === at)) return scope.isSetup;
          return true;
        case 'AugAssign':
          return parent.target === at;
        case 'For':
          return parent.iterable === at && holdsFill(parent);
        case 'Comprehension':
          return holdsFill(parent);
        case 'Delete':
          return true;
        default:
          return false;
      }
      at = parent;
    }
    return false;
  }

  private call(node: CallExpr, scope: Scope): void {
    const { callee } = node;
    const name = lastName(callee);
    const isSelf = (expr: Expr | undefined): boolean => expr?.kind === 'Name' && expr.id === scope.self;
    const object = callee.kind === 'Attribute' ? callee.object : undefined;
    if (isSelf(object) || (object?.kind === 'Call' && lastName(object.callee) === 'super')) {
      if (scope.owner && SETUP.test(name) && !name.startsWith('__'))
        this.classes.get(scope.owner)?.calledOnSelf.add(name);
    }
    if (name === 'apply' && object && node.args.length === 1) this.apply(node.args[0]?.value);
    if (CHECKPOINT.test(name)) this.all(scope.owner);
    if (PARAMETERS.test(name) && this.isFillingLoop()) {
      if (isSelf(object)) this.all(scope.owner);
      else this.initialisesAll = true;
    }
    const handsSelfOver = node.args.some(({ value }) => isSelf(value));
    const isDynamic = name === 'getattr' && node.args[1]?.value.kind !== 'String';
    if (handsSelfOver && (isDynamic ? scope.isSetup : fillsByName(name) || name === 'setattr')) this.all(scope.owner);
  }

  private apply(given: Expr | undefined): void {
    if (!given || given.kind === 'Lambda') return;
    // `partial(init_weights, std=0.02)`, `weights_init('kaiming')`
    const inner = given.kind === 'Call' && lastName(given.callee) === 'partial' ? given.args[0]?.value : given;
    const name = lastName(inner?.kind === 'Call' ? inner.callee : inner);
    this.applied.push(name === '' ? undefined : name);
  }

  /** Whether the call stands in the head of a loop whose body stores into something. */
  private isFillingLoop(): boolean {
    for (let i = this.path.length - 1; i >= 0; i--) {
      const at = this.path[i] as Node;
      if (at.kind === 'For' || at.kind === 'Comprehension') return holdsFill(at);
      if (at.kind === 'FunctionDef') return false;
    }
    return false;
  }
}

export function lastName(expr: Expr | undefined): string {
  return expr?.kind === 'Name' ? expr.id : expr?.kind === 'Attribute' ? expr.name : '';
}

function holdsFill(node: Node): boolean {
  if (node.kind === 'Call') {
    const name = lastName(node.callee);
    if (fillsByName(name) && !KEEPS.test(name)) return true;
  }
  if (
    node.kind === 'Assign' &&
    node.targets.some((target) => target.kind === 'Subscript' || lastName(target) === 'data')
  )
    return true;
  return childrenOf(node).some(holdsFill);
}
