// Comments that silence findings: `# nanlens: ignore[...]`, `# nanlens: ignore-file[...]` and `# noqa`.

import { type Module, outerSpan, type Stmt } from '../syntax/ast';
import type { LineIndex } from '../text/line-index';
import { type Span, shiftSpan } from '../text/span';
import { selectorMatches } from './config';
import type { Finding, Problem } from './finding';
import { endOfPhysicalLine, endOfString } from './python-lexing';

/** A comment with its absolute span; `text` includes the `#`. */
export interface PlacedComment extends Span {
  readonly text: string;
  readonly ownLine: boolean;
}

export interface SuppressionResult {
  /** What is left to report, in the order given. */
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Finding[];
  /** Suppressions that cannot mean what their writer meant. */
  readonly problems: readonly Problem[];
  /** The directives that count, with what they silenced. */
  readonly directives: readonly Directive[];
}

/** A code, code prefix or rule name in a directive's list. */
export interface PlacedSelector extends Span {
  readonly text: string;
  /** Whether it silenced a finding. */
  isUsed: boolean;
}

/** One `nanlens: ignore` or `noqa`. */
export interface Directive {
  /** From its `#` to the end of its list; what follows is the reason. */
  readonly span: Span;
  readonly comment: PlacedComment;
  readonly scope: 'line' | 'file';
  readonly isOurs: boolean;
  /** What it silences; undefined: every rule. */
  readonly selectors: readonly PlacedSelector[] | undefined;
  /** Whether it silenced a finding. */
  isUsed: boolean;
}

const DIRECTIVE = /#\s*nanlens\s*:\s*ignore(-file)?(?![\w-])(?:\s*(\[[^\]]*\]?))?/gi;
const NOQA = /#\s*noqa\b(\s*:\s*([A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*))?/i;

function selectorsIn(list: string, offset: number): PlacedSelector[] {
  return [...list.matchAll(/[^\s,]+/g)].map((match) => {
    const [text] = match;
    return { ...shiftSpan({ start: match.index, end: match.index + text.length }, offset), text, isUsed: false };
  });
}

/** What the comment asks for; a string says what is wrong with it. */
function parseComment(comment: PlacedComment): (Directive | string)[] {
  const parsed: (Directive | string)[] = [];
  const directive = (match: RegExpMatchArray, rest: Pick<Directive, 'scope' | 'isOurs' | 'selectors'>): Directive => {
    const start = comment.start + (match.index ?? 0);
    return { ...rest, comment, span: { start, end: start + match[0].length }, isUsed: false };
  };
  for (const match of comment.text.matchAll(DIRECTIVE)) {
    const scope = match[1] ? 'file' : 'line';
    const list = match[2];
    if (list === undefined) {
      parsed.push(directive(match, { scope, isOurs: true, selectors: undefined }));
      continue;
    }
    if (!list.endsWith(']')) {
      parsed.push('this suppression has no closing bracket, so it silences nothing');
      continue;
    }
    const listStart = comment.start + match.index + match[0].length - list.length;
    const selectors = selectorsIn(list.slice(1, -1), listStart + 1);
    if (selectors.length === 0) {
      parsed.push(
        'this suppression names no rule, so it silences nothing; leave the brackets out to silence all rules',
      );
    } else parsed.push(directive(match, { scope, isOurs: true, selectors }));
  }
  const noqa = comment.ownLine ? null : NOQA.exec(comment.text);
  if (noqa) {
    const selectors = noqa[2] === undefined ? undefined : selectorsIn(noqa[2], comment.start);
    parsed.push(directive(noqa, { scope: 'line', isOurs: false, selectors }));
  }
  return parsed;
}

/** Whether the directive silences the finding, which is noted. */
function silences(directive: Directive, finding: Finding): boolean {
  const naming = directive.selectors?.filter(({ text }) => selectorMatches(text, finding));
  for (const selector of naming ?? []) selector.isUsed = true;
  const isSilenced = naming === undefined || naming.length > 0;
  if (isSilenced) directive.isUsed = true;
  return isSilenced;
}

/** Offset of the first thing in the file that is neither blank, nor a comment, nor the module's docstring. */
function endOfPreamble(text: string): number {
  const blank = /[\s;]*/y;
  const openingQuote = /[rRuU]?["']/y;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let mayHaveDocstring = true;
  for (;;) {
    blank.lastIndex = at;
    blank.exec(text);
    at = blank.lastIndex;
    if (text[at] === '#') {
      at = endOfPhysicalLine(text, at);
      continue;
    }
    openingQuote.lastIndex = at;
    if (!mayHaveDocstring || !openingQuote.test(text)) return at;
    mayHaveDocstring = false;
    at = endOfString(text, openingQuote.lastIndex - 1) ?? text.length;
  }
}

/** Suppressions by the line that they speak of. */
class SuppressionTable {
  readonly directives: Directive[] = [];
  readonly problems: Problem[] = [];
  private readonly file: Directive[] = [];
  private readonly byLine = new Map<number, Directive[]>();

  constructor(
    comments: readonly PlacedComment[],
    private readonly lines: LineIndex,
  ) {
    const ownLines = new Set(
      comments.filter((comment) => comment.ownLine).map((comment) => lines.position(comment.start).line),
    );
    let preamble: number | undefined;
    for (const comment of comments) {
      for (const parsed of parseComment(comment)) {
        if (typeof parsed === 'string') this.problems.push({ message: parsed, span: comment });
        else if (parsed.scope === 'file') {
          preamble ??= endOfPreamble(lines.text);
          if (comment.ownLine && comment.start < preamble) {
            this.file.push(parsed);
            this.directives.push(parsed);
          } else {
            const message = '"nanlens: ignore-file" counts only at the top of the file, on a line of its own';
            this.problems.push({ message, span: comment });
          }
        } else this.add(this.targetLine(comment, ownLines), parsed);
      }
    }
  }

  /** A trailing comment speaks of its own line; one that stands alone, of the next line that is not such a comment. */
  private targetLine(comment: PlacedComment, ownLines: ReadonlySet<number>): number {
    let line = this.lines.position(comment.start).line;
    if (comment.ownLine) while (ownLines.has(line)) line++;
    return line;
  }

  private add(line: number, directive: Directive): void {
    this.directives.push(directive);
    const list = this.byLine.get(line);
    if (list) list.push(directive);
    else this.byLine.set(line, [directive]);
  }

  /** Every directive that silences the finding is noted as used, not the first alone. */
  silences(finding: Finding, lines: Iterable<number>): boolean {
    const speaking = [...this.file, ...[...lines].flatMap((line) => this.byLine.get(line) ?? [])];
    return speaking.filter((directive) => silences(directive, finding)).length > 0;
  }
}

/**
 * Splits findings into those to report and those that a comment silences. A comment counts on the first or the last
 * line of the flagged span and, where `statements` are given, of the innermost statement around it.
 *
 * @param comments with absolute spans, in any order
 * @param statements what `statementSpans` returns for the same text
 */
export function applySuppressions(
  findings: readonly Finding[],
  comments: readonly PlacedComment[],
  lineIndex: LineIndex,
  statements: readonly Span[] = [],
): SuppressionResult {
  const relevant = comments.filter((comment) => /nanlens|noqa/i.test(comment.text));
  if (relevant.length === 0) return { findings, suppressed: [], problems: [], directives: [] };
  // All comments are needed: one that stands alone may be followed by others before the line that it speaks of.
  const table = new SuppressionTable(comments, lineIndex);
  const left: Finding[] = [];
  const suppressed: Finding[] = [];
  for (const finding of findings) {
    const around = [finding.span, ...innermost(statements, finding.span)];
    const lines = new Set(
      around.flatMap((span) => [
        lineIndex.position(span.start).line,
        lineIndex.position(Math.max(span.start, span.end - 1)).line,
      ]),
    );
    (table.silences(finding, lines) ? suppressed : left).push(finding);
  }
  return { findings: left, suppressed, problems: table.problems, directives: table.directives };
}

/** The smallest of the spans that contains `inner`, if any; `spans` are sorted by start, and nest. */
export function innermost(spans: readonly Span[], inner: Span): Span[] {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((spans[mid] as Span).start <= inner.start) low = mid + 1;
    else high = mid;
  }
  for (let i = low - 1; i >= 0; i--) {
    const span = spans[i] as Span;
    if (inner.end <= span.end) return [span];
  }
  return [];
}

/**
 * Absolute spans of every simple statement and of every compound statement's header, sorted by start: what "the line
 * of the statement" means to a suppression.
 *
 * @param findings only of segments that hold one of these, for most files are long and their findings few
 */
export function statementSpans(module: Module, findings: readonly { readonly span: Span }[]): Span[] {
  const spans: Span[] = [];
  for (const { offset, segment } of module.segments) {
    const end = offset + segment.text.length;
    if (!findings.some(({ span }) => span.start <= end && offset <= span.end)) continue;
    const visit = (statement: Stmt): void => {
      const end = headerEnd(statement, segment.text);
      spans.push({ start: offset + statement.start, end: offset + end });
      for (const block of innerBlocks(statement)) for (const inner of block) visit(inner);
    };
    for (const statement of segment.body) visit(statement);
  }
  return spans.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** Where a compound statement's header ends, its colon included; of any other statement, its own end. */
function headerEnd(statement: Stmt, text: string): number {
  const last = lastHeaderPart(statement);
  if (last === undefined) return statement.end;
  const colon = /[\s)\],]*:/y;
  colon.lastIndex = last;
  return colon.test(text) ? colon.lastIndex : last;
}

function lastHeaderPart(statement: Stmt): number | undefined {
  switch (statement.kind) {
    case 'If':
    case 'While':
      return outerSpan(statement.test).end;
    case 'For':
      return outerSpan(statement.iterable).end;
    case 'With': {
      const item = statement.items.at(-1);
      return item ? outerSpan(item.target ?? item.context).end : statement.start + 'with'.length;
    }
    case 'FunctionDef': {
      const last = statement.returns ? outerSpan(statement.returns) : statement.params.at(-1);
      return (last ?? statement.nameSpan).end;
    }
    case 'ClassDef':
      return (statement.bases.at(-1) ?? statement.nameSpan).end;
    case 'Try':
      return statement.start + 'try'.length;
    case 'Match':
      return outerSpan(statement.subject).end;
    case 'BrokenStmt':
      return statement.body.length > 0 ? statement.start : undefined;
    default:
      return undefined;
  }
}

/** The statement lists directly inside a statement, in source order. */
function innerBlocks(statement: Stmt): (readonly Stmt[])[] {
  switch (statement.kind) {
    case 'If':
    case 'For':
    case 'While':
      return statement.orelse ? [statement.body.body, statement.orelse.body] : [statement.body.body];
    case 'With':
    case 'FunctionDef':
    case 'ClassDef':
      return [statement.body.body];
    case 'Try':
      return [
        statement.body.body,
        ...statement.handlers.map((handler) => handler.body.body),
        ...(statement.orelse ? [statement.orelse.body] : []),
        ...(statement.finalbody ? [statement.finalbody.body] : []),
      ];
    case 'Match':
      return statement.cases.map((matchCase) => matchCase.body.body);
    case 'BrokenStmt':
      return [statement.body];
    default:
      return [];
  }
}
