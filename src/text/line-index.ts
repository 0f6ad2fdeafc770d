// Offsets to lines and back, with the three line ends that Python and editors know.

/** Zero-based line and UTF-16 column. The faces add one where people read it. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export class LineIndex {
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];

  constructor(readonly text: string) {
    this.lineStarts = text.includes('\r') ? startsAmongAll(text) : startsAfterNewlines(text);
  }

  get lineCount(): number {
    return this.lineStarts.length;
  }

  position(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if ((this.lineStarts[mid] as number) <= at) low = mid;
      else high = mid - 1;
    }
    return { line: low, column: at - (this.lineStarts[low] as number) };
  }

  offset(position: Position): number {
    const start = this.lineStarts[position.line];
    if (start === undefined) return position.line < 0 ? 0 : this.text.length;
    return Math.max(start, Math.min(start + position.column, this.lineEnd(position.line)));
  }

  /** Offset just after the last character of the line, its line end not included. */
  lineEnd(line: number): number {
    let end = this.lineStarts[line + 1] ?? this.text.length;
    if (line + 1 < this.lineStarts.length) {
      if (this.text.charCodeAt(end - 1) === 10) end--;
      if (end > 0 && this.text.charCodeAt(end - 1) === 13 && end > (this.lineStarts[line] as number)) end--;
    }
    return end;
  }

  lineText(line: number): string {
    return this.text.slice(this.lineStarts[line] ?? this.text.length, this.lineEnd(line));
  }
}

/** Fast, for the engine searches a text for one character many at a time. */
function startsAfterNewlines(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
}

function startsAmongAll(text: string): number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
}
