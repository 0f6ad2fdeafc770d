// A dump as Markdown for an issue: nothing of it can turn into markup, a mention or a link.

import type {
  AnomalyView,
  BatchView,
  DumpView,
  FrameView,
  OperationRow,
  OperationsView,
  RankRow,
  RecordingView,
  SeriesView,
  TensorSummary,
} from '../../../protocol/dump-view';
import { code, fenced, plain } from '../../quoted-markdown';

/** Rows before and after the first bad one. */
const rowsAround = 3;
const mostRanks = 16;
const mostNumbers = 20;
/** Readings before the first that is not finite. */
const readingsBefore = 3;

export function dumpAsMarkdown(view: DumpView): string {
  const [first, ...others] = view.anomalies;
  const parts = [`**${verdictText(view.verdict.sentence)}**`, '', confidenceLine(view), ''];
  if (first) parts.push(...anomalyLines(first), '');
  for (const series of view.series) {
    const line = seriesLine(series);
    if (line) parts.push(line);
  }
  if (view.operations) parts.push('', ...operationLines(view.operations));
  if (view.recording) parts.push('', ...recordingLines(view.recording));
  if (view.ranks.length > 0) parts.push('', ...rankLines(view.ranks));
  if (others.length > 0) {
    parts.push(
      '',
      `Also in the file: ${others.slice(0, 10).map(shortAnomaly).join('; ')}${others.length > 10 ? '; …' : ''}`,
    );
  }
  for (const { message, line } of view.problems.slice(0, 5)) {
    parts.push('', `Not read: ${line === null ? '' : `line ${line}: `}${plain(message)}`);
  }
  return `${parts
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function confidenceLine({ verdict, format, framework, name }: DumpView): string {
  const sure = { certain: 'certain', likely: 'likely', unknown: 'not proven' }[verdict.confidence];
  const origin = [framework, format]
    .filter((part) => part !== null)
    .map(plain)
    .join(', ');
  return `Confidence: ${sure}. Read by NaN Lens from ${code(name)} (${origin}).`;
}

function anomalyLines(anomaly: AnomalyView): string[] {
  const lines: string[] = [];
  const add = (term: string, value: string | null) => {
    if (value !== null && value !== '') lines.push(`- ${term}: ${value}`);
  };
  add(
    'Operation',
    anomaly.op === null
      ? null
      : `${code(anomaly.op)}${anomaly.outputIndex === null ? '' : `, output ${anomaly.outputIndex}`}`,
  );
  add('Kind', code(anomaly.kind));
  add('Module', codeOrNull(anomaly.module));
  add('Parameter', codeOrNull(anomaly.param));
  add('Metric', codeOrNull(anomaly.metric));
  add('When', whenText(anomaly));
  add('Rules', anomaly.rules.map(code).join(', '));
  const blamed = anomaly.blamed === null ? undefined : anomaly.frames[anomaly.blamed];
  if (blamed) lines.push('', ...frameLines(blamed));
  if (anomaly.message !== '') lines.push('', ...fenced(anomaly.message, ''));
  const calls = anomaly.frames.filter((frame) => frame.isUser && frame !== blamed);
  if (calls.length > 0) {
    lines.push('', 'Called from:', ...calls.reverse().map((frame) => `- ${placeText(frame)}`));
  }
  return lines;
}

function frameLines(frame: FrameView): string[] {
  const lines = [placeText(frame)];
  const { excerpt } = frame;
  if (!excerpt) return lines;
  const last = String(excerpt.firstLine + excerpt.lines.length - 1).length;
  const listing = excerpt.lines.map((text, i) => {
    const line = excerpt.firstLine + i;
    const mark = line >= excerpt.marked.first && line <= excerpt.marked.last ? '>' : ' ';
    return `${mark} ${String(line).padStart(last)} | ${text}`;
  });
  return [...lines, '', ...fenced(listing.join('\n'), '')];
}

function placeText({ path, line, function: name }: FrameView): string {
  return `${code(`${path}:${line}`)}${name === null ? '' : ` in ${code(name)}`}`;
}

function whenText({ step, epoch, batch, rank }: AnomalyView): string {
  const parts = Object.entries({ step, epoch, batch, rank });
  return parts
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function shortAnomaly(anomaly: AnomalyView): string {
  const when = whenText(anomaly);
  return [code(anomaly.kind), codeOrNull(anomaly.op), when === '' ? null : when, `(${anomaly.role})`]
    .filter((part) => part !== null)
    .join(' ');
}

/** The readings around the first one that is not finite; nothing for a series that has none. */
function seriesLine(series: SeriesView): string | undefined {
  const { x, y, runs } = series.overview;
  const [run] = runs;
  if (!run) return undefined;
  const at = x.findIndex((value, i) => value >= run.from && y[i] === null);
  const before = x
    .slice(Math.max(0, at - readingsBefore), Math.max(0, at))
    .map((value, i) => ({ x: value, y: y[Math.max(0, at - readingsBefore) + i] }))
    .filter((point) => typeof point.y === 'number')
    .map((point) => `${point.x}: ${point.y}`);
  const kind = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' }[run.kind];
  return `- ${code(series.name)} by ${series.axis}: ${[...before, `**${run.from}: ${kind}**`].join(', ')}`;
}

/** The table around the first bad row; nothing where no row is bad. */
function operationLines({ firstBad, opening, count }: OperationsView): string[] {
  if (firstBad === null) return [];
  const rows = opening.filter(({ index }) => Math.abs(index - firstBad) <= rowsAround);
  return [
    `Operations around the first bad one (row ${firstBad} of ${count}):`,
    '',
    '| row | operation | module | line | inputs, abs max | outputs, abs max |',
    '|---:|---|---|---|---|---|',
    ...rows.map((row) => operationLine(row, row.index === firstBad)),
  ];
}

function operationLine({ index, name, module, place, inputs, outputs }: OperationRow, isFirstBad: boolean): string {
  const cells = [
    isFirstBad ? `**${index}**` : String(index),
    code(name),
    module === null ? '' : code(module),
    place === null ? '' : code(`${place.file}:${place.line}`),
    summaryText(inputs),
    summaryText(outputs),
  ];
  // A bar ends a cell even inside code.
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function summaryText(summary: TensorSummary | null): string {
  if (summary === null) return '';
  const { absMax, nonFinite, dtype, shape } = summary;
  const names = { nan: 'NaN', inf: 'Inf', '-inf': '-Inf' };
  const broken = nonFinite.map(({ kind, count }) => `**${names[kind]}${count === null ? '' : ` ×${count}`}**`);
  const form = [dtype, shape && `[${shape.join(', ')}]`].filter((part) => part !== null).join(' ');
  return [broken.length > 0 ? broken.join(', ') : (absMax ?? ''), form === '' ? '' : code(form)]
    .filter((part) => part !== '')
    .join(' ');
}

function recordingLines({ batch, fidelity, run }: RecordingView): string[] {
  const lines: string[] = [];
  if (batch) lines.push(...batchLines(batch));
  if (fidelity?.bitIdentical === true) lines.push('- Replayed: the loss has the same bits');
  if (fidelity?.bitIdentical === false) lines.push('- Replayed: the loss differs from the one that failed');
  for (const note of fidelity?.notes ?? []) lines.push(`- Note on the replay: ${plain(note)}`);
  const versions = [run.python && `Python ${run.python}`, run.frameworkVersion, run.device].filter((part) => part);
  if (versions.length > 0) lines.push(`- Ran with: ${versions.map((part) => plain(part ?? '')).join(', ')}`);
  return lines;
}

function batchLines({ index, badRows, samples, tensors }: BatchView): string[] {
  const lines: string[] = [];
  if (index !== null) lines.push(`- Batch: ${index}`);
  const rows = badRows.map(({ first, last }) => (first === last ? String(first) : `${first}–${last}`));
  if (rows.length > 0) lines.push(`- Bad rows of the batch: ${listed(rows)}`);
  const bad = samples.filter(({ isBad }) => isBad).map(({ sample }) => String(sample));
  if (bad.length > 0) lines.push(`- Their samples in the data set: ${listed(bad)}`);
  for (const { name, shape, dtype, min, max } of tensors.slice(0, 10)) {
    const form = [dtype, shape && `[${shape.join(', ')}]`].filter((part) => part !== null).join(' ');
    const range = min === null || max === null ? '' : `, ${min} to ${max}`;
    lines.push(`- Batch tensor ${code(name ?? '?')}: ${form === '' ? '' : code(form)}${range}`);
  }
  return lines;
}

function rankLines(ranks: readonly RankRow[]): string[] {
  const lines = ranks.slice(0, mostRanks).map(({ rank, role, kind, op, place, step }) => {
    const parts = [role, codeOrNull(kind), codeOrNull(op), codeOrNull(place), step === null ? null : `step ${step}`];
    return `- Rank ${rank}: ${parts.filter((part) => part !== null).join(', ')}`;
  });
  return ranks.length > mostRanks ? [...lines, `- and ${ranks.length - mostRanks} more ranks`] : lines;
}

function listed(items: readonly string[]): string {
  return items.length > mostNumbers ? `${items.slice(0, mostNumbers).join(', ')}, …` : items.join(', ');
}

function codeOrNull(text: string | null): string | null {
  return text === null ? null : code(text);
}

/** Backticks of a verdict mark code; everything else is plain. */
function verdictText(sentence: string): string {
  const parts = sentence.split('`');
  if (parts.length % 2 === 0) return plain(sentence);
  return parts.map((part, i) => (i % 2 === 1 ? code(part) : plain(part))).join('');
}
