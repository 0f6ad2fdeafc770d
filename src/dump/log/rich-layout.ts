// Turns what the library rich draws back into lines: tables of log records, and tracebacks in boxes.

import type { LogLine } from './prefix';

/** A record of RichHandler: time, level, message and file stand in columns, and a long message goes on below itself. */
interface TableRecord {
  readonly column: number;
  readonly width: number;
  readonly level: LogLine['level'];
}

interface Box {
  /** Of the rows' contents. */
  readonly innerWidth: number;
  part: 'place' | 'code' | 'locals';
  /** A path that is broken over rows, as far as it has come. */
  place: string;
  isRowFull: boolean;
  hasCode: boolean;
}

interface Layout {
  record: TableRecord | null;
  /** A line that may go on in the next row. */
  pending: LogLine | null;
  lastRow: string;
  box: Box | null;
  /** After a box comes the exception, broken at the same width. */
  afterBox: number | null;
}

const recordRow = /^(?:\[[^\]]{3,40}\]|[ ]{4,42}) (?=[A-Z])(DEBUG {3}|INFO {4}|WARNING |ERROR {3}|CRITICAL) /;
const fileColumn = /\s(\S+\.pyx?(?::\d+)?)\s*$/;
const boxTop = /^\s*[╭┌+][─-]+ ?Traceback \(most[^╮┐+]*[╮┐+]\s*$/;
const boxBottom = /^\s*[╰└+][─-]+[╯┘+]\s*$/;
const boxRow = /^\s*[│|] ?(.*?) ?[│|]\s*$/;
const location = /^(.+):(\d+) in (\S.*)$/;
/** Of code without a file. */
const namelessLocation = /^in (\S+):(\d+)$/;
const arrowRow = /^\s*[❱>] *\d+ ?(.*)$/;
const mayBegin = /^(?:\[|[ ]{4})[^│]{0,44} (?:DEBUG|INFO|WARNING|ERROR|CRITICAL)|Traceback \(most/;
const maxJoined = 16_000;
const maxRowsAfterBox = 12;
const maxChannels = 64;

export class RichLayout {
  private readonly layouts = new Map<string, Layout>();

  /** @returns the lines that are complete now, in order. */
  push(line: LogLine): readonly LogLine[] {
    const layout = this.layouts.get(line.channel);
    if (layout === undefined) {
      if (!mayBegin.test(line.text) || this.layouts.size >= maxChannels) return [line];
      const begun: Layout = { record: null, pending: null, lastRow: '', box: null, afterBox: null };
      const out = this.begin(begun, line);
      if (isActive(begun)) this.layouts.set(line.channel, begun);
      return out;
    }
    const out = this.inside(layout, line);
    if (!isActive(layout)) this.layouts.delete(line.channel);
    return out;
  }

  end(): readonly LogLine[] {
    const out = [...this.layouts.values()].flatMap(flush);
    this.layouts.clear();
    return out;
  }

  /** Outside of tables and boxes. */
  private begin(layout: Layout, line: LogLine): LogLine[] {
    const { text } = line;
    if (boxTop.test(text)) return beginBox(layout, line, text);
    const match = recordRow.exec(text);
    if (match === null) return [line];
    const column = match[0].length;
    const message = text.slice(column);
    const file = fileColumn.exec(message);
    const width = file === null ? Math.max(message.length, 20) : Math.max(10, file.index);
    const level = levels[match[1]?.trim() ?? ''] ?? null;
    layout.record = { column, width, level };
    return addRow(layout, line, file === null ? message : message.slice(0, file.index));
  }

  private inside(layout: Layout, line: LogLine): LogLine[] {
    const { text } = line;
    const { record } = layout;
    if (record !== null) {
      if (isIndented(text, record.column)) return addRow(layout, line, text.slice(record.column));
      if (line.isProgressBar) return [line];
      const out = flush(layout);
      layout.record = null;
      layout.box = null;
      return [...out, ...this.begin(layout, line)];
    }
    if (layout.box !== null) {
      if (/^\s*[│|╰└+]/.test(text)) return boxLine(layout, layout.box, line, text);
      // Other threads print into the box.
      if (!boxTop.test(text)) return [line];
      layout.box = null;
    }
    if (layout.afterBox !== null) return afterBox(layout, layout.afterBox, line);
    return [...flush(layout), ...this.begin(layout, line)];
  }
}

const levels: Readonly<Record<string, LogLine['level']>> = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warning',
  ERROR: 'error',
  CRITICAL: 'error',
};

function isActive({ record, pending, box, afterBox: after }: Layout): boolean {
  return record !== null || pending !== null || box !== null || after !== null;
}

function isIndented(text: string, column: number): boolean {
  return (
    text.length > column && text.lastIndexOf(' ', column - 1) === column - 1 && text.slice(0, column).trim() === ''
  );
}

function flush(layout: Layout): LogLine[] {
  const { pending } = layout;
  layout.pending = null;
  layout.lastRow = '';
  return pending === null ? [] : [pending];
}

/** A row of a record's message: a line of its own, or the rest of the one above. */
function addRow(layout: Layout, line: LogLine, raw: string): LogLine[] {
  const { record, pending } = layout;
  const row = raw.trimEnd();
  if (record === null) return [line];
  if (layout.box !== null) return boxLine(layout, layout.box, line, row);
  if (boxTop.test(row)) return [...flush(layout), ...beginBox(layout, line, row)];
  if (row === '') return flush(layout);
  const joint = pending === null ? null : jointOf(layout.lastRow, row, record.width);
  if (pending !== null && joint !== null && pending.text.length < maxJoined) {
    layout.pending = { ...pending, text: pending.text + joint + row };
    layout.lastRow = row;
    return [];
  }
  const out = flush(layout);
  layout.pending = { ...line, text: row, level: record.level ?? line.level };
  layout.lastRow = row;
  return out;
}

/** What stood between two rows before the line was broken; null where they are two lines. */
function jointOf(before: string, row: string, width: number): '' | ' ' | null {
  if (row.startsWith(' ')) return null;
  const word = row.split(' ', 1)[0] ?? '';
  // A word that is wider than the column is broken anywhere.
  if (before.length >= width && !before.trimStart().includes(' ')) return '';
  return before.length + 1 + word.length > width ? ' ' : null;
}

function beginBox(layout: Layout, line: LogLine, row: string): LogLine[] {
  const width = row.trim().length;
  layout.box = { innerWidth: width - 4, part: 'place', place: '', isRowFull: false, hasCode: false };
  return [{ ...line, text: 'Traceback (most recent call last):' }];
}

function boxLine(layout: Layout, box: Box, line: LogLine, row: string): LogLine[] {
  if (boxBottom.test(row)) {
    layout.box = null;
    layout.afterBox = layout.record === null ? box.innerWidth + 4 : null;
    return [];
  }
  const inner = boxRow.exec(row)?.[1]?.trimEnd();
  if (inner === undefined) return [];
  if (box.part === 'locals') {
    if (/^\s*[╰└+][─-]/.test(inner)) box.part = 'place';
    return [];
  }
  if (inner.trim() === '') {
    // An empty row stands between the place and its code, and after the code.
    if (box.part === 'place' || box.hasCode) box.part = 'place';
    box.place = '';
    box.hasCode = false;
    return [];
  }
  if (/^\s*[╭┌+][─-]+ locals /.test(inner)) {
    box.part = 'locals';
    return [];
  }
  if (box.part === 'code') {
    box.hasCode = true;
    const code = arrowRow.exec(inner)?.[1]?.replace(/^[│|\s]+/, '');
    return code === undefined || code === '' ? [] : [{ ...line, text: `    ${code}` }];
  }
  return placeRow(box, line, inner);
}

/** `/home/ada/train.py:38 in fit`, which may be broken anywhere. */
function placeRow(box: Box, line: LogLine, inner: string): LogLine[] {
  if (box.place.length > maxJoined) return [];
  box.place += `${box.place === '' || box.isRowFull ? '' : ' '}${inner}`;
  box.isRowFull = inner.length >= box.innerWidth;
  const match = location.exec(box.place);
  const nameless = namelessLocation.exec(box.place);
  if (match === null && nameless === null) return [];
  const [path, number, name] = match
    ? [match[1], match[2], match[3]]
    : ['<unknown>', nameless?.[2] ?? '0', nameless?.[1] ?? ''];
  box.part = 'code';
  box.place = '';
  return [{ ...line, text: `  File "${path}", line ${number}, in ${name}` }];
}

/** The exception, and its message where that is longer than the box is wide. */
function afterBox(layout: Layout, width: number, line: LogLine): LogLine[] {
  const { pending, lastRow } = layout;
  const row = line.text.trimEnd();
  if (pending === null) {
    layout.pending = { ...line, text: row };
    layout.lastRow = row;
    return [];
  }
  const joint = /[.!?]$/.test(lastRow) || line.isProgressBar ? null : jointOf(lastRow, row, width);
  if (joint === null || line.number - pending.number > maxRowsAfterBox) {
    layout.afterBox = null;
    return [...flush(layout), line];
  }
  layout.pending = { ...pending, text: pending.text + joint + row };
  layout.lastRow = row;
  return [];
}
