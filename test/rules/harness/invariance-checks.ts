// Changes of a program that change nothing for the analysis: lines above, renamed imports, line ends, tabs, history.

import { isDeepStrictEqual } from 'node:util';
import type { Analyzer } from '../../../src/analyzer/analyzer';
import type { AnalysisConfig, Finding } from '../../../src/analyzer/finding';
import { LineIndex } from '../../../src/text/line-index';
import { shiftSpan } from '../../../src/text/span';
import { importedNames, renameImport, tokenize } from './python-tokens';

const PREFIXES = 24;

function summary(text: string, findings: readonly Finding[], withColumn: boolean): string[] {
  const index = new LineIndex(text);
  return findings.map(({ code, confidence, span, fixes }) => {
    const { line, column } = index.position(span.start);
    return `${code} ${confidence} line ${line + 1}${withColumn ? `:${column + 1}` : ''}, ${fixes.length} fixes`;
  });
}

function difference(what: string, expected: readonly string[], actual: readonly string[]): string[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  return [`${what}:\n  was: ${expected.join('; ') || 'silent'}\n  now: ${actual.join('; ') || 'silent'}`];
}

export function checkLinesAbove(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const above = '# A licence, and a line about the file.\n\n';
  const expected = analyzer.analyze(source, config).findings.map((finding) => ({
    code: finding.code,
    message: finding.message,
    span: shiftSpan(finding.span, above.length),
    related: finding.related.map((reason) => ({ ...reason, span: shiftSpan(reason.span, above.length) })),
  }));
  const actual = analyzer
    .analyze(above + source, config)
    .findings.map(({ code, message, span, related }) => ({ code, message, span, related: [...related] }));
  if (isDeepStrictEqual(expected, actual)) return [];
  return [`lines above change more than positions:\n${JSON.stringify(expected)}\n${JSON.stringify(actual)}`];
}

export function checkRenamedImports(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const before = summary(source, analyzer.analyze(source, config).findings, false);
  return importedNames(source).flatMap((name) => {
    const renamed = renameImport(source, name, `${name}_of_another_name`);
    if (renamed === undefined) return [];
    const after = summary(renamed, analyzer.analyze(renamed, config).findings, false);
    return difference(`importing ${name} under another name changes the findings`, before, after);
  });
}

export function checkLineEnds(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const windows = source.replaceAll('\n', '\r\n');
  const findings = analyzer.analyze(windows, config).findings;
  const before = summary(source, analyzer.analyze(source, config).findings, true);
  const faults = difference('CRLF changes the findings', before, summary(windows, findings, true));
  for (const fix of findings.flatMap(({ fixes }) => fixes)) {
    const bare = fix.edits.find(({ text }) => /(?<!\r)\n/.test(text));
    if (bare)
      faults.push(`the fix "${fix.title}" writes a bare line feed into a file of CRLF: ${JSON.stringify(bare.text)}`);
  }
  return faults;
}

export function checkTabs(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const tabs = source.replace(/^(?: {4})+/gm, (indent) => '\t'.repeat(indent.length / 4));
  const findings = analyzer.analyze(tabs, config).findings;
  const before = summary(source, analyzer.analyze(source, config).findings, false);
  const faults = difference('tabs change the findings', before, summary(tabs, findings, false));
  for (const fix of findings.flatMap(({ fixes }) => fixes)) {
    const spaced = fix.edits.find(({ text }) => /\n {2,}\S/.test(text));
    if (spaced) faults.push(`the fix "${fix.title}" indents by spaces among tabs: ${JSON.stringify(spaced.text)}`);
  }
  return faults;
}

/** The facade turns a throw of ours into a problem; this finds it again. */
export function checkNoFailure(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const { problems, findings } = analyzer.analyze(source, config);
  const outside = findings.find(({ span }) => span.start < 0 || span.end > source.length);
  return [
    ...problems.filter(({ message }) => /fail|exhaust|more analysis/.test(message)).map(({ message }) => message),
    ...(outside ? [`a text of ${source.length} characters has a finding that ends at ${outside.span.end}`] : []),
  ];
}

/** Every prefix, sampled at ends of tokens, is analysed without a throw. */
export function checkPrefixes(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const ends = tokenize(source).map(({ end }) => end);
  const step = Math.max(1, Math.floor(ends.length / PREFIXES));
  return ends.flatMap((end, i) => {
    if (i % step !== 0) return [];
    return checkNoFailure(analyzer, source.slice(0, end), config).map((fault) => `prefix of ${end}: ${fault}`);
  });
}

/** An analyser that has seen the file before and after an edit answers each time as one that has not. */
export function checkHistory(used: Analyzer, fresh: Analyzer, source: string, config: AnalysisConfig): string[] {
  const lines = source.split('\n');
  const faults: string[] = [];
  const versions = [source];
  for (const share of [0.3, 0.6, 0.9]) {
    const at = Math.floor(lines.length * share);
    const next = lines.slice(at).find((line) => line.trim() !== '') ?? '';
    const indent = /^\s*/.exec(next)?.[0] ?? '';
    versions.push([...lines.slice(0, at), `${indent}# a remark`, ...lines.slice(at)].join('\n'));
    versions.push([...lines.slice(0, at), ...lines.slice(at + 1)].join('\n'));
  }
  versions.push(source);
  for (const version of versions) {
    const old = used.analyze(version, config);
    if (isDeepStrictEqual(old, fresh.analyze(version, config))) continue;
    faults.push(
      `an analyser that saw other versions answers differently:\n${JSON.stringify(old.findings)}\n${version}`,
    );
  }
  return faults;
}

/** A comment on the line above silences each finding, and no other. */
export function checkSuppression(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const index = new LineIndex(source);
  const { findings } = analyzer.analyze(source, config);
  return findings.flatMap((finding) => {
    const { line } = index.position(finding.span.start);
    const start = index.lineStarts[line] ?? 0;
    const indent = /^\s*/.exec(index.lineText(line))?.[0] ?? '';
    if (line > 0 && index.lineText(line - 1).endsWith('\\')) return [];
    const comment = `${indent}# nanlens: ignore[${finding.code}] known\n`;
    const text = source.slice(0, start) + comment + source.slice(start);
    const left = analyzer.analyze(text, config).findings;
    const sameLine = findings.filter((other) => index.position(other.span.start).line === line);
    const wanted = findings.length - sameLine.length;
    // A rule that speaks once a file may name its next place when the first is silenced.
    const silenced = new LineIndex(text);
    const stays = left.find(
      ({ code, span }) => code === finding.code && silenced.position(span.start).line === line + 1,
    );
    if (stays) return [`# nanlens: ignore above line ${line + 1} does not silence ${finding.code}`];
    if (left.length < wanted) return [`# nanlens: ignore above line ${line + 1} silences more than that line`];
    return [];
  });
}
