// Fixes of a reduction that can have nothing, or one value, to reduce.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import type { Expr, Segment } from '../syntax/ast';
import { asOperand, isCheap } from './log-rewrites';
import { type LocalFix, sourceOf } from './rule';

function replaceSite(site: OperationSite, title: string, text: string): LocalFix {
  const span = { start: site.node.start, end: site.node.end };
  return { title, safety: 'unsafe', edits: [{ segment: site.segment, span, text }] };
}

/** Whether the reduction is given nothing but what it reduces. */
function isBare(site: OperationSite): boolean {
  return site.node.kind === 'Call' && site.node.args.length === (site.form === 'method' ? 0 : 1);
}

/** A mean over what a mask selects as a sum by a clamped count; of a list, and else, a conditional expression. */
export function emptyFixes(
  site: OperationSite,
  operand: SiteOperand,
  kind: 'selected' | 'list',
  model: SemanticModel,
): LocalFix[] {
  const { segment } = site;
  const fixes: LocalFix[] = [];
  const masked = maskedMean(site, operand.expr, model);
  if (masked !== undefined) fixes.push(replaceSite(site, 'Divide the sum by the count, clamped at 1', masked));
  const size = sizeOf(site, operand.expr, kind);
  if (size !== undefined) {
    // The sum of no elements of a tensor is a tensor, whose gradient flows on.
    const nothing =
      site.framework === 'torch' && kind === 'selected' ? `${sourceOf(segment, operand.expr)}.sum()` : '0.0';
    const text = `${sourceOf(segment, site.node)} if ${size} > 0 else ${nothing}`;
    fixes.push(replaceSite(site, 'Give 0 where there is nothing', `(${text})`));
  }
  return fixes;
}

function maskedMean(site: OperationSite, expr: Expr, model: SemanticModel): string | undefined {
  if (site.operation !== 'mean' || expr.kind !== 'Subscript' || !isBare(site)) return undefined;
  const [mask] = expr.indices;
  if (!mask || expr.indices.length !== 1 || !isRepeatable(mask)) return undefined;
  const { segment, framework } = site;
  const atom = asOperand(segment, mask);
  const selected = sourceOf(segment, expr);
  if (framework === 'torch') return `${selected}.sum() / ${atom}.sum().clamp(min=1)`;
  const home = framework === 'numpy' ? 'numpy' : framework === 'jax' ? 'jax.numpy' : undefined;
  const library = home === undefined ? undefined : model.nameFor(home);
  return library === undefined ? undefined : `${selected}.sum() / ${library}.maximum(${atom}.sum(), 1)`;
}

/** Arithmetic on names, and a conversion of them, which may as well be written twice. */
function isRepeatable(expr: Expr): boolean {
  if (isCheap(expr)) return true;
  if (expr.kind === 'Compare') return [expr.left, ...expr.comparators].every(isCheap);
  if (expr.kind === 'Unary') return isRepeatable(expr.operand);
  return (
    expr.kind === 'Call' && expr.args.length === 0 && expr.callee.kind === 'Attribute' && isCheap(expr.callee.object)
  );
}

/** What gives the number of elements, where asking for it repeats nothing that costs. */
function sizeOf(site: OperationSite, expr: Expr, kind: 'selected' | 'list'): string | undefined {
  const { segment } = site;
  if (kind === 'list' && (expr.kind === 'Name' || expr.kind === 'Attribute')) return `len(${sourceOf(segment, expr)})`;
  const isName = expr.kind === 'Name' || expr.kind === 'Attribute';
  const isSelection = expr.kind === 'Subscript' && expr.indices.every(isRepeatable) && isCheap(expr.object);
  if (!isName && !isSelection) return undefined;
  const text = sourceOf(segment, expr);
  if (site.framework === 'torch') return `${text}.numel()`;
  return site.framework === 'numpy' || site.framework === 'jax' ? `${text}.size` : undefined;
}

/** A sample deviation of one value: another value in its place, or the deviation of the whole. */
export function singleFixes(site: OperationSite, operand: SiteOperand): LocalFix[] {
  const fixes: LocalFix[] = [];
  const { segment, node } = site;
  if (node.kind !== 'Call') return fixes;
  if (isBare(site) && isCheap(operand.expr) && site.framework === 'torch') {
    const atom = asOperand(segment, operand.expr);
    const text = `${sourceOf(segment, node)} if ${atom}.numel() > 1 else ${atom}.new_zeros(())`;
    fixes.push(replaceSite(site, 'Take 0 for a single value', `(${text})`));
  }
  const keyword = site.framework === 'torch' ? 'correction' : 'ddof';
  const given = node.args.find((arg) => arg.keyword === keyword || arg.keyword === 'unbiased');
  const title = `Take the deviation of the whole, with \`${keyword}=0\``;
  if (given) {
    const edit = { segment, span: { start: given.start, end: given.end }, text: `${keyword}=0` };
    fixes.push({ title, safety: 'unsafe', edits: [edit] });
  } else if (!hasPositionalCorrection(site, segment)) {
    const close = node.argsSpan.end - 1;
    const inner = segment.text.slice(node.argsSpan.start + 1, close).trim();
    const separator = inner === '' ? '' : inner.endsWith(',') ? ' ' : ', ';
    const edit = { segment, span: { start: close, end: close }, text: `${separator}${keyword}=0` };
    fixes.push({ title, safety: 'unsafe', edits: [edit] });
  }
  return fixes;
}

/** `x.std(True)` and `np.std(x, 0, None, None, 1)` have no room for the keyword. */
function hasPositionalCorrection(site: OperationSite, segment: Segment): boolean {
  const dim = site.operands.get('dim');
  if (dim && /^(True|False)$/.test(sourceOf(segment, dim.expr))) return true;
  return site.operands.has('unbiased') || site.operands.has('ddof');
}
