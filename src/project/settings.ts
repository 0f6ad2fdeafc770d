// What a project asks for: `[tool.nanlens]` of a pyproject.toml as settings, and what is wrong with it, each in its place.

import { type RuleIdentity, unknownSelectors } from '../analyzer/config';
import type { Confidence, Severity } from '../analyzer/finding';
import { hint } from '../text/closest';
import type { Span } from '../text/span';
import { PathPatterns } from './path-patterns';
import { entryAt, isFault, parseToml, type TomlEntry, type TomlTable, type TomlValue } from './toml-table';

export interface PerFileIgnore {
  readonly files: PathPatterns;
  readonly selectors: readonly string[];
}

/** The table's values; undefined where it says nothing. */
export interface ProjectSettings {
  readonly select: readonly string[] | undefined;
  readonly extendSelect: readonly string[];
  readonly ignore: readonly string[];
  readonly perFileIgnores: readonly PerFileIgnore[];
  readonly exclude: PathPatterns;
  readonly minConfidence: Confidence | undefined;
  readonly severity: Readonly<Record<string, Severity | 'off'>>;
}

/** A sentence about a key or value, for the line it stands on. */
export interface ProjectProblem {
  readonly message: string;
  readonly span: Span;
  /** error: it cannot be used, so a default stands in. warning: it names what does not exist, and has no effect. */
  readonly severity: 'error' | 'warning';
}

export interface ProjectReading {
  /** Undefined where the file has no such table, or is no TOML. */
  readonly settings: ProjectSettings | undefined;
  readonly problems: readonly ProjectProblem[];
}

export const CONFIDENCES: readonly Confidence[] = ['possible', 'likely', 'proven'];
export const SEVERITIES: readonly (Severity | 'off')[] = ['error', 'warning', 'information', 'hint', 'off'];

const TABLE = ['tool', 'nanlens'];

/** The keys of the table, in the order in which they are documented. */
export const KEYS = [
  'select',
  'extend-select',
  'ignore',
  'per-file-ignores',
  'exclude',
  'min-confidence',
  'severity',
] as const;

function isKey(name: string): boolean {
  return KEYS.some((key) => key === name);
}

const KINDS: Readonly<Record<TomlValue['kind'], string>> = {
  table: 'a table',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date',
};

const NOTHING: ProjectReading = { settings: undefined, problems: [] };

/** Where the text of a broken file speaks of our table: a dependency of the same name does not count. */
const MENTION = /\btool\s*\.\s*["']?nanlens\b|^\s*["']?nanlens["']?\s*[.=](?!=)/m;

/** Reads the text of a pyproject.toml. Never throws: a value that cannot be used is told of, and a default stands in. */
export function readProjectSettings(text: string, rules: readonly RuleIdentity[]): ProjectReading {
  // Other people's broken or unusual files are none of our business.
  if (!text.includes('nanlens')) return NOTHING;
  const document = parseToml(text);
  if (isFault(document)) {
    if (!MENTION.test(text)) return NOTHING;
    return { settings: undefined, problems: [{ ...document, severity: 'error' }] };
  }
  const entry = entryAt(document, TABLE);
  return entry ? new TableReader(rules).read(entry) : NOTHING;
}

class TableReader {
  private readonly problems: ProjectProblem[] = [];

  constructor(private readonly rules: readonly RuleIdentity[]) {}

  read({ key, value }: TomlEntry): ProjectReading {
    if (value.kind !== 'table') {
      this.fail(key, `tool.nanlens must be a table, but is ${KINDS[value.kind]}`);
      return { settings: undefined, problems: this.problems };
    }
    for (const [name, { key: place }] of value.entries) {
      if (!isKey(name)) this.warn(place, `tool.nanlens.${name} is not known${hint(name, KEYS)}`);
    }
    const settings: ProjectSettings = {
      select: this.selectors('select', value.entries.get('select')),
      extendSelect: this.selectors('extend-select', value.entries.get('extend-select')) ?? [],
      ignore: this.selectors('ignore', value.entries.get('ignore')) ?? [],
      perFileIgnores: this.perFileIgnores(value),
      exclude: new PathPatterns(this.texts('exclude', value.entries.get('exclude'))?.map(({ text }) => text) ?? []),
      minConfidence: this.choice('min-confidence', value.entries.get('min-confidence')?.value, CONFIDENCES),
      severity: this.severities(value),
    };
    return { settings, problems: this.problems.sort((a, b) => a.span.start - b.span.start) };
  }

  private fail(span: Span, message: string): void {
    this.problems.push({ message, span, severity: 'error' });
  }

  private warn(span: Span, message: string): void {
    this.problems.push({ message, span, severity: 'warning' });
  }

  /** The strings of a list; what is none is told of and left out. */
  private texts(name: string, entry: TomlEntry | undefined): { text: string; span: Span }[] | undefined {
    if (entry === undefined) return undefined;
    const { value } = entry;
    if (value.kind !== 'array') {
      this.fail(value.span, `tool.nanlens.${name} must be a list of strings, but is ${KINDS[value.kind]}`);
      return undefined;
    }
    return value.items.flatMap((item) => {
      if (item.kind === 'string') return [{ text: String(item.value), span: item.span }];
      this.fail(item.span, `tool.nanlens.${name} must be a list of strings, but holds ${KINDS[item.kind]}`);
      return [];
    });
  }

  private selectors(name: string, entry: TomlEntry | undefined): string[] | undefined {
    const texts = this.texts(name, entry);
    for (const { text, span } of texts ?? []) this.checkSelector(text, span);
    return texts?.map(({ text }) => text);
  }

  private checkSelector(selector: string, span: Span): void {
    if (unknownSelectors([selector], this.rules).length === 0) return;
    const names = this.rules.flatMap(({ code, name }) => [code, name]);
    this.warn(span, `no rule is called "${selector}"${hint(selector, names)}`);
  }

  private choice<T extends string>(name: string, value: TomlValue | undefined, choices: readonly T[]): T | undefined {
    if (value === undefined) return undefined;
    const found = choices.find((choice) => value.kind === 'string' && choice === value.value);
    if (found !== undefined) return found;
    const is = value.kind === 'string' ? `"${value.value}"` : KINDS[value.kind];
    const meant = value.kind === 'string' ? hint(String(value.value), choices) : '';
    this.fail(value.span, `tool.nanlens.${name} must be one of ${choices.join(', ')}, but is ${is}${meant}`);
    return undefined;
  }

  private entries(table: TomlTable, name: string): [string, TomlEntry][] {
    const entry = table.entries.get(name);
    if (entry === undefined) return [];
    const { value } = entry;
    if (value.kind === 'table') return [...value.entries];
    this.fail(value.span, `tool.nanlens.${name} must be a table, but is ${KINDS[value.kind]}`);
    return [];
  }

  private perFileIgnores(table: TomlTable): PerFileIgnore[] {
    return this.entries(table, 'per-file-ignores').map(([pattern, entry]) => ({
      files: new PathPatterns([pattern]),
      selectors: this.selectors(`per-file-ignores.${pattern}`, entry) ?? [],
    }));
  }

  private severities(table: TomlTable): Record<string, Severity | 'off'> {
    const severities: Record<string, Severity | 'off'> = Object.create(null);
    for (const [selector, { key, value }] of this.entries(table, 'severity')) {
      this.checkSelector(selector, key);
      const severity = this.choice(`severity.${selector}`, value, SEVERITIES);
      if (severity !== undefined) severities[selector] = severity;
    }
    return severities;
  }
}
