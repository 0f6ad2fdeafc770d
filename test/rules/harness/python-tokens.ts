// A small tokenizer of Python for tests: enough to cut a program between tokens and to rename a name everywhere.

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'comment' | 'operator';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<string>[rbuftRBUFT]{0,2}(?:"""(?:[^\\]|\\.)*?"""|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))`,
    String.raw`(?<comment>#[^\n]*)`,
    String.raw`(?<number>(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)`,
    String.raw`(?<name>[\p{L}_][\p{L}\p{N}_]*)`,
    String.raw`(?<operator>\*\*=|\/\/=|->|:=|[<>!=+\-*/%&|^@]=|\*\*|\/\/|[^\s])`,
  ].join('|'),
  'gsu',
);

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  for (const match of source.matchAll(TOKEN)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] as Token['kind'];
    tokens.push({ kind, text: match[0], start: match.index, end: match.index + match[0].length });
  }
  return tokens;
}

/** Names that an import binds without a dot in them, in order of appearance, each once. */
export function importedNames(source: string): string[] {
  const names = new Set<string>();
  for (const [, list = ''] of source.matchAll(/^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+([^\n]+)$/gm)) {
    for (const item of list.replace(/[()]/g, '').split(',')) {
      const bound = /^\s*[\w.]+\s+as\s+(\w+)\s*$/.exec(item)?.[1] ?? item.trim();
      if (/^\w+$/.test(bound)) names.add(bound);
    }
  }
  // `import torch.nn` binds torch as well: it cannot be renamed without changing the module.
  for (const [, root = ''] of source.matchAll(/^[ \t]*import[ \t]+(\w+)\.[\w.]+[ \t]*$/gm)) names.delete(root);
  return [...names];
}

/**
 * The program with an imported name renamed at its import (`import x as y`) and at every use; undefined where the text
 * alone cannot say what is a use (the name stands in a string).
 */
export function renameImport(source: string, name: string, renamed: string): string | undefined {
  const tokens = tokenize(source);
  if (tokens.some((token) => token.kind === 'string' && new RegExp(`\\b${name}\\b`).test(token.text))) return undefined;
  let out = '';
  let last = 0;
  let depth = 0;
  let importing: 'import' | 'from' | undefined;
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    const after = tokens[i + 1];
    const startsLine = before === undefined || (depth === 0 && source.slice(before.end, token.start).includes('\n'));
    if (startsLine) importing = undefined;
    if (token.kind === 'operator' && '([{'.includes(token.text)) depth++;
    if (token.kind === 'operator' && ')]}'.includes(token.text)) depth--;
    if (startsLine && (token.text === 'import' || token.text === 'from')) importing = token.text;
    if (token.kind !== 'name' || token.text !== name) return;
    let replacement: string | undefined;
    if (importing) {
      const isModulePath = importing === 'from' && (before?.text === 'from' || before?.text === '.');
      if (isModulePath || after?.text === '.' || after?.text === 'as') return;
      replacement = before?.text === 'as' ? renamed : `${name} as ${renamed}`;
    } else {
      const isAttribute = before?.text === '.';
      const isKeyword = depth > 0 && after?.text === '=' && (before?.text === '(' || before?.text === ',');
      if (!isAttribute && !isKeyword) replacement = renamed;
    }
    if (replacement === undefined) return;
    out += source.slice(last, token.start) + replacement;
    last = token.end;
  });
  return out + source.slice(last);
}
