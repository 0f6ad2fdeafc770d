// Metrics as a table with a header: Lightning's metrics.csv, Keras' CSVLogger, exports of dashboards. Empty cells are no values.

import { EarlyResults } from '../early-results';
import { newTextFacts, readLines } from '../log/lines';
import { isGradientName, isLossName } from '../log/metric-line';
import { type NameRole, roleOfName, stepPreference } from '../metric-record';
import { MetricStory } from '../metric-story';
import type { DumpProblem, DumpReader } from '../model';
import { parsePythonNumber } from '../python-number';
import { detectTextEncoding } from '../text-encoding';

const separators = [',', '\t', ';'] as const;
const maxColumns = 4000;
const maxNameLength = 300;
const columnName = /^[\p{L}_|][\p{L}\p{N}_ .@:|/()%+-]*$/u;
const rowsForSniff = 5;

export const metricsCsv: DumpReader = {
  id: 'metrics-csv',
  sniff(head) {
    const encoding = detectTextEncoding(head);
    if (encoding === null) return 0;
    const lines = new TextDecoder(encoding).decode(head).split(/\r?\n/, rowsForSniff + 2);
    const table = readHeader(lines[0] ?? '');
    if (table === null) return 0;
    // The last line may be cut.
    const rows = lines.slice(1, -1).filter((line) => line !== '');
    const numeric = rows.filter((line) => isNumericRow(line, table));
    return numeric.length > 0 && numeric.length >= rows.length / 2 ? 0.7 : 0;
  },
  async read(source, signal, onPartial) {
    const story = new MetricStory();
    const facts = newTextFacts();
    const problems: DumpProblem[] = [];
    let table: Table | null = null;
    let broken = 0;
    const early = new EarlyResults(onPartial, () => result(story, problems));
    try {
      for await (const batch of readLines(source, facts, signal)) {
        for (const { number, text } of batch) {
          if (text === '') continue;
          if (table === null) {
            table = readHeader(text);
            if (table !== null) continue;
            problems.push({ message: 'The first line is no header of a table of metrics.', line: number });
            return result(story, problems);
          }
          const cells = splitRow(text, table.separator);
          // A trainer that finds a new metric half-way may write its header again.
          if (cells.join() === table.header) continue;
          if (cells.length !== table.columns.length) {
            broken++;
            if (broken === 1)
              problems.push({
                message: `This row has ${cells.length} cells under ${table.columns.length} names.`,
                line: number,
              });
          }
          // What is missing may be the end of a number: a row that is cut says nothing.
          if (cells.length >= table.columns.length) row(story, table, cells, number, text);
        }
        early.offer();
      }
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ message: `Reading stopped: ${message}`, line: facts.lines });
    }
    if (broken > 1) problems.push({ message: `${broken - 1} more rows have too few or too many cells.`, line: null });
    return result(story, problems);
  },
};

interface Column {
  readonly name: string;
  readonly role: NameRole;
  readonly preference: number;
}

interface Table {
  readonly separator: string;
  readonly columns: readonly Column[];
  readonly header: string;
}

/** @returns null where the line is no header of metrics. */
function readHeader(line: string): Table | null {
  const text = line.replace(/^\uFEFF/, '');
  if (text.length > 60_000) return null;
  for (const separator of separators) {
    const names = splitRow(text, separator);
    if (names.length < 2 || names.length > maxColumns) continue;
    // Pandas leaves the name of its index empty.
    if (!names.every((name, i) => columnName.test(name.trim()) || (i === 0 && name === ''))) continue;
    const columns = names.map((name) => ({
      name: name.trim().slice(0, maxNameLength),
      role: name === '' ? ('noise' as const) : roleOfName(name),
      preference: stepPreference(name),
    }));
    const metrics = columns.filter(({ role }) => role === 'metric');
    const isPlaced = columns.some(({ role }) => role === 'step' || role === 'epoch' || role === 'batch');
    const isTraining = metrics.some(({ name }) => isLossName(name) || isGradientName(name));
    // A table of data has steps or losses too, but hardly both.
    if (metrics.length > 0 && isPlaced && (isTraining || columns.length <= 12)) {
      return { separator, columns, header: names.join() };
    }
  }
  return null;
}

/** Cells in quotes may hold the separator, and doubled quotes. */
function splitRow(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator);
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (character === '"') {
      if (isQuoted && line[i + 1] === '"') {
        cell += '"';
        i++;
      } else isQuoted = !isQuoted;
    } else if (character === separator && !isQuoted) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...cells, cell];
}

function isNumericRow(line: string, { separator, columns }: Table): boolean {
  const cells = splitRow(line, separator);
  if (cells.length !== columns.length) return false;
  const given = cells.filter((cell) => cell.trim() !== '');
  const numbers = given.filter((cell) => parsePythonNumber(cell) !== null);
  return numbers.length > 0 && numbers.length >= given.length * 0.6;
}

function row(story: MetricStory, { columns }: Table, cells: readonly string[], line: number, text: string): void {
  let step: number | null = null;
  let preference = Number.POSITIVE_INFINITY;
  let epoch: number | null = null;
  let batch: number | null = null;
  let rank: number | null = null;
  const values: { name: string; value: number }[] = [];
  columns.forEach(({ name, role, preference: own }, i) => {
    const cell = cells[i] ?? '';
    const value = cell === '' || role === 'noise' ? null : parsePythonNumber(cell);
    if (value === null) return;
    if (role === 'metric') values.push({ name, value });
    else if (!Number.isFinite(value)) return;
    else if (role === 'epoch') epoch ??= value;
    else if (role === 'batch') batch ??= value;
    else if (role === 'rank') rank ??= value;
    else if (own < preference) {
      preference = own;
      step = value;
    }
  });
  const span = { firstLine: line, lastLine: line };
  story.row({ step, epoch, batch, rank, values, time: line, span, message: () => text });
}

function result(story: MetricStory, problems: readonly DumpProblem[]) {
  const { anomalies, series, verdict, leftOut } = story.finish('table');
  const more = leftOut > 0 ? [{ message: `The series of ${leftOut} more columns are not kept.`, line: null }] : [];
  return {
    dump: { format: 'metrics-csv', framework: null, verdict, anomalies, series },
    problems: [...problems, ...more],
  };
}
