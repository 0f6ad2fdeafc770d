// The answers of the tools: paged and bounded, so that no log and no folder can flood the model that reads them.

import type { RuleInfo } from '../analyzer/finding';
import type { FindingJson } from '../analyzer/finding-json';
import type { AnomalyJson, DumpJson } from '../dump/json';
import { hint } from '../text/closest';
import type { ToolArguments } from './arguments';
import { ToolError } from './tool';

export const FINDING_LIMIT = 50;
export const DUMP_LIMIT = 10;
export const MAX_LIMIT = 500;

/** In UTF-16 units: one text, one patch. Longer ones are cut, and say so. */
const LONGEST_TEXT = 2000;
const LONGEST_DIFF = 60_000;
const MOST_FRAMES = 30;
const MOST_STATS = 20;
const MOST_SERIES = 100;
const MOST_PROBLEMS = 20;

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** What the arguments of a tool ask for. */
export function pageOf(args: ToolArguments, standardLimit: number): Page {
  return { offset: args.integer('offset') ?? 0, limit: args.integer('limit') ?? standardLimit };
}

interface Paged<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly nextOffset: number | null;
}

function cutOut<T>(items: readonly T[], { offset, limit }: Page): Paged<T> {
  const end = offset + limit;
  return { items: items.slice(offset, end), total: items.length, nextOffset: end < items.length ? end : null };
}

/** The same value with every long text cut. */
function clipped<T>(value: T): T;
function clipped(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length > LONGEST_TEXT
      ? `${value.slice(0, LONGEST_TEXT)}… (${value.length - LONGEST_TEXT} more characters)`
      : value;
  }
  if (Array.isArray(value)) return value.map((item) => clipped(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clipped(item)]));
}

export interface CheckedFiles {
  readonly checked: number;
  readonly skipped: number;
  readonly failed: readonly { readonly path: string; readonly message: string }[];
}

export function findingsAnswer(
  found: { readonly findings: readonly FindingJson[]; readonly files: CheckedFiles; readonly notes: readonly string[] },
  page: Page,
): object {
  const { items, total, nextOffset } = cutOut(found.findings, page);
  const notes = [...found.notes.slice(0, MOST_PROBLEMS)];
  const failed = found.files.failed.slice(0, MOST_PROBLEMS);
  if (failed.length < found.files.failed.length)
    notes.push(`${found.files.failed.length} files failed; some are listed`);
  if (nextOffset !== null) notes.push(`${total - nextOffset} more findings follow from offset ${nextOffset}`);
  return clipped({ version: 1, findings: items, files: { ...found.files, failed }, total, nextOffset, notes });
}

export interface NamedDumpJson extends DumpJson {
  readonly path: string;
}

export function dumpAnswer(dumps: readonly NamedDumpJson[], notes: readonly string[], page: Page): object {
  const { items, total, nextOffset } = cutOut(dumps, page);
  const told = [...notes.slice(0, MOST_PROBLEMS)];
  if (nextOffset !== null) told.push(`${total - nextOffset} more runs follow from offset ${nextOffset}`);
  const bounded = items.map((dump) => boundedDump(dump, page.limit, told));
  return clipped({ version: 1, dumps: bounded, total, nextOffset, notes: told });
}

function boundedDump({ path, ...dump }: NamedDumpJson, limit: number, notes: string[]): object {
  const cut = <T>(items: readonly T[], most: number, what: string): readonly T[] => {
    if (items.length > most) notes.push(`${path}: ${items.length - most} more ${what} are left out`);
    return items.slice(0, most);
  };
  return {
    path,
    ...dump,
    anomalies: cut(dump.anomalies, limit, 'anomalies').map(boundedAnomaly),
    series: cut(dump.series, MOST_SERIES, 'series'),
    problems: cut(dump.problems, MOST_PROBLEMS, 'problems'),
    ...(dump.sources === undefined ? {} : { sources: cut(dump.sources, MOST_SERIES, 'files') }),
  };
}

/** The innermost calls say most. */
function boundedAnomaly(anomaly: AnomalyJson): AnomalyJson {
  return {
    ...anomaly,
    frames: anomaly.frames.slice(-MOST_FRAMES),
    stats: anomaly.stats?.slice(0, MOST_STATS) ?? null,
  };
}

/** A patch of bounded length. */
export function boundedDiff(diff: string, notes: string[]): string {
  if (diff.length <= LONGEST_DIFF) return diff;
  notes.push(`the patch is longer than ${LONGEST_DIFF} characters and was cut`);
  return diff.slice(0, diff.lastIndexOf('\n', LONGEST_DIFF) + 1);
}

export function ruleList(rules: readonly RuleInfo[]): object {
  return {
    version: 1,
    rules: rules.map(({ code, name, severity, summary, url }) => ({ code, name, severity, summary, url })),
  };
}

export function findRule(rules: readonly RuleInfo[], wanted: string): RuleInfo | undefined {
  const word = wanted.trim().toLowerCase();
  return rules.find(({ code, name }) => code.toLowerCase() === word || name === word);
}

/** @throws ToolError where no rule is called so */
export function explanation(rules: readonly RuleInfo[], wanted: string): RuleInfo {
  const rule = findRule(rules, wanted);
  if (rule !== undefined) return rule;
  const names = rules.flatMap(({ code, name }) => [code, name]);
  throw new ToolError(
    `No rule is called "${clipped(wanted)}"${hint(wanted.slice(0, 60), names)}; list_rules lists them.`,
  );
}
