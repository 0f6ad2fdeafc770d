// Weights that a script makes from random numbers by itself: where they are made, and which products they take part in.

import { mentionedIn } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SegmentAnalysis, SemanticModel } from '../semantic/model';
import { asQuantity, literalNumber } from '../semantic/value';
import type { CallExpr, Expr, Node, Segment, Stmt } from '../syntax/ast';
import { walkExpressions, walkNodes, walkStatements } from '../syntax/walk';
import { sourceOf } from './rule';

/** `self.W = nn.Parameter(torch.randn(n, m))` */
export interface InitialWeight {
  readonly segment: Segment;
  /** The call that draws the numbers. */
  readonly draw: CallExpr;
  /** As written: `W1`, `self.W`. */
  readonly name: string;
  /** The dimension that is summed over when the weight is multiplied with its input. */
  readonly inputs: Expr;
  /** The product. */
  readonly use: { readonly segment: Segment; readonly node: Node };
}

/** What holds other things than the matrix of a linear map: N(0, 1) is what they are meant to be. */
const NO_WEIGHT =
  /emb|token|quer(y|ies)|pos|anchor|prompt|memory|slot|cent(er|re|roid)|proto|codebook|dictionary|basis|key|template|noise|latent|mean|mu\b|sigma|cov|data|target|label|true|freq|proj_mat|random|^(x|y|a|b|z|input\w*|X|Y|A|B)$/i;

const DRAWS = /randn|normal/;

export function initialWeights(model: SemanticModel, analysis: SegmentAnalysis): InitialWeight[] {
  const { segment } = analysis;
  if (!mentionedIn(analysis, DRAWS)) return [];
  const found: InitialWeight[] = [];
  walkStatements(segment.body, (stmt) => {
    const [target] = stmt.kind === 'Assign' ? stmt.targets : [];
    if (stmt.kind !== 'Assign' || !target || (target.kind !== 'Name' && target.kind !== 'Attribute')) return;
    const made = drawn(model, segment, stmt.value);
    const name = sourceOf(segment, target);
    const last = target.kind === 'Name' ? target.id : target.name;
    if (!made || NO_WEIGHT.test(last) || made.shape.length !== 2) return;
    const homes = homesOf(model, segment, stmt, target);
    const product = productIn(model, homes, name);
    if (!product || (!made.isTrained && !isUpdated(homes, name)) || isInitialised(homes, name)) return;
    const inputs = made.shape[product.isTransposed ? 1 : 0];
    const count = inputs && literalNumber(model.valueOf(segment, inputs));
    // A sum of few terms is no larger than they are, and one that is scaled afterwards is meant so.
    if (!inputs || (count !== undefined && count < 16) || isScaledAfter(model, homes, product)) return;
    found.push({ segment, draw: made.call, name, inputs, use: product });
  });
  // One layer by itself, as linear models by hand have it, bears any start.
  const isAlone = found.length === 1 && !found.some(({ inputs }) => literalNumber(model.valueOf(segment, inputs)));
  return isAlone && found.some(({ draw }) => libraryName(model, segment, draw).startsWith('numpy.')) ? [] : found;
}

// ---------------------------------------------------------------- where numbers are drawn

interface Drawn {
  readonly call: CallExpr;
  readonly shape: readonly Expr[];
  /** It is a parameter already; else something has to update it. */
  readonly isTrained: boolean;
}

const TRAINED =
  /^(torch\.nn\.Parameter|torch\.nn\.parameter\.Parameter|torch\.autograd\.Variable|tensorflow\.Variable)$/;
const FLAT = /^(torch\.randn|numpy\.random\.(randn|standard_normal|normal))$/;
const SHAPED = /^tensorflow\.(random\.(normal|truncated_normal)|random_normal|truncated_normal)$/;

/** Numbers of standard deviation 1 or more, as they are. */
function drawn(model: SemanticModel, segment: Segment, value: Expr): Drawn | undefined {
  if (value.kind !== 'Call') return undefined;
  const name = libraryName(model, segment, value);
  if (TRAINED.test(name)) {
    const isOff = value.args.some(
      ({ keyword, value: given }) => /^(requires_grad|trainable)$/.test(keyword ?? '') && isFalse(given),
    );
    const inner = value.args[0] && !isOff ? drawn(model, segment, value.args[0].value) : undefined;
    return inner && { ...inner, isTrained: true };
  }
  const given = (keyword: string, position: number): Expr | undefined =>
    value.args.find((arg) => arg.keyword === keyword)?.value ??
    value.args.filter((arg) => arg.keyword === undefined)[position]?.value;
  const number = (expr: Expr | undefined): number | undefined => expr && literalNumber(model.valueOf(segment, expr));
  if (SHAPED.test(name)) {
    const std = given('stddev', 2);
    if (std && !((number(std) ?? 0) >= 1)) return undefined;
    return { call: value, shape: elements(given('shape', 0)), isTrained: false };
  }
  if (!FLAT.test(name) || value.args.some(({ unpack }) => unpack !== '')) return undefined;
  if (name === 'numpy.random.normal') {
    const std = given('scale', 1);
    if (std && !((number(std) ?? 0) >= 1)) return undefined;
    return { call: value, shape: elements(given('size', 2)), isTrained: false };
  }
  const positional = value.args.filter(({ keyword }) => keyword === undefined).map((arg) => arg.value);
  const shape = positional.length === 1 ? elements(positional[0]) : positional;
  const isTrained = value.args.some(({ keyword, value: flag }) => keyword === 'requires_grad' && !isFalse(flag));
  return { call: value, shape: shape.length > 0 ? shape : elements(given('size', 0)), isTrained };
}

function elements(shape: Expr | undefined): readonly Expr[] {
  return shape?.kind === 'List' || shape?.kind === 'Tuple' ? shape.elements : [];
}

function libraryName(model: SemanticModel, segment: Segment, call: CallExpr): string {
  const callee = model.valueOf(segment, call.callee);
  if (callee.kind === 'library') return canonicalName(callee.name);
  const made = model.valueOf(segment, call);
  return made.kind === 'instance' ? canonicalName(made.className) : '';
}

function isFalse(expr: Expr): boolean {
  return expr.kind === 'Constant' && expr.value === false;
}

// ---------------------------------------------------------------- what becomes of them

interface Home {
  readonly segment: Segment;
  readonly body: readonly Stmt[];
}

/** Where a name means the same thing: the class of an attribute, the function of a local name, else the whole file. */
function homesOf(model: SemanticModel, segment: Segment, stmt: Stmt, target: Expr): readonly Home[] {
  const owner =
    target.kind === 'Attribute' ? model.enclosingClass(segment, stmt) : model.enclosingFunction(segment, stmt);
  if (owner) return [{ segment, body: [owner] }];
  return model.analyses.map(({ segment: each }) => ({ segment: each, body: each.body }));
}

const PRODUCTS = /^(dot|matmul|mm|linear|addmm)$/;

/** The product in which a weight is the matrix, and whether it is the other way round there. */
function productIn(
  model: SemanticModel,
  homes: readonly Home[],
  name: string,
): { readonly segment: Segment; readonly node: Node; readonly isTransposed: boolean } | undefined {
  for (const { segment, body } of homes) {
    let found: { readonly node: Node; readonly isTransposed: boolean } | undefined;
    for (const stmt of body)
      walkExpressions(stmt, (expr) => {
        if (expr.kind === 'Binary' && expr.operator === '@' && !picksRows(model, segment, expr.left))
          found ??= asFactor(segment, expr, expr.right, name, false);
        if (expr.kind !== 'Call') return;
        const called = calledName(expr);
        if (!PRODUCTS.test(called)) return;
        // The bias of `F.linear(x, W, b)` comes after the matrix.
        const factors = expr.args.filter(({ keyword }) => keyword === undefined);
        const matrix = factors[called === 'linear' ? 1 : factors.length - 1];
        const other = factors[0]?.value;
        const input = other === matrix?.value && expr.callee.kind === 'Attribute' ? expr.callee.object : other;
        if (matrix && !(input && picksRows(model, segment, input)))
          found ??= asFactor(segment, expr, matrix.value, name, called === 'linear');
      });
    if (found) return { segment, ...found };
  }
  return undefined;
}

/** One-hot inputs pick one row of the weight: there is no sum. */
function picksRows(model: SemanticModel, segment: Segment, input: Expr): boolean {
  return asQuantity(model.valueOf(segment, input)).role === 'one-hot';
}

function asFactor(
  segment: Segment,
  node: Node,
  factor: Expr,
  name: string,
  turned: boolean,
): { readonly node: Node; readonly isTransposed: boolean } | undefined {
  const text = sourceOf(segment, factor);
  if (text === name) return { node, isTransposed: turned };
  return text === `${name}.T` || text === `${name}.t()` ? { node, isTransposed: !turned } : undefined;
}

function calledName({ callee }: CallExpr): string {
  return callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
}

/** `(x @ W) * scale`, or a name that the product is given and that is scaled later. */
function isScaledAfter(
  model: SemanticModel,
  homes: readonly Home[],
  { segment, node }: { readonly segment: Segment; readonly node: Node },
): boolean {
  const parent = model.parentOf(segment, node);
  if (parent?.kind === 'Binary') return parent.operator === '*' || parent.operator === '/';
  const [target] = parent?.kind === 'Assign' ? parent.targets : [];
  if (target?.kind !== 'Name') return false;
  const isName = (expr: Expr): boolean => expr.kind === 'Name' && expr.id === target.id;
  return homes.some(({ body }) => {
    let found = false;
    for (const stmt of body)
      walkExpressions(stmt, (expr) => {
        if (expr.kind === 'Binary' && (expr.operator === '*' || expr.operator === '/'))
          found ||= isName(expr.left) || isName(expr.right);
      });
    return found;
  });
}

/** `W -= rate * dW`, `W = W - rate * dW` */
function isUpdated(homes: readonly Home[], name: string): boolean {
  return homes.some(({ segment, body }) => {
    let found = false;
    walkStatements(body, (stmt) => {
      if (stmt.kind === 'AugAssign') found ||= stmt.operator === '-' && sourceOf(segment, stmt.target) === name;
      else if (stmt.kind === 'Assign' && stmt.value.kind === 'Binary' && stmt.value.operator === '-')
        found ||=
          sourceOf(segment, stmt.value.left) === name &&
          stmt.targets.some((target) => sourceOf(segment, target) === name);
    });
    return found;
  });
}

/** Somebody gives it other numbers, or scales them, afterwards. */
function isInitialised(homes: readonly Home[], name: string): boolean {
  return homes.some(({ segment, body }) => {
    let found = false;
    for (const stmt of body)
      walkNodes(stmt, (node) => {
        if (node.kind === 'Call') {
          const [first] = node.args;
          const called = calledName(node);
          if (first && /init|_$|xavier|kaiming|orthogonal/.test(called))
            found ||= sourceOf(segment, first.value).startsWith(name);
          if (node.callee.kind === 'Attribute' && called.endsWith('_'))
            found ||=
              /^(\.data)?$/.test(sourceOf(segment, node.callee.object).replace(name, '')) &&
              sourceOf(segment, node.callee.object).startsWith(name);
        } else if (node.kind === 'AugAssign')
          found ||= (node.operator === '*' || node.operator === '/') && sourceOf(segment, node.target).startsWith(name);
      });
    return found;
  });
}
