// Which line a debugger comes to next after a statement.

import type { Expr, Stmt } from '../../syntax/ast';
import { blocksOf } from '../../syntax/walk';

/** A line that is run after a statement. */
export interface Landing {
  /** 1-based. */
  readonly line: number;
  /** Whether it is the following statement of the same suite, which no loop comes back to. */
  readonly isNext: boolean;
}

export class Landings {
  constructor(private readonly lineOf: (statement: Stmt) => number) {}

  /** The first line of a suite that a debugger can stop at. */
  first(body: readonly Stmt[] | undefined): Landing | undefined {
    const next = body?.find(leavesCode);
    return next && { line: this.lineOf(next), isNext: false };
  }

  /** After one statement of a suite that is followed by `then`. */
  after(body: readonly Stmt[], index: number, then: Landing | undefined): Landing | undefined {
    const statement = body[index];
    const line = statement && this.lineOf(statement);
    for (const next of body.slice(index + 1)) {
      if (!leavesCode(next)) continue;
      const nextLine = this.lineOf(next);
      // A line is stopped at once, before its first statement.
      if (nextLine !== line) return { line: nextLine, isNext: next.kind !== 'For' && next.kind !== 'While' };
    }
    return then && then.line !== line ? { ...then, isNext: false } : undefined;
  }

  /** The suites of a compound statement, each with what follows it. */
  inside(statement: Stmt, after: Landing | undefined): readonly (readonly [readonly Stmt[], Landing | undefined])[] {
    const then = after && { ...after, isNext: false };
    switch (statement.kind) {
      case 'For':
      case 'While': {
        const isEndless = statement.kind === 'While' && isConstant(statement.test);
        // `while True:` is no line that is come back to.
        const head = isEndless ? this.first(statement.body.body) : { line: this.lineOf(statement), isNext: false };
        const body = statement.body.body;
        const isOneLine = head !== undefined && body.some((inner) => this.lineOf(inner) === this.lineOf(statement));
        const orelse = statement.orelse?.body;
        return [[body, isOneLine ? then : head], ...(orelse ? [[orelse, then] as const] : [])];
      }
      case 'With':
        // The line of a `with` is run once more at its end.
        return [[statement.body.body, then ?? { line: this.lineOf(statement), isNext: false }]];
      case 'Try': {
        const last = this.first(statement.finalbody?.body) ?? then;
        const suites: (readonly [readonly Stmt[], Landing | undefined])[] = [];
        suites.push([statement.body.body, this.first(statement.orelse?.body) ?? last]);
        for (const handler of statement.handlers) suites.push([handler.body.body, last]);
        if (statement.orelse) suites.push([statement.orelse.body, last]);
        if (statement.finalbody) suites.push([statement.finalbody.body, then]);
        return suites;
      }
      default:
        return blocksOf(statement).map((block) => [block.body, then] as const);
    }
  }
}

function isConstant(test: Expr): boolean {
  return (test.kind === 'Constant' && test.value === true) || (test.kind === 'Number' && test.value !== 0);
}

/** Whether Python compiles the statement to something that a debugger can stop at. */
function leavesCode(statement: Stmt): boolean {
  switch (statement.kind) {
    case 'Global':
    case 'Nonlocal':
    case 'BrokenStmt':
      return false;
    case 'AnnAssign':
      return statement.value !== undefined;
    case 'ExprStmt': {
      const { kind } = statement.value;
      return !(kind === 'Number' || kind === 'Constant' || (kind === 'String' && statement.value.parts.length === 0));
    }
    default:
      return true;
  }
}
