// One use of a library operation in the source: which operation, on which operands, under which circumstances.

import type { Expr, Node, Segment } from '../syntax/ast';
import type { Reach } from './range';
import type { AutocastRegion, Framework, Origin, Value } from './value';

export interface SiteOperand {
  readonly expr: Expr;
  readonly value: Value;
}

/** What an operation cannot bear. */
export interface Breakdown {
  /** The operand that is at fault. */
  readonly operand: SiteOperand;
  /** How sure it is that it gets there. */
  readonly reach: Reach;
  /** Whether the value breaks already, or only the gradient. */
  readonly breaksValue: boolean;
  /** Nothing that the operand can be is borne. */
  readonly isCertain: boolean;
}

/** An operation on which a selected value depends, as it is where that value is not selected. */
export interface UnselectedSite {
  /** The operand of the selection that it belongs to. */
  readonly branch: string;
  readonly site: OperationSite;
  readonly broken: Breakdown;
  /** The condition by which it is selected, and whether it has to hold for that. */
  readonly condition: Expr;
  readonly holds: boolean;
}

export interface OperationSite {
  readonly operation: string;
  readonly framework: Framework;
  /** Qualified name of the function or class, or the method's name with a leading dot, or the operator. */
  readonly name: string;
  readonly node: Node;
  readonly segment: Segment;
  readonly operands: ReadonlyMap<string, SiteOperand>;
  readonly form: 'function' | 'method' | 'module' | 'operator';
  readonly inPlace: boolean;
  /** The value that the operation gives. */
  readonly result: Value;
  /** Object whose call this is, for `form: 'module'`. */
  readonly callee: Value | undefined;
  /** false inside no_grad, inference_mode and the like. */
  readonly gradient: boolean;
  readonly autocast: AutocastRegion | undefined;
  /** For a selection: what breaks in its branches on the elements for which they are not selected. */
  readonly unselected?: readonly UnselectedSite[];
  /** Per operand the call that made it, where repeating that call here would give the same value. */
  readonly origins: ReadonlyMap<string, Origin>;
}
