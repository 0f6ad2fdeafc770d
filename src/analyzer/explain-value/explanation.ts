// What is known of the value of one expression, as plain data: the faces put it into words.

import type { DType } from '../../semantic/dtype';
import type { Framework, Role } from '../../semantic/value';
import type { Span } from '../../text/span';

/** Where finite values lie; what is NaN lies nowhere. */
export interface ValueRange {
  /** -Infinity and Infinity where there is no bound. */
  readonly lo: number;
  readonly hi: number;
  /** Whether exactly these numbers occur. */
  readonly reachesLo: boolean;
  readonly reachesHi: boolean;
  /** Whether exactly 0 occurs, or never does; undefined where that is not known, or where the ends say it. */
  readonly zero: 'occurs' | 'never' | undefined;
}

/** Operands at which the operation that makes the value breaks. */
export interface Danger {
  /** `gradient`: the value is finite, its gradient is not. `not finite`: Inf or NaN. */
  readonly effect: 'infinite' | 'nan' | 'not finite' | 'gradient';
  /** As the source writes it. */
  readonly operand: string;
  readonly when: 'zero' | 'negative' | 'large' | 'at the end of its domain';
  /** Above this, where `when` is `large`. */
  readonly above?: number;
}

/** A span of the file, or of a code cell of the notebook (from 0). */
export interface Place {
  readonly cell: number;
  readonly span: Span;
}

/** A place that says why. */
export interface Because extends Place {
  readonly message: string;
}

export interface ValueExplanation extends Place {
  /** The expression as the source writes it, on one line and not too long. */
  readonly text: string;
  readonly holder: 'tensor' | 'scalar' | undefined;
  readonly framework: Framework | undefined;
  readonly dtype: DType | undefined;
  readonly role: Role | undefined;
  /** Holds however the code is called. */
  readonly range: ValueRange | undefined;
  /** Says more, but rests on the name, on defaults and on the calls that this file makes. */
  readonly presumed: { readonly range: ValueRange | undefined; readonly role: Role | undefined } | undefined;
  readonly dangers: readonly Danger[];
  /** An infinity that the program puts there on purpose. */
  readonly holdsInfinity: boolean;
  /** No gradient flows back from here. */
  readonly stopsGradient: boolean;
  /** Computed in a region of mixed precision. */
  readonly autocast: (Place & { readonly dtype: DType | undefined }) | undefined;
  readonly because: readonly Because[];
}
