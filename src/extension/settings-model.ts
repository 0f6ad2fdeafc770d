// What the settings mean: raw values of any shape in, a configuration and complaints in words out.

import { unknownSelectors } from '../analyzer/config';
import {
  type AnalysisConfig,
  type Confidence,
  DEFAULT_CONFIG,
  type RuleInfo,
  type Severity,
} from '../analyzer/finding';
import { CHECK_STYLES, type CheckStyle } from './engine/messages';

/** The settings as VS Code gives them: a person may have written anything. */
export interface RawSettings {
  readonly enable: unknown;
  readonly select: unknown;
  readonly ignore: unknown;
  readonly minConfidence: unknown;
  readonly severity: unknown;
  readonly checkStyle: unknown;
  readonly sequentialHooks: unknown;
  readonly dumpNotice: unknown;
}

/** How a new dump of the recorder is told of. */
export type DumpNotice = 'statusBar' | 'notification' | 'off';

export interface Settings {
  readonly enabled: boolean;
  readonly config: AnalysisConfig;
  readonly checkStyle: CheckStyle;
  readonly sequentialHooks: boolean;
  readonly dumpNotice: DumpNotice;
  /** What is wrong with the values, one sentence each; the defaults stand in for them. */
  readonly problems: readonly string[];
}

const CONFIDENCES: readonly Confidence[] = ['proven', 'likely', 'possible'];
const DUMP_NOTICES: readonly DumpNotice[] = ['statusBar', 'notification', 'off'];
const SEVERITIES: readonly (Severity | 'off')[] = ['error', 'warning', 'information', 'hint', 'off'];

/** Settings that carry rule severities in `nanlens.severity`'s own properties. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

class Reader {
  readonly problems: string[] = [];

  flag(name: string, value: unknown, fallback: boolean): boolean {
    if (value === undefined || typeof value === 'boolean') return value ?? fallback;
    this.problems.push(`nanlens.${name} must be true or false, but is ${show(value)}.`);
    return fallback;
  }

  choice<T extends string>(name: string, value: unknown, allowed: readonly T[], fallback: T): T {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined && value !== undefined) {
      this.problems.push(`nanlens.${name} must be one of ${allowed.join(', ')}, but is ${show(value)}.`);
    }
    return found ?? fallback;
  }

  selectors(name: string, value: unknown, rules: readonly RuleInfo[]): readonly string[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.problems.push(`nanlens.${name} must be a list of rule codes or names, but is ${show(value)}.`);
      return [];
    }
    const texts = value.filter((each): each is string => typeof each === 'string');
    if (texts.length < value.length) this.problems.push(`nanlens.${name} holds something that is no text.`);
    for (const unknown of unknownSelectors(texts, rules)) {
      this.problems.push(`nanlens.${name} names ${show(unknown)}, which is no rule, code prefix or ALL.`);
    }
    return texts;
  }

  severities(value: unknown, rules: readonly RuleInfo[]): Record<string, Severity | 'off'> {
    const severities: Record<string, Severity | 'off'> = {};
    if (value === undefined) return severities;
    if (!isRecord(value)) {
      this.problems.push(`nanlens.severity must map rule codes to severities, but is ${show(value)}.`);
      return severities;
    }
    for (const [code, wanted] of Object.entries(value)) {
      const severity = SEVERITIES.find((candidate) => candidate === wanted);
      if (severity === undefined) {
        this.problems.push(
          `nanlens.severity of ${show(code)} must be one of ${SEVERITIES.join(', ')}, but is ${show(wanted)}.`,
        );
      } else if (unknownSelectors([code], rules).length > 0) {
        this.problems.push(`nanlens.severity names ${show(code)}, which is no rule.`);
      } else severities[code] = severity;
    }
    return severities;
  }
}

/** Never throws; each value that cannot be used is told of and replaced by its default. */
export function readSettings(raw: RawSettings, rules: readonly RuleInfo[]): Settings {
  const reader = new Reader();
  const enabled = reader.flag('enable', raw.enable, true);
  const config: AnalysisConfig = {
    select: reader.selectors('select', raw.select, rules),
    ignore: reader.selectors('ignore', raw.ignore, rules),
    minConfidence: reader.choice('minConfidence', raw.minConfidence, CONFIDENCES, DEFAULT_CONFIG.minConfidence),
    severity: reader.severities(raw.severity, rules),
  };
  return {
    enabled,
    config,
    checkStyle: reader.choice('checkpoints.style', raw.checkStyle, CHECK_STYLES, 'raise'),
    sequentialHooks: reader.flag('checkpoints.sequentialHooks', raw.sequentialHooks, false),
    dumpNotice: reader.choice('recorder.notify', raw.dumpNotice, DUMP_NOTICES, 'statusBar'),
    problems: reader.problems,
  };
}
