// NAN112: an inverse, a factor or a determinant of a matrix that data can make singular.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity } from '../semantic/value';
import type { CallExpr, Expr, Node, Segment } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { isCaredFor } from './afterwards';
import { determinantIn, isExpected, type MatrixEvidence, type MatrixKind, matrixEvidence } from './matrix-evidence';
import { jittered, logDeterminant, separated } from './matrix-fixes';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN112',
  name: 'singular-linear-algebra',
  severity: 'warning',
  summary: 'An inverse, Cholesky factor, solution or log-determinant of a matrix that data can make singular.',
  needs: ['torch', 'numpy', 'scipy', 'tensorflow', 'jax'],
  fixable: 'both',
  docs: {
    what: 'Finds `inv`, `cholesky`, `solve` and `logdet` of covariances, kernels, `X.T @ X` and differences of such matrices with nothing added to the diagonal, the logarithm of a determinant, and eigenvectors or singular vectors of such matrices through which a gradient flows.',
    why: 'A constant or repeated feature, two equal points or fewer rows than columns make such a matrix singular, and rounding makes it indefinite. JAX then gives Inf or NaN, PyTorch and NumPy an error or numbers of 1e16, and equal eigenvalues give a NaN gradient.',
    remedy:
      'Add a small multiple of the unit matrix first, take `slogdet` in place of the logarithm of a determinant, and keep gradients out of decompositions that can have equal eigenvalues.',
    bad: `import torch


def mahalanobis(x, features):
    centred = features - features.mean(dim=0)
    cov = centred.T @ centred / len(features)
    return torch.einsum("ni,ij,nj->n", x, torch.linalg.inv(cov), x)
`,
    good: `import torch


def mahalanobis(x, features):
    centred = features - features.mean(dim=0)
    cov = centred.T @ centred / len(features)
    cov = cov + 1e-6 * torch.eye(cov.shape[-1])
    return torch.einsum("ni,ij,nj->n", x, torch.linalg.inv(cov), x)
`,
  },
  on: { operations: { names: ['inverse', 'cholesky', 'solve', 'logdet', 'log', 'eigh', 'svd'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  const operand = site.operands.get('x');
  if (!operand || site.node.kind !== 'Call') return;
  if (site.operation === 'log') visitLogarithm(site, operand, site.node, context);
  else if (site.operation === 'eigh' || site.operation === 'svd') visitVectors(site, operand, context);
  else visitInverse(site, operand, context);
}

/** What a matrix is called that is made of data. */
const NAMED =
  /(^|_)(covs?|covars?|covariances?|gram|gramian|precisions?|fisher|hessian|hess|schur\w*|scatter|capacitance|kernel|sigmas?|xtx|ata|jtj|mtm)(_|\d|$)|covar|Sigma/i;
/** A factor is taken of what is positive definite on paper: a variance of several dimensions is such. */
const NAMED_OF_FACTOR = new RegExp(`${NAMED.source}|(^|_)var(iance)?s?(_|$)`, 'i');

const RESULT: Readonly<Record<string, string>> = {
  inverse: 'its inverse is Inf, NaN or an error there, and huge beside it',
  solve: 'the solution is Inf, NaN or an error there, and huge beside it',
  cholesky: 'the factor is NaN or an error then',
  logdet: 'its log-determinant is -inf there, and NaN where rounding makes it negative',
};

function visitInverse(site: OperationSite, operand: SiteOperand, context: RuleContext): void {
  const { model } = context;
  const { segment, node, operation } = site;
  if (isLazy(site, model)) return;
  const isFactor = operation === 'cholesky' || operation === 'logdet';
  const evidence = matrixEvidence(model, segment, operand.expr, isFactor ? NAMED_OF_FACTOR : NAMED);
  if (!evidence || isExpected(model, segment, node) || isCaredFor(model, segment, node)) return;
  context.report({
    segment,
    span: node,
    confidence: isSure(site, evidence) ? 'likely' : 'possible',
    message: `${because(segment, operand.expr, evidence)}: ${RESULT[operation] ?? ''}. Add a small multiple of the unit matrix first.`,
    related: evidence.related,
    fixes: evidence.kind === 'unknown' || evidence.kind === 'cross' ? [] : jittered(site, operand, model),
  });
}

/** Of what a matrix is only called, NumPy says loudly that it is singular; in training it is one batch of many. */
function isSure({ framework }: OperationSite, { kind }: MatrixEvidence): boolean {
  return kind === 'named' ? framework !== 'numpy' : kind === 'gram' || kind === 'difference';
}

/** Matrices of GPyTorch's libraries have methods of these names, which add a jitter by themselves. */
function isLazy({ form }: OperationSite, { packages }: SemanticModel): boolean {
  return form === 'method' && ['gpytorch', 'linear_operator', 'botorch'].some((name) => packages.has(name));
}

const WHY: Readonly<Record<MatrixKind, string>> = {
  gram: 'is singular where its data depends on itself (equal or constant rows, fewer rows than columns)',
  cross: 'can be singular for all that is known here',
  difference: 'can be singular, and indefinite by rounding',
  named: 'can be singular, by its name a matrix made of data',
  unknown: 'can be singular for all that is known here',
};

function because(segment: Segment, expr: Expr, { kind }: MatrixEvidence): string {
  return `\`${oneLine(sourceOf(segment, expr), 50)}\` ${WHY[kind]}`;
}

// ---------------------------------------------------------------- logarithms of determinants

function visitLogarithm(site: OperationSite, operand: SiteOperand, call: CallExpr, context: RuleContext): void {
  const { model } = context;
  const { segment } = site;
  const det = determinantIn(model, segment, operand.expr);
  const matrix = det?.operands.get('x');
  if (!det || !matrix || isExpected(model, segment, call) || isCaredFor(model, segment, call)) return;
  const found = matrixEvidence(model, segment, matrix.expr, NAMED_OF_FACTOR);
  const evidence = found?.kind === 'unknown' || found?.kind === 'cross' ? undefined : found;
  const text = oneLine(sourceOf(segment, matrix.expr), 40);
  context.report({
    segment,
    span: call,
    confidence: 'likely',
    message: `The determinant of \`${text}\` underflows to 0 or overflows as soon as the matrix is large or scaled, and its logarithm is infinite. Use slogdet${evidence ? ', of the matrix with a small multiple of the unit matrix added' : ''}.`,
    related: evidence?.related ?? [],
    fixes: logDeterminant(site, call, det, matrix, evidence !== undefined, model),
  });
}

// ---------------------------------------------------------------- eigenvectors and singular vectors

function visitVectors(site: OperationSite, operand: SiteOperand, context: RuleContext): void {
  const { model } = context;
  const { segment, node, operation } = site;
  // TensorFlow gives equal eigenvalues a gradient of 0.
  if (site.framework !== 'torch' && site.framework !== 'jax') return;
  if (!site.gradient || asQuantity(operand.value).gradient === false || !usesVectors(model, site)) return;
  const evidence = matrixEvidence(model, segment, operand.expr, NAMED);
  if (!evidence || isExpected(model, segment, node) || isCaredFor(model, segment, node)) return;
  const what = operation === 'svd' ? 'singular' : 'eigen';
  context.report({
    segment,
    span: node,
    confidence: evidence.kind === 'unknown' ? 'possible' : confidenceOfGradient(model, site),
    message: `\`${oneLine(sourceOf(segment, operand.expr), 50)}\` can have equal ${what === 'eigen' ? 'eigenvalues' : 'singular values'}, as where several are 0: the gradient of its ${what === 'eigen' ? 'eigenvectors' : 'singular vectors'} is NaN then. Keep gradients out of it, or keep the values apart.`,
    related: evidence.related,
    fixes: operation === 'eigh' && evidence.kind !== 'unknown' ? separated(site, operand, model) : [],
  });
}

const TRAINS = /loss|forward|objective|nll|likelihood|train|criterion|penalt|whiten/i;
const NETWORK = /Module|Layer|Model|Loss|Network/;
const MEASURES =
  /metric|eval|valid|test|score|plot|visuali|init|dataset|collate|preprocess|transform|augment|dataparser/i;

/** Whether it is code that trains, by where it stands. */
function confidenceOfGradient(model: SemanticModel, { segment, node }: OperationSite): Confidence {
  const scope = model.enclosingFunction(segment, node);
  const owner = model.enclosingClass(segment, node);
  const bases = owner?.bases.map((base) => sourceOf(segment, base.value)).join(' ') ?? '';
  const name = `${scope?.name ?? ''} ${owner?.name ?? ''}`;
  const trains = TRAINS.test(name) || (NETWORK.test(bases) && /^(__)?call(__)?$/.test(scope?.name ?? ''));
  return trains && !MEASURES.test(`${name} ${bases}`) ? 'likely' : 'possible';
}

/** Whether more than the eigenvalues is used: `w, _ = eigh(a)` and `svd(a)[1]` have a fine gradient. */
function usesVectors(model: SemanticModel, { segment, node, operation }: OperationSite): boolean {
  const parent = model.parentOf(segment, node);
  const valueAt = operation === 'svd' ? 1 : 0;
  if (parent?.kind === 'Attribute') return !/^(S|eigenvalues)$/.test(parent.name);
  if (parent?.kind === 'Subscript') {
    const [index] = parent.indices;
    return !(index?.kind === 'Number' && index.value === valueAt);
  }
  if (parent?.kind !== 'Assign') return true;
  const [target] = parent.targets;
  if (target?.kind !== 'Tuple') return true;
  const vectors = target.elements.filter((_, i) => i !== valueAt);
  return vectors.some(
    (each) => each.kind !== 'Name' || (!each.id.startsWith('_') && isRead(model, segment, each.id, parent)),
  );
}

function isRead(model: SemanticModel, segment: Segment, name: string, after: Node): boolean {
  const scope = model.enclosingFunction(segment, after);
  let is = false;
  for (const stmt of scope ? [scope] : segment.body)
    walkExpressions(stmt, (expr) => {
      if (expr.kind === 'Name' && expr.id === name && expr.start > after.end) is ||= !isTarget(model, segment, expr);
    });
  return is;
}

function isTarget(model: SemanticModel, segment: Segment, name: Expr): boolean {
  const parent = model.parentOf(segment, name);
  const target = parent?.kind === 'Tuple' ? parent : name;
  const holder = parent?.kind === 'Tuple' ? model.parentOf(segment, parent) : parent;
  return holder?.kind === 'Assign' && holder.targets.includes(target);
}
