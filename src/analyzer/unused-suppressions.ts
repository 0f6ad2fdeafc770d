// NAN001: suppressions that silence nothing, and those that name a rule that does not exist.

import { RULES } from '../rules/index.generated';
import { hint } from '../text/closest';
import type { Edit } from '../text/edit';
import type { LineIndex } from '../text/line-index';
import type { Span } from '../text/span';
import { isEnabled, selectorMatches, severityOf, unknownSelectors } from './config';
import type { AnalysisConfig, Finding, Problem } from './finding';
import { lineEndLength } from './python-lexing';
import type { Directive, PlacedSelector } from './suppressions';
import { UNUSED_SUPPRESSION } from './unused-suppression-rule';

/** Codes in our own directives that no rule has: such a comment cannot mean what its writer meant. */
export function unknownCodes(directives: readonly Directive[]): Problem[] {
  const rules = [UNUSED_SUPPRESSION, ...RULES];
  const names = rules.flatMap(({ code, name }) => [code, name]);
  return directives.flatMap(({ isOurs, selectors = [] }) =>
    selectors.flatMap(({ text, start, end }): Problem[] => {
      if (!isOurs || unknownSelectors([text], rules).length === 0) return [];
      return [
        { message: `no rule is called "${text}"${hint(text, names)}, so it silences nothing`, span: { start, end } },
      ];
    }),
  );
}

/** @param directives what `applySuppressions` noted of findings of every confidence */
export function unusedSuppressions(
  directives: readonly Directive[],
  config: AnalysisConfig,
  lines: LineIndex,
): Finding[] {
  if (!isEnabled(UNUSED_SUPPRESSION, config)) return [];
  // Whoever names this rule in a list means to keep what stands there.
  const keeps = ({ selectors }: Directive): boolean => selectors?.some(({ text }) => namesThisRule(text)) ?? false;
  if (directives.some((directive) => directive.scope === 'file' && keeps(directive))) return [];
  return directives
    .filter((directive) => directive.isOurs && !keeps(directive))
    .flatMap((directive) => findingsOf(directive, config, lines));
}

/** "NAN001", its name and "NAN0", but not "NAN" and "ALL", which mean the others. */
function namesThisRule(selector: string): boolean {
  return selectorMatches(selector, UNUSED_SUPPRESSION) && !RULES.every((rule) => selectorMatches(selector, rule));
}

function findingsOf(directive: Directive, config: AnalysisConfig, lines: LineIndex): Finding[] {
  const { selectors, span } = directive;
  const unused = selectors?.filter((selector) => !selector.isUsed && isJudged(selector.text, config));
  const isIdle = selectors === undefined ? !directive.isUsed && areAllOn(config) : unused?.length === selectors.length;
  if (isIdle) {
    const written = lines.text.slice(span.start, span.end).replace(/\s+/g, ' ');
    const message = `\`${written}\` silences nothing. Remove it, so that it cannot hide a finding later.`;
    return [finding(span, message, 'Remove the suppression', removal(directive, lines), config)];
  }
  return (unused ?? []).map((selector) => {
    const message = `\`${selector.text}\` silences nothing here. Remove it from the list, so that it cannot hide a finding later.`;
    const edit = { span: inList(selector, selectors ?? []), text: '' };
    return finding(selector, message, `Remove ${selector.text} from the suppression`, edit, config);
  });
}

function finding({ start, end }: Span, message: string, title: string, edit: Edit, config: AnalysisConfig): Finding {
  return {
    code: UNUSED_SUPPRESSION.code,
    name: UNUSED_SUPPRESSION.name,
    severity: severityOf(UNUSED_SUPPRESSION, config),
    confidence: 'proven',
    span: { start, end },
    message,
    related: [],
    fixes: [{ title, safety: 'safe', edits: [edit] }],
  };
}

/** Of a rule that did not run nobody knows whether it would have spoken. */
function isJudged(selector: string, config: AnalysisConfig): boolean {
  const named = RULES.filter((rule) => selectorMatches(selector, rule));
  return named.length > 0 && named.every((rule) => isEnabled(rule, config));
}

function areAllOn(config: AnalysisConfig): boolean {
  return RULES.every((rule) => isEnabled(rule, config));
}

/** Takes the directive and its reason away: with its line, where nothing else stands on it. */
function removal({ comment, span }: Directive, lines: LineIndex): Edit {
  const { text } = lines;
  const next = text.indexOf('#', span.end);
  const hasNext = next >= 0 && next < comment.end;
  const end = hasNext ? next : comment.end;
  if (hasNext) return { span: { start: span.start, end }, text: '' };
  const before = /[ \t\f]*$/.exec(text.slice(lines.lineStarts[lines.position(span.start).line], span.start));
  const start = span.start - (before?.[0].length ?? 0);
  const isWholeLine = comment.ownLine && span.start === comment.start;
  return { span: { start, end: isWholeLine ? end + lineEndLength(text, end) : end }, text: '' };
}

/** The selector with the separator that goes with it: the one after it, or for the last one that before it. */
function inList(selector: PlacedSelector, selectors: readonly PlacedSelector[]): Span {
  const at = selectors.indexOf(selector);
  const next = selectors[at + 1];
  const previous = selectors[at - 1];
  if (next) return { start: selector.start, end: next.start };
  return { start: previous?.end ?? selector.start, end: selector.end };
}
