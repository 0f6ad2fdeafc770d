// `[tool.nanlens]` of the pyproject.toml nearest to a file: what the project wants checked, and how.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { parse, TomlError } from 'smol-toml';
import { type RuleIdentity, unknownSelectors } from '../analyzer/config';
import { type AnalysisConfig, type Confidence, DEFAULT_CONFIG, type Severity } from '../analyzer/finding';
import { UsageError } from './arguments';
import { hint } from './closest';
import { describeFileError, errorCode } from './file-error';

/** What the command line itself asks for; undefined where it says nothing. */
export interface CommandLineConfig {
  readonly select: readonly string[];
  readonly ignore: readonly string[];
  readonly minConfidence: Confidence | undefined;
}

interface ProjectSettings {
  readonly select: readonly string[];
  readonly extendSelect: readonly string[];
  readonly ignore: readonly string[];
  readonly perFileIgnores: readonly { readonly files: Ignore; readonly selectors: readonly string[] }[];
  readonly exclude: Ignore;
  readonly minConfidence: Confidence | undefined;
  readonly severity: Readonly<Record<string, Severity | 'off'>>;
}

/** The settings of one pyproject.toml. */
export interface ProjectConfig extends ProjectSettings {
  /** Absolute folder of the file; its patterns are relative to it. */
  readonly folder: string;
}

const CONFIDENCES: readonly Confidence[] = ['possible', 'likely', 'proven'];
const SEVERITIES: readonly (Severity | 'off')[] = ['error', 'warning', 'information', 'hint', 'off'];
const KEYS = ['select', 'extend-select', 'ignore', 'per-file-ignores', 'exclude', 'min-confidence', 'severity'];

type Table = Readonly<Record<string, unknown>>;

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads one table; every fault is a UsageError that names the key. */
class TableReader {
  constructor(
    private readonly table: Table,
    private readonly file: string,
  ) {}

  private fail(key: string, expected: string): never {
    throw new UsageError(`${this.file}: tool.nanlens.${key} must be ${expected}`);
  }

  strings(key: string, value: unknown = this.table[key]): readonly string[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) this.fail(key, 'a list of strings');
    return value.map((item: unknown) => (typeof item === 'string' ? item : this.fail(key, 'a list of strings')));
  }

  choice<T extends string>(key: string, choices: readonly T[], value: unknown = this.table[key]): T | undefined {
    if (value === undefined) return undefined;
    return choices.find((choice) => choice === value) ?? this.fail(key, `one of ${choices.join(', ')}`);
  }

  entries(key: string): [string, unknown][] {
    const value = this.table[key];
    if (value === undefined) return [];
    if (!isTable(value)) this.fail(key, 'a table');
    return Object.entries(value);
  }
}

/**
 * Reads the text of a pyproject.toml.
 *
 * @param file how it is named in messages
 * @returns undefined where it says nothing of NaN Lens
 * @throws UsageError in the user's words
 */
export function parseProjectSettings(
  text: string,
  file: string,
  rules: readonly RuleIdentity[],
  warn: (message: string) => void,
): ProjectSettings | undefined {
  // Other people's broken or unusual files are none of our business.
  if (!text.includes('nanlens')) return undefined;
  let document: Table;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new UsageError(`${file}:${error.line}:${error.column}: ${reason}`);
  }
  const table = isTable(document.tool) ? document.tool.nanlens : undefined;
  if (table === undefined) return undefined;
  if (!isTable(table)) throw new UsageError(`${file}: tool.nanlens must be a table`);
  for (const key of Object.keys(table)) {
    if (!KEYS.includes(key)) warn(`${file}: tool.nanlens.${key} is not known${hint(key, KEYS)}`);
  }
  const reader = new TableReader(table, file);
  const severity = reader
    .entries('severity')
    .map(([selector, value]) => [selector, reader.choice(`severity.${selector}`, SEVERITIES, value)] as const);
  const perFileIgnores = reader.entries('per-file-ignores').map(([pattern, value]) => ({
    files: ignore().add(pattern),
    selectors: reader.strings(`per-file-ignores.${pattern}`, value),
  }));
  const settings = {
    select: reader.strings('select'),
    extendSelect: reader.strings('extend-select'),
    ignore: reader.strings('ignore'),
    perFileIgnores,
    exclude: ignore().add(reader.strings('exclude')),
    minConfidence: reader.choice('min-confidence', CONFIDENCES),
    severity: Object.fromEntries(severity.flatMap(([selector, value]) => (value ? [[selector, value]] : []))),
  };
  const selectors = [
    ...settings.select,
    ...settings.extendSelect,
    ...settings.ignore,
    ...perFileIgnores.flatMap((entry) => entry.selectors),
    ...Object.keys(settings.severity),
  ];
  const names = rules.flatMap(({ code, name }) => [code, name]);
  for (const selector of new Set(unknownSelectors(selectors, rules))) {
    warn(`${file}: no rule is called "${selector}"${hint(selector, names)}`);
  }
  return settings;
}

function matches(patterns: Ignore, folder: string, file: string): boolean {
  const relative = path.relative(folder, file).split(path.sep).join('/');
  return relative !== '' && !relative.startsWith('../') && relative !== '..' && patterns.ignores(relative);
}

/** Finds and remembers the settings that hold in each folder. */
export class ProjectConfigs {
  private readonly byFolder = new Map<string, Promise<ProjectConfig | undefined>>();

  constructor(
    private readonly rules: readonly RuleIdentity[],
    private readonly commandLine: CommandLineConfig,
    private readonly warn: (message: string) => void,
  ) {}

  /** The settings nearest to a folder (absolute). @throws UsageError in the user's words */
  private settingsIn(folder: string): Promise<ProjectConfig | undefined> {
    const known = this.byFolder.get(folder);
    if (known) return known;
    const found = this.load(folder).then((own) => {
      const parent = path.dirname(folder);
      return own ?? (parent === folder ? undefined : this.settingsIn(parent));
    });
    this.byFolder.set(folder, found);
    return found;
  }

  private async load(folder: string): Promise<ProjectConfig | undefined> {
    const file = path.join(folder, 'pyproject.toml');
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      const isAbsent = ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(error) ?? '');
      if (!isAbsent) this.warn(`${file} could not be read: ${describeFileError(error)}`);
      return undefined;
    }
    const settings = parseProjectSettings(text, file, this.rules, this.warn);
    return settings && { ...settings, folder };
  }

  /** Whether the project leaves a file or folder (absolute) out. */
  async excludes(target: string): Promise<boolean> {
    const project = await this.settingsIn(path.dirname(target));
    return project !== undefined && matches(project.exclude, project.folder, target);
  }

  /**
   * The configuration for a file (absolute). What the command line selects is selected whatever the project ignores;
   * what it ignores is ignored on top.
   */
  async configFor(file: string): Promise<AnalysisConfig> {
    const project = await this.settingsIn(path.dirname(file));
    const { select, ignore: ignored, minConfidence } = this.commandLine;
    const perFile = (project?.perFileIgnores ?? []).flatMap(({ files, selectors }) =>
      project && matches(files, project.folder, file) ? selectors : [],
    );
    const isSelecting = select.length > 0;
    return {
      select: isSelecting ? select : selectedBy(project),
      ignore: [...(isSelecting ? [] : (project?.ignore ?? [])), ...perFile, ...ignored],
      minConfidence: minConfidence ?? project?.minConfidence ?? DEFAULT_CONFIG.minConfidence,
      severity: project?.severity ?? DEFAULT_CONFIG.severity,
    };
  }
}

function selectedBy(project: ProjectConfig | undefined): readonly string[] {
  if (project === undefined || project.extendSelect.length === 0) return project?.select ?? [];
  return [...(project.select.length === 0 ? ['ALL'] : project.select), ...project.extendSelect];
}
