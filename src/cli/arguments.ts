// Command lines: what a command takes, reading it from the arguments, and telling it as help.

import { hint } from '../text/closest';

export interface OptionSpec {
  /** "select" for `--select`. */
  readonly name: string;
  /** "h" for `-h`. */
  readonly short?: string;
  /** Name of the value in the help; an option without one is a switch. */
  readonly value?: string;
  /** The values that are allowed, where they can be listed. */
  readonly choices?: readonly string[];
  /** May be given several times; values are split at commas. */
  readonly isList?: boolean;
  readonly help: string;
}

export interface CommandSpec {
  readonly name: string;
  /** What follows the name in the usage line. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** Paragraphs after the options. */
  readonly details?: readonly string[];
  readonly minPositionals: number;
  readonly maxPositionals: number;
}

/** Wrong use of the command line; the message is for the user. */
export class UsageError extends Error {}

const HELP: OptionSpec = { name: 'help', short: 'h', help: 'Show this help.' };

export class ParsedArguments {
  constructor(
    readonly positionals: readonly string[],
    private readonly values: ReadonlyMap<string, readonly string[]>,
  ) {}

  has(option: string): boolean {
    return this.values.has(option);
  }

  /** The last value given. */
  value(option: string): string | undefined {
    return this.values.get(option)?.at(-1);
  }

  list(option: string): readonly string[] {
    return this.values.get(option) ?? [];
  }
}

/** @throws UsageError in the user's words, with the closest known option where one is near */
export function parseArguments(command: CommandSpec, argv: readonly string[]): ParsedArguments {
  const options = [...command.options, HELP];
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    if (argument === '--') {
      positionals.push(...argv.slice(i + 1));
      break;
    }
    if (argument === '-' || !argument.startsWith('-')) {
      positionals.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const option = options.find(({ name, short }) => flag === `--${name}` || (short && flag === `-${short}`));
    if (option === undefined) {
      const known = options.map(({ name }) => `--${name}`);
      throw new UsageError(`unknown option ${flag}${hint(flag, known)}`);
    }
    if (option.value === undefined) {
      if (equals >= 0) throw new UsageError(`--${option.name} takes no value`);
      values.set(option.name, []);
      continue;
    }
    const value = equals < 0 ? argv[++i] : argument.slice(equals + 1);
    if (value === undefined) throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value}`);
    values.set(option.name, [...(values.get(option.name) ?? []), ...readValue(option, value)]);
  }
  if (!values.has('help')) checkCount(command, positionals);
  return new ParsedArguments(positionals, values);
}

function readValue(option: OptionSpec, value: string): string[] {
  const parts = option.isList ? value.split(',').map((part) => part.trim()) : [value];
  const given = parts.filter((part) => part !== '');
  if (given.length === 0) throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value}`);
  for (const part of given) {
    if (option.choices && !option.choices.includes(part)) {
      throw new UsageError(
        `--${option.name} cannot be "${part}"${hint(part, option.choices)}: it is one of ${option.choices.join(', ')}`,
      );
    }
  }
  return given;
}

function checkCount(command: CommandSpec, positionals: readonly string[]): void {
  if (positionals.length < command.minPositionals) {
    throw new UsageError(`nanlens ${command.name} needs an argument: nanlens ${command.name} ${command.usage}`);
  }
  if (positionals.length > command.maxPositionals) {
    throw new UsageError(`nanlens ${command.name} does not know what to do with "${positionals.at(-1)}"`);
  }
}

/** The lines of `text`, none longer than `width` where words allow. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Rows of two columns, the second wrapped at `width`. */
export function twoColumns(rows: readonly (readonly [string, string])[], width: number): string[] {
  const left = Math.max(...rows.map(([term]) => term.length)) + 4;
  return rows.flatMap(([term, text]) =>
    wrap(text, Math.max(30, width - left)).map((line, i) =>
      `${(i === 0 ? `  ${term}` : '').padEnd(left)}${line}`.trimEnd(),
    ),
  );
}

/** The help page of one command. */
export function commandHelp(command: CommandSpec, width: number): string {
  const rows = [...command.options, HELP].map(({ name, short, value, choices, help }) => {
    const shown = choices ? choices.join('|') : value;
    return [`${short ? `-${short}, ` : ''}--${name}${shown ? ` ${shown}` : ''}`, help] as const;
  });
  const lines = [
    ...wrap(command.summary, width),
    '',
    `Usage: nanlens ${command.name} ${command.usage}`.trimEnd(),
    '',
    'Options:',
    ...twoColumns(rows, width),
  ];
  for (const paragraph of command.details ?? []) lines.push('', ...wrap(paragraph, width));
  return lines.join('\n');
}
