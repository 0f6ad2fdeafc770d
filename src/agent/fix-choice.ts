// Which fix an agent means by a rule, a line and perhaps a title; and no unsafe one that was not asked for.

import type { Finding, Fix } from '../analyzer/finding';
import { LineIndex } from '../text/line-index';
import type { ToolArguments } from './arguments';
import { ToolError } from './tool';

export interface FixRequest {
  /** Code or name of the rule. */
  readonly rule: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based; undefined where any cell will do. */
  readonly cell: number | undefined;
  readonly title: string | undefined;
  readonly isUnsafeAllowed: boolean;
}

export interface PlacedFinding {
  readonly finding: Finding;
  /** 1-based lines of its span. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** 1-based; null in a Python file. */
  readonly cell: number | null;
}

/** One text of a program, with what was found in it. */
export interface ProgramText {
  readonly text: string;
  /** 1-based; null in a Python file. */
  readonly cell: number | null;
  readonly findings: readonly Finding[];
}

/** @returns the findings of all texts, each with the index of its own */
export function placeFindings(program: readonly ProgramText[]): (PlacedFinding & { readonly index: number })[] {
  return program.flatMap(({ text, cell, findings }, index) => {
    const lines = new LineIndex(text);
    const lineOf = (offset: number): number => lines.position(offset).line + 1;
    return findings.map((finding) => ({
      index,
      finding,
      firstLine: lineOf(finding.span.start),
      lastLine: lineOf(finding.span.end),
      cell,
    }));
  });
}

export interface FixChoice<T extends PlacedFinding> {
  readonly at: T;
  readonly fix: Fix;
}

function isRule({ code, name }: Finding, wanted: string): boolean {
  const word = wanted.trim().toLowerCase();
  return code.toLowerCase() === word || name === word;
}

const quoted = (fixes: readonly Fix[]): string => fixes.map(({ title, safety }) => `"${title}" (${safety})`).join(', ');

/** The request that a tool's arguments are. */
export function fixRequest(args: ToolArguments): FixRequest {
  return {
    rule: args.requiredText('code'),
    line: args.integer('line') ?? 1,
    cell: args.integer('cell'),
    title: args.text('title'),
    isUnsafeAllowed: args.isOn('allowUnsafe'),
  };
}

/** @throws ToolError that says what there is instead */
export function chooseFix<T extends PlacedFinding>(findings: readonly T[], request: FixRequest): FixChoice<T> {
  const { rule, line, cell, title, isUnsafeAllowed } = request;
  const ofRule = findings.filter(({ finding }) => isRule(finding, rule));
  if (ofRule.length === 0) throw new ToolError(`There is no finding of ${rule} in this file; check it again.`);
  const inCell = ofRule.filter((found) => cell === undefined || found.cell === cell);
  const starting = inCell.filter(({ firstLine }) => firstLine === line);
  const around = inCell.filter(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
  const here = starting.length > 0 ? starting : around;
  if (here.length === 0) {
    const places = ofRule.map((found) => `${found.cell === null ? '' : `cell ${found.cell}, `}line ${found.firstLine}`);
    throw new ToolError(
      `There is no finding of ${rule} at line ${line}; there is at ${places.slice(0, 20).join('; ')}.`,
    );
  }
  if (new Set(here.map((found) => found.cell)).size > 1) {
    throw new ToolError(`Several cells have a finding of ${rule} at line ${line}; say which cell.`);
  }
  const choices = here.flatMap((at) =>
    at.finding.fixes.filter(({ edits }) => edits.length > 0).map((fix) => ({ at, fix })),
  );
  if (choices.length === 0) {
    throw new ToolError(`The finding of ${rule} at line ${line} has no fix; explain_rule says how to mend it by hand.`);
  }
  const fixes = choices.map(({ fix }) => fix);
  const named = choices.filter(({ fix }) => title === undefined || fix.title === title);
  if (named.length === 0) throw new ToolError(`No fix there is called "${title}"; there are ${quoted(fixes)}.`);
  const safe = named.find(({ fix }) => fix.safety === 'safe');
  if (safe !== undefined) return safe;
  if (!isUnsafeAllowed) {
    throw new ToolError(
      `Only unsafe fixes are there: ${quoted(fixes)}. They change numerics or behaviour; with the user's consent, set allowUnsafe.`,
    );
  }
  const [first, second] = named;
  if (first === undefined || second !== undefined) {
    throw new ToolError(`There are several unsafe fixes; say which by its title: ${quoted(fixes)}.`);
  }
  return first;
}
