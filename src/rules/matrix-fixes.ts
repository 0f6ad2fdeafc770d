// Fixes of linear algebra on matrices that can be singular: a jitter on the diagonal, eigenvalues kept apart, slogdet.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, type Framework } from '../semantic/value';
import { type CallExpr, type Expr, outerSpan } from '../syntax/ast';
import { isCheap } from './log-rewrites';
import { type LocalFix, sourceOf } from './rule';

const JITTER = '1e-6';

/** `A + 1e-6 * torch.eye(A.shape[-1], …)`, where the size of A can be written down. */
export function jittered(site: OperationSite, operand: SiteOperand, model: SemanticModel): LocalFix[] {
  const sum = withJitter(site, operand.expr, model);
  return sum === undefined ? [] : [replaceOperand(site, operand, `Add ${JITTER} to the diagonal`, sum)];
}

/** A diagonal that rises in steps: one number for all of it would leave equal eigenvalues equal. */
export function separated(site: OperationSite, operand: SiteOperand, model: SemanticModel): LocalFix[] {
  const library = libraryOf(site.framework, model);
  const measure = measureOf(site, operand.expr, model);
  if (library === undefined || !measure) return [];
  const kind = site.framework === 'torch' ? `, dtype=${measure.like}.dtype, device=${measure.like}.device` : '';
  const steps = `${JITTER} * ${library}.diag(${library}.arange(${measure.size}${kind}))`;
  const sum = `${asSummand(site, operand.expr)} + ${steps}`;
  return [replaceOperand(site, operand, `Keep equal eigenvalues ${JITTER} apart`, sum)];
}

/** `slogdet(A)[1]`: the same value, without the determinant itself, which need not be a number that fits. */
export function logDeterminant(
  site: OperationSite,
  call: CallExpr,
  det: OperationSite,
  matrix: SiteOperand,
  isSingular: boolean,
  model: SemanticModel,
): LocalFix[] {
  const { segment } = site;
  const library = libraryOf(det.framework, model);
  const isInline = det.node.start >= call.start && det.node.end <= call.end;
  const isUnchanged = isInline || (site.origins.get('x')?.node === det.node && isCheap(matrix.expr));
  if (library === undefined || !isUnchanged || site.inPlace) return [];
  const text = isSingular ? withJitter(det, matrix.expr, model) : sourceOf(segment, matrix.expr);
  if (text === undefined) return [];
  return [
    {
      title: isSingular
        ? `Use slogdet, with ${JITTER} added to the diagonal`
        : 'Use slogdet: the same value, without the determinant',
      safety: isSingular ? 'unsafe' : 'safe',
      edits: [{ segment, span: { start: call.start, end: call.end }, text: `${library}.linalg.slogdet(${text})[1]` }],
    },
  ];
}

/** The library in whose `linalg` it is, by the name the file gives it. */
function libraryOf(framework: Framework, model: SemanticModel): string | undefined {
  const home = { torch: 'torch', numpy: 'numpy', jax: 'jax.numpy', tensorflow: 'tensorflow' }[framework as string];
  return home === undefined ? undefined : model.nameFor(home);
}

function withJitter(site: OperationSite, expr: Expr, model: SemanticModel): string | undefined {
  const library = libraryOf(site.framework, model);
  const measure = measureOf(site, expr, model);
  if (library === undefined || !measure) return undefined;
  const { size, like } = measure;
  const kind =
    site.framework === 'torch'
      ? `, dtype=${like}.dtype, device=${like}.device`
      : site.framework === 'tensorflow'
        ? `, dtype=${like}.dtype`
        : '';
  const count = site.framework === 'tensorflow' ? `${library}.shape(${like})[-1]` : size;
  return `${asSummand(site, expr)} + ${JITTER} * ${library}.eye(${count}${kind})`;
}

function asSummand({ segment }: OperationSite, expr: Expr): string {
  const text = sourceOf(segment, expr);
  return expr.kind === 'Conditional' || expr.kind === 'Lambda' || expr.kind === 'Compare' || expr.kind === 'Bool'
    ? `(${text})`
    : text;
}

interface Measure {
  /** How many columns the matrix has. */
  readonly size: string;
  /** Something of its dtype and on its device, with as many columns. */
  readonly like: string;
}

/** The size of a matrix, asked of something that can be written twice. */
function measureOf(site: OperationSite, expr: Expr, model: SemanticModel): Measure | undefined {
  const { segment } = site;
  if (isRepeatable(site, expr, model)) {
    const like = sourceOf(segment, expr);
    return { size: `${like}.shape[-1]`, like };
  }
  if (expr.kind === 'Binary') {
    // A product has as many columns as its right factor, a sum or a quotient as many as its left side.
    if (expr.operator === '@') return measureOf(site, expr.right, model);
    if (expr.operator !== '-' && expr.operator !== '/' && expr.operator !== '*') return undefined;
    const isScaled = expr.operator === '*' && asQuantity(model.valueOf(segment, expr.left)).matrix === undefined;
    return measureOf(site, isScaled ? expr.right : expr.left, model);
  }
  if (expr.kind !== 'Call' || asQuantity(model.valueOf(segment, expr)).origin?.operation !== 'affine') return undefined;
  const last = expr.args.at(-1);
  return last && last.keyword === undefined && expr.args.length <= 2 && last.value.kind !== 'String'
    ? measureOf(site, last.value, model)
    : undefined;
}

/** Short, and the same each time it is evaluated: names, and views of what names hold. */
function isRepeatable(site: OperationSite, expr: Expr, model: SemanticModel): boolean {
  if (sourceOf(site.segment, expr).length > 40 || expr.kind === 'Number') return false;
  if (expr.kind === 'Call' && expr.callee.kind === 'Attribute') {
    const { origin } = asQuantity(model.valueOf(site.segment, expr));
    const isView = origin?.node === expr && /^(same|detach|cast\w*)$/.test(origin.operation);
    return isView && origin.callee.kind === 'method' && isRepeatable(site, expr.callee.object, model);
  }
  return expr.kind !== 'Binary' && expr.kind !== 'Unary' && isCheap(expr);
}

function replaceOperand(site: OperationSite, { expr }: SiteOperand, title: string, text: string): LocalFix {
  const isReceiver = site.form === 'method';
  const { start, end } = isReceiver ? outerSpan(expr) : expr;
  const edit = { segment: site.segment, span: { start, end }, text: isReceiver ? `(${text})` : text };
  return { title, safety: 'unsafe', edits: [edit] };
}
