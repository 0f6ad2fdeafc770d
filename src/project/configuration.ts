// What holds for one file: the project's settings and those of the person at the editor or command line, one over the other.

import { type AnalysisConfig, type Confidence, DEFAULT_CONFIG, type Severity } from '../analyzer/finding';
import type { ProjectSettings } from './settings';

/** One source of settings; undefined where it says nothing. */
export interface ConfigLayer {
  readonly select?: readonly string[] | undefined;
  readonly extendSelect?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly minConfidence?: Confidence | undefined;
  readonly severity?: Readonly<Record<string, Severity | 'off'>> | undefined;
}

/**
 * Lays settings over each other, the last one uppermost. What a layer selects is selected whatever those below ignore;
 * what it ignores is ignored on top; of two severities for one selector, the upper counts.
 */
export function combineLayers(layers: readonly ConfigLayer[]): AnalysisConfig {
  let config = DEFAULT_CONFIG;
  for (const { select, extendSelect = [], ignore = [], minConfidence, severity } of layers) {
    const selected = select ?? config.select;
    config = {
      // An empty selection stands for every rule.
      select: extendSelect.length === 0 ? selected : [...(selected.length === 0 ? ['ALL'] : selected), ...extendSelect],
      ignore: select === undefined ? [...config.ignore, ...ignore] : ignore,
      minConfidence: minConfidence ?? config.minConfidence,
      // Of equally close selectors (a code and its name) the first counts, so the upper ones come first.
      severity: { ...severity, ...config.severity, ...severity },
    };
  }
  return config;
}

/** Of a person's settings and the project's: which count where both speak, or whether the project is asked at all. */
export type ConfigurationPreference = 'editorFirst' | 'filesystemFirst' | 'editorOnly';

export interface ConfigurationSources {
  readonly person: ConfigLayer;
  readonly project: ProjectSettings | undefined;
  /** The file, relative to the project's folder, with slashes. */
  readonly path: string;
  readonly preference: ConfigurationPreference;
}

/** The configuration that holds for one file. What the project ignores in that file alone, it ignores in any case. */
export function configurationFor({ person, project, path, preference }: ConfigurationSources): AnalysisConfig {
  if (project === undefined || preference === 'editorOnly') return combineLayers([person]);
  const inFile = { ignore: ignoredInFile(project, path) };
  if (preference === 'filesystemFirst') return combineLayers([person, project, inFile]);
  const { select, ...rest } = person;
  return combineLayers([project, { select }, inFile, rest]);
}

/** The rules that the project ignores in one file. @param path relative to the project's folder, with slashes */
export function ignoredInFile(project: ProjectSettings, path: string): readonly string[] {
  return project.perFileIgnores.flatMap(({ files, selectors }) => (files.matches(path) ? selectors : []));
}
