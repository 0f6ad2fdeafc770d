// Fixes of products with a mask: the selection that they were meant to be.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, type Framework, type Quantity } from '../semantic/value';
import type { Expr, Segment } from '../syntax/ast';
import { onlyArrayLibrary } from './denominator-fixes';
import { whereOf } from './double-where';
import { asOperand } from './log-rewrites';
import { type LocalFix, sourceOf } from './rule';

/** `inf * mask` as `where(mask, inf, 0.0)`, `(1 - mask) * inf` as `where(mask, 0.0, inf)`. */
export function selectedProduct(
  site: OperationSite,
  infinite: SiteOperand,
  mask: SiteOperand,
  model: SemanticModel,
): LocalFix | undefined {
  if (asQuantity(infinite.value).holder !== 'scalar') return undefined;
  return selected(site, mask.expr, sourceOf(site.segment, infinite.expr), model);
}

/** `value * mask` as `where(mask, value, 0.0)`, where only a part of the values is infinite. */
export function selectedInstead(
  site: OperationSite,
  value: SiteOperand,
  mask: SiteOperand,
  model: SemanticModel,
): LocalFix | undefined {
  const { segment } = site;
  const isMask = asQuantity(mask.value).role === 'mask';
  const text = sourceOf(segment, value.expr);
  if (isMask) return selected(site, mask.expr, text, model);
  const where = whereOf(frameworkOf(site, asQuantity(mask.value), model), model);
  if (where === undefined || site.form === 'method') return undefined;
  const weight = sourceOf(segment, mask.expr);
  const edit = { segment, span: value.expr, text: `${where}(${weight} > 0, ${text}, 0.0)` };
  return { title: 'Put 0 where the factor is 0', safety: 'unsafe', edits: [edit] };
}

function frameworkOf(site: OperationSite, mask: Quantity, model: SemanticModel): Framework {
  const known = mask.framework ?? site.framework;
  return known === 'python' ? onlyArrayLibrary(model) : known;
}

function selected(site: OperationSite, mask: Expr, text: string, model: SemanticModel): LocalFix | undefined {
  const { segment, node } = site;
  const framework = frameworkOf(site, asQuantity(model.valueOf(segment, mask)), model);
  const where = whereOf(framework, model);
  if (where === undefined || node.kind === 'AugAssign' || site.inPlace) return undefined;
  const isComplement = mask.kind === 'Binary' && mask.operator === '-' && isOne(mask.left);
  const condition = conditionText(segment, isComplement ? mask.right : mask, framework, model);
  if (condition === undefined) return undefined;
  const selection = isComplement ? `${where}(${condition}, 0.0, ${text})` : `${where}(${condition}, ${text}, 0.0)`;
  return { title: 'Select with where', safety: 'unsafe', edits: [{ segment, span: node, text: selection }] };
}

function isOne(expr: Expr): boolean {
  return expr.kind === 'Number' && expr.value === 1;
}

/** The mask as something that a `where` takes for a condition. */
function conditionText(segment: Segment, mask: Expr, framework: Framework, model: SemanticModel): string | undefined {
  const text = sourceOf(segment, mask);
  if (mask.kind === 'Compare' || asQuantity(model.valueOf(segment, mask)).dtype === 'bool') return text;
  switch (framework) {
    case 'torch':
      return `${asOperand(segment, mask)}.bool()`;
    case 'numpy':
    case 'jax':
      return text;
    case 'tensorflow': {
      const tf = model.nameFor('tensorflow');
      return tf === undefined ? undefined : `${tf}.cast(${text}, ${tf}.bool)`;
    }
    case 'keras': {
      const ops = model.nameFor('keras.ops');
      return ops === undefined ? undefined : `${ops}.cast(${text}, "bool")`;
    }
    default:
      return undefined;
  }
}
