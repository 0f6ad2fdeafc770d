// The lines on which tree-sitter met tokens that it could not place: statements there are not to be trusted.

import { type FlatTree, isCompoundStatement, isSimpleStatement, Kind } from './flat-tree';

export interface LineSet {
  /** Whether the span shares a line with an error. */
  touches(start: number, end: number): boolean;
}

/** Lines of all errors of the tree, statements that stand whole inside an error excepted. */
export function errorLines(tree: FlatTree, text: string): LineSet {
  const ranges: { start: number; end: number }[] = [];
  const add = (start: number, end: number) => {
    let from = start;
    let to = end;
    while (from < to && isSpace(text.charCodeAt(from))) from++;
    while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
    if (from === to && start !== end) return;
    while (from > 0 && !isLineEnd(text.charCodeAt(from - 1))) from--;
    while (to < text.length && !isLineEnd(text.charCodeAt(to))) to++;
    ranges.push({ start: from, end: to });
  };
  for (let node = 0; node < tree.size; node++) {
    const kind: Kind = tree.kind[node] as number;
    const start = tree.start[node] as number;
    const end = tree.end[node] as number;
    if (kind === Kind.ERROR) addOwnTokens(tree, node, start, end, add);
    else if (start === end && tree.faulty.has(node)) add(start, end);
  }
  return lineSet(ranges);
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

function lineSet(ranges: { start: number; end: number }[]): LineSet {
  ranges.sort((a, b) => a.start - b.start);
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { start, end } of ranges) {
    const last = ends.length - 1;
    if (last >= 0 && start <= (ends[last] as number)) ends[last] = Math.max(ends[last] as number, end);
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  return {
    touches(start, end) {
      let low = 0;
      let high = starts.length;
      while (low < high) {
        const mid = (low + high) >> 1;
        if ((ends[mid] as number) < start) low = mid + 1;
        else high = mid;
      }
      return low < starts.length && (starts[low] as number) <= end;
    },
  };
}

function isSpace(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13) || c === 0xfeff;
}

function isLineEnd(c: number): boolean {
  return c === 10 || c === 13;
}
