// `[tool.nanlens]` of the pyproject.toml nearest to a file, read from the disk: what the project wants checked, and how.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RuleIdentity } from '../analyzer/config';
import type { AnalysisConfig, Confidence } from '../analyzer/finding';
import { configurationFor } from '../project/configuration';
import { type ProjectProblem, type ProjectSettings, readProjectSettings } from '../project/settings';
import { LineIndex } from '../text/line-index';
import { UsageError } from './arguments';
import { describeFileError, errorCode } from './file-error';
import { visible } from './terminal';

/** What the command line itself asks for; undefined where it says nothing. */
export interface CommandLineConfig {
  readonly select: readonly string[];
  readonly ignore: readonly string[];
  readonly minConfidence: Confidence | undefined;
}

/** The settings of one pyproject.toml. */
export interface ProjectConfig {
  /** Absolute folder of the file; its patterns are relative to it. */
  readonly folder: string;
  readonly settings: ProjectSettings;
}

/** The path from the folder to the file, with slashes. */
function relativePath(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
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
    const { settings, problems } = readProjectSettings(text, this.rules);
    this.tell(file, text, problems);
    return settings && { folder, settings };
  }

  /** Warns of what has no effect. @throws UsageError for values that cannot be used: a build must not pass by mistake */
  private tell(file: string, text: string, problems: readonly ProjectProblem[]): void {
    const lines = new LineIndex(text);
    const told = problems.map(({ message, span, severity }) => {
      const { line, column } = lines.position(span.start);
      return { severity, sentence: visible(`${file}:${line + 1}:${column + 1}: ${message}`) };
    });
    for (const { severity, sentence } of told) if (severity === 'warning') this.warn(sentence);
    const faults = told.filter(({ severity }) => severity === 'error').map(({ sentence }) => sentence);
    if (faults.length > 0) throw new UsageError(faults.join('\n'));
  }

  /** Whether the project leaves a file or folder (absolute) out. */
  async excludes(target: string): Promise<boolean> {
    const project = await this.settingsIn(path.dirname(target));
    return project?.settings.exclude.matches(relativePath(project.folder, target)) ?? false;
  }

  /** The baseline that the project names for a file (both absolute). */
  async baselineFor(file: string): Promise<string | undefined> {
    const project = await this.settingsIn(path.dirname(file));
    return project?.settings.baseline && path.resolve(project.folder, project.settings.baseline.path);
  }

  /**
   * The configuration for a file (absolute). What the command line selects is selected whatever the project ignores;
   * what it ignores is ignored on top.
   */
  async configFor(file: string): Promise<AnalysisConfig> {
    const project = await this.settingsIn(path.dirname(file));
    const { select, ignore, minConfidence } = this.commandLine;
    return configurationFor({
      person: { select: select.length > 0 ? select : undefined, ignore, minConfidence },
      project: project?.settings,
      path: project ? relativePath(project.folder, file) : '',
      preference: 'editorFirst',
    });
  }
}
