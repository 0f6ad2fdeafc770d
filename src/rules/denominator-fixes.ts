// Fixes of a denominator that can be 0: a bound, an epsilon, another number in place of 0, or no division at all.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { reachOfZero } from '../semantic/range';
import { asQuantity, type Framework, type Quantity } from '../semantic/value';
import { type Expr, outerSpan, type Segment } from '../syntax/ast';
import { isCheap } from './log-rewrites';
import { rootFixes, spelledOutRoot } from './root-rewrites';
import { type LocalFix, sourceOf } from './rule';
import { dividesNumbers, type ZeroDenominator } from './zero-denominator';

/** All that can be done about a denominator that may be 0, best first. */
export function denominatorFixes(
  site: OperationSite,
  denominator: SiteOperand,
  zero: ZeroDenominator,
  model: SemanticModel,
): LocalFix[] {
  const value = asQuantity(denominator.value);
  if (zero.kind === 'zero') return [];
  if (dividesNumbers(site, value)) return scalarFixes(site, denominator);
  const inside = insideRoot(site, value, model);
  if (inside) return inside;
  const edit = new Replacement(site, denominator);
  const known = value.framework ?? site.framework;
  const framework = known === 'python' ? onlyArrayLibrary(model) : known;
  const bound = isCount(value) ? '1' : epsilonFor(value);
  // What may have either sign would be pushed to 0 by an epsilon on one of the two.
  const isNonNegative = value.range.lo === 0;
  const fixes = isNonNegative
    ? [clamped(edit, framework, bound, isCount(value), model), isCount(value) ? undefined : edit.added(bound)]
    : [replaced(edit, value, framework, bound, model)];
  return fixes.filter((fix) => fix !== undefined);
}

/**
 * A root, and outside torch a norm or a deviation, has a gradient at 0 that no bound outside of it mends: the epsilon
 * goes inside. Undefined where the denominator is none, or where no gradient flows.
 */
function insideRoot(site: OperationSite, value: Quantity, model: SemanticModel): LocalFix[] | undefined {
  const { origin } = value;
  if (!origin || origin.segment !== site.segment || !site.gradient || value.gradient === false) return undefined;
  const root = model.analysisOf(site.segment)?.sites.find((each) => each.node === origin.node);
  const operand = root?.operands.get('x');
  if (!root || !operand || root.framework === 'numpy' || root.framework === 'python') return undefined;
  if (root.operation === 'sqrt') return rootFixes(root, operand, model).filter(({ safety }) => safety === 'unsafe');
  const isNorm = root.operation === 'norm' || root.operation === 'deviation';
  const spelled = isNorm && root.framework !== 'torch' ? spelledOutRoot(root, operand, model) : [];
  return spelled.length > 0 ? spelled : undefined;
}

export function isCount(value: Quantity): boolean {
  return value.role === 'count' || value.role === 'mask' || value.role === 'length';
}

/** 1e-8 is what people write, but float16 cannot hold it. */
function epsilonFor(value: Quantity): string {
  return value.dtype === 'float16' ? '1e-4' : '1e-6';
}

/** Writes something else in place of the denominator, with parentheses where they are needed. */
class Replacement {
  readonly segment: Segment;
  readonly expr: Expr;
  readonly text: string;
  private readonly isArgument: boolean;

  constructor(site: OperationSite, denominator: SiteOperand) {
    this.segment = site.segment;
    this.expr = denominator.expr;
    this.text = sourceOf(site.segment, denominator.expr);
    this.isArgument = isCallArgument(site.segment, denominator.expr);
  }

  /** The denominator as an operand that binds tighter than a method call. */
  get atom(): string {
    const { kind } = this.expr;
    const isLoose = kind === 'Binary' || kind === 'Unary' || kind === 'Conditional' || kind === 'Number';
    return isLoose ? `(${this.text})` : this.text;
  }

  by(title: string, text: string): LocalFix {
    const span = this.isArgument ? this.expr : outerSpan(this.expr);
    return { title, safety: 'unsafe', edits: [{ segment: this.segment, span, text }] };
  }

  added(epsilon: string): LocalFix {
    const sum = `${this.expr.kind === 'Conditional' ? `(${this.text})` : this.text} + ${epsilon}`;
    return this.by(`Add ${epsilon}`, this.isArgument ? sum : `(${sum})`);
  }
}

/** What arrays of unknown make are, where the file imports only one library that has arrays. */
export function onlyArrayLibrary({ packages }: SemanticModel): Framework {
  const found = (['torch', 'numpy', 'jax', 'tensorflow'] as const).filter((name) => packages.has(name));
  return found.length === 1 && found[0] !== undefined ? found[0] : 'python';
}

/** The library whose functions work on the denominator, by the name the file gives it. */
function libraryOf(framework: Framework, model: SemanticModel): string | undefined {
  const home = { torch: 'torch', numpy: 'numpy', jax: 'jax.numpy', tensorflow: 'tensorflow' }[framework as string];
  return home === undefined ? undefined : model.nameFor(home);
}

function clamped(
  edit: Replacement,
  framework: Framework,
  bound: string,
  isCounted: boolean,
  model: SemanticModel,
): LocalFix | undefined {
  const library = libraryOf(framework, model);
  if (framework === 'torch') return edit.by(`Clamp at ${bound}`, `${edit.atom}.clamp(min=${bound})`);
  // tf.maximum wants both sides of one dtype, and a count is often an integer.
  if (library === undefined || (framework === 'tensorflow' && isCounted)) return undefined;
  return edit.by(`Clamp at ${bound}`, `${library}.maximum(${edit.text}, ${bound})`);
}

/** `torch.where(d == 0, 1e-6, d)`: whatever the sign of the others, they stay as they are. */
function replaced(
  edit: Replacement,
  value: Quantity,
  framework: Framework,
  epsilon: string,
  model: SemanticModel,
): LocalFix | undefined {
  const library = libraryOf(framework, model);
  // A pure expression may be written twice, where it is short.
  const isRepeatable = isCheap(edit.expr) || (value.term !== undefined && edit.text.length <= 60);
  if (library === undefined || framework === 'tensorflow' || !isRepeatable) return undefined;
  return edit.by(`Divide by ${epsilon} where it is 0`, `${library}.where(${edit.text} == 0, ${epsilon}, ${edit.text})`);
}

/** `total / count if count else 0.0`, and `max(count, 1)` where it counts something. */
function scalarFixes(site: OperationSite, { expr, value }: SiteOperand): LocalFix[] {
  const { segment, node } = site;
  const text = sourceOf(segment, expr);
  const isRepeatable = isCheap(expr) || (asQuantity(value).role === 'size' && text.length <= 40);
  if (node.kind !== 'Binary' || !isRepeatable) return [];
  const fixes: LocalFix[] = [];
  const quantity = asQuantity(value);
  if (quantity.dtype === 'integer' && quantity.range.lo >= 0 && reachOfZero(quantity.range) !== undefined)
    fixes.push({
      title: 'Divide by at least 1',
      safety: 'unsafe',
      edits: [{ segment, span: outerSpan(expr), text: `max(${text}, 1)` }],
    });
  const whole = sourceOf(segment, node);
  const isWrapped = node.outer !== undefined;
  const guarded = `${whole} if ${text} else 0.0`;
  fixes.push({
    title: `Give 0.0 where \`${text}\` is 0`,
    safety: 'unsafe',
    edits: [{ segment, span: node, text: isWrapped ? guarded : `(${guarded})` }],
  });
  return fixes;
}

/** Whether the parentheses around the operand are those of a call. */
function isCallArgument(segment: Segment, expr: Expr): boolean {
  const before = segment.text.slice(0, outerSpan(expr).start).trimEnd();
  return /[(,=]$/.test(before) && !/[/*+-]=$/.test(before);
}
