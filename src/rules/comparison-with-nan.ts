// NAN110: a comparison with NaN, which equals nothing, not even itself.

import type { Confidence } from '../analyzer/finding';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import { asQuantity, type Evidence } from '../semantic/value';
import type { CompareExpr, CompareOperator, Expr, Node, Segment } from '../syntax/ast';
import { outerSpan } from '../syntax/ast';
import { walkStatements } from '../syntax/walk';
import { nanTest, PURE_TEST } from './nan-test';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN110',
  name: 'comparison-with-nan',
  severity: 'warning',
  summary: 'A comparison with NaN by `==`, `!=`, `is` or `in`, which gives the same answer for every value.',
  fixable: 'unsafe',
  docs: {
    what: "Finds `==`, `!=`, `is` and `in` against `float('nan')`, `np.nan`, `torch.nan`, `jnp.nan` and `math.nan`, names of such constants included.",
    why: 'NaN is equal to nothing, not even to itself: `x == nan` is always false and `x != nan` always true. `is` and `in` ask whether it is the very same object, which a number that was computed never is. So the check passes, and the NaN goes on into the loss and the weights.',
    remedy: 'Ask with `isnan` of the framework, or of `math` for a plain number.',
    bad: `import torch


def train_step(model, loss_fn, x, y):
    loss = loss_fn(model(x), y)
    if loss.item() == float("nan"):
        raise FloatingPointError("the loss is NaN")
    return loss
`,
    good: `import math

import torch


def train_step(model, loss_fn, x, y):
    loss = loss_fn(model(x), y)
    if math.isnan(loss.item()):
        raise FloatingPointError("the loss is NaN")
    return loss
`,
  },
  on: { segment: checkSegment },
};

const NAN_CONSTANTS: ReadonlySet<string> = new Set([
  ...['nan', 'NaN', 'NAN'].map((name) => `numpy.${name}`),
  'torch.nan',
  'math.nan',
  'cmath.nan',
  'jax.numpy.nan',
  'tensorflow.experimental.numpy.nan',
]);

/** Functions that give NaN when their only argument says so. */
const NUMBER_MAKERS: ReadonlySet<string> = new Set([
  'builtins.float',
  'numpy.float16',
  'numpy.float32',
  'numpy.float64',
  'torch.tensor',
  'torch.as_tensor',
  'numpy.array',
  'numpy.asarray',
  'jax.numpy.array',
  'jax.numpy.asarray',
  'tensorflow.constant',
]);

/** How a NaN came to stand in a comparison. */
interface NanOperand {
  /** Home of the constant ("numpy"), of which the test should be one too; undefined for `float("nan")`. */
  readonly home: string | undefined;
  /** Made on the spot, so that no other object can be the same. */
  readonly isFresh: boolean;
  readonly evidence: readonly Evidence[];
}

function checkSegment(segment: Segment, context: RuleContext): void {
  for (const comparison of context.model.analysisOf(segment)?.comparisons ?? []) {
    let left = comparison.left;
    comparison.operators.forEach((operator, i) => {
      const right = comparison.comparators[i];
      if (right) checkPair({ segment, comparison, left, operator, right }, context);
      if (right) left = right;
    });
  }
}

interface Pair {
  readonly segment: Segment;
  readonly comparison: CompareExpr;
  readonly left: Expr;
  readonly operator: CompareOperator;
  readonly right: Expr;
}

function checkPair(pair: Pair, context: RuleContext): void {
  const { segment, left, operator, right } = pair;
  const { model } = context;
  if (operator === 'in' || operator === 'not in') {
    checkMembership(pair, context);
    return;
  }
  if (operator !== '==' && operator !== '!=' && operator !== 'is' && operator !== 'is not') return;
  const [ofLeft, ofRight] = [nanOperand(model, segment, left), nanOperand(model, segment, right)];
  // Both: somebody shows that NaN is not NaN.
  if ((ofLeft === undefined) === (ofRight === undefined)) return;
  const nan = ofLeft ?? ofRight;
  const subject = ofLeft ? right : left;
  if (!nan || isTestedBeside(model, segment, pair.comparison, subject)) return;
  const isIdentity = operator === 'is' || operator === 'is not';
  const confidence = isIdentity ? identityConfidence(model, segment, subject, nan) : 'proven';
  if (confidence === undefined) return;
  const shown = oneLine(sourceOf(segment, subject), 50);
  const isNegated = operator === '!=' || operator === 'is not';
  const test = nanTest({ segment, node: pair.comparison, subject, home: nan.home, isNegated }, model);
  const effect = isNegated ? 'true' : 'false';
  const message = isIdentity
    ? nan.isFresh
      ? `\`${shown}\` is never the NaN that is made right here, so the comparison is always ${effect}.`
      : `A NaN in \`${shown}\` that was computed is another object than the constant, so the comparison is ${effect} for it.`
    : `NaN equals nothing, not even itself, so comparing \`${shown}\` with it is always ${effect}.`;
  context.report({
    segment,
    span: { start: outerSpan(left).start, end: outerSpan(right).end },
    confidence,
    message: `${message} Use \`${test?.name ?? 'isnan'}\`.`,
    related: nan.evidence,
    fixes: test ? fixes(pair, `Ask with ${test.name}`, test.text, test.import) : [],
  });
}

/** A replacement of the whole comparison; of a chain of comparisons nothing can be taken out alone. */
function fixes(pair: Pair, title: string, text: string, statement: string | undefined): LocalFix[] {
  const { segment, comparison } = pair;
  if (comparison.comparators.length !== 1) return [];
  const span = { start: outerSpan(pair.left).start, end: outerSpan(pair.right).end };
  const edits = [{ segment, span, text }, ...(statement === undefined ? [] : [{ import: statement }])];
  return [{ title, safety: 'unsafe', edits }];
}

// ---------------------------------------------------------------- membership

function checkMembership(pair: Pair, context: RuleContext): void {
  const { segment, left, right } = pair;
  const { model } = context;
  const isNegated = pair.operator === 'not in';
  const nan = nanOperand(model, segment, left);
  if (nan) {
    checkNanInside(pair, nan, isNegated, context);
    return;
  }
  if (right.kind !== 'List' && right.kind !== 'Tuple' && right.kind !== 'Set') return;
  const found = right.elements.map((element) => nanOperand(model, segment, element));
  const first = found.find((element) => element !== undefined);
  if (!first || isTestedBeside(model, segment, pair.comparison, left)) return;
  const confidence = identityConfidence(model, segment, left, first);
  if (confidence === undefined) return;
  const others = right.elements.filter((_, i) => found[i] === undefined);
  const shown = oneLine(sourceOf(segment, left), 50);
  const test =
    others.length === 0
      ? nanTest({ segment, node: pair.comparison, subject: left, home: first.home, isNegated }, model)
      : besideOthers(pair, others, isNegated, model);
  context.report({
    segment,
    span: { start: outerSpan(left).start, end: outerSpan(right).end },
    confidence,
    message: `\`${isNegated ? 'not in' : 'in'}\` compares \`${shown}\` with NaN, which equals nothing, so a NaN that was computed is not found. Use \`${test?.name ?? 'isnan'}\`.`,
    related: first.evidence,
    fixes: test ? fixes(pair, `Ask with ${test.name}`, test.text, test.import) : [],
  });
}

/** `x in [None, nan]` asks of None too, which `isnan` refuses: the value itself is compared instead. */
function besideOthers(
  pair: Pair,
  others: readonly Expr[],
  isNegated: boolean,
  model: SemanticModel,
): { name: string; text: string; import: undefined } | undefined {
  const { segment, left, right } = pair;
  if (left.kind !== 'Name' && left.kind !== 'Attribute') return undefined;
  if (asQuantity(model.valueOf(segment, left)).holder === 'tensor') return undefined;
  const subject = sourceOf(segment, left);
  const rest = others.map((element) => sourceOf(segment, outerSpan(element))).join(', ');
  const list =
    right.kind === 'List'
      ? `[${rest}]`
      : right.kind === 'Set'
        ? `{${rest}}`
        : `(${rest}${others.length === 1 ? ',' : ''})`;
  const text = isNegated
    ? `${subject} not in ${list} and ${subject} == ${subject}`
    : `${subject} in ${list} or ${subject} != ${subject}`;
  return {
    name: isNegated ? `${subject} == ${subject}` : `${subject} != ${subject}`,
    text: `(${text})`,
    import: undefined,
  };
}

/** `nan in losses` */
function checkNanInside(pair: Pair, nan: NanOperand, isNegated: boolean, context: RuleContext): void {
  const { segment, right } = pair;
  const { model } = context;
  const value = asQuantity(model.valueOf(segment, right));
  const isTensor = value.holder === 'tensor';
  // A set of sentinels may hold the constant itself; what is made on the spot is in none.
  if (!isTensor && !nan.isFresh) return;
  const shown = oneLine(sourceOf(segment, right), 50);
  const test = isTensor
    ? nanTest({ segment, node: pair.comparison, subject: right, home: nan.home, isNegated: false }, model)
    : { name: PURE_TEST, text: undefined, import: undefined };
  const whole = isTensor
    ? test?.text === undefined
      ? undefined
      : `${test.text}.any()`
    : `any(${PURE_TEST} for value in ${sourceOf(segment, outerSpan(right))})`;
  const text = whole !== undefined && isNegated ? `not ${whole}` : whole;
  const name = isTensor ? `${test?.name ?? 'isnan'}` : 'isnan';
  context.report({
    segment,
    span: { start: outerSpan(pair.left).start, end: outerSpan(right).end },
    confidence: 'proven',
    message: `NaN equals nothing, not even itself, so looking for it in \`${shown}\` never finds one. Ask each element with \`${name}\`.`,
    related: nan.evidence,
    fixes: text === undefined ? [] : fixes(pair, `Ask each element`, text, test?.import),
  });
}

// ---------------------------------------------------------------- operands

/** What is known of an operand that is NaN itself; undefined for any other. */
function nanOperand(model: SemanticModel, segment: Segment, expr: Expr): NanOperand | undefined {
  if (expr.kind === 'Unary' && (expr.operator === '-' || expr.operator === '+')) {
    const inner = nanOperand(model, segment, expr.operand);
    return inner && { ...inner, isFresh: true };
  }
  if (expr.kind === 'Call') return madeHere(model, segment, expr);
  if (expr.kind !== 'Name' && expr.kind !== 'Attribute') return undefined;
  const value = model.valueOf(segment, expr);
  if (value.kind === 'library') {
    const name = canonicalName(value.name);
    if (!NAN_CONSTANTS.has(name)) return undefined;
    return { home: name.slice(0, name.lastIndexOf('.')), isFresh: false, evidence: [] };
  }
  return expr.kind === 'Name' ? namedConstant(model, segment, expr, expr.id) : undefined;
}

function madeHere(model: SemanticModel, segment: Segment, expr: Expr): NanOperand | undefined {
  if (expr.kind !== 'Call') return undefined;
  const [only] = expr.args;
  const maker = model.qualifiedName(segment, expr.callee);
  if (!only || expr.args.some((arg, i) => (i > 0 && arg.keyword === undefined) || arg.unpack !== '')) return undefined;
  if (maker === undefined || !NUMBER_MAKERS.has(maker)) return undefined;
  const isText = only.value.kind === 'String' && /^\s*[+-]?nan\s*$/i.test(only.value.value ?? '');
  if (!isText && !nanOperand(model, segment, only.value)) return undefined;
  const home = maker.slice(0, maker.lastIndexOf('.'));
  return { home: home === 'builtins' ? undefined : home, isFresh: true, evidence: [] };
}

/** `NAN = float("nan")`, where nothing else gives the name a value. */
function namedConstant(model: SemanticModel, segment: Segment, at: Node, name: string): NanOperand | undefined {
  if (!namesMadeOfNan(model).has(name)) return undefined;
  const scope = model.enclosingFunction(segment, at);
  const local = scope ? bindingsIn(segment, scope.body.body, name) : [];
  if (scope?.params.some((param) => param.name === name)) return undefined;
  const found =
    local.length > 0
      ? local
      : model.module.segments.flatMap((placed) => bindingsIn(placed.segment, placed.segment.body, name));
  const [only] = found;
  if (!only?.value || found.length !== 1) return undefined;
  const made = madeHere(model, only.segment, only.value);
  if (!made) return undefined;
  return {
    ...made,
    isFresh: false,
    evidence: [{ segment: only.segment, span: only.value, message: 'this is NaN' }],
  };
}

const madeOfNan = new WeakMap<Segment, ReadonlySet<string>>();
const madeOfNanInFile = new WeakMap<SemanticModel, ReadonlySet<string>>();

/** Names that some assignment of the file may make NaN by a call, by the text alone: few, if any. */
function namesMadeOfNan(model: SemanticModel): ReadonlySet<string> {
  const known = madeOfNanInFile.get(model);
  if (known) return known;
  const names = new Set<string>();
  for (const { segment } of model.module.segments) {
    let own = madeOfNan.get(segment);
    if (!own) {
      own = textuallyNan(segment);
      madeOfNan.set(segment, own);
    }
    for (const name of own) names.add(name);
  }
  madeOfNanInFile.set(model, names);
  return names;
}

function textuallyNan(segment: Segment): ReadonlySet<string> {
  const names = new Set<string>();
  if (!/nan/i.test(segment.text)) return names;
  walkStatements(segment.body, (stmt) => {
    if (stmt.kind !== 'Assign' && stmt.kind !== 'AnnAssign') return;
    if (stmt.value?.kind !== 'Call' || !/nan/i.test(sourceOf(segment, stmt.value))) return;
    for (const target of stmt.kind === 'Assign' ? stmt.targets : [stmt.target])
      if (target.kind === 'Name') names.add(target.id);
  });
  return names;
}

interface Binding {
  readonly segment: Segment;
  /** undefined where it is bound in another way than by a plain assignment. */
  readonly value: Expr | undefined;
}

/** The assignments of a name in the statements of one scope and what lies below them. */
function bindingsIn(segment: Segment, body: Parameters<typeof walkStatements>[0], name: string): Binding[] {
  if (!segment.text.includes(name)) return [];
  const found: Binding[] = [];
  const isName = (expr: Expr): boolean => expr.kind === 'Name' && expr.id === name;
  walkStatements(body, (stmt) => {
    if (stmt.kind === 'Assign') {
      if (stmt.targets.some(isName)) found.push({ segment, value: stmt.value });
      else if (stmt.targets.some((target) => holdsName(target, name))) found.push({ segment, value: undefined });
    } else if (stmt.kind === 'AnnAssign' && isName(stmt.target)) found.push({ segment, value: stmt.value });
    else if ((stmt.kind === 'AugAssign' || stmt.kind === 'For') && holdsName(stmt.target, name))
      found.push({ segment, value: undefined });
    else if (stmt.kind === 'With' && stmt.items.some((item) => item.target && holdsName(item.target, name)))
      found.push({ segment, value: undefined });
  });
  return found;
}

function holdsName(target: Expr, name: string): boolean {
  if (target.kind === 'Name') return target.id === name;
  if (target.kind === 'Starred') return holdsName(target.value, name);
  return (target.kind === 'Tuple' || target.kind === 'List') && target.elements.some((e) => holdsName(e, name));
}

// ---------------------------------------------------------------- what speaks against a finding

/**
 * Identity with a constant is how a default argument or a sentinel is recognised: that is no test for NaN, and works.
 * A number that was computed, an element or the result of a call, is another object than the constant.
 */
function identityConfidence(
  model: SemanticModel,
  segment: Segment,
  subject: Expr,
  nan: NanOperand,
): Confidence | undefined {
  const value = model.valueOf(segment, subject);
  if (value.kind === 'none' || value.kind === 'string') return undefined;
  if (nan.isFresh) return 'proven';
  if (asQuantity(value).holder !== undefined) return 'likely';
  if (subject.kind === 'Attribute') return 'possible';
  if (subject.kind !== 'Name') return 'likely';
  const scope = model.enclosingFunction(segment, subject);
  const parameter = scope?.params.find((param) => param.name === subject.id);
  if (parameter) return parameter.default && nanOperand(model, segment, parameter.default) ? undefined : 'possible';
  const body = scope?.body.body ?? segment.body;
  const bindings = bindingsIn(segment, body, subject.id);
  if (bindings.some((binding) => binding.value && nanOperand(model, segment, binding.value))) return undefined;
  return bindings.length > 0 ? 'likely' : 'possible';
}

/** `x is np.nan or np.isnan(x)`: the comparison is a short cut, and the real test stands beside it. */
function isTestedBeside(model: SemanticModel, segment: Segment, comparison: Expr, subject: Expr): boolean {
  const text = sourceOf(segment, subject);
  for (let at = model.parentOf(segment, comparison); at; at = model.parentOf(segment, at)) {
    const isJunction = at.kind === 'Bool' || (at.kind === 'Binary' && (at.operator === '|' || at.operator === '&'));
    if (!isJunction && at.kind !== 'Unary') return false;
    if (at.kind === 'Unary') continue;
    const sides = at.kind === 'Bool' ? at.values : at.kind === 'Binary' ? [at.left, at.right] : [];
    for (const side of sides) {
      if (side.start <= comparison.start && comparison.end <= side.end) continue;
      const other = sourceOf(segment, side);
      if (/\b(isnan|isna|isnull|isfinite|is_nan)\b/.test(other) && other.includes(text)) return true;
      if (other === `${text} != ${text}` || other === `${text} == ${text}`) return true;
    }
  }
  return false;
}
