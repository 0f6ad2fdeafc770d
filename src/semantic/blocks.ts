// The blocks inside a statement, for everything that walks statements.

import type { Block, Stmt } from '../syntax/ast';

/** The statement lists that a statement holds directly. */
export function blocksOf(stmt: Stmt): readonly Block[] {
  switch (stmt.kind) {
    case 'If':
    case 'For':
    case 'While':
      return stmt.orelse ? [stmt.body, stmt.orelse] : [stmt.body];
    case 'With':
    case 'FunctionDef':
    case 'ClassDef':
      return [stmt.body];
    case 'Try':
      return [
        stmt.body,
        ...stmt.handlers.map((h) => h.body),
        ...(stmt.orelse ? [stmt.orelse] : []),
        ...(stmt.finalbody ? [stmt.finalbody] : []),
      ];
    case 'Match':
      return stmt.cases.map((c) => c.body);
    default:
      return [];
  }
}
