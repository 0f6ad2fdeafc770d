// `nanlens rules` and `nanlens explain`: what is looked for, and why.

import { hint } from '../text/closest';
import { type CommandSpec, type ParsedArguments, UsageError, wrap } from './arguments';
import { type Context, EXIT, type ExitCode } from './context';
import { markdownToText } from './markdown-text';

const FORMATS = ['text', 'json'] as const;

export const RULES: CommandSpec = {
  name: 'rules',
  usage: '[options]',
  summary: 'List every rule.',
  minPositionals: 0,
  maxPositionals: 0,
  options: [
    { name: 'output-format', value: 'FORMAT', choices: FORMATS, help: 'How the list is written (default: text).' },
  ],
};

export const EXPLAIN: CommandSpec = {
  name: 'explain',
  usage: 'RULE',
  summary: 'Show the page of a rule: what it finds, why that is bad, what to write instead.',
  minPositionals: 1,
  maxPositionals: 1,
  options: [],
  details: ['RULE is a code (NAN101) or a name (log-of-possible-zero).'],
};

export function runRules(args: ParsedArguments, { rules, terminal }: Context): ExitCode {
  if (args.value('output-format') === 'json') {
    const list = rules.map(({ code, name, severity, summary, url }) => ({ code, name, severity, summary, url }));
    terminal.line(JSON.stringify({ version: 1, rules: list }, null, 2));
    return EXIT.clean;
  }
  const { paint } = terminal;
  const columns = (['code', 'name', 'severity'] as const).map((key) => ({
    key,
    width: Math.max(0, ...rules.map((rule) => rule[key].length)),
  }));
  const indent = columns.reduce((sum, { width }) => sum + width + 2, 0);
  for (const rule of rules) {
    const cells = columns.map(({ key, width }) => {
      const cell = rule[key].padEnd(width);
      return key === 'code' ? paint.bold(cell) : cell;
    });
    const summary = wrap(markdownToText(rule.summary, Number.POSITIVE_INFINITY), Math.max(30, terminal.width - indent));
    for (const [i, line] of summary.entries()) {
      terminal.line(`${i === 0 ? `${cells.join('  ')}  ` : ' '.repeat(indent)}${line}`.trimEnd());
    }
  }
  return EXIT.clean;
}

export function runExplain(args: ParsedArguments, { rules, terminal }: Context): ExitCode {
  const wanted = args.positionals[0] ?? '';
  const rule = rules.find(
    ({ code, name }) => code.toLowerCase() === wanted.toLowerCase() || name === wanted.toLowerCase(),
  );
  if (rule === undefined) {
    const names = rules.flatMap(({ code, name }) => [code, name]);
    throw new UsageError(`no rule is called "${wanted}"${hint(wanted, names)}; "nanlens rules" lists them`);
  }
  terminal.line(markdownToText(rule.page, terminal.width, terminal.paint));
  terminal.line();
  terminal.line(rule.url);
  return EXIT.clean;
}
