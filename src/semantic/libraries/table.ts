// The form of the library tables: one line a call, in a small notation, so that knowledge stays data.

import type { Framework } from '../value';

/**
 * What a library callable does, in the terms of `operations.ts`. Written as `operation operand operand:keyword …`:
 * operands in positional order, each with the library's own keyword(s) where they differ (`x:input|self`). An operand
 * after `*` is keyword-only. `!` at the end of the operation marks an in-place variant.
 */
export interface Signature {
  readonly operation: string;
  readonly inPlace: boolean;
  readonly positional: readonly string[];
  /** Keyword to operand. */
  readonly keywords: ReadonlyMap<string, string>;
  readonly framework: Framework;
}

export interface LibraryTable {
  readonly framework: Framework;
  /** Where its functions live; a name may have several homes. */
  readonly functions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Methods of its arrays; the receiver is the first operand. */
  readonly methods: Readonly<Record<string, string>>;
  /** Classes whose objects, when called, do an operation (`nn.Softmax`): the call's operands. */
  readonly modules: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Named numbers. */
  readonly constants: Readonly<Record<string, number>>;
}

export function parseSignature(spec: string, framework: Framework): Signature {
  const [head = '', ...operands] = spec.split(' ');
  const positional: string[] = [];
  const keywords = new Map<string, string>();
  let keywordOnly = false;
  for (const operand of operands) {
    if (operand === '*') {
      keywordOnly = true;
      continue;
    }
    const [name = '', aliases] = operand.split(':');
    for (const keyword of aliases ? aliases.split('|') : [name]) keywords.set(keyword, name);
    if (!keywordOnly) positional.push(name);
  }
  const inPlace = head.endsWith('!');
  return { operation: inPlace ? head.slice(0, -1) : head, inPlace, positional, keywords, framework };
}
