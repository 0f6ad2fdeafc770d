// The lines on which tree-sitter met tokens that it could not place: statements there are not to be trusted.

import { LineIndex } from '../text/line-index';
import { type FlatTree, isCompoundStatement, isSimpleStatement, Kind } from './flat-tree';

/** Lines of all errors of the tree, statements that stand whole inside an error excepted. */
export class ErrorLines {
  private readonly lines: LineIndex;
  /** Number of lines with an error before each line. */
  private readonly before: Int32Array;

  constructor(tree: FlatTree, text: string) {
    this.lines = new LineIndex(text);
    const { lineCount } = this.lines;
    const hasError = new Uint8Array(lineCount);
    const add = (start: number, end: number) => {
      let from = start;
      let to = end;
      while (from < to && isSpace(text.charCodeAt(from))) from++;
      while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
      if (from === to && start !== end) return;
      const last = this.lineOf(to);
      for (let line = this.lineOf(from); line <= last; line++) hasError[line] = 1;
    };
    for (let node = 0; node < tree.size; node++) {
      const kind: Kind = tree.kind[node] as number;
      const start = tree.start[node] as number;
      const end = tree.end[node] as number;
      if (kind === Kind.ERROR) addOwnTokens(tree, node, start, end, add);
      else if (start === end && tree.faulty.has(node)) add(start, end);
    }
    this.before = new Int32Array(lineCount + 1);
    for (let line = 0; line < lineCount; line++) {
      this.before[line + 1] = (this.before[line] as number) + (hasError[line] as number);
    }
  }

  /** Whether the span shares a line with an error. */
  touches(start: number, end: number): boolean {
    return this.before[this.lineOf(end) + 1] !== this.before[this.lineOf(start)];
  }

  private lineOf(offset: number): number {
    return this.lines.position(offset).line;
  }
}

/** What of an error lies in no statement, nor in an error inside it, which speaks for itself. */
function addOwnTokens(
  tree: FlatTree,
  node: number,
  start: number,
  end: number,
  add: (start: number, end: number) => void,
): void {
  let from = start;
  const stop = tree.next[node] as number;
  for (let child = node + 1; child < stop; child = tree.next[child] as number) {
    const kind: Kind = tree.kind[child] as number;
    const isOwn = !(isSimpleStatement(kind) || isCompoundStatement(kind) || kind === Kind.block || kind === Kind.ERROR);
    if (isOwn) continue;
    const childStart = tree.start[child] as number;
    if (from < childStart) add(from, childStart);
    from = Math.max(from, tree.end[child] as number);
  }
  if (from < end || start === end) add(from, end);
}

function isSpace(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13) || c === 0xfeff;
}
