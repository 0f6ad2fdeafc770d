// Abstract values: what the flow analysis knows of an expression. Unknown is a value too, and never an alarm.

import type { CallExpr, ClassDef, Expr, FunctionDef, LambdaExpr, Node, Segment } from '../syntax/ast';
import type { Span } from '../text/span';
import type { DType } from './dtype';
import type { Environment } from './environment';
import type { Loaded } from './loaded';
import { ANY, constant, isKnown, join as joinRanges, type Range } from './range';
import type { Scales } from './scales';

export type Framework = 'torch' | 'numpy' | 'tensorflow' | 'jax' | 'keras' | 'pytensor' | 'python';

export type Role =
  | 'probabilities'
  | 'log-probabilities'
  | 'logits'
  | 'one-hot'
  /** What a label binarizer gives: one-hot, or a single column for two classes. */
  | 'label-matrix'
  /** Several labels a row: 1 for each that holds. */
  | 'multi-hot'
  | 'class-ids'
  | 'mask'
  | 'count'
  /** The part of a mask that holds: its mean. */
  | 'fraction'
  /** How long the sequences of a batch are. */
  | 'length'
  | 'size'
  | 'loss'
  | 'deviation'
  | 'variance'
  | 'norm'
  /** A number of a configuration that switches something off where it is 0. */
  | 'setting'
  /** By its name something to divide by. */
  | 'denominator';

/** A place in the file that says why a value is what it is. */
export interface Evidence {
  readonly segment: Segment;
  readonly span: Span;
  readonly message: string;
  /** The operation of the library tables that set the bound. */
  readonly operation?: string;
}

/** The call that made a value, so that a fix can rewrite it. */
export interface Origin {
  readonly operation: string;
  readonly node: Expr;
  readonly segment: Segment;
  /** Term of the operand at that place: equal terms mean an equal value. */
  readonly operandTerm: string | undefined;
  readonly operand: Expr | undefined;
  /** What was called: the function, the module object, the method. */
  readonly callee: Value;
}

/**
 * What the last step of a network made of a value: its last layer, or the softmax or sigmoid after it. `linear`: a layer
 * with weights and no activation, whose scores are unbounded.
 */
export interface Activation {
  readonly kind: 'softmax' | 'log-softmax' | 'sigmoid' | 'log-sigmoid' | 'linear';
  /** The call that applies it, the constructor call of the layer that does, or the `activation=` argument. */
  readonly node: Expr;
  readonly form: 'call' | 'layer' | 'argument';
  readonly segment: Segment;
  /** What it is applied to, where that stands in its call. */
  readonly operand?: Expr;
  /** What was called for it: a function, a method, a layer. */
  readonly callee?: Value;
  /** The layer with the weights, where that is known. */
  readonly layer?: Instance;
  /** How many numbers the layer gives for one example, where the source says it. */
  readonly units?: number;
}

/** Memory that a call reserved and left as it was: `torch.empty`, `np.empty`, `torch.Tensor(3, 4)`. */
export interface Room {
  readonly call: CallExpr;
  readonly segment: Segment;
}

/** That a value is a square, a product of two values, or a sum of such: what differences of it lose to rounding. */
export interface Degree {
  readonly of: 'square' | 'product' | 'matrix product';
  /** It is taken off: `-2 * a * b`. */
  readonly isNegative: boolean;
  /** Of a square, the last name of what is squared. */
  readonly base?: string;
  /** On paper it is at most 1: a cosine, its square. */
  readonly isUnit?: boolean;
}

/** A difference that is not negative on paper, or hardly ever, and that comes out below 0 all the same. */
export interface Cancellation {
  /**
   * variance: E[x²] - E[x]². complement: 1 - x². products: an expanded square, a discriminant. residual: something minus
   * squares or a matrix product. posterior: the variance that data leave of a prior. eigenvalue: of a matrix that has no
   * negative ones on paper. difference: of any two such values.
   */
  readonly kind: 'variance' | 'complement' | 'products' | 'residual' | 'posterior' | 'eigenvalue' | 'difference';
  readonly node: Node;
  readonly segment: Segment;
  /** What has been added since, to keep it above 0; infinite where only its name says that it is an epsilon. */
  readonly margin?: number;
}

/** A mixed-precision region in which a value was computed. */
export interface AutocastRegion {
  readonly call: CallExpr;
  readonly segment: Segment;
  readonly dtype: 'float16' | 'bfloat16' | undefined;
  readonly device: 'cuda' | 'cpu' | 'other' | undefined;
  /** Whether the dtype is certain, or only what the call does on one of the devices it may run on. */
  readonly certain: boolean;
}

/**
 * What is known of a matrix. `gram`: made of data that may depend on itself (X.T @ X, a covariance, a kernel). `cross`: a
 * product with a transpose (X.T @ Y). `difference`: something that products of matrices were taken off. `distances`: of
 * points to themselves. `regular`: somebody has made it invertible.
 */
export type MatrixTrait = 'gram' | 'cross' | 'difference' | 'product' | 'distances' | 'diagonal' | 'regular';

export interface Quantity {
  readonly kind: 'quantity';
  /** What holds the numbers; undefined where even that is unknown. */
  readonly holder?: 'tensor' | 'scalar';
  readonly framework?: Framework;
  readonly range: Range;
  /** The range rests on a name ("probs"): it may raise an alarm, never calm one. */
  readonly assumed?: boolean;
  /** It holds an infinity that somebody put there: a masked score, a sentinel. */
  readonly hasInfinity?: boolean;
  readonly dtype?: DType;
  readonly role?: Role;
  /** How many elements there are, where that is known: what a condition selects can be none. */
  readonly length?: Range;
  /** false: no gradient flows from here (detached, no_grad, NumPy). */
  readonly gradient?: boolean;
  readonly autocast?: AutocastRegion;
  readonly origin?: Origin;
  readonly degree?: Degree;
  readonly activation?: Activation;
  /** Why it can come out below 0 though it should not; a value that is known to be above 0 has none. */
  readonly cancels?: Cancellation;
  /** Canonical text of a pure expression over versioned names: equal terms are equal values. */
  readonly term?: string;
  /** The call that made room for it and put nothing there. Views of it share it; who stores into it does not take it away. */
  readonly room?: Room;
  /** What it is as a matrix, and what made it that. */
  readonly matrix?: { readonly trait: MatrixTrait; readonly segment: Segment; readonly span: Span };
  /** How large its numbers ordinarily are, feature by feature. */
  readonly scales?: Scales;
  /** Where it was read from a table, and nobody has looked for missing entries yet. */
  readonly loaded?: Loaded;
  /** Qualified name of the library function that gave it, where nothing more is known. */
  readonly madeBy?: string;
  readonly because: readonly Evidence[];
}

/** A module, function, class or constant of a library, by its qualified name. */
export interface LibraryObject {
  readonly kind: 'library';
  readonly name: string;
}
/** An object made by calling a library class. */
export interface Instance {
  readonly kind: 'instance';
  readonly className: string;
  readonly call: CallExpr;
  readonly segment: Segment;
  /** Values of the constructor's arguments, by keyword or position. */
  readonly args: readonly GivenArgument[];
}
/** An argument of a constructor. Of `*layers` or `**options`, what is unpacked. */
export interface GivenArgument {
  readonly keyword: string | undefined;
  readonly value: Value;
  readonly unpack?: '*' | '**';
}
export interface FunctionValue {
  readonly kind: 'function';
  readonly node: FunctionDef | LambdaExpr;
  readonly segment: Segment;
  readonly closure: Environment;
  readonly self?: Value;
}
export interface ClassValue {
  readonly kind: 'class';
  readonly node: ClassDef;
  readonly segment: Segment;
  readonly closure: Environment;
}
/** An object of a class of this file. */
export interface LocalInstance {
  readonly kind: 'object';
  readonly type: ClassValue;
  /** The call that made it, where that is known. */
  readonly call?: CallExpr;
}
/** A method of a library object that is not called yet. */
export interface BoundMethod {
  readonly kind: 'method';
  readonly receiver: Value;
  readonly name: string;
}
export interface SequenceValue {
  readonly kind: 'sequence';
  readonly elements: readonly Value[];
}
/** A list or generator of which only what one element can be is known, and how many there are. */
export interface ListValue {
  readonly kind: 'list';
  readonly element: Value;
  readonly length: Range;
  /** The one at its end, where that is known. */
  readonly last?: Value;
  /** Why it can be empty. */
  readonly because: readonly Evidence[];
}
export interface MappingValue {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, Value>;
}
/** One of several literal strings. */
export interface StringValue {
  readonly kind: 'string';
  readonly values: readonly string[];
}
export interface NoneValue {
  readonly kind: 'none';
}

export type Value =
  | Quantity
  | LibraryObject
  | Instance
  | FunctionValue
  | ClassValue
  | LocalInstance
  | BoundMethod
  | SequenceValue
  | ListValue
  | MappingValue
  | StringValue
  | NoneValue;

export const UNKNOWN: Quantity = { kind: 'quantity', range: ANY, because: [] };
export const NONE: NoneValue = { kind: 'none' };

export function scalar(value: number, dtype: DType): Quantity {
  return {
    kind: 'quantity',
    holder: 'scalar',
    framework: 'python',
    range: constant(value),
    dtype,
    term: String(value),
    because: [],
  };
}

export function isQuantity(value: Value): value is Quantity {
  return value.kind === 'quantity';
}

export function asQuantity(value: Value | undefined): Quantity {
  return value?.kind === 'quantity' ? value : UNKNOWN;
}

/** Whether nothing at all is known, not even what kind of thing it is. */
export function isUnknown(value: Value): boolean {
  return (
    value.kind === 'quantity' &&
    value.holder === undefined &&
    value.role === undefined &&
    value.dtype === undefined &&
    value.autocast === undefined &&
    !isKnown(value.range)
  );
}

export function isTensor(value: Value): boolean {
  return value.kind === 'quantity' && value.holder === 'tensor';
}

/** The single literal string a value is, if it is one. */
export function literalString(value: Value | undefined): string | undefined {
  return value?.kind === 'string' && value.values.length === 1 ? value.values[0] : undefined;
}

/** The single number a value is, if it is one. */
export function literalNumber(value: Value | undefined): number | undefined {
  return value?.kind === 'quantity' && value.range.lo === value.range.hi ? value.range.lo : undefined;
}

/** Drops a field from an object with optional fields, keeping exactness of optional properties. */
export function without<T extends object, K extends keyof T>(object: T, ...keys: K[]): Omit<T, K> {
  const copy = { ...object };
  for (const key of keys) delete copy[key];
  return copy;
}

/** Of two values the one that goes lower, or goes there more surely: its evidence explains the joined range. */
function lowerOf(a: Quantity, b: Quantity): Quantity {
  const [first, second] = [a.range, b.range];
  const isFirst = first.lo === second.lo ? first.reachesLo >= second.reachesLo : first.lo < second.lo;
  const chosen = isFirst ? a : b;
  return chosen.because.length > 0 ? chosen : isFirst ? b : a;
}

function joinQuantities(a: Quantity, b: Quantity): Quantity {
  const joined: { -readonly [K in keyof Quantity]: Quantity[K] } = {
    kind: 'quantity',
    range: joinRanges(a.range, b.range),
    because: lowerOf(a, b).because,
  };
  if (a.holder !== undefined && a.holder === b.holder) joined.holder = a.holder;
  if (a.framework !== undefined && a.framework === b.framework) joined.framework = a.framework;
  if (a.dtype !== undefined && a.dtype === b.dtype) joined.dtype = a.dtype;
  if (a.role !== undefined && a.role === b.role) joined.role = a.role;
  if (a.assumed || b.assumed) joined.assumed = true;
  if (a.hasInfinity || b.hasInfinity) joined.hasInfinity = true;
  if (a.gradient === false && b.gradient === false) joined.gradient = false;
  // A value that was computed under autocast on one path is still one that may underflow.
  const autocast = a.autocast ?? b.autocast;
  if (autocast) joined.autocast = autocast;
  if (a.origin && a.origin.node === b.origin?.node) joined.origin = a.origin;
  if (a.room && a.room.call === b.room?.call) joined.room = a.room;
  if (a.matrix && a.matrix.trait === b.matrix?.trait) joined.matrix = a.matrix;
  if (a.degree && a.degree.of === b.degree?.of && a.degree.isNegative === b.degree.isNegative) joined.degree = a.degree;
  if (a.activation && a.activation.kind === b.activation?.kind) joined.activation = a.activation;
  const cancels = a.cancels ?? b.cancels;
  if (cancels && joined.range.lo < 0) joined.cancels = cancels;
  if (a.term !== undefined && a.term === b.term) joined.term = a.term;
  if (a.scales && b.scales && areSameScales(a.scales, b.scales)) joined.scales = a.scales;
  const loaded = a.loaded ?? b.loaded;
  if (loaded) joined.loaded = loaded;
  if (a.length && b.length) joined.length = joinRanges(a.length, b.length);
  return joined;
}

/** Whether both are of the same data: a place that is analysed twice gives equal ones. */
function areSameScales(a: Scales, b: Scales): boolean {
  return (
    a === b ||
    (a.because.span.start === b.because.span.start &&
      a.columns.length === b.columns.length &&
      a.columns.every(({ lo, hi }, at) => lo === b.columns[at]?.lo && hi === b.columns[at]?.hi))
  );
}

/** How many elements a list has; undefined for what is none. */
export function lengthOf(value: Value | undefined): Range | undefined {
  if (value?.kind === 'list') return value.length;
  return value?.kind === 'sequence' ? constant(value.elements.length) : undefined;
}

/** What any element of a list can be. */
export function anyOf(elements: readonly Value[]): Value {
  const [first, ...rest] = elements;
  return first === undefined ? UNKNOWN : rest.reduce(joinValues, first);
}

function joinLists(a: Value, b: Value): ListValue | undefined {
  const [one, other] = [lengthOf(a), lengthOf(b)];
  if (!one || !other) return undefined;
  const elements = [a, b].flatMap((list) =>
    list.kind === 'list' ? [list.element] : list.kind === 'sequence' ? list.elements : [],
  );
  const evidence = [a, b].find((list) => list.kind === 'list' && list.because.length > 0);
  return {
    kind: 'list',
    element: anyOf(elements),
    length: joinRanges(one, other),
    because: evidence?.kind === 'list' ? evidence.because : [],
  };
}

/** Objects that are what they were made of: models of layers, losses. */
const MADE_OF_ARGUMENTS = /(Sequential|Model|Loss|Crossentropy|Divergence|OrderedDict)$/;

function joinInstances(a: Instance, b: Instance): Instance {
  if (a.args === b.args || !MADE_OF_ARGUMENTS.test(a.className)) return a;
  const isAlike =
    a.args.length === b.args.length &&
    a.args.every(({ keyword, unpack }, i) => keyword === b.args[i]?.keyword && unpack === b.args[i]?.unpack);
  const args = isAlike
    ? a.args.map((arg, i) => ({ ...arg, value: joinValues(arg.value, b.args[i]?.value ?? UNKNOWN) }))
    : [ANY_ARGUMENTS];
  return { ...a, args };
}

/** Arguments of which nothing is known, not even how many there are. */
export const ANY_ARGUMENTS: GivenArgument = { keyword: undefined, value: UNKNOWN, unpack: '*' };

/** What is known on both of two paths. */
export function joinValues(a: Value, b: Value): Value {
  if (a === b) return a;
  if (a.kind === 'quantity' && b.kind === 'quantity') return joinQuantities(a, b);
  if (a.kind === 'string' && b.kind === 'string') {
    const values = [...new Set([...a.values, ...b.values])];
    return values.length <= 8 ? { kind: 'string', values } : UNKNOWN;
  }
  // `x = None` before a branch that sets it: the object is what is used later.
  if (a.kind === 'none') return b;
  if (b.kind === 'none') return a;
  if (a.kind === 'library' && b.kind === 'library' && a.name === b.name) return a;
  if (a.kind === 'instance' && b.kind === 'instance') {
    if (a.className === b.className) return joinInstances(a, b);
    // `nullcontext() if … else autocast()`: what it may switch on counts.
    if (a.className === 'contextlib.nullcontext') return b;
    if (b.className === 'contextlib.nullcontext') return a;
  }
  if (a.kind === 'object' && b.kind === 'object' && a.type.node === b.type.node) return a;
  if (a.kind === 'function' && b.kind === 'function' && a.node === b.node) return a;
  if (a.kind === 'sequence' && b.kind === 'sequence' && a.elements.length === b.elements.length) {
    return {
      kind: 'sequence',
      elements: a.elements.map((element, i) => joinValues(element, b.elements[i] ?? UNKNOWN)),
    };
  }
  return joinLists(a, b) ?? UNKNOWN;
}

function rangeKey({ lo, hi, reachesLo, reachesHi, reachesZero }: Range): string {
  return `${lo},${hi},${reachesLo}${reachesHi}${reachesZero}`;
}

/** A short text by which equal knowledge is recognised; positions do not enter. */
export function valueKey(value: Value): string {
  switch (value.kind) {
    case 'quantity': {
      const r = value.range;
      if (isUnknown(value)) return value.loaded ? `t${value.loaded.call.start}` : '?';
      return `q${value.holder ?? ''}${value.framework ?? ''}${rangeKey(r)}${value.length ? rangeKey(value.length) : ''}${r.excludesZero ? 'z' : ''}${value.dtype ?? ''}${value.role ?? ''}${value.autocast?.dtype ?? ''}${value.gradient === false ? 'd' : ''}${value.assumed ? 'a' : ''}${value.hasInfinity ? 'i' : ''}${value.room ? `r${value.room.call.start}` : ''}${value.matrix?.trait ?? ''}${value.degree?.of ?? ''}${value.cancels?.kind ?? ''}${value.loaded ? `t${value.loaded.call.start}` : ''}${value.scales ? `s${value.scales.columns.map(({ lo, hi }) => `${lo},${hi}`).join(';')}` : ''}${value.activation ? `${value.activation.kind}@${value.activation.node.start}` : ''}`;
    }
    case 'library':
      return `l${value.name}`;
    case 'instance':
      return `i${value.className}@${value.call.start}/${value.args.length}`;
    case 'object':
      return `o${value.type.node.name}`;
    case 'class':
      return `c${value.node.name}`;
    case 'function':
      return `f${value.node.kind === 'FunctionDef' ? value.node.name : 'lambda'}@${value.node.start}`;
    case 'method':
      return `m${valueKey(value.receiver)}.${value.name}`;
    case 'sequence':
      return value.elements.length > 8 ? '?' : `[${value.elements.map(valueKey).join(';')}]`;
    case 'list':
      return `l${rangeKey(value.length)}${valueKey(value.element)}`;
    case 'mapping':
      return `{${[...value.entries]
        .slice(0, 8)
        .map(([k, v]) => `${k}:${valueKey(v)}`)
        .join(';')}}`;
    case 'string':
      return `s${value.values.join('|')}`;
    case 'none':
      return 'n';
  }
}
