// Whether a gradient flows back into a root or a power, from what is done with it and where it stands.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { literalNumber } from '../semantic/value';
import type { Expr, Node } from '../syntax/ast';
import { isInTraining, stopsGradient } from './gradient-flow';
import { dividesBy, type ZeroEvidence } from './root-evidence';
import { sourceOf } from './rule';

/** How sure it is that a gradient flows into a root or power whose operand can be 0, and that it breaks there. */
export function gradientConfidence(
  model: SemanticModel,
  site: OperationSite,
  evidence: ZeroEvidence | undefined,
): Confidence {
  if (!isInTraining(model, site.segment, site.node)) return 'possible';
  return evidence?.kind === 'clamp' || evidence?.kind === 'probability' ? 'proven' : 'likely';
}

/**
 * Whether a gradient may flow into a root or power from what is done with it, and no other rule speaks of that place: a bare
 * denominator breaks in the forward pass already, and an epsilon beside the root is one in the wrong position.
 */
export function isGradientUsed(model: SemanticModel, site: OperationSite): boolean {
  const { segment } = site;
  let node: Node = site.node;
  for (let parent = model.parentOf(segment, node); parent; parent = model.parentOf(segment, node)) {
    if (stopsGradient(parent, node)) return false;
    switch (parent.kind) {
      case 'Attribute':
        if (/^(add|clamp|clip|clamp_min)_?$/.test(parent.name) && node === site.node) return false;
        break;
      case 'Call': {
        const { callee } = parent;
        const name = callee.kind === 'Name' ? callee.id : callee.kind === 'Attribute' ? callee.name : '';
        if (callee !== node && /^(clamp|clip|maximum|max)$/.test(name)) return false;
        break;
      }
      case 'Binary':
        if (parent.operator === '/' && parent.right === node) return false;
        if (parent.operator === '+' && isSmall(model, site, parent.left === node ? parent.right : parent.left))
          return false;
        break;
      case 'Assign': {
        const [target] = parent.targets;
        if (parent.value !== node || target?.kind !== 'Name') return true;
        const scope = model.enclosingFunction(segment, site.node);
        return !(scope && dividesBy(scope, target.id));
      }
      case 'AugAssign':
        return !(parent.operator === '/' && parent.value === node);
      default:
        break;
    }
    if (parent.kind === 'FunctionDef' || parent.kind === 'ClassDef') return true;
    node = parent;
  }
  return true;
}

function isSmall(model: SemanticModel, site: OperationSite, other: Expr): boolean {
  const n = literalNumber(model.valueOf(site.segment, other));
  if (n !== undefined) return Math.abs(n) <= 1e-2;
  const text = sourceOf(site.segment, other);
  return /eps/i.test(text) && text.length < 40;
}
