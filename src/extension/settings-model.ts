// What the settings mean: raw values of any shape in, a configuration and complaints in words out.

import { unknownSelectors } from '../analyzer/config';
import type { RuleInfo, Severity } from '../analyzer/finding';
import type { ConfigLayer, ConfigurationPreference } from '../project/configuration';
import { CONFIDENCES, SEVERITIES } from '../project/settings';
import { hint } from '../text/closest';
import { CHECK_STYLES, type CheckStyle } from './engine/messages';

/** The settings as VS Code gives them: a person may have written anything. Undefined is what nobody wrote. */
export interface RawSettings {
  readonly enable: unknown;
  readonly preference: unknown;
  readonly select: unknown;
  readonly ignore: unknown;
  readonly minConfidence: unknown;
  readonly severity: unknown;
  readonly checkStyle: unknown;
  readonly sequentialHooks: unknown;
  readonly dumpNotice: unknown;
  readonly hoverValues: unknown;
}

/** @param get the value of a setting, by its name after "nanlens." */
export function rawSettings(get: (name: string) => unknown): RawSettings {
  return {
    enable: get('enable'),
    preference: get('configurationPreference'),
    select: get('select'),
    ignore: get('ignore'),
    minConfidence: get('minConfidence'),
    severity: get('severity'),
    checkStyle: get('checkpoints.style'),
    sequentialHooks: get('checkpoints.sequentialHooks'),
    dumpNotice: get('recorder.notify'),
    hoverValues: get('hover.values'),
  };
}

/** How a new dump of the recorder is told of. */
export type DumpNotice = 'statusBar' | 'notification' | 'off';

/** A sentence about a value. */
export interface SettingProblem {
  readonly message: string;
  /** The setting's full name, then where the value is inside its value. */
  readonly path: readonly (string | number)[];
}

export interface Settings {
  readonly enabled: boolean;
  readonly preference: ConfigurationPreference;
  /** What the person asks for of the analysis: one of the sources of a file's configuration. */
  readonly layer: ConfigLayer;
  readonly checkStyle: CheckStyle;
  readonly sequentialHooks: boolean;
  readonly dumpNotice: DumpNotice;
  /** Whether hovers say what is known of values. */
  readonly hoverValues: boolean;
  /** What is wrong with the values; the defaults stand in for them. */
  readonly problems: readonly SettingProblem[];
}

const PREFERENCES: readonly ConfigurationPreference[] = ['editorFirst', 'filesystemFirst', 'editorOnly'];
const DUMP_NOTICES: readonly DumpNotice[] = ['statusBar', 'notification', 'off'];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

class Reader {
  readonly problems: SettingProblem[] = [];
  private readonly names: readonly string[];

  constructor(private readonly rules: readonly RuleInfo[]) {
    this.names = rules.flatMap(({ code, name }) => [code, name]);
  }

  private tell(name: string, what: string, inside: readonly (string | number)[] = []): void {
    this.problems.push({ message: `nanlens.${name} ${what}.`, path: [`nanlens.${name}`, ...inside] });
  }

  flag(name: string, value: unknown, fallback: boolean): boolean {
    if (value === undefined || typeof value === 'boolean') return value ?? fallback;
    this.tell(name, `must be true or false, but is ${show(value)}`);
    return fallback;
  }

  choice<T extends string>(name: string, value: unknown, allowed: readonly T[]): T | undefined {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined && value !== undefined) {
      const meant = typeof value === 'string' ? hint(value, allowed) : '';
      this.tell(name, `must be one of ${allowed.join(', ')}, but is ${show(value)}${meant}`);
    }
    return found;
  }

  selectors(name: string, value: unknown): readonly string[] | undefined {
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) {
      this.tell(name, `must be a list of rule codes or names, but is ${show(value)}`);
      return undefined;
    }
    return value.filter((each, i): each is string => {
      if (typeof each !== 'string') this.tell(name, `holds ${show(each)}, which is no text`, [i]);
      else if (unknownSelectors([each], this.rules).length > 0) {
        this.tell(name, `names ${show(each)}, which is no rule, code prefix or ALL${hint(each, this.names)}`, [i]);
      }
      return typeof each === 'string';
    });
  }

  severities(value: unknown): Record<string, Severity | 'off'> | undefined {
    if (value === undefined) return undefined;
    if (!isRecord(value)) {
      this.tell('severity', `must map rule codes to severities, but is ${show(value)}`);
      return undefined;
    }
    const severities: Record<string, Severity | 'off'> = {};
    for (const [code, wanted] of Object.entries(value)) {
      const severity = SEVERITIES.find((candidate) => candidate === wanted);
      if (severity === undefined) {
        const meant = typeof wanted === 'string' ? hint(wanted, SEVERITIES) : '';
        const what = `of ${show(code)} must be one of ${SEVERITIES.join(', ')}, but is ${show(wanted)}${meant}`;
        this.tell('severity', what, [code]);
      } else if (unknownSelectors([code], this.rules).length > 0) {
        this.tell('severity', `names ${show(code)}, which is no rule${hint(code, this.names)}`, [code]);
      } else severities[code] = severity;
    }
    return severities;
  }
}

/** Never throws; each value that cannot be used is told of and replaced by its default. */
export function readSettings(raw: RawSettings, rules: readonly RuleInfo[]): Settings {
  const reader = new Reader(rules);
  return {
    enabled: reader.flag('enable', raw.enable, true),
    preference: reader.choice('configurationPreference', raw.preference, PREFERENCES) ?? 'editorFirst',
    layer: {
      select: reader.selectors('select', raw.select),
      ignore: reader.selectors('ignore', raw.ignore),
      minConfidence: reader.choice('minConfidence', raw.minConfidence, CONFIDENCES),
      severity: reader.severities(raw.severity),
    },
    checkStyle: reader.choice('checkpoints.style', raw.checkStyle, CHECK_STYLES) ?? 'raise',
    sequentialHooks: reader.flag('checkpoints.sequentialHooks', raw.sequentialHooks, false),
    hoverValues: reader.flag('hover.values', raw.hoverValues, true),
    dumpNotice: reader.choice('recorder.notify', raw.dumpNotice, DUMP_NOTICES) ?? 'statusBar',
    problems: reader.problems,
  };
}
