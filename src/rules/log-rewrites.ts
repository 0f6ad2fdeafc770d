// Fixes of a logarithm: the fused form where there is one, else an operand that stays off the pole in its dtype.

import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, type Origin, type Quantity } from '../semantic/value';
import { type CallExpr, type Expr, outerSpan, type Segment } from '../syntax/ast';
import type { LocalFix } from './rule';
import { sourceOf } from './rule';

/** An expression's text, in parentheses where an operator or a method call beside it would bind tighter. */
export function asOperand(segment: Segment, expr: Expr): string {
  const text = sourceOf(segment, expr);
  return isAtom(expr) ? text : `(${text})`;
}

function isAtom(expr: Expr): boolean {
  return (
    expr.kind === 'Name' ||
    expr.kind === 'Attribute' ||
    expr.kind === 'Subscript' ||
    expr.kind === 'Call' ||
    (expr.kind === 'Number' && !expr.isInteger)
  );
}

function replaceSite(
  site: OperationSite,
  text: string,
): { segment: Segment; span: { start: number; end: number }; text: string } {
  return { segment: site.segment, span: { start: site.node.start, end: site.node.end }, text };
}

/** log(softmax(x)) is log_softmax(x), log(sigmoid(x)) is logsigmoid(x), log(1 - sigmoid(x)) is logsigmoid(-x). */
export function stableLogForm(site: OperationSite, operand: SiteOperand, model: SemanticModel): LocalFix | undefined {
  if (site.inPlace) return undefined;
  if (site.operation === 'log') {
    const origin = repeatable(site, operand, model);
    // Of a score that is -inf on purpose, log_softmax is -inf too: 0 times that is still NaN.
    const isMasked = origin?.operand && asQuantity(model.valueOf(site.segment, origin.operand)).hasInfinity;
    if (origin?.operation === 'softmax' && !isMasked) return logSoftmax(site, origin, model);
    if (origin?.operation === 'sigmoid' && origin.operand)
      return logSigmoid(site, origin, sourceOf(site.segment, origin.operand), model);
    const complement = complementOf(operand.expr, model, site);
    if (complement?.operation === 'sigmoid' && complement.operand)
      return logSigmoid(site, complement, `-${asOperand(site.segment, complement.operand)}`, model);
  }
  if (site.operation === 'log1p' && operand.expr.kind === 'Unary' && operand.expr.operator === '-') {
    const origin = originAt(operand.expr.operand, model, site);
    if (origin?.operation === 'sigmoid' && origin.operand)
      return logSigmoid(site, origin, `-${asOperand(site.segment, origin.operand)}`, model);
  }
  return undefined;
}

/** The call that made the operand, if it may be written again in place of the logarithm. */
function repeatable(site: OperationSite, operand: SiteOperand, model: SemanticModel): Origin | undefined {
  if (operand.expr.kind === 'Call') return originAt(operand.expr, model, site);
  const origin = site.origins.get('x');
  // Calling a layer once more would cost its time twice, and draw its dropout anew.
  if (origin?.operand && !isCheap(origin.operand)) return undefined;
  if (
    !origin ||
    model.enclosingFunction(site.segment, origin.node) !== model.enclosingFunction(site.segment, site.node)
  )
    return undefined;
  return origin;
}

/** The origin of an expression that is the call itself, so that nothing can have changed since. */
function originAt(expr: Expr, model: SemanticModel, site: OperationSite): Origin | undefined {
  const { origin } = asQuantity(model.valueOf(site.segment, expr));
  return origin && origin.node === expr ? origin : undefined;
}

/** The sigmoid in `1 - sigmoid(x)`. */
function complementOf(expr: Expr, model: SemanticModel, site: OperationSite): Origin | undefined {
  if (expr.kind !== 'Binary' || expr.operator !== '-' || expr.left.kind !== 'Number' || expr.left.value !== 1)
    return undefined;
  return originAt(expr.right, model, site);
}

function logSoftmax(site: OperationSite, origin: Origin, model: SemanticModel): LocalFix | undefined {
  const { node } = origin;
  if (node.kind !== 'Call' || node.args.some((arg) => arg.unpack !== '')) return undefined;
  const text = logSoftmaxCall(site, node, origin, model);
  return text === undefined
    ? undefined
    : {
        title: 'Use log_softmax: the same value, without leaving the log domain',
        safety: 'safe',
        edits: [replaceSite(site, text)],
      };
}

function logSoftmaxCall(site: OperationSite, node: CallExpr, origin: Origin, model: SemanticModel): string | undefined {
  const { segment } = site;
  const args = sourceOf(segment, node.argsSpan);
  const { callee } = origin;
  if (callee.kind === 'instance') {
    // A module: its dimension is in the constructor.
    if (canonicalName(callee.className) !== 'torch.nn.Softmax') return undefined;
    const dim = callee.call.args[0];
    const input = origin.operand;
    if (!dim || !input || callee.call.args.length !== 1 || dim.value.kind === 'Name') return undefined;
    const name = model.nameFor('torch.log_softmax') ?? model.nameFor('torch.nn.functional.log_softmax');
    return name === undefined
      ? undefined
      : `${name}(${sourceOf(segment, input)}, dim=${sourceOf(callee.segment, dim.value)})`;
  }
  if (node.callee.kind === 'Attribute' && node.callee.name === 'softmax') {
    const { nameSpan } = node.callee;
    const object = segment.text.slice(node.start, nameSpan.start);
    return `${object}log_softmax${args}`;
  }
  if (callee.kind !== 'library') return undefined;
  const qualified = canonicalName(callee.name);
  if (!qualified.endsWith('.softmax')) return undefined;
  const name = model.nameFor(qualified.replace(/softmax$/, 'log_softmax'));
  if (name !== undefined) return `${name}${args}`;
  return undefined;
}

const LOG_SIGMOID: Readonly<Record<string, readonly string[]>> = {
  torch: ['torch.nn.functional.logsigmoid'],
  jax: ['jax.nn.log_sigmoid'],
  tensorflow: ['tensorflow.math.log_sigmoid'],
};

function logSigmoid(site: OperationSite, origin: Origin, operand: string, model: SemanticModel): LocalFix | undefined {
  if (origin.node.kind !== 'Call') return undefined;
  for (const qualified of LOG_SIGMOID[site.framework] ?? []) {
    const name = model.nameFor(qualified);
    if (name === undefined) continue;
    const short = qualified.slice(qualified.lastIndexOf('.') + 1);
    return {
      title: `Use ${short}: the same value, without leaving the log domain`,
      safety: 'safe',
      edits: [replaceSite(site, `${name}(${operand})`)],
    };
  }
  return undefined;
}

// ---------------------------------------------------------------- off the pole

/** Clamps the operand, or adds an epsilon: the dtype's own where it can be asked, else one that every dtype can hold. */
export function keepAbovePole(
  site: OperationSite,
  operand: SiteOperand,
  value: Quantity,
  model: SemanticModel,
): LocalFix[] {
  const { segment } = site;
  const { expr } = operand;
  const text = sourceOf(segment, expr);
  const span = outerSpan(expr);
  const replaceOperand = (title: string, replacement: string): LocalFix => ({
    title,
    safety: 'unsafe',
    edits: [{ segment, span: isArgument(segment, expr) ? expr : span, text: replacement }],
  });
  if (site.operation === 'logit') {
    if (site.framework !== 'torch') return [];
    const node = site.node as CallExpr;
    const close = node.argsSpan.end - 1;
    const separator = node.args.length > 0 ? ', ' : '';
    return [
      {
        title: 'Keep the operand off 0 and 1 with eps=1e-6',
        safety: 'unsafe',
        edits: [{ segment, span: { start: close, end: close }, text: `${separator}eps=1e-6` }],
      },
    ];
  }
  if (site.operation === 'log1p') {
    const atom = asOperand(segment, expr);
    return site.framework === 'torch'
      ? [replaceOperand('Keep the operand above -1', `${atom}.clamp(min=-1 + 1e-6)`)]
      : [];
  }
  const bound = smallest(site, expr, text, value, model);
  if (!bound) return [];
  const fixes = [replaceOperand(`Clamp at ${bound.label}`, bound.clamp)];
  // Added to a value that can be negative, an epsilon would not help.
  // A random number below 1 would get to 1 with it, which another logarithm around it cannot bear.
  const isRandom = value.origin?.operation === 'random' || value.origin?.operation === 'uniform';
  if (value.range.lo >= 0 && !site.inPlace && !isRandom && bound.add !== undefined) {
    fixes.push(replaceOperand(`Add ${bound.epsilonLabel}`, site.form === 'method' ? `(${bound.add})` : bound.add));
  }
  return fixes;
}

/** Whether the parentheses around the operand are the call's own. */
function isArgument(segment: Segment, expr: Expr): boolean {
  return expr.outer === undefined || segment.text[expr.outer.start] !== '(';
}

interface Bound {
  readonly label: string;
  readonly clamp: string;
  /** The form with an epsilon added, where one can be. */
  readonly epsilonLabel?: string;
  readonly add?: string;
}

/** Cheap and free of effects, so that naming it twice is fine. */
function isSimple(expr: Expr): boolean {
  if (expr.kind === 'Name') return true;
  if (expr.kind === 'Attribute') return isSimple(expr.object);
  return false;
}

/** Arithmetic on names and numbers, which may as well be written twice. */
export function isCheap(expr: Expr): boolean {
  if (expr.kind === 'Number' || expr.kind === 'Constant' || isSimple(expr)) return true;
  if (expr.kind === 'Slice')
    return [expr.lower, expr.upper, expr.step].every((part) => part === undefined || isCheap(part));
  if (expr.kind === 'Unary') return isCheap(expr.operand);
  if (expr.kind === 'Subscript') return isCheap(expr.object) && expr.indices.every(isCheap);
  return expr.kind === 'Binary' && expr.operator !== '@' && isCheap(expr.left) && isCheap(expr.right);
}

function smallest(
  site: OperationSite,
  expr: Expr,
  text: string,
  value: Quantity,
  model: SemanticModel,
): Bound | undefined {
  const { segment } = site;
  const atom = asOperand(segment, expr);
  const summand =
    expr.kind === 'Conditional' || expr.kind === 'Lambda' || expr.kind === 'Compare' || expr.kind === 'Bool'
      ? `(${text})`
      : text;
  const method = site.inPlace ? 'clamp_' : 'clamp';
  if (value.role === 'count') return atLeastOne(site, text, atom, method, model);
  switch (site.framework) {
    case 'torch': {
      const torch = model.nameFor('torch');
      if (torch !== undefined && isSimple(expr) && value.dtype !== 'integer') {
        const finfo = `${torch}.finfo(${text}.dtype)`;
        // Under a loss scale, the gradient 1 / tiny would overflow.
        const [attribute, label] = site.autocast ? ['eps', 'epsilon'] : ['tiny', 'smallest normal number'];
        return {
          label: `the dtype's ${label}`,
          clamp: `${atom}.${method}(min=${finfo}.${attribute})`,
          epsilonLabel: "the dtype's epsilon",
          add: `${summand} + ${finfo}.eps`,
        };
      }
      // 1e-7 is the smallest round number that float16 can hold too.
      const eps = value.dtype === 'float16' ? '1e-4' : '1e-7';
      return { label: eps, clamp: `${atom}.${method}(min=${eps})`, epsilonLabel: eps, add: `${summand} + ${eps}` };
    }
    case 'numpy': {
      const np = model.nameFor('numpy');
      if (np === undefined) return undefined;
      // Held by float32 too, whose arrays NumPy 1 does not widen for a scalar.
      const eps = value.dtype === 'float16' ? '1e-4' : '1e-15';
      return { label: eps, clamp: `${np}.maximum(${text}, ${eps})`, epsilonLabel: eps, add: `${summand} + ${eps}` };
    }
    case 'jax': {
      const jnp = model.nameFor('jax.numpy');
      if (jnp === undefined) return undefined;
      return { label: '1e-7', clamp: `${jnp}.maximum(${text}, 1e-7)`, epsilonLabel: '1e-7', add: `${summand} + 1e-7` };
    }
    case 'tensorflow': {
      const tf = model.nameFor('tensorflow');
      return tf === undefined
        ? undefined
        : { label: '1e-7', clamp: `${tf}.maximum(${text}, 1e-7)`, epsilonLabel: '1e-7', add: `${summand} + 1e-7` };
    }
    case 'keras': {
      const home = kerasHome(site);
      const k = home && model.nameFor(home);
      if (!k) return undefined;
      const eps = home === 'keras.backend' ? `${k}.epsilon()` : '1e-7';
      return { label: eps, clamp: `${k}.maximum(${text}, ${eps})`, epsilonLabel: eps, add: `${summand} + ${eps}` };
    }
    case 'python':
      return { label: '1e-300', clamp: `max(${text}, 1e-300)`, epsilonLabel: '1e-12', add: `${summand} + 1e-12` };
  }
}

/** A count is clamped at one: nothing is then counted as one thing, and log gives 0. */
function atLeastOne(
  site: OperationSite,
  text: string,
  atom: string,
  method: string,
  model: SemanticModel,
): Bound | undefined {
  const np = model.nameFor('numpy');
  if (site.framework === 'torch') return { label: '1', clamp: `${atom}.${method}(min=1)` };
  if (site.framework === 'numpy' && np !== undefined) return { label: '1', clamp: `${np}.maximum(${text}, 1)` };
  return site.framework === 'python' ? { label: '1', clamp: `max(${text}, 1)` } : undefined;
}

/** The module through which a Keras function was reached. */
function kerasHome(site: OperationSite): string | undefined {
  const dot = site.name.lastIndexOf('.');
  return dot > 0 ? site.name.slice(0, dot) : undefined;
}
