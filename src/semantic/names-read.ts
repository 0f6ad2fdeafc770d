// The names that a piece of code reads.

import type { Node } from '../syntax/ast';
import { childrenOf } from '../syntax/walk';

export function namesRead(node: Node, into: Set<string> = new Set()): Set<string> {
  if (node.kind === 'Name') into.add(node.id);
  for (const child of childrenOf(node)) namesRead(child, into);
  return into;
}
