// What one may ask of checkpoints, and what one gets.

import type { Expr } from '../../syntax/ast';
import type { Edit } from '../../text/edit';

/** What a check does with a value that is not finite. */
export type CheckStyle = 'raise' | 'print' | 'breakpoint' | 'record';

export type CheckTarget =
  /** Every `forward`, every function that computes with tensors, every training loop. */
  | { readonly kind: 'everything' }
  /** Qualified (`Model.forward`) or its last part (`forward`), which may name several. */
  | { readonly kind: 'function'; readonly name: string }
  /** Statements that begin on these lines; 1-based, both included. */
  | { readonly kind: 'lines'; readonly first: number; readonly last: number };

/**
 * tensor: known to be an array of numbers, or a container of such. other: known to be none. unknown: the check, which
 * looks before it computes, may be put there.
 */
export type ValueKind = 'tensor' | 'unknown' | 'other';
export type KindOf = (expr: Expr) => ValueKind;

export interface CheckOptions {
  readonly target: CheckTarget;
  readonly style: CheckStyle;
  /** Whether the layers inside an `nn.Sequential` are checked too, by forward hooks. */
  readonly sequentialHooks: boolean;
  /** What is known of expressions; a judgement by syntax alone where it is left out. */
  readonly kindOf?: KindOf;
}

export interface InsertedCheck {
  /** 1-based line of the statement whose value is checked, in the text before the insertion. */
  readonly line: number;
  /** The value as the source names it: `h`, `self.state`, `value returned by forward`. */
  readonly name: string;
}

export interface Insertion {
  /** Sorted, disjoint, inside the text. Empty where there is nothing to do. */
  readonly edits: readonly Edit[];
  readonly inserted: readonly InsertedCheck[];
  /** What could not be done, in words. */
  readonly problems: readonly string[];
}
