// Fixes that put a harmless number in place of an operand, where the result of the operation is thrown away.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand, UnselectedSite } from '../semantic/operation-site';
import { asQuantity, type Framework, literalNumber } from '../semantic/value';
import { type CallExpr, type Expr, outerSpan, type Segment } from '../syntax/ast';
import { asOperand, isCheap } from './log-rewrites';
import { type LocalFix, sourceOf } from './rule';

/** A number that each operation bears, with a gradient that is finite there. */
const HARMLESS: Readonly<Record<string, 0 | 1 | 2 | 0.5>> = {
  exp: 0,
  expm1: 0,
  sinh: 0,
  acos: 0,
  asin: 0,
  atanh: 0,
  erfinv: 0,
  acosh: 2,
  logit: 0.5,
};

function harmlessFor(site: OperationSite): number {
  return Object.hasOwn(HARMLESS, site.operation) ? (HARMLESS[site.operation] ?? 1) : 1;
}

/** Guards the operand by the condition of the selection itself; for an operation that stands inside of it. */
export function guardedBySelection(
  selection: OperationSite,
  { site, condition, holds }: UnselectedSite,
  operand: SiteOperand,
  model: SemanticModel,
): LocalFix | undefined {
  const { segment, node } = selection;
  if (node.kind !== 'Call' || !isRepeatable(model, segment, condition, 100)) return undefined;
  const text = guard(selection, node, sourceOf(segment, condition), holds, operand.expr, harmlessFor(site), model);
  return text === undefined
    ? undefined
    : replaceOperand(segment, operand.expr, `Put ${harmlessFor(site)} there first`, text);
}

function guard(
  selection: OperationSite,
  node: CallExpr,
  condition: string,
  holds: boolean,
  operand: Expr,
  harmless: number,
  model: SemanticModel,
): string | undefined {
  const { segment, framework } = selection;
  const text = sourceOf(segment, operand);
  if (selection.form === 'method' || selection.operation === 'masked_fill') {
    const method = selection.operation === 'where' ? 'where' : 'masked_fill';
    return `${asOperand(segment, operand)}.${method}(${condition}, ${harmless})`;
  }
  // lax.select takes no numbers.
  const isSelect = selection.name.startsWith('jax.lax.');
  const where = isSelect ? whereOf(framework, model) : sourceOf(segment, node.callee);
  if (where === undefined) return undefined;
  const number = numberBeside(framework, operand, text, harmless, model);
  return holds ? `${where}(${condition}, ${text}, ${number})` : `${where}(${condition}, ${number}, ${text})`;
}

/** Before 1.12, torch.where took tensors of one dtype only. */
function numberBeside(framework: Framework, operand: Expr, text: string, n: number, model: SemanticModel): string {
  const torch = framework === 'torch' ? model.nameFor('torch') : undefined;
  if (torch !== undefined && operand.kind === 'Name' && (n === 0 || n === 1))
    return `${torch}.${n === 1 ? 'ones' : 'zeros'}_like(${text})`;
  return Number.isInteger(n) ? `${n}.0` : String(n);
}

/** The library's own `where`, as the file writes it. */
export function whereOf(framework: Framework, model: SemanticModel): string | undefined {
  const home = HOMES[framework];
  const name = home === undefined ? undefined : model.nameFor(home);
  return name === undefined ? undefined : `${name}.where`;
}

const HOMES: Readonly<Partial<Record<Framework, string>>> = {
  torch: 'torch',
  numpy: 'numpy',
  jax: 'jax.numpy',
  tensorflow: 'tensorflow',
  keras: 'keras.ops',
};

/** What an operand must be for the operation to bear it. */
const BORNE: Readonly<Record<string, string>> = {
  log: '> 0',
  log2: '> 0',
  log10: '> 0',
  log1p: '> -1',
  sqrt: '> 0',
  rsqrt: '> 0',
  power: '> 0',
  divide: '!= 0',
  reciprocal: '!= 0',
};

/** Guards the operand by what the operation bears; for an operation that others may use, too. */
export function guardedByItself(
  site: OperationSite,
  operand: SiteOperand,
  /** The library at work, where the operands themselves do not say. */
  around: Framework,
  model: SemanticModel,
): LocalFix | undefined {
  const { segment } = site;
  const framework = site.framework === 'python' ? (asQuantity(operand.value).framework ?? around) : site.framework;
  const borne = Object.hasOwn(BORNE, site.operation) ? BORNE[site.operation] : undefined;
  const where = whereOf(framework === 'python' ? around : framework, model);
  if (borne === undefined || where === undefined || site.inPlace) return undefined;
  if (!isRepeatable(model, segment, operand.expr, 60)) return undefined;
  const text = sourceOf(segment, operand.expr);
  const number = numberBeside(framework, operand.expr, text, 1, model);
  const tested = operand.expr.kind === 'Conditional' || operand.expr.kind === 'Bool' ? `(${text})` : text;
  return replaceOperand(segment, operand.expr, 'Put 1 there first', `${where}(${tested} ${borne}, ${text}, ${number})`);
}

/** The substitute is what is wrong: another number in its place. */
export function otherSubstitute(site: OperationSite, substitute: Expr, segment: Segment): LocalFix | undefined {
  const harmless = harmlessFor(site);
  if (substitute.kind === 'Call') {
    const { callee } = substitute;
    if (callee.kind !== 'Attribute' || harmless !== 1) return undefined;
    const name = { zeros: 'ones', zeros_like: 'ones_like' }[callee.name];
    return name === undefined
      ? undefined
      : {
          title: 'Use ones as the substitute',
          safety: 'unsafe',
          edits: [{ segment, span: callee.nameSpan, text: name }],
        };
  }
  return replaceOperand(segment, substitute, `Use ${harmless} as the substitute`, `${harmless}.0`);
}

/** Arithmetic that may be written twice: cheap, or pure and short. */
function isRepeatable(model: SemanticModel, segment: Segment, expr: Expr, longest: number): boolean {
  if (isCheap(expr)) return true;
  const value = asQuantity(model.valueOf(segment, expr));
  const isPure = value.term !== undefined || literalNumber(value) !== undefined;
  return isPure && expr.end - expr.start <= longest && !sourceOf(segment, expr).includes('\n');
}

function replaceOperand(segment: Segment, expr: Expr, title: string, text: string): LocalFix {
  // Parentheses are the operand's own where a method is called on it, a call's where nothing comes before them.
  const { start, end } = outerSpan(expr);
  const isArgument = /[(,=]$/.test(segment.text.slice(0, start).trimEnd()) && segment.text[end] !== '.';
  return { title, safety: 'unsafe', edits: [{ segment, span: isArgument ? expr : outerSpan(expr), text }] };
}
