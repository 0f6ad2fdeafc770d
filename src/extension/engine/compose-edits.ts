// Two rounds of edits as one: what the second does to the outcome of the first, told in terms of the first text.

import { type Edit, sortEdits } from '../../text/edit';

/** A stretch of the text between the rounds: kept from the first text, or written by the first round. */
interface Piece {
  readonly written: string | undefined;
  /** Place in the first text; for written text, what it replaced. */
  readonly start: number;
  readonly end: number;
}

function pieces(length: number, edits: readonly Edit[]): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  for (const { span, text } of sortEdits(edits)) {
    if (span.start > at) out.push({ written: undefined, start: at, end: span.start });
    out.push({ written: text, start: span.start, end: span.end });
    at = span.end;
  }
  if (at < length) out.push({ written: undefined, start: at, end: length });
  return out;
}

function pieceLength(piece: Piece): number {
  return piece.written?.length ?? piece.end - piece.start;
}

/**
 * Edits of a text of `length` characters that do what `first` and then `second` do. Neighbouring edits are joined.
 * Both lists must be applicable, `second` to the outcome of `first`.
 */
export function composeEdits(length: number, first: readonly Edit[], second: readonly Edit[]): Edit[] {
  const result: Edit[] = [];
  const emit = (start: number, end: number, text: string): void => {
    const last = result.at(-1);
    if (last && last.span.end === start) {
      result[result.length - 1] = { span: { start: last.span.start, end }, text: last.text + text };
    } else if (start < end || text !== '') {
      result.push({ span: { start, end }, text });
    }
  };

  const queue = sortEdits(second);
  let next = 0;
  /** Offset in the text between the rounds. */
  let between = 0;
  let deletedUntil = 0;
  let origin = 0;
  const insertAt = (place: number): void => {
    for (let edit = queue[next]; edit && edit.span.start === between; edit = queue[next]) {
      emit(place, place, edit.text);
      deletedUntil = edit.span.end;
      next++;
      if (edit.span.end > edit.span.start) break;
    }
  };
  for (const piece of pieces(length, first)) {
    const size = pieceLength(piece);
    const pieceStart = between;
    // What the piece replaced goes with its first fragment, so that it is deleted exactly once.
    if (piece.written !== undefined) emit(piece.start, piece.end, '');
    origin = piece.written === undefined ? piece.start : piece.end;
    while (between < pieceStart + size) {
      if (between >= deletedUntil) insertAt(origin);
      const pieceEnd = pieceStart + size;
      const isDeleted = between < deletedUntil;
      const until = isDeleted
        ? Math.min(deletedUntil, pieceEnd)
        : Math.min(queue[next]?.span.start ?? pieceEnd, pieceEnd);
      if (piece.written === undefined) {
        const advanced = origin + (until - between);
        if (isDeleted) emit(origin, advanced, '');
        origin = advanced;
      } else if (!isDeleted) {
        emit(piece.end, piece.end, piece.written.slice(between - pieceStart, until - pieceStart));
      }
      between = until;
    }
  }
  if (between >= deletedUntil) insertAt(length);
  return result.filter((edit) => edit.span.end > edit.span.start || edit.text !== '');
}
