// A rule's documentation page, written from what the rule declares. The files in media/rules are this text.

import type { RuleMetadata } from './rule';

/** Where a rule's page is read by people who have only its code. */
export function ruleUrl(code: string): string {
  return `https://github.com/nanlens/nanlens/blob/main/media/rules/${code}.md`;
}

const FIX_NOTE: Readonly<Record<RuleMetadata['fixable'], string>> = {
  safe: 'A safe fix is offered: an equal form, or the same statements in the right order.',
  unsafe: 'A fix is offered. It changes the numbers or the behaviour, so it is never applied on save.',
  both: 'Fixes are offered: safe ones where an equivalent form exists, else ones that change the numbers and are never applied on save.',
  no: 'No fix is offered.',
};

function python(code: string): string {
  return `\`\`\`python\n${code.trim()}\n\`\`\``;
}

function needs(modules: readonly string[] | undefined): string {
  if (modules === undefined) return '';
  const names = modules.map((module) => `\`${module}\``);
  const last = names.at(-1) ?? '';
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${last}` : last;
  return ` It looks only at files that import ${list}.`;
}

/** The whole page in Markdown, with a final line end. */
export function rulePage(rule: RuleMetadata): string {
  const { docs } = rule;
  return `# ${rule.code} ${rule.name}

${rule.summary.trim()}

Severity: **${rule.severity}**. ${FIX_NOTE[rule.fixable]}${needs(rule.needs)}

## What it does

${docs.what.trim()}

## Why is this bad

${docs.why.trim()}

## Example

${python(docs.bad)}

## Use instead

${docs.remedy.trim()}

${python(docs.good)}

## Options

- VS Code: \`"nanlens.severity": { "${rule.code}": "error" }\` (or \`"warning"\`, \`"information"\`, \`"hint"\`, \`"off"\`).
- \`pyproject.toml\`: \`ignore = ["${rule.code}"]\` under \`[tool.nanlens]\`.
- Command line: \`nanlens check --ignore ${rule.code}\`.

## Suppress

On the line, or on the line above it:

\`\`\`python
...  # nanlens: ignore[${rule.code}] the reason
\`\`\`

For the whole file, at its top:

\`\`\`python
# nanlens: ignore-file[${rule.code}] the reason
\`\`\`
`;
}
