// The baseline file: findings that a project puts up with, as text that people can compare, and what is wrong with one.

import type { BaselineEntry } from '../analyzer/finding';

/** Entries by file: paths with slashes, relative to the folder of the baseline. */
export type Baseline = ReadonlyMap<string, readonly BaselineEntry[]>;

const VERSION = 1;

/** @returns a sentence without a subject where it is none: "is no valid JSON …" */
export function parseBaseline(text: string): Baseline | string {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    return `is no valid JSON (${error instanceof Error ? error.message : String(error)})`;
  }
  if (!isRecord(document) || !('version' in document) || !isRecord(document.findings)) {
    return 'is no baseline of NaN Lens: it has no "version" and "findings"';
  }
  if (document.version !== VERSION) {
    return `has version ${JSON.stringify(document.version)}, and this NaN Lens reads version ${VERSION}; write it anew with --write-baseline`;
  }
  const baseline = new Map<string, readonly BaselineEntry[]>();
  for (const [path, entries] of Object.entries(document.findings)) {
    if (!Array.isArray(entries) || !entries.every(isEntry)) {
      return `has something else than findings under ${JSON.stringify(path)}; write it anew with --write-baseline`;
    }
    baseline.set(path, entries);
  }
  return baseline;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEntry(value: unknown): value is BaselineEntry {
  if (!isRecord(value)) return false;
  const { code, text, count } = value;
  return typeof code === 'string' && typeof text === 'string' && Number.isInteger(count) && Number(count) > 0;
}

/** Sorted, one line a finding, so that a change of it reads well. */
export function formatBaseline(baseline: Baseline): string {
  const files = [...baseline]
    .filter(([, entries]) => entries.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, entries]) => {
      const lines = entries.map(({ code, text, count }) => {
        const values = [`"code": ${JSON.stringify(code)}`, `"count": ${count}`, `"text": ${JSON.stringify(text)}`];
        return `      { ${values.join(', ')} }`;
      });
      return `    ${JSON.stringify(path)}: [\n${lines.join(',\n')}\n    ]`;
    });
  const findings = files.length === 0 ? '{}' : `{\n${files.join(',\n')}\n  }`;
  return `{\n  "version": ${VERSION},\n  "findings": ${findings}\n}\n`;
}

/** How a baseline names a file. @param folder of the baseline; both absolute, with slashes */
export function baselinePath(folder: string, file: string): string {
  const from = folder.split('/').filter((part) => part !== '');
  const to = file.split('/').filter((part) => part !== '');
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
  return [...from.slice(common).map(() => '..'), ...to.slice(common)].join('/');
}
