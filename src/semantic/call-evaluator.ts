// The flow analysis of calls: which operation of the library tables a call is, and what any other call gives.

import type { Argument, AttributeExpr, CallExpr, Expr } from '../syntax/ast';
import { activationAfter, commonActivation } from './activations';
import { eigenvalues, withCallForm } from './cancellation';
import { conditionOfCall } from './conditions';
import { type DType, dtypeNamed } from './dtype';
import type { Environment } from './environment';
import type { Context, Evaluator } from './evaluator';
import { canonicalName, functionSignature, methodSignature, moduleSignature, type Signature } from './libraries';
import { callListMethod } from './lists';
import { loadedThroughCall, withLoaded } from './loaded';
import { touchMatrix, traitOfCall, withTrait } from './matrices';
import type { SiteOperand, UnselectedSite } from './operation-site';
import { transfer } from './operations';
import { otherCall } from './other-calls';
import { unselectedInCall } from './products';
import { dottedName } from './program';
import { selected } from './refine';
import { handsOnRoom, reservesRoom } from './room';
import { scalesOfCall, withScales } from './scales';
import { ownSelection, type Selection, selectionOf, unselectedIn } from './selections';
import type { Session } from './session';
import { type Activation, asQuantity, type Framework, type Origin, type Quantity, UNKNOWN, type Value } from './value';

const NO_ORIGINS: ReadonlyMap<string, Origin> = new Map();

/** Evaluates calls for an evaluator, in its circumstances. */
export class CallEvaluator {
  private readonly session: Session;
  private readonly context: Context;

  constructor(private readonly evaluator: Evaluator) {
    this.session = evaluator.session;
    this.context = evaluator.context;
  }

  evaluate(expr: CallExpr, env: Environment): Value {
    const own = ownSelection(this.evaluator, expr, env);
    const callee = ofGenerator(
      expr.callee.kind === 'Attribute'
        ? this.methodOrFunction(expr.callee, env, own?.branches[0]?.scope)
        : this.evaluator.evaluate(expr.callee, env),
    );
    if (expr.callee.kind === 'Attribute') this.session.record(expr.callee, callee);
    const signature = this.signatureOf(expr, callee);
    const selection = own ?? (signature && selectionOf(this.evaluator, expr, signature, env));
    const scopes = new Map(selection?.branches.map((branch) => [branch.expr, branch.scope]));
    const args = expr.args.map((arg) => this.branch(arg.value, scopes.get(arg.value), env));
    if (signature) {
      const unselected = !this.session.takesOnTrust
        ? []
        : selection
          ? unselectedIn(this.evaluator, selection, env)
          : signature.operation === 'multiply'
            ? unselectedInCall(this.evaluator, expr, callee, args, env)
            : [];
      return this.operation(expr, callee, signature, args, env, chosenFrom(selection), unselected);
    }
    if (callee.kind === 'method' && (callee.receiver.kind === 'sequence' || callee.receiver.kind === 'list'))
      return callListMethod(expr, callee.receiver, callee.name, args, env);
    return this.evaluator.inContextValue(otherCall(this.evaluator, expr, callee, args, env), args);
  }

  /** An operand, in the scope of the elements for which it is selected. */
  private branch(operand: Expr, scope: Environment | undefined, env: Environment): Value {
    if (!scope || this.session.takesOnTrust) return this.evaluator.evaluate(operand, scope ?? env);
    // By itself it holds the other elements too.
    this.evaluator.evaluate(operand, env);
    return this.session.silently(() => this.evaluator.evaluate(operand, scope));
  }

  /** Evaluates `x.f` for a call: a method name of a table is a method even where nothing is known of x. */
  private methodOrFunction(callee: AttributeExpr, env: Environment, scope: Environment | undefined): Value {
    const object = this.branch(callee.object, scope, env);
    // An attribute of an object of some class, of which nothing is known: what is called on it may be an array's.
    const receiver = object.kind === 'method' ? UNKNOWN : object;
    const value = this.evaluator.attributeOf(callee, receiver, env);
    const isBound =
      receiver.kind === 'quantity' ||
      receiver.kind === 'object' ||
      receiver.kind === 'sequence' ||
      receiver.kind === 'list' ||
      receiver.kind === 'mapping';
    return value.kind === 'quantity' && isBound ? { kind: 'method', receiver, name: callee.name } : value;
  }

  private signatureOf(expr: CallExpr, callee: Value): Signature | undefined {
    switch (callee.kind) {
      case 'library':
        return accepts(functionSignature(callee.name), expr.args, 0);
      case 'instance':
        return accepts(moduleSignature(callee.className), expr.args, 0);
      case 'method': {
        const { receiver, name } = callee;
        if (receiver.kind !== 'quantity') return undefined;
        // Of a receiver that nothing is known of, a name the file's own framework has as a method is taken for it.
        const framework: Framework | undefined =
          receiver.holder === 'scalar' ? undefined : (receiver.framework ?? this.session.arrayFramework);
        return accepts(methodSignature(name, framework), expr.args, 1);
      }
      default:
        return undefined;
    }
  }

  private operation(
    expr: CallExpr,
    callee: Value,
    signature: Signature,
    args: readonly Value[],
    env: Environment,
    only: string | undefined,
    unselected: readonly UnselectedSite[],
  ): Value {
    const operands = new Map<string, SiteOperand>();
    const isMethod = callee.kind === 'method';
    if (isMethod && expr.callee.kind === 'Attribute') {
      operands.set(signature.positional[0] ?? 'x', { expr: expr.callee.object, value: callee.receiver });
    }
    let position = isMethod ? 1 : 0;
    expr.args.forEach((arg, i) => {
      const value = args[i] ?? UNKNOWN;
      if (arg.unpack !== '') return;
      const name = arg.keyword === undefined ? signature.positional[position++] : signature.keywords.get(arg.keyword);
      if (name !== undefined) operands.set(name, { expr: arg.value, value });
    });
    if (signature.operation === 'cast') this.castOperand(expr, args, operands);
    if (signature.operation === 'masked_fill') this.keepUnmasked(operands, env);
    const framework = this.frameworkFor(signature, callee, operands);
    const given = (name: string) =>
      operands.get(only !== undefined && /^([xy]|value)$/.test(name) ? only : name)?.value;
    let result = transfer(signature.operation, { framework, get: given });
    if (result.kind === 'quantity') {
      result = this.finishOperation(expr, callee, signature, operands, args, result);
      const place = { node: expr, segment: this.context.segment };
      result = withCallForm(signature.operation, operands, result, place);
    }
    result = eigenvalues(signature.operation, result, { node: expr, segment: this.context.segment });
    const outer = this.evaluator.inContextValue(result, args);
    if (this.session.isRecording)
      this.session.site({
        operation: signature.operation,
        framework,
        name:
          callee.kind === 'library'
            ? canonicalName(callee.name)
            : callee.kind === 'instance'
              ? canonicalName(callee.className)
              : `.${callee.kind === 'method' ? callee.name : ''}`,
        node: expr,
        segment: this.context.segment,
        operands,
        form: callee.kind === 'library' ? 'function' : callee.kind === 'instance' ? 'module' : 'method',
        inPlace: signature.inPlace,
        result: outer,
        callee,
        gradient: this.context.gradient,
        autocast: this.context.autocast,
        origins: this.origins(operands, env),
        ...(unselected.length > 0 ? { unselected } : {}),
      });
    const x = operands.get('x');
    if (signature.inPlace && x) {
      const key = dottedName(x.expr);
      if (key !== undefined) this.evaluator.bind(key, outer.kind === 'quantity' ? dropTerm(outer) : outer, env);
      else touchMatrix(x.expr, env);
    }
    if (callee.kind === 'library' && canonicalName(callee.name).endsWith('.finfo')) {
      return {
        kind: 'instance',
        className: callee.name,
        call: expr,
        segment: this.context.segment,
        args: args.map((value) => ({ keyword: undefined, value })),
      };
    }
    return outer;
  }

  private origins(operands: ReadonlyMap<string, SiteOperand>, env: Environment): ReadonlyMap<string, Origin> {
    let found: Map<string, Origin> | undefined;
    for (const [name, { value }] of operands) {
      if (value.kind !== 'quantity' || !value.origin || !this.stillHolds(value.origin, env)) continue;
      found ??= new Map();
      found.set(name, value.origin);
    }
    return found ?? NO_ORIGINS;
  }

  /** Whether the operand from which a value was made is, evaluated here, still the same. */
  private stillHolds(origin: Origin, env: Environment): boolean {
    if (origin.segment !== this.context.segment || origin.operandTerm === undefined || !origin.operand) return false;
    const { operand } = origin;
    return this.session.silently(() => asQuantity(this.evaluator.evaluate(operand, env)).term) === origin.operandTerm;
  }

  /** `.to(torch.float16)`, `.to(x.dtype)`, `.to(device)`, `.astype("float16")`: the operand that is a dtype. */
  private castOperand(expr: CallExpr, args: readonly Value[], operands: Map<string, SiteOperand>): void {
    operands.delete('dtype');
    expr.args.forEach((arg, i) => {
      const value = args[i];
      if (!value || arg.unpack !== '') return;
      if (arg.keyword !== undefined && arg.keyword !== 'dtype') return;
      const isOther = arg.keyword === 'dtype' || (arg.value.kind === 'Attribute' && arg.value.name === 'dtype');
      if (isOther || dtypeFrom(value) !== undefined) operands.set('dtype', { expr: arg.value, value });
    });
  }

  /** What `masked_fill` leaves of x are the elements for which the mask does not hold. */
  private keepUnmasked(operands: Map<string, SiteOperand>, env: Environment): void {
    const x = operands.get('x');
    const mask = operands.get('mask');
    if (x?.value.kind !== 'quantity' || !mask) return;
    operands.set('x', { ...x, value: selected(this.evaluator, mask.expr, false, x.value, env) });
  }

  private frameworkFor(signature: Signature, callee: Value, operands: ReadonlyMap<string, SiteOperand>): Framework {
    if (signature.framework === 'python') {
      const x = operands.get('x')?.value;
      return x?.kind === 'quantity' && x.holder === 'tensor' && x.framework ? x.framework : 'python';
    }
    if (callee.kind === 'method' && callee.receiver.kind === 'quantity') {
      return callee.receiver.framework ?? this.session.arrayFramework ?? signature.framework;
    }
    return signature.framework;
  }

  private finishOperation(
    expr: CallExpr,
    callee: Value,
    signature: Signature,
    operands: ReadonlyMap<string, SiteOperand>,
    args: readonly Value[],
    result: Quantity,
  ): Quantity {
    const x = operands.get('x');
    const terms: string[] = [];
    let pure = !signature.inPlace;
    for (const [name, operand] of operands) {
      const term =
        operand.value.kind === 'quantity'
          ? operand.value.term
          : operand.value.kind === 'string'
            ? JSON.stringify(operand.value.values[0])
            : undefined;
      if (term === undefined) pure = pure && operand.value.kind === 'library';
      else terms.push(name === 'x' ? term : `${name}=${term}`);
    }
    const isFresh =
      signature.operation === 'dropout' ||
      signature.operation === 'uninitialised' ||
      signature.operation === 'tensor_of' ||
      signature.operation === 'random' ||
      signature.operation === 'normal' ||
      signature.operation === 'uniform' ||
      signature.operation === 'integers' ||
      signature.operation === 'indicator';
    let term = pure && !isFresh ? this.evaluator.term(`${signature.operation}(${terms.join(',')})`) : undefined;
    const [left, right] = [asQuantity(x?.value), asQuantity(operands.get('y')?.value)];
    const known = (t: string | undefined) => this.session.conditionOf(t);
    const condition = conditionOfCall(signature.operation, left, right, known);
    // A mask in a dtype of which nothing is known, or of a long expression, is still that mask.
    if (condition) term ??= this.session.freshTerm('mask');
    this.session.setCondition(term, condition);
    const operandTerm = x?.value.kind === 'quantity' ? x.value.term : undefined;
    // A sum over what may be missing is 0 because it is missing.
    const isKept = signature.operation === 'sum' && result.because.at(-1)?.operation === 'fallback';
    const makesBound = isKept ? undefined : MAKES_BOUND[signature.operation];
    const origin = PASSES_ORIGIN.has(signature.operation)
      ? undefined
      : {
          operation: signature.operation,
          node: expr,
          segment: this.context.segment,
          operandTerm,
          operand: x?.expr,
          callee,
        };
    const room = reservesRoom(signature.operation, expr, args)
      ? { call: expr, segment: this.context.segment }
      : handsOnRoom(signature.operation) && !signature.inPlace
        ? asQuantity(x?.value).room
        : undefined;
    const { segment } = this.context;
    const by = { operation: signature.operation, callee, node: expr, form: 'call', segment, operand: x?.expr } as const;
    const activation =
      signature.operation === 'combine' ? combined(x?.value) : activationAfter(by, asQuantity(x?.value));
    const place = { segment: this.context.segment, span: { start: expr.start, end: expr.end } };
    const finished: Quantity = {
      ...result,
      ...(term === undefined ? {} : { term }),
      ...(origin ? { origin } : {}),
      ...(room ? { room } : {}),
      ...(activation ? { activation } : {}),
      because: makesBound ? [{ ...place, message: makesBound, operation: signature.operation }] : result.because,
    };
    const name = callee.kind === 'library' || callee.kind === 'method' ? callee.name : '';
    const scaled = withScales(finished, scalesOfCall(signature.operation, name, expr, operands, place));
    const loaded = loadedThroughCall(signature.operation, x?.value);
    return withTrait(withLoaded(scaled, loaded), traitOfCall(signature.operation, name, expr, operands), place);
  }
}

/** A method of a NumPy generator is the function of that name: `rng.uniform` draws as `np.random.uniform` does. */
function ofGenerator(callee: Value): Value {
  if (callee.kind !== 'method' || callee.receiver.kind !== 'instance') return callee;
  const isGenerator = /^numpy\.random\.(default_rng|Generator|RandomState)$/.test(callee.receiver.className);
  return isGenerator ? { kind: 'library', name: `numpy.random.${callee.name}` } : callee;
}

/** The one branch that a selection takes inside a branch of another one whose condition rules the other out. */
function chosenFrom(selection: Selection | undefined): string | undefined {
  const possible = selection?.branches.filter((branch) => !branch.scope.impossible);
  return selection?.branches.length === 2 && possible?.length === 1 ? possible[0]?.name : undefined;
}

/** Why a value has the bounds it has, for the operations that set them. */
const MAKES_BOUND: Readonly<Record<string, string>> = {
  softmax: 'softmax gives 0 where a score is far below the largest',
  sigmoid: 'sigmoid gives exactly 0 or 1 for large scores',
  tanh: 'tanh gives values from -1 to 1',
  exp: 'exp underflows to 0 for a large negative argument',
  relu: 'relu gives exactly 0 for every negative input',
  abs: 'abs gives 0 for 0',
  square: 'a square is 0 for 0',
  clamp: 'the value is clamped here',
  one_hot: 'the one-hot labels are made here',
  eye: 'rows of an identity matrix are one-hot',
  random: 'the random numbers include an exact 0',
  norm: 'a norm is 0 for a zero vector',
  deviation: 'it is 0 when all values are equal',
  variance: 'it is 0 when all values are equal',
  mean: 'the mean is taken here',
  sign: 'the sign of 0 is 0',
  sine: 'the sine of 0 is 0',
  count: 'a count can be 0',
  sum: 'the sum is taken here',
  triangle: 'everything outside the triangle is 0',
};

/** Operations after which a fix may still go back to what made the value. */
const PASSES_ORIGIN: ReadonlySet<string> = new Set(['size']);

function dtypeFrom(value: Value): DType | undefined {
  if (value.kind === 'library') return dtypeNamed(value.name.slice(value.name.lastIndexOf('.') + 1));
  return value.kind === 'string' && value.values.length === 1 ? dtypeNamed(value.values[0] as string) : undefined;
}

/** What the parts of a concatenation are. */
function combined(parts: Value | undefined): Activation | undefined {
  if (parts?.kind === 'sequence') return commonActivation(parts.elements);
  return parts?.kind === 'list' ? commonActivation([parts.element]) : undefined;
}

function dropTerm(q: Quantity): Quantity {
  const { term: _, ...rest } = q;
  return rest;
}

/** A call that passes more than the operation takes is some other function of that name (`self.log("loss", x)`). */
function accepts(signature: Signature | undefined, args: readonly Argument[], receiver: 0 | 1): Signature | undefined {
  if (!signature) return undefined;
  const variadic =
    signature.positional.includes('shape') ||
    signature.positional.includes('dims') ||
    signature.positional.includes('sizes') ||
    signature.operation === 'cast' ||
    signature.operation === 'opaque' ||
    signature.operation === 'tensor_of' ||
    signature.operation === 'affine';
  let positional = receiver;
  for (const arg of args) {
    if (arg.unpack !== '') continue;
    if (arg.keyword === undefined) {
      positional++;
      if (receiver === 1 && signature.positional.length <= 1 && !variadic && arg.value.kind === 'String')
        return undefined;
    }
  }
  return positional <= Math.max(signature.positional.length, signature.keywords.size) || variadic
    ? signature
    : undefined;
}
