// The flow analysis of expressions: an abstract value for each, in the environment that holds there.

import type { AttributeExpr, BinaryExpr, ComprehensionExpr, Expr, LambdaExpr, NameExpr, Segment } from '../syntax/ast';
import { addsConstant, applyBinary } from './binary-operations';
import { CallEvaluator } from './call-evaluator';
import { negatedForm, posteriorVariance } from './cancellation';
import { classAttribute, classMethod } from './classes';
import { attributeOfFrame } from './data-sources';
import { definitionOf } from './definitions';
import { autocastOf } from './derive';
import { isShifted, withoutCancelling } from './differences';
import { dtypeNamed } from './dtype';
import { Environment } from './environment';
import { finfoAttribute } from './finfo';
import { elementOf, tensorAttribute } from './idioms';
import { canonicalName, functionSignature, libraryConstant } from './libraries';
import { shared } from './lists';
import { attributeOfLoaded } from './loaded';
import { mixture } from './mixtures';
import { negateQuantity } from './operators';
import { dottedName } from './program';
import * as R from './range';
import { refine } from './refine';
import type { Session } from './session';
import { assignElements, evaluateSubscript } from './subscripts';
import { EMPTY_OR_NOT } from './transfers/arrays';
import { boolValue, compareValues, complement } from './truth-values';
import {
  type AutocastRegion,
  asQuantity,
  type Instance,
  type ListValue,
  lengthOf,
  NONE,
  type Quantity,
  scalar,
  UNKNOWN,
  type Value,
} from './value';

/** What holds around the code that is being evaluated. */
export interface Context {
  readonly segment: Segment;
  readonly gradient: boolean;
  readonly autocast: AutocastRegion | undefined;
}

const MAX_TERM = 160;
/** So many definitions are followed at most, so that long functions cost no more than short ones. */
const MOST_DEFINITIONS = 24;

export class Evaluator {
  constructor(
    readonly session: Session,
    readonly context: Context,
  ) {}

  within(change: Partial<Context>): Evaluator {
    return new Evaluator(this.session, { ...this.context, ...change });
  }

  evaluate(expr: Expr, env: Environment): Value {
    if (!this.session.spend()) return UNKNOWN;
    let value = this.evaluateKind(expr, env);
    if (value.kind === 'quantity') {
      if (value.term !== undefined) {
        const fact = env.factOf(value.term);
        if (fact) value = { ...value, range: R.intersect(value.range, fact) };
      }
    }
    this.session.record(expr, value);
    return value;
  }

  private evaluateKind(expr: Expr, env: Environment): Value {
    switch (expr.kind) {
      case 'Name':
        return this.behindName(expr, env) ?? this.name(expr.id, env);
      case 'Number':
        return expr.isImaginary ? UNKNOWN : scalar(expr.value, expr.isInteger ? 'integer' : 'float64');
      case 'String':
        for (const part of expr.parts) this.evaluate(part, env);
        return expr.value === undefined ? UNKNOWN : { kind: 'string', values: [expr.value] };
      case 'Constant':
        if (expr.value === null) return NONE;
        if (expr.value === true) return scalar(1, 'bool');
        return expr.value === false ? scalar(0, 'bool') : { ...UNKNOWN, term: '...' };
      case 'Attribute':
        return this.attribute(expr, env);
      case 'Subscript':
        return evaluateSubscript(this, expr, env);
      case 'Slice':
        return this.slice([expr.lower, expr.upper, expr.step], env);
      case 'Call':
        return new CallEvaluator(this).evaluate(expr, env);
      case 'Binary':
        return this.binary(expr, env);
      case 'Unary': {
        const operand = this.evaluate(expr.operand, env);
        if (operand.kind !== 'quantity') return UNKNOWN;
        if (expr.operator === 'not') return complement(this.session, operand);
        if (expr.operator === '-') {
          const negated = negatedForm(operand, negateQuantity(operand));
          return operand.term === undefined ? negated : { ...negated, term: `(-${operand.term})` };
        }
        if (expr.operator === '+') return operand;
        return operand.role === 'mask' ? complement(this.session, operand, operand) : UNKNOWN;
      }
      case 'Bool':
        return boolValue(this, expr.operator, expr.values, env);
      case 'Compare':
        return compareValues(this, expr, env);
      case 'Conditional': {
        const test = asQuantity(this.evaluate(expr.test, env)).range;
        const [whenTrue, whenFalse] = [env.branch(), env.branch()];
        refine(this, expr.test, true, whenTrue);
        refine(this, expr.test, false, whenFalse);
        // What a function gives for the arguments of one call takes one of both ways.
        if (R.isConstant(test) && !this.session.isRecording)
          return this.evaluate(
            ...(test.lo === 0 ? ([expr.orelse, whenFalse] as const) : ([expr.body, whenTrue] as const)),
          );
        return this.session.join(this.evaluate(expr.body, whenTrue), this.evaluate(expr.orelse, whenFalse));
      }
      case 'Lambda':
        return this.lambda(expr, env);
      case 'Tuple':
      case 'List':
        return { kind: 'sequence', elements: expr.elements.map((element) => this.evaluate(element, env)) };
      case 'Set':
        for (const element of expr.elements) this.evaluate(element, env);
        return UNKNOWN;
      case 'Dict': {
        const entries = new Map<string, Value>();
        for (const { key, value } of expr.entries) {
          const k = key && this.evaluate(key, env);
          const v = this.evaluate(value, env);
          if (k?.kind === 'string' && k.values.length === 1) entries.set(k.values[0] as string, v);
        }
        return { kind: 'mapping', entries };
      }
      case 'Comprehension':
        return this.comprehension(expr, env);
      case 'Starred':
        return this.evaluate(expr.value, env);
      case 'NamedExpr': {
        const value = this.evaluate(expr.value, env);
        this.bind(expr.target.id, value, env);
        this.session.record(expr.target, value);
        return value;
      }
      case 'Await':
        return this.evaluate(expr.value, env);
      case 'Yield':
        if (expr.value) this.evaluate(expr.value, env);
        return UNKNOWN;
      case 'BrokenExpr':
        return UNKNOWN;
    }
  }

  /** Gives a name a value; every assignment makes a new version, so that old facts do not speak of it. */
  bind(name: string, value: Value, env: Environment): void {
    env.set(
      name,
      value.kind === 'quantity' && value.term === undefined ? { ...value, term: this.session.freshTerm(name) } : value,
    );
  }

  private name(id: string, env: Environment): Value {
    const bound = env.get(id) ?? this.session.global(id);
    if (bound === undefined) {
      if (functionSignature(`builtins.${id}`)) return { kind: 'library', name: `builtins.${id}` };
      return this.session.assumedByName(id) ?? UNKNOWN;
    }
    const value = bound.kind === 'sequence' && !env.isOwn(id) ? shared(bound) : bound;
    const definition = env.definitionOf(id);
    return definition && addsConstant(definition) ? value : this.withAssumption(id, value);
  }

  /** Of the elements that a condition leaves out, what a name stands for is worked out anew. */
  private behindName(expr: NameExpr, env: Environment): Value | undefined {
    const { session } = this;
    const { imagined } = session;
    if (!imagined || !session.isRecording || imagined.size >= MOST_DEFINITIONS) return undefined;
    const definition = definitionOf(this, expr, env);
    if (!definition) return undefined;
    const known = imagined.get(definition);
    if (known) return known;
    imagined.set(definition, env.get(expr.id) ?? UNKNOWN);
    const value = this.evaluate(definition, env);
    imagined.set(definition, value);
    return value;
  }

  private withAssumption(name: string, value: Value): Value {
    if (value.kind !== 'quantity' || value.role !== undefined) return value;
    if (R.hasEnds(value.range) || R.excludesZero(value.range)) return value;
    const assumed = this.session.assumedByName(name);
    // What comes out below 0 comes out at 0 too, and no name takes that back.
    if (value.cancels && assumed)
      return { ...value, ...assumptionOf(assumed), range: { ...value.range, reachesZero: 1 } };
    // Of a denominator that was computed here, how it was computed says more than what it is called.
    if (!assumed || (assumed.role === 'denominator' && value.because.length > 0)) return value;
    return { ...value, ...assumptionOf(assumed) };
  }

  private attribute(expr: AttributeExpr, env: Environment): Value {
    const value = this.attributeOf(expr, this.evaluate(expr.object, env), env);
    // Read and not called, `distribution.probs` is no method.
    const isData = value.kind === 'method' && value.receiver.kind === 'instance';
    const assumed = isData ? this.session.assumedByName(expr.name) : undefined;
    if (!assumed) return value;
    const key = dottedName(expr);
    return key === undefined ? assumed : { ...assumed, term: key };
  }

  /** The value of `object.name`, with the object evaluated already. */
  attributeOf(expr: AttributeExpr, object: Value, env: Environment): Value {
    const key = dottedName(expr);
    if (key !== undefined) {
      const stored = env.get(key);
      if (stored !== undefined) return this.withAssumption(expr.name, stored);
    }
    switch (object.kind) {
      case 'library': {
        const name = `${object.name}.${expr.name}`;
        const number = libraryConstant(name);
        if (number !== undefined) return scalar(number, 'float64');
        return { kind: 'library', name };
      }
      case 'object': {
        const found = classAttribute(this.session, object, expr.name) ?? classMethod(this.session, object, expr.name);
        if (found !== undefined) {
          return found.kind === 'quantity' && found.term === undefined && key !== undefined
            ? this.withAssumption(expr.name, { ...found, term: key })
            : found;
        }
        break;
      }
      case 'class': {
        const found = classAttribute(this.session, { kind: 'object', type: object }, expr.name);
        if (found !== undefined) return found;
        break;
      }
      case 'instance':
        return this.instanceAttribute(object, expr.name);
      // A bunch of arrays, as scikit-learn loads them.
      case 'mapping':
        return object.entries.get(expr.name) ?? { ...UNKNOWN, ...(key === undefined ? {} : { term: key }) };
      // torch.topk(x, 3).values
      case 'sequence':
        return (expr.name === 'values' ? object.elements[0] : undefined) ?? UNKNOWN;
      case 'quantity': {
        const own = tensorAttribute(object, expr.name);
        if (own) return own;
        break;
      }
      default:
        break;
    }
    const autocast = autocastOf([object]);
    const unknown: Quantity = {
      ...UNKNOWN,
      ...(key === undefined ? {} : { term: key }),
      ...(autocast ? { autocast } : {}),
    };
    const assumed = this.session.assumedByName(expr.name);
    const loaded = object.kind === 'quantity' ? attributeOfLoaded(object, expr.name) : undefined;
    if (loaded) return { ...unknown, loaded };
    const cancels = posteriorVariance(expr.object, expr.name, { node: expr, segment: this.context.segment });
    return assumed ? { ...unknown, ...assumptionOf(assumed), ...(cancels ? { cancels } : {}) } : unknown;
  }

  private instanceAttribute(object: Instance, name: string): Value {
    const ofData = attributeOfFrame(object, name);
    if (ofData) return ofData;
    const method = { kind: 'method', receiver: object, name } as const;
    if (canonicalName(object.className) === 'torch.finfo' || canonicalName(object.className).endsWith('.finfo')) {
      const dtype = object.args[0]?.value;
      const known =
        dtype?.kind === 'library' ? dtypeNamed(dtype.name.slice(dtype.name.lastIndexOf('.') + 1)) : undefined;
      return finfoAttribute(known, name);
    }
    return method;
  }

  term(text: string): string | undefined {
    return text.length <= MAX_TERM ? text : undefined;
  }

  /** Nothing but a name for the part that it takes, so that equal slices are known to be equal. */
  private slice(ends: readonly (Expr | undefined)[], env: Environment): Value {
    const terms = ends.map((end) => (end ? asQuantity(this.evaluate(end, env)).term : ''));
    return terms.includes(undefined) ? UNKNOWN : { ...UNKNOWN, term: terms.join(':') };
  }

  private binary(expr: BinaryExpr, env: Environment): Value {
    const left = this.evaluate(expr.left, env);
    const right = this.evaluate(expr.right, env);
    const value = applyBinary(
      this,
      expr,
      expr.operator,
      { expr: expr.left, value: left },
      { expr: expr.right, value: right },
      env,
    );
    if (value.kind !== 'quantity') return value;
    if (expr.operator === '-') return isShifted(this, expr, env) ? withoutCancelling(value) : value;
    if (expr.operator !== '+') return value;
    const mixed = mixture(this, expr, env);
    return mixed ? this.inContext({ ...mixed, ...(value.term === undefined ? {} : { term: value.term }) }) : value;
  }

  private lambda(expr: LambdaExpr, env: Environment): Value {
    // Analysed once where it stands, with parameters of which nothing is known; calls go by the value.
    const scope = new Environment(env, true);
    for (const parameter of expr.params) {
      if (parameter.default) this.evaluate(parameter.default, env);
      scope.set(parameter.name, { ...UNKNOWN, term: this.session.freshTerm(parameter.name) });
    }
    this.evaluate(expr.body, scope);
    return { kind: 'function', node: expr, segment: this.context.segment, closure: env };
  }

  private comprehension(expr: ComprehensionExpr, env: Environment): Value {
    const scope = env.branch();
    const iterables: Value[] = [];
    for (const clause of expr.clauses) {
      const iterable = this.evaluate(clause.iterable, scope);
      iterables.push(iterable);
      this.assignTarget(clause.target, elementOf(iterable), scope);
      for (const condition of clause.conditions) {
        this.evaluate(condition, scope);
        refine(this, condition, true, scope);
      }
    }
    if (expr.key) this.evaluate(expr.key, scope);
    const element = this.evaluate(expr.element, scope);
    if (expr.container !== 'list' && expr.container !== 'generator') return UNKNOWN;
    return { kind: 'list', element, ...this.comprehensionLength(expr, iterables) };
  }

  /** What a condition lets through can be nothing. */
  private comprehensionLength(
    expr: ComprehensionExpr,
    iterables: readonly Value[],
  ): Pick<ListValue, 'length' | 'because'> {
    const [clause] = expr.clauses;
    const condition = expr.clauses.flatMap(({ conditions }) => conditions)[0];
    if (condition) {
      const message = 'only what this lets through is in the list';
      const span = { start: condition.start, end: condition.end };
      return {
        length: R.range(0, Number.POSITIVE_INFINITY, 1, 0),
        because: [{ segment: this.context.segment, span, message, operation: 'filter' }],
      };
    }
    const length = clause && expr.clauses.length === 1 ? lengthOf(iterables[0]) : undefined;
    return { length: length ?? EMPTY_OR_NOT, because: [] };
  }

  /** Binds a `for`, `with` or assignment target to a value. */
  assignTarget(target: Expr, value: Value, env: Environment): void {
    switch (target.kind) {
      case 'Name':
        this.bind(target.id, value, env);
        this.session.record(target, value);
        return;
      case 'Attribute': {
        this.evaluate(target.object, env);
        const key = dottedName(target);
        if (key !== undefined) {
          this.bind(key, value, env);
          this.session.assignedAttribute(target, value, env);
        }
        return;
      }
      case 'Tuple':
      case 'List':
        target.elements.forEach((element, i) => {
          if (element.kind === 'Starred') this.assignTarget(element.value, UNKNOWN, env);
          else this.assignTarget(element, itemOf(value, i), env);
        });
        return;
      case 'Starred':
        this.assignTarget(target.value, UNKNOWN, env);
        return;
      case 'Subscript':
        assignElements(this, target, value, env);
        return;
      default:
        return;
    }
  }

  // ------------------------------------------------------------------ circumstances

  inContext(q: Quantity): Quantity {
    const { gradient, autocast } = this.context;
    if (gradient && !autocast) return q;
    return { ...q, ...(gradient ? {} : { gradient: false }), ...(autocast ? { autocast } : {}) };
  }

  /** What an unknown call gives under autocast was computed there; what it was given outside stays marked. */
  inContextValue(value: Value, args: readonly Value[]): Value {
    if (value.kind === 'sequence')
      return { ...value, elements: value.elements.map((element) => this.inContextValue(element, [])) };
    if (value.kind !== 'quantity') return value;
    const inherited = value.autocast ?? autocastOf(args);
    return this.inContext(inherited && value.autocast === undefined ? { ...value, autocast: inherited } : value);
  }
}

/** What tuple unpacking gives the target at a position. */
function itemOf(value: Value, position: number): Value {
  if (value.kind === 'sequence') return value.elements[position] ?? UNKNOWN;
  if (value.kind === 'quantity') {
    // `values, indices = x.max(dim=1)`
    const isWithIndices = /^(largest|smallest|median)$/.test(value.origin?.operation ?? '');
    if (isWithIndices && position > 0) return { ...UNKNOWN, dtype: 'integer' };
    const element = elementOf(value);
    return isWithIndices && value.term !== undefined && element.kind === 'quantity'
      ? { ...element, term: `${value.term}[${position}]` }
      : element;
  }
  return value.kind === 'list' ? value.element : UNKNOWN;
}

function assumptionOf(assumed: Quantity): Pick<Quantity, 'range' | 'role' | 'assumed'> {
  return {
    range: assumed.range,
    ...(assumed.role ? { role: assumed.role } : {}),
    ...(assumed.assumed ? { assumed: true } : {}),
  };
}
