// DeepSpeed's configuration, as a dict of the script or as a JSON file that the script names.

import type { DictExpr, Expr, Segment, StringExpr } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { settingOf } from './configuration';
import type { SemanticModel } from './model';

/** A place of the script that switches DeepSpeed's float16 on. */
export interface DeepSpeedHalf {
  readonly segment: Segment;
  /** `"enabled": True` of a dict, or the name of the file. */
  readonly span: { readonly start: number; readonly end: number };
  readonly dict: { readonly key: StringExpr; readonly value: DictExpr; readonly whole: DictExpr } | undefined;
  readonly file: { readonly name: string; readonly line: number } | undefined;
}

/** Everything in the script that switches it on; `files` are the texts of the JSON files that it names. */
export function deepspeedHalf(model: SemanticModel, files: Readonly<Record<string, string>>): DeepSpeedHalf[] {
  const names = Object.keys(files);
  return model.module.segments.flatMap(({ segment }) => {
    const hasDict = DICT.test(segment.text);
    const named = names.filter((name) => segment.text.includes(name));
    if (!hasDict && named.length === 0) return [];
    const found: DeepSpeedHalf[] = [];
    for (const stmt of segment.body) {
      walkExpressions(stmt, (expr) => {
        const half =
          expr.kind === 'Dict' && hasDict
            ? inDict(model, segment, expr)
            : expr.kind === 'String' && expr.value !== undefined && named.includes(expr.value)
              ? inFile(segment, expr, expr.value, files[expr.value] ?? '')
              : undefined;
        if (half) found.push(half);
      });
    }
    return found;
  });
}

const DICT = /["']fp16["']\s*:/;

function inDict(model: SemanticModel, segment: Segment, whole: DictExpr): DeepSpeedHalf | undefined {
  const entry = whole.entries.find(({ key }) => key?.kind === 'String' && key.value === 'fp16');
  if (entry?.key?.kind !== 'String' || entry.value.kind !== 'Dict') return undefined;
  const enabled = entry.value.entries.find(({ key }) => key?.kind === 'String' && key.value === 'enabled');
  if (!enabled?.key || settingOf(model, segment, enabled.value)?.value !== true) return undefined;
  return {
    segment,
    span: { start: enabled.key.start, end: enabled.value.end },
    dict: { key: entry.key, value: entry.value, whole },
    file: undefined,
  };
}

function inFile(segment: Segment, mention: Expr, name: string, text: string): DeepSpeedHalf | undefined {
  const line = halfLine(text);
  return line === undefined ? undefined : { segment, span: mention, dict: undefined, file: { name, line } };
}

/** The 1-based line where a DeepSpeed JSON switches float16 on; undefined where it does not, or is no JSON. */
export function halfLine(text: string): number | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const fp16 = field(parsed, 'fp16');
  if (field(fp16, 'enabled') !== true) return undefined;
  const at = text.search(/"fp16"\s*:/);
  return text.slice(0, Math.max(at, 0)).split(/\r\n|\n|\r/).length;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
