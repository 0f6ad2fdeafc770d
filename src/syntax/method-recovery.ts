// A class with a broken method, made whole: tree-sitter is given the class with such methods blanked out, so that the
// method that someone is typing in does not take its neighbours with it.

import type { Block, ClassDef, Comment, Segment, Stmt } from './ast';
import { logicalLines } from './segments';

/** A method (or inner class) with its decorators: whole lines of a class body. */
interface MethodLines {
  readonly start: number;
  readonly end: number;
}

const CLASS = /^class\b/;
const DEFINITION = /^(?:def|class|async[ \t]+def)\b/;

/** The definitions in the body of a class that stands at the left margin, and the body's indentation. */
function methodsOf(text: string): { indent: string; methods: MethodLines[] } | undefined {
  let indent: string | undefined;
  let inClass = false;
  let afterDecorator = false;
  let open: number | undefined;
  const methods: MethodLines[] = [];
  const close = (end: number) => {
    if (open !== undefined) methods.push({ start: open, end });
    open = undefined;
  };
  for (const { start, first } of logicalLines(text, () => indent ?? '')) {
    const code = text.slice(first, first + 16);
    if (first === start) {
      close(start);
      if (inClass) break;
      inClass = CLASS.test(code);
    } else if (inClass) {
      const lead = text.slice(start, first);
      indent ??= lead;
      if (lead.length <= indent.length) {
        if (lead !== indent) return undefined;
        const isDecorator = code.startsWith('@');
        const isDefinition = isDecorator || DEFINITION.test(code);
        if (!afterDecorator) {
          close(start);
          if (isDefinition) open = start;
        }
        afterDecorator = isDecorator;
      }
    }
  }
  close(text.length);
  return indent === undefined || methods.length === 0 ? undefined : { indent, methods };
}

export interface BlankedClass {
  /** Of the same length as the text it was made from. */
  readonly text: string;
  /** Undoes the blanking in what was parsed: broken statements where the placeholders are. */
  restore(segment: Segment, originalText: string): Segment;
}

/**
 * Replaces each method for which `parseAlone` finds errors by a placeholder.
 * @returns undefined where the text is no class, or no method can be told to be the broken one.
 */
export function blankBrokenMethods(
  text: string,
  parseAlone: (text: string) => { hasErrors: boolean; comments: readonly Comment[] },
): BlankedClass | undefined {
  const found = methodsOf(text);
  if (!found) return undefined;
  const { indent, methods } = found;
  const wrapper = 'class _:\n';
  const broken = new Map<number, Stmt>();
  const comments: Comment[] = [];
  let blanked = '';
  let last = 0;
  for (const { start, end } of methods) {
    const source = text.slice(start, end);
    const alone = parseAlone(wrapper + source);
    if (!alone.hasErrors) continue;
    const by = start - wrapper.length;
    for (const comment of alone.comments) {
      comments.push({ ...comment, start: comment.start + by, end: comment.end + by });
    }
    const at = start + indent.length;
    const placeholder = `${indent}pass`;
    blanked += text.slice(last, start) + placeholder + source.slice(placeholder.length).replace(/[^\r\n]/g, ' ');
    broken.set(at, { kind: 'BrokenStmt', start: at, end: start + source.trimEnd().length, body: [] });
    last = end;
  }
  if (broken.size === 0) return undefined;
  return {
    text: blanked + text.slice(last),
    restore: (segment, originalText) => ({
      text: originalText,
      body: segment.body.map((statement) => withBroken(statement, broken)),
      comments: [...segment.comments, ...comments]
        .sort((a, b) => a.start - b.start)
        .map((comment) => ({ ...comment, text: originalText.slice(comment.start, comment.end) })),
      hasErrors: true,
    }),
  };
}

function withBroken(statement: Stmt, broken: ReadonlyMap<number, Stmt>): Stmt {
  if (statement.kind !== 'ClassDef') return statement;
  const body = statement.body.body.map((inner) => broken.get(inner.start) ?? inner);
  const end = body.at(-1)?.end ?? statement.body.end;
  const block: Block = { start: statement.body.start, end, body };
  return { ...statement, end, body: block } satisfies ClassDef;
}
