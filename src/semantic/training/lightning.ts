// Lightning's hooks: when its loop calls which method, where it runs backward and step by itself.

import { canonicalName } from '../libraries';
import type { SemanticModel } from '../model';
import type { Unit } from './builder';

/** A place in Lightning's iteration: before it calls backward, or after it has stepped. */
export interface HookPlace {
  readonly phase: 'before-backward' | 'after-step';
  /** The method, for a message. */
  readonly hook: string;
}

/** The order of automatic optimization: Lightning's documentation of hooks, 2.x. */
const PHASES: Readonly<Record<string, HookPlace['phase']>> = {
  on_train_batch_start: 'before-backward',
  training_step: 'before-backward',
  on_before_zero_grad: 'before-backward',
  on_before_backward: 'before-backward',
  on_train_batch_end: 'after-step',
};

/** Where Lightning calls this function; undefined for any other function, and for manual optimization. */
export function lightningHook(model: SemanticModel, unit: Unit): HookPlace | undefined {
  const { scope, segment } = unit;
  if (!scope?.owner || !isLightning(model, unit)) return undefined;
  const { name } = scope.node;
  const phase = Object.hasOwn(PHASES, name) ? PHASES[name] : undefined;
  const { node } = scope.owner;
  const isManual = /automatic_optimization\s*=\s*False|manual_backward/.test(segment.text.slice(node.start, node.end));
  return phase && !isManual ? { phase, hook: name } : undefined;
}

/** `optimizer_step(…, optimizer_closure)` of a module of Lightning: its step runs the closure, with the backward in it. */
export function isLightningStep(model: SemanticModel, unit: Unit): boolean {
  return unit.scope?.node.name === 'optimizer_step' && isLightning(model, unit);
}

function isLightning(model: SemanticModel, { scope, segment }: Unit): boolean {
  return (
    scope?.owner?.node.bases.some((base) => {
      const name = model.qualifiedName(segment, base.value);
      return (
        name !== undefined && /^(lightning|pytorch_lightning)\..*(LightningModule|Callback)$/.test(canonicalName(name))
      );
    }) ?? false
  );
}
