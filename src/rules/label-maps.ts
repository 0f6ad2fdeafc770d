// Label maps beside a number of labels: `num_labels=2` and a map with the ids 0 to 2 in one file.

import { mentionedIn } from '../semantic/derived';
import type { SemanticModel } from '../semantic/model';
import { literalNumber } from '../semantic/value';
import type { CallExpr, DictExpr, Expr, Segment } from '../syntax/ast';
import { walkExpressions, walkStatements } from '../syntax/walk';
import type { LocalFix, Report } from './rule';

interface Count {
  readonly segment: Segment;
  readonly expr: Expr;
  readonly count: number;
  readonly call: CallExpr;
}

export interface LabelMap {
  readonly segment: Segment;
  readonly dict: DictExpr;
  /** "label2id" */
  readonly name: string;
  readonly largest: number;
  readonly smallest: number;
}

const COUNTS = /num_labels/;

export function mapReports(model: SemanticModel): Report[] {
  const counts = model.analyses.flatMap((analysis) =>
    mentionedIn(analysis, COUNTS)
      ? analysis.callExprs.flatMap((call) => countIn(model, analysis.segment, call) ?? [])
      : [],
  );
  const [first] = counts;
  // Two models of one file may have labels of their own.
  if (!first || counts.some(({ count }) => count !== first.count)) return [];
  const maps = labelMaps(model);
  const wrong = maps.filter(({ largest }) => largest >= first.count);
  // Of several maps one may be of something else; where one fits, that is the one.
  if (wrong.length === 0 || wrong.length < maps.length) return [];
  return wrong.slice(0, 1).map((map) => reportOf(first, map));
}

/** The label maps that the file writes down. */
export function labelMaps(model: SemanticModel): LabelMap[] {
  return model.analyses.flatMap(({ segment }) => mapsIn(model, segment));
}

/** `num_labels=2` with a literal, or a name that has one. */
function countIn(model: SemanticModel, segment: Segment, call: CallExpr): Count | undefined {
  const given = call.args.find(({ keyword }) => keyword === 'num_labels')?.value;
  const count = given && literalNumber(model.valueOf(segment, given));
  // One output is a regression.
  return given && count !== undefined && count > 1 ? { segment, expr: given, count, call } : undefined;
}

const LABELS = /label|class|categor|sentiment|id2|2id|target|intent|emotion|tag/i;

function mapsIn(model: SemanticModel, segment: Segment): LabelMap[] {
  const found: LabelMap[] = [];
  if (!segment.text.includes('{')) return found;
  const add = (name: string, expr: Expr): void => {
    if (expr.kind !== 'Dict' || !LABELS.test(name) || expr.entries.length < 2) return;
    const ids = idsOf(model, segment, expr);
    if (ids) found.push({ segment, dict: expr, name, smallest: Math.min(...ids), largest: Math.max(...ids) });
  };
  walkStatements(segment.body, (stmt) => {
    if (stmt.kind !== 'Assign') return;
    for (const target of stmt.targets)
      add(target.kind === 'Name' ? target.id : target.kind === 'Attribute' ? target.name : '', stmt.value);
  });
  for (const stmt of segment.body)
    walkExpressions(stmt, (expr) => {
      if (expr.kind !== 'Call') return;
      for (const { keyword, value } of expr.args) {
        if (keyword === 'id2label' || keyword === 'label2id') add(keyword, value);
        // `df["label"].map({"no": 0, "yes": 1})`
        else if (expr.callee.kind === 'Attribute' && /^(map|replace)$/.test(expr.callee.name))
          add(segment.text.slice(expr.callee.object.start, expr.callee.object.end), value);
      }
    });
  return found;
}

/** The ids of `{"no": 0, "yes": 1}` or `{0: "no", 1: "yes"}`: all different whole numbers without gaps. */
function idsOf(model: SemanticModel, segment: Segment, dict: DictExpr): number[] | undefined {
  const numbers = (side: 'key' | 'value'): number[] =>
    dict.entries.flatMap((entry) => {
      const expr = entry[side];
      const number = expr && expr.kind === 'Number' ? literalNumber(model.valueOf(segment, expr)) : undefined;
      return number === undefined ? [] : [number];
    });
  const texts = (side: 'key' | 'value'): number =>
    dict.entries.filter((entry) => entry[side]?.kind === 'String').length;
  const side =
    texts('key') === dict.entries.length ? 'value' : texts('value') === dict.entries.length ? 'key' : undefined;
  const ids = side && numbers(side);
  if (!ids || ids.length !== dict.entries.length || !ids.every((id) => Number.isInteger(id) && id >= 0))
    return undefined;
  const different = new Set(ids);
  const smallest = Math.min(...ids);
  return smallest <= 1 && Math.max(...ids) - smallest + 1 === different.size ? ids : undefined;
}

function reportOf(count: Count, map: LabelMap): Report {
  const fixes: LocalFix[] =
    count.expr.kind === 'Number'
      ? [
          {
            title: `Use num_labels=${map.largest + 1}`,
            safety: 'unsafe',
            edits: [{ segment: count.segment, span: count.expr, text: String(map.largest + 1) }],
          },
        ]
      : [];
  const classes = `\`num_labels\` is ${count.count}, for the ids 0 to ${count.count - 1}`;
  return {
    segment: count.segment,
    span: count.expr,
    confidence: 'likely',
    message:
      map.smallest === 1
        ? `${classes}, and \`${map.name}\` has ids from 1 to ${map.largest}. Count labels from 0.`
        : `${classes}, and \`${map.name}\` has ids up to ${map.largest}. The loss cannot take the others.`,
    related: [{ segment: map.segment, span: map.dict, message: 'the labels are listed here' }],
    fixes,
  };
}
