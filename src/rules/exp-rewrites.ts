// Fixes of an exponential that overflows: the framework's stable function, else the maximum taken off first.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import type { Framework } from '../semantic/value';
import { type Argument, type CallExpr, type Expr, type Node, outerSpan, type Segment } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import type { ExpForm } from './exp-forms';
import { asOperand, isCheap } from './log-rewrites';
import { type LocalEdit, type LocalFix, sourceOf } from './rule';
import { isInside, siblingsOf } from './statements';

/** What is needed to write the argument of the exponential, and calls on it, at the hazard. */
interface Rewriting {
  readonly site: OperationSite;
  readonly form: ExpForm;
  readonly model: SemanticModel;
  readonly segment: Segment;
  readonly framework: Framework;
  readonly exponential: OperationSite;
  readonly argument: Expr;
  readonly axis: Axis | undefined;
}

/** How the sum was asked for. */
interface Axis {
  /** Source of the dimension; undefined where the sum runs over everything. */
  readonly text: string | undefined;
  readonly isOne: boolean;
  readonly keeps: boolean;
}

/** Every way on offer to keep this form from overflowing, the best first. */
export function stableFixes(site: OperationSite, form: ExpForm, model: SemanticModel): LocalFix[] {
  const [exponential] = form.exponentials;
  const argument = exponential.operands.get('x')?.expr;
  if (!argument) return [];
  const rewriting: Rewriting = {
    site,
    form,
    model,
    segment: site.segment,
    framework: exponential.framework,
    exponential,
    argument,
    axis: form.reduction && axisOf(site.segment, form.reduction, exponential.framework),
  };
  const fixes = [stableForm(rewriting), shifted(rewriting)].filter((fix) => fix !== undefined);
  if (fixes.length > 0) return fixes;
  const bounded = clamped(rewriting);
  return bounded ? [bounded] : [];
}

// ---------------------------------------------------------------- the framework's function

function stableForm(r: Rewriting): LocalFix | undefined {
  // `e /= e.sum()` is a statement, no expression that a call could take the place of.
  if (r.site.node.kind === 'AugAssign' || !isStillTheSame(r)) return undefined;
  const written = stableText(r);
  if (!written) return undefined;
  const edits: LocalEdit[] = [
    { segment: r.segment, span: { start: r.site.node.start, end: r.site.node.end }, text: written.text },
  ];
  if (written.imports !== undefined) edits.push({ import: written.imports });
  return {
    title: `Use ${written.name}: the same value, without overflow`,
    safety: r.form.isPlainSum ? 'safe' : 'unsafe',
    edits,
  };
}

interface Written {
  readonly name: string;
  readonly text: string;
  readonly imports?: string;
}

function stableText(r: Rewriting): Written | undefined {
  const argument = sourceOf(r.segment, r.argument);
  switch (r.form.kind) {
    case 'softmax':
      return softmax(r, argument);
    case 'weighted softmax':
    case 'log-scale':
      return undefined;
    case 'log-cosh':
      return logCosh(r);
    case 'log-sum-exp':
      return logSumExp(r, argument);
    case 'log-mean-exp':
      return logMeanExp(r, argument);
    case 'softplus':
      return r.framework === 'numpy' ? numpyCall(r, 'logaddexp', `0, ${argument}`) : call(r, 'softplus', argument);
    case 'inverse softplus':
      return inverseSoftplus(r);
    case 'sigmoid':
      return r.framework === 'numpy' ? numpySigmoid(r) : call(r, 'sigmoid', argument);
    case 'reciprocal sigmoid':
      return reciprocalSigmoid(r);
    case 'tanh':
      return tanh(r, argument);
    case 'tanh of half':
      return tanh(r, halved(r.segment, r.argument));
    case 'tanh of negated half':
      return tanh(r, halved(r.segment, r.argument, true));
  }
}

/** Where each framework has its functions of a number, the most usual home first. */
const HOMES: Readonly<Partial<Record<Framework, Readonly<Record<string, readonly string[]>>>>> = {
  torch: {
    softmax: ['torch.softmax', 'torch.nn.functional.softmax'],
    logsumexp: ['torch.logsumexp'],
    softplus: ['torch.nn.functional.softplus'],
    sigmoid: ['torch.sigmoid', 'torch.nn.functional.sigmoid'],
    tanh: ['torch.tanh', 'torch.nn.functional.tanh'],
    log: ['torch.log'],
    expm1: ['torch.expm1'],
  },
  jax: {
    softmax: ['jax.nn.softmax'],
    logsumexp: ['jax.nn.logsumexp', 'jax.scipy.special.logsumexp'],
    softplus: ['jax.nn.softplus'],
    sigmoid: ['jax.nn.sigmoid'],
    tanh: ['jax.numpy.tanh', 'jax.nn.tanh'],
    log: ['jax.numpy.log'],
    expm1: ['jax.numpy.expm1'],
  },
  tensorflow: {
    softmax: ['tensorflow.nn.softmax'],
    logsumexp: ['tensorflow.reduce_logsumexp'],
    softplus: ['tensorflow.nn.softplus'],
    sigmoid: ['tensorflow.sigmoid'],
    tanh: ['tensorflow.tanh'],
    log: ['tensorflow.math.log'],
    expm1: ['tensorflow.math.expm1'],
  },
  numpy: { tanh: ['numpy.tanh'], logaddexp: ['numpy.logaddexp'], log: ['numpy.log'], expm1: ['numpy.expm1'] },
};

function homesOf(r: Rewriting, name: string): readonly string[] {
  if (r.framework === 'keras') {
    // Through the module that the file used for its own exp.
    const home = r.exponential.name.slice(0, r.exponential.name.lastIndexOf('.'));
    return home === '' || name === 'expm1' ? [] : [`${home}.${name}`];
  }
  return HOMES[r.framework]?.[name] ?? [];
}

function call(r: Rewriting, name: string, args: string): Written | undefined {
  const homes = homesOf(r, name);
  for (const home of homes) {
    const known = r.model.nameFor(home);
    if (known !== undefined) return { name, text: `${known}(${args})` };
  }
  const [home] = homes;
  if (r.framework === 'jax' && home !== undefined)
    return { name, text: `${home}(${args})`, imports: `import ${home.split('.')[0] ?? 'jax'}` };
  return undefined;
}

function numpyCall(r: Rewriting, name: string, args: string): Written | undefined {
  const np = r.model.nameFor('numpy');
  return np === undefined ? undefined : { name, text: `${np}.${name}(${args})` };
}

function softmax(r: Rewriting, argument: string): Written | undefined {
  const { axis } = r;
  if (axis?.text === undefined || !axis.isOne) return undefined;
  return call(r, 'softmax', `${argument}, ${axisKeyword(r.framework)}=${axis.text}`);
}

function logSumExp(r: Rewriting, argument: string): Written | undefined {
  const { axis, framework } = r;
  if (!axis || !r.form.isPlainSum) return undefined;
  if (framework === 'torch' && axis.text === undefined)
    return call(r, 'logsumexp', `${asOperand(r.segment, r.argument)}.flatten(), dim=0`);
  const where = axis.text === undefined ? '' : `, ${axisKeyword(framework)}=${axis.text}`;
  const keeps = axis.keeps ? `, ${framework === 'torch' ? 'keepdim' : 'keepdims'}=True` : '';
  if (framework !== 'numpy') return call(r, 'logsumexp', `${argument}${where}${keeps}`);
  return numpyCall(r, 'logaddexp.reduce', `${argument}${where === '' ? ', axis=None' : where}${keeps}`);
}

function logMeanExp(r: Rewriting, argument: string): Written | undefined {
  const { axis, segment } = r;
  if (r.framework !== 'torch' || !axis || !r.form.isPlainSum || !isCheap(r.argument)) return undefined;
  if (axis.text !== undefined && !axis.isOne) return undefined;
  const atom = asOperand(segment, r.argument);
  const keeps = axis.keeps ? ', keepdim=True' : '';
  const [args, count] =
    axis.text === undefined
      ? [`${atom}.flatten(), dim=0`, `${atom}.numel()`]
      : [`${argument}, dim=${axis.text}${keeps}`, `${atom}.shape[${axis.text}]`];
  const sum = call(r, 'logsumexp', args);
  const math = r.model.nameFor('math') ?? 'math';
  return sum && { ...sum, text: asPart(r, `${sum.text} - ${math}.log(${count})`), imports: 'import math' };
}

/** log(exp(x) - 1) is x + log(1 - exp(-x)), which does not overflow for any x above 0. */
function inverseSoftplus(r: Rewriting): Written | undefined {
  if (!isCheap(r.argument)) return undefined;
  const atom = asOperand(r.segment, r.argument);
  const inner = call(r, 'expm1', `-${atom}`);
  const outer = inner && call(r, 'log', `-${inner.text}`);
  return outer && { ...outer, name: 'x + log(-expm1(-x))', text: asPart(r, `${atom} + ${outer.text}`) };
}

/** log(cosh(x)) is x + log(1 + exp(-2x)) - log(2), of which softplus does not overflow on either side. */
function logCosh(r: Rewriting): Written | undefined {
  if (!isCheap(r.argument)) return undefined;
  const atom = asOperand(r.segment, r.argument);
  const soft =
    r.framework === 'numpy' ? numpyCall(r, 'logaddexp', `0, -2 * ${atom}`) : call(r, 'softplus', `-2 * ${atom}`);
  const math = r.model.nameFor('math') ?? 'math';
  return (
    soft && {
      name: 'x + softplus(-2x) - log(2)',
      text: asPart(r, `${atom} + ${soft.text} - ${math}.log(2)`),
      imports: 'import math',
    }
  );
}

function numpySigmoid(r: Rewriting): Written | undefined {
  const inner = numpyCall(r, 'exp', negated(r.segment, r.argument));
  return inner && { name: '1 / (1 + exp(-x))', text: `1 / (1 + ${inner.text})` };
}

function reciprocalSigmoid(r: Rewriting): Written | undefined {
  const written = call(r, 'sigmoid', negated(r.segment, r.argument));
  const numerator = r.site.operands.get('x')?.expr;
  if (!written || !numerator) return undefined;
  if (numerator.kind === 'Number' && numerator.value === 1) return written;
  return { ...written, text: `${asOperand(r.segment, numerator)} * ${written.text}` };
}

function tanh(r: Rewriting, argument: string): Written | undefined {
  return call(r, 'tanh', argument);
}

/** A sum needs parentheses beside whatever binds tighter. */
function asPart(r: Rewriting, text: string): string {
  const parent = r.model.parentOf(r.segment, r.site.node);
  return parent?.kind === 'Assign' || parent?.kind === 'Return' ? text : `(${text})`;
}

/** Source of -expr, without a second minus where there is one. */
function negated(segment: Segment, expr: Expr): string {
  if (expr.kind === 'Unary' && expr.operator === '-') return sourceOf(segment, expr.operand);
  if (expr.kind === 'Binary' && (expr.operator === '*' || expr.operator === '/')) {
    const { left } = expr;
    if (left.kind === 'Unary' && left.operator === '-' && left.outer === undefined)
      return segment.text.slice(outerSpan(left.operand).start, expr.end);
  }
  return `-${asOperand(segment, expr)}`;
}

/** Source of expr / 2: `x` for `2 * x`. */
function halved(segment: Segment, expr: Expr, isNegated = false): string {
  if (expr.kind === 'Binary' && expr.operator === '*') {
    const factor = expr.left.kind === 'Unary' && expr.left.operator === '-' ? expr.left.operand : expr.left;
    if (factor.kind === 'Number' && factor.value === 2) {
      const hasMinus = factor !== expr.left;
      return hasMinus === isNegated ? sourceOf(segment, expr.right) : `-${asOperand(segment, expr.right)}`;
    }
  }
  return isNegated ? `-${asOperand(segment, expr)} / 2` : `${asOperand(segment, expr)} / 2`;
}

// ---------------------------------------------------------------- the maximum taken off

/** exp(x - max(x)): a quotient of exponentials stays what it was. */
function shifted(r: Rewriting): LocalFix | undefined {
  const { form, segment, axis } = r;
  if ((form.kind !== 'softmax' && form.kind !== 'weighted softmax') || !axis || !isCheap(r.argument)) return undefined;
  const maximum = maximumOf(r, axis);
  if (maximum === undefined) return undefined;
  const inside = form.exponentials.filter((other) => isInside(other.node, r.site.node));
  const edits = form.exponentials.flatMap((other): LocalEdit[] => {
    const expr = other.operands.get('x')?.expr;
    if (!expr) return [];
    const text = `${sourceOf(segment, expr)} - ${maximum}`;
    return [{ segment, span: outerSpan(expr), text: other.form === 'method' ? `(${text})` : text }];
  });
  return {
    title: 'Subtract the maximum first: the same quotient, without overflow',
    // Exponentials with a name may be used elsewhere too.
    safety: inside.length === form.exponentials.length && form.isPlainSum ? 'safe' : 'unsafe',
    edits,
  };
}

function maximumOf(r: Rewriting, axis: Axis): string | undefined {
  const { model, segment, framework } = r;
  const text = sourceOf(segment, r.argument);
  const atom = asOperand(segment, r.argument);
  const along = axis.text === undefined ? '' : `, axis=${axis.text}, keepdims=True`;
  const from = (home: string, name: string): string | undefined => {
    const known = model.nameFor(home);
    return known === undefined ? undefined : `${known}.${name}(${text}${along})`;
  };
  switch (framework) {
    case 'torch':
      return axis.text === undefined ? `${atom}.max()` : `${atom}.amax(dim=${axis.text}, keepdim=True)`;
    case 'numpy':
      return from('numpy', 'max');
    case 'jax':
      return from('jax.numpy', 'max');
    case 'tensorflow':
      return from('tensorflow', 'reduce_max');
    case 'keras':
      return from(r.exponential.name.slice(0, r.exponential.name.lastIndexOf('.')), 'max');
    case 'python':
      return undefined;
  }
}

/** The last resort: an upper bound below which exp is finite. */
function clamped(r: Rewriting): LocalFix | undefined {
  const { model, segment, framework } = r;
  const text = sourceOf(segment, r.argument);
  // Sums of many exponentials must stay finite too.
  const bound = r.argument && framework === 'numpy' ? '500' : '50';
  const home = { numpy: 'numpy', jax: 'jax.numpy', tensorflow: 'tensorflow' } as const;
  const module = framework in home ? model.nameFor(home[framework as keyof typeof home]) : undefined;
  const replacement =
    framework === 'torch'
      ? `${asOperand(segment, r.argument)}.clamp(max=${bound})`
      : module === undefined
        ? undefined
        : `${module}.minimum(${text}, ${bound}.0)`;
  if (replacement === undefined) return undefined;
  return {
    title: `Clamp the exponent at ${bound}`,
    safety: 'unsafe',
    edits: r.form.exponentials.flatMap((other): LocalEdit[] => {
      const expr = other.operands.get('x')?.expr;
      return expr ? [{ segment, span: outerSpan(expr), text: replacement }] : [];
    }),
  };
}

// ---------------------------------------------------------------- reading the code

function axisKeyword(framework: Framework): string {
  return framework === 'torch' ? 'dim' : 'axis';
}

function axisOf(segment: Segment, reduction: OperationSite, framework: Framework): Axis | undefined {
  if (reduction.node.kind !== 'Call') return undefined;
  const { args } = reduction.node satisfies CallExpr;
  if (args.some((arg) => arg.unpack !== '')) return undefined;
  const first = reduction.form === 'method' ? 0 : 1;
  const positional = args.filter((arg) => arg.keyword === undefined);
  const named = (names: RegExp): Argument | undefined =>
    args.find((arg) => arg.keyword !== undefined && names.test(arg.keyword));
  const dim = named(/^(dim|axis)$/) ?? positional[first];
  // NumPy's third positional argument is a dtype.
  const keep = named(/^keep_?dims?$/) ?? (framework === 'numpy' ? undefined : positional[first + 1]);
  const isNone = dim?.value.kind === 'Constant' && dim.value.value === null;
  return {
    text: dim && !isNone ? sourceOf(segment, dim.value) : undefined,
    isOne: dim !== undefined && dim.value.kind !== 'Tuple' && dim.value.kind !== 'List',
    keeps: keep?.value.kind === 'Constant' && keep.value.value === true,
  };
}

/** Whether the argument of the exponential, evaluated at the hazard, is what it was. */
function isStillTheSame(r: Rewriting): boolean {
  const { model, segment, site, exponential } = r;
  if (isInside(exponential.node, site.node)) return true;
  if (!isCheap(r.argument)) return false;
  const from = model.statementOf(segment, exponential.node);
  const to = model.statementOf(segment, site.node);
  if (!from || !to) return false;
  const block = siblingsOf(model, segment, from);
  if (!block.includes(to)) return false;
  const between = block.slice(block.indexOf(from), block.indexOf(to));
  return namesIn(r.argument).every((name) => !between.some((stmt) => mayChange(segment, stmt, name)));
}

function namesIn(expr: Expr): string[] {
  const names: string[] = [];
  walkExpressions(expr, (node) => {
    if (node.kind === 'Name') names.push(node.id);
  });
  return names;
}

/** Whether a statement can bind the name anew or change it in place; too cautious rather than too bold. */
function mayChange(segment: Segment, stmt: Node, name: string): boolean {
  const text = sourceOf(segment, stmt);
  const word = name.replace(/\W/g, '\\$&');
  return (
    stmt.kind === 'For' ||
    stmt.kind === 'While' ||
    new RegExp(`\\b${word}\\b[^\\n=!<>]*=(?!=)|\\b${word}(\\.\\w+)*\\.\\w+_\\(`).test(text)
  );
}
