// Environments of the flow analysis: names to values, layered so that a branch costs only what it changes.

import type { Expr } from '../syntax/ast';
import { intersect, isDisjoint, type Range } from './range';
import { joinValues, UNKNOWN, type Value } from './value';

/**
 * One layer of bindings over a parent. A branch gets a layer of its own; `merge` folds two finished branches back into
 * the layer below. `facts` narrow the values of terms (equal expressions) by the conditions that hold here.
 */
export class Environment {
  readonly bindings = new Map<string, Value>();
  readonly facts = new Map<string, Range>();
  /** Whether any layer up to the scope knows a fact: most code tests nothing, and then nothing is looked up. */
  private hasFacts: boolean;
  /** After return, raise, break or continue: what follows cannot be reached. */
  dead = false;
  /** The facts contradict each other: there is no element for which they hold. */
  impossible: boolean;
  /** What names of this layer were bound to, where that was a plain assignment. */
  private definitions: Map<string, Expr> | undefined;

  constructor(
    readonly parent: Environment | undefined,
    /** A function's own layer: assignments stop here, lookups go on to the enclosing scope. */
    readonly isScope: boolean = false,
  ) {
    this.hasFacts = !isScope && (parent?.hasFacts ?? false);
    this.impossible = !isScope && (parent?.impossible ?? false);
  }

  get(name: string): Value | undefined {
    for (let layer: Environment | undefined = this; layer; layer = layer.parent) {
      const value = layer.bindings.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Whether the scope that this layer belongs to binds the name itself, not one around it. */
  isOwn(name: string): boolean {
    for (let layer: Environment | undefined = this; layer; layer = layer.parent) {
      if (layer.bindings.has(name)) return true;
      if (layer.isScope) return false;
    }
    return false;
  }

  set(name: string, value: Value): void {
    this.bindings.set(name, value);
    this.definitions?.delete(name);
  }

  /** More is known of what a name holds; it is still what it was defined to be. */
  narrow(name: string, value: Value): void {
    const definition = this.definitionOf(name);
    this.set(name, value);
    if (definition) this.define(name, definition);
  }

  /** Notes the expression that a name has just been bound to. */
  define(name: string, expr: Expr): void {
    this.definitions ??= new Map();
    this.definitions.set(name, expr);
  }

  /** The expression that a name was last bound to; what it reads may have changed since. */
  definitionOf(name: string): Expr | undefined {
    for (let layer: Environment | undefined = this; layer; layer = layer.parent) {
      if (layer.bindings.has(name)) return layer.definitions?.get(name);
      if (layer.isScope) return undefined;
    }
    return undefined;
  }

  factOf(term: string): Range | undefined {
    if (!this.hasFacts) return undefined;
    let found: Range | undefined;
    for (let layer: Environment | undefined = this; layer; layer = layer.parent) {
      const fact = layer.facts.get(term);
      if (fact) found = found ? intersect(fact, found) : fact;
      if (layer.isScope) break;
    }
    return found;
  }

  learn(term: string, fact: Range): void {
    const before = this.factOf(term);
    if (before && isDisjoint(before, fact)) this.impossible = true;
    this.hasFacts = true;
    const known = this.facts.get(term);
    this.facts.set(term, known ? intersect(known, fact) : fact);
  }

  /** The terms of which something was learned since `base`, a layer below this one. */
  learnedSince(base: Environment): string[] {
    const terms: string[] = [];
    for (let layer: Environment | undefined = this; layer && layer !== base; layer = layer.parent)
      terms.push(...layer.facts.keys());
    return terms;
  }

  branch(): Environment {
    return new Environment(this);
  }

  /**
   * Goes on after branches of this layer have ended; those that are dead do not count. A name that they leave with
   * different values gets a value of its own, with a new term, so that later tests can speak of it.
   */
  merge(branches: readonly Environment[], freshTerm: (name: string) => string): void {
    const live = branches.filter((branch) => !branch.dead);
    const [first] = live;
    if (first === undefined) {
      this.dead = true;
      return;
    }
    if (live.length === 1) {
      for (const [name, value] of first.bindings) {
        this.set(name, value);
        const definition = first.definitions?.get(name);
        if (definition) this.define(name, definition);
      }
      for (const [term, fact] of first.facts) this.learn(term, fact);
      return;
    }
    const names = new Set(live.flatMap((branch) => [...branch.bindings.keys()]));
    for (const name of names) {
      let joined: Value | undefined;
      for (const branch of live) {
        const value = branch.get(name);
        // Unbound on one path: whoever reads it afterwards relies on the other.
        if (value === undefined) continue;
        joined = joined === undefined ? value : joinValues(joined, value);
      }
      if (joined?.kind === 'quantity' && joined.term === undefined) joined = { ...joined, term: freshTerm(name) };
      this.set(name, joined ?? UNKNOWN);
    }
  }
}
