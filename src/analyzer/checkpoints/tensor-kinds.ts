// Which expressions are tensors, judged by syntax, imports and names alone: the stand-in where nothing better is known.

import type { ClassDef, Expr, FunctionDef, Module, Node, Stmt } from '../../syntax/ast';
import { childrenOf, isStatement } from '../../syntax/walk';
import type { KindOf, ValueKind } from './options';

/** Libraries whose functions give arrays. */
const ARRAY_PACKAGES = /^(?:torch|numpy|jax\.numpy|tensorflow|jax\.nn|cupy)\b/;
const ARRAY_MODULES =
  /^(?:torch(?:\.(?:nn\.functional|linalg|fft|special|func))?|numpy(?:\.(?:linalg|fft|random))?|jax\.(?:numpy(?:\.linalg)?|nn)|tensorflow(?:\.(?:math|nn|linalg))?|cupy)$/;
/** Functions of those modules that give none. */
const NO_ARRAY = new Set(
  `device dtype manual_seed seed no_grad enable_grad inference_mode set_grad_enabled save load is_tensor is_floating_point
  finfo iinfo Size Generator compile set_default_dtype set_printoptions set_num_threads autocast get_default_dtype
  isnan isinf isfinite isclose allclose equal shape ndim size savez seterr errstate printoptions Variable function
  argmax argmin argsort searchsorted bincount nonzero unique numel result_type can_cast jit grad vmap`.split(/\s+/),
);
const NO_TENSOR_METHODS = new Set(
  `size dim ndimension numel item tolist stride element_size data_ptr is_contiguous backward register_hook type
  nelement get_device is_floating_point retain_grad requires_grad_ long int bool argmax argmin argsort nonzero
  zero_grad step state_dict load_state_dict parameters named_parameters train eval`.split(/\s+/),
);
/** Methods that only tensors have, whatever they are called on. */
const TENSOR_METHODS = new Set(
  `softmax log_softmax sigmoid tanh relu exp expm1 log log1p log2 log10 sqrt rsqrt pow matmul mm bmm masked_fill clamp
  clamp_min clamp_max clip mean sum std var norm logsumexp cumsum view reshape permute transpose unsqueeze squeeze
  expand flatten float half bfloat16 double contiguous detach masked_select index_select gather scatter_add div mul
  sub add neg abs cos sin acos asin atan2 reciprocal square prod amax amin chunk split unbind repeat repeat_interleave
  nan_to_num astype dot cuda cpu softplus lerp addmm baddbmm einsum add_ mul_ div_ sub_ clamp_ exp_ log_ sqrt_
  masked_fill_ relu_ sigmoid_`.split(/\s+/),
);
const TENSOR_ATTRIBUTES = new Set(['T', 'mT', 'H', 'data', 'grad', 'real', 'imag']);
const OTHER_ATTRIBUTES = new Set(['shape', 'dtype', 'device', 'ndim', 'is_cuda', 'requires_grad', 'training', 'size']);
const BUILTINS = new Set(
  `len int float str bool range print isinstance issubclass enumerate zip map filter list tuple dict set frozenset repr
  getattr hasattr setattr type id next iter open sorted reversed any all round format hash callable super vars dir
  input bytes object slice divmod ord chr time perf_counter`.split(/\s+/),
);

/** What one function (or the module) binds its names to. */
class Scope {
  readonly values = new Map<string, Expr[]>();
  readonly tensors = new Set<string>();
  readonly params = new Set<string>();
  /** Attributes of `self` to which the class assigns a layer. */
  readonly layers: ReadonlySet<string>;

  constructor(
    readonly parent: Scope | undefined,
    layers: ReadonlySet<string> | undefined,
  ) {
    this.layers = layers ?? parent?.layers ?? new Set();
  }

  bind(name: string, value: Expr): void {
    const known = this.values.get(name);
    if (known) known.push(value);
    else this.values.set(name, [value]);
  }
}

export function syntacticKinds(module: Module): KindOf {
  const judge = new SyntacticJudge(module);
  return (expr) => judge.kindOf(expr);
}

class SyntacticJudge {
  private readonly aliases = new Map<string, string>();
  private readonly scopes = new Map<Expr, Scope>();
  private readonly known = new Map<Expr, ValueKind>();

  constructor(module: Module) {
    const root = new Scope(undefined, undefined);
    for (const { segment } of module.segments) for (const statement of segment.body) this.visit(statement, root);
  }

  // ------------------------------------------------------------ names

  private visit(node: Node, scope: Scope): void {
    switch (node.kind) {
      case 'Name':
      case 'Call':
        this.scopes.set(node, scope);
        break;
      case 'Import':
        for (const { name, alias } of node.names) {
          if (alias) this.aliases.set(alias, name);
          else this.aliases.set(name.split('.')[0] ?? name, name.split('.')[0] ?? name);
        }
        break;
      case 'ImportFrom':
        for (const { name, alias } of node.names) this.aliases.set(alias ?? name, `${node.module}.${name}`);
        break;
      case 'Assign':
        for (const target of node.targets) this.bindTarget(target, node.value, scope);
        break;
      case 'AnnAssign':
      case 'AugAssign':
      case 'NamedExpr':
        if (node.value) this.bindTarget(node.target, node.value, scope);
        break;
      case 'FunctionDef':
        this.visitFunction(node, scope);
        return;
      case 'ClassDef': {
        const inner = new Scope(scope, layersOf(node));
        for (const child of childrenOf(node)) this.visit(child, inner);
        return;
      }
    }
    for (const child of childrenOf(node)) this.visit(child, scope);
  }

  private visitFunction(node: FunctionDef, scope: Scope): void {
    const inner = new Scope(scope, undefined);
    for (const param of node.params) {
      inner.params.add(param.name);
      if (param.annotation && mentionsTensor(param.annotation)) inner.tensors.add(param.name);
    }
    for (const child of childrenOf(node)) this.visit(child, inner);
  }

  private bindTarget(target: Expr, value: Expr, scope: Scope): void {
    if (target.kind === 'Name') scope.bind(target.id, value);
    else if (target.kind === 'Starred') this.bindTarget(target.value, value, scope);
    else if (target.kind === 'Tuple' || target.kind === 'List') {
      for (const element of target.elements) this.bindTarget(element, value, scope);
    }
  }

  private qualifiedName(expr: Expr): string | undefined {
    if (expr.kind === 'Name') return this.aliases.get(expr.id);
    if (expr.kind !== 'Attribute') return undefined;
    const owner = this.qualifiedName(expr.object);
    return owner === undefined ? undefined : `${owner}.${expr.name}`;
  }

  // ------------------------------------------------------------ judgement

  kindOf(expr: Expr): ValueKind {
    const known = this.known.get(expr);
    if (known) return known;
    // A name that depends on itself is as unknown as it was.
    this.known.set(expr, 'unknown');
    const kind = this.judge(expr);
    this.known.set(expr, kind);
    return kind;
  }

  private judge(expr: Expr): ValueKind {
    switch (expr.kind) {
      case 'Name':
        return this.nameKind(expr.id, this.scopes.get(expr));
      case 'Call':
        return this.callKind(expr.callee, this.scopes.get(expr));
      case 'Attribute': {
        if (OTHER_ATTRIBUTES.has(expr.name)) return 'other';
        const owner = this.kindOf(expr.object);
        return owner === 'tensor' ? (TENSOR_ATTRIBUTES.has(expr.name) ? 'tensor' : 'unknown') : 'unknown';
      }
      case 'Subscript':
        return this.kindOf(expr.object);
      case 'Binary':
        if (expr.left.kind === 'String' || expr.right.kind === 'String') return 'other';
        return this.join([expr.left, expr.right], expr.operator === '@' ? 'tensor' : undefined);
      case 'Unary':
        return expr.operator === 'not' ? 'other' : this.kindOf(expr.operand);
      case 'Bool':
        return this.join(expr.values);
      case 'Conditional':
        return this.join([expr.body, expr.orelse]);
      case 'Tuple':
      case 'List':
        return expr.elements.some((element) => this.kindOf(element) === 'tensor') ? 'tensor' : 'other';
      case 'Dict':
        return expr.entries.some(({ value }) => this.kindOf(value) === 'tensor') ? 'tensor' : 'other';
      case 'Starred':
      case 'NamedExpr':
        return this.kindOf(expr.value);
      case 'Await':
        return this.kindOf(expr.value);
      case 'Yield':
        return 'unknown';
      default:
        return 'other';
    }
  }

  /** tensor if one of them is; other if all are. */
  private join(exprs: readonly Expr[], least?: ValueKind): ValueKind {
    const kinds = exprs.map((expr) => this.kindOf(expr));
    if (least === 'tensor' || kinds.includes('tensor')) return 'tensor';
    return kinds.every((kind) => kind === 'other') ? 'other' : 'unknown';
  }

  private nameKind(name: string, scope: Scope | undefined): ValueKind {
    for (let at = scope; at; at = at.parent) {
      if (at.tensors.has(name)) return 'tensor';
      const values = at.values.get(name);
      if (values) return at.params.has(name) ? this.withParameter(values) : this.join(values);
      if (at.params.has(name)) return 'unknown';
    }
    return this.aliases.has(name) ? 'other' : 'unknown';
  }

  private withParameter(values: readonly Expr[]): ValueKind {
    return this.join(values) === 'tensor' ? 'tensor' : 'unknown';
  }

  private callKind(callee: Expr, scope: Scope | undefined): ValueKind {
    const qualified = this.qualifiedName(callee);
    if (qualified !== undefined) return libraryCallKind(qualified);
    if (callee.kind === 'Name') {
      if (BUILTINS.has(callee.id) || /^_*[A-Z]/.test(callee.id)) return 'other';
      return 'unknown';
    }
    if (callee.kind !== 'Attribute') return 'unknown';
    const { object, name } = callee;
    if (object.kind === 'Name' && object.id === 'self') return scope?.layers.has(name) ? 'tensor' : 'unknown';
    if (NO_TENSOR_METHODS.has(name)) return 'other';
    const owner = this.kindOf(object);
    if (owner === 'tensor' || (owner === 'unknown' && TENSOR_METHODS.has(name))) return 'tensor';
    return /^[A-Z]/.test(name) ? 'other' : 'unknown';
  }
}

function libraryCallKind(qualified: string): ValueKind {
  if (!ARRAY_PACKAGES.test(qualified))
    return /^(?:math|os|random|time|sys|json|logging)\b/.test(qualified) ? 'other' : 'unknown';
  const dot = qualified.lastIndexOf('.');
  const name = qualified.slice(dot + 1);
  if (!ARRAY_MODULES.test(qualified.slice(0, dot)) || NO_ARRAY.has(name) || /^[A-Z]/.test(name)) return 'other';
  return 'tensor';
}

function mentionsTensor(annotation: Expr): boolean {
  if (annotation.kind === 'String') return /\b(?:\w*Tensor|ndarray|Array)\b/.test(annotation.value ?? '');
  if (annotation.kind === 'Name' || annotation.kind === 'Attribute') {
    const name = annotation.kind === 'Name' ? annotation.id : annotation.name;
    return /Tensor$|^ndarray$|^Array$/.test(name);
  }
  return childrenOf(annotation).some((child) => mentionsTensor(child as Expr));
}

/** Attributes that get something constructed from `nn` or a class in `__init__`. */
function layersOf(node: ClassDef): ReadonlySet<string> {
  const layers = new Set<string>();
  const look = (statements: readonly Stmt[]) => {
    for (const statement of statements) {
      if (statement.kind === 'Assign' && statement.value.kind === 'Call' && constructs(statement.value.callee)) {
        for (const target of statement.targets) {
          const isOwn = target.kind === 'Attribute' && target.object.kind === 'Name' && target.object.id === 'self';
          if (isOwn) layers.add(target.name);
        }
      } else {
        look(childrenOf(statement).filter(isStatement));
      }
    }
  };
  for (const member of node.body.body) if (member.kind === 'FunctionDef') look(member.body.body);
  return layers;
}

function constructs(callee: Expr): boolean {
  const name = callee.kind === 'Name' ? callee.id : callee.kind === 'Attribute' ? callee.name : '';
  return /^[A-Z]/.test(name);
}
