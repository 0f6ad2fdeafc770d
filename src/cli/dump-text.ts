// A dump as text for the terminal: the verdict, the failing operation, the user's frames, the series. Plain text, safe to print.

import { blamedFrame } from '../dump/frames';
import type { Anomaly, Frame, ReadResult, Series, TensorStats } from '../dump/model';

const maxAnomalies = 20;
const maxFrames = 12;
const maxStats = 20;
const maxProblems = 20;
const maxSources = 40;

/** @returns lines that end in a line feed each; control characters of the artefact are taken out. */
export function dumpToText(name: string, { dump, problems }: ReadResult): string {
  const lines: string[] = [];
  lines.push(`${name}: ${formatWords(dump.format, dump.framework)}`, '', `  ${dump.verdict.sentence}`);
  if (dump.verdict.confidence !== 'certain') lines.push(`  (${confidenceWords[dump.verdict.confidence]})`);
  dump.anomalies.slice(0, maxAnomalies).forEach((anomaly, i) => {
    lines.push('', ...anomalyLines(anomaly, i));
  });
  leftOut(lines, dump.anomalies.length - maxAnomalies, 'event');
  const series = dump.series.filter(isWorthShowing);
  if (series.length > 0) lines.push('', 'Series', ...series.map((one) => `  ${seriesLine(one)}`));
  if (dump.sources !== undefined) {
    const shown = dump.sources.slice(0, maxSources);
    lines.push('', 'Files', ...shown.map(({ path, format, sentence }) => `  ${path} (${format}): ${sentence}`));
    leftOut(lines, dump.sources.length - maxSources, 'file');
  }
  if (problems.length > 0) {
    lines.push('', 'Problems');
    for (const { message, line } of problems.slice(0, maxProblems)) {
      lines.push(`  ${line === null ? '' : `line ${line}: `}${message}`);
    }
    leftOut(lines, problems.length - maxProblems, 'problem');
  }
  return `${lines.map(printable).join('\n')}\n`;
}

const confidenceWords = {
  likely: 'likely: the artefact does not say it outright',
  unknown: 'not proven by this artefact',
} as const;

function formatWords(format: string, framework: string | null): string {
  return framework === null ? format : `${format}, ${framework}`;
}

function anomalyLines(anomaly: Anomaly, index: number): string[] {
  const lines = [
    `${index + 1}. ${anomaly.kind}${anomaly.role === 'first' ? '' : ` (${anomaly.role})`}${placeWords(anomaly)}`,
  ];
  const { source } = anomaly;
  if (source !== null) lines.push(`   ${location(source)}`);
  const blamed = blamedFrame(anomaly.frames);
  if (blamed?.excerpt !== undefined) lines.push(...excerptLines(blamed));
  else if (source?.text) lines.push(...codeLine(source.line, source.text));
  lines.push(`   ${anomaly.message.split('\n', 1)[0] ?? ''}`);
  if (anomaly.role === 'first') lines.push(...stackLines(anomaly.frames));
  for (const stats of (anomaly.stats ?? []).slice(0, maxStats)) lines.push(`   ${statsLine(stats)}`);
  if (anomaly.rules.length > 0)
    lines.push(`   see: ${anomaly.rules.map((code) => `nanlens explain ${code}`).join(', ')}`);
  const file = anomaly.file ?? 'the file';
  if (anomaly.span !== null) lines.push(`   lines ${anomaly.span.firstLine}–${anomaly.span.lastLine} of ${file}`);
  else if (anomaly.file !== undefined) lines.push(`   in ${file}`);
  return lines;
}

function placeWords({ epoch, step, batch, rank, module, param }: Anomaly): string {
  const words = Object.entries({ epoch, step, batch, rank, module, parameter: param })
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key} ${value}`);
  return words.length === 0 ? '' : ` · ${words.join(', ')}`;
}

function location({ path, line, function: name }: Pick<Frame, 'path' | 'line' | 'function'>): string {
  return `${path}:${line}${name === null ? '' : ` in ${name}`}`;
}

function codeLine(line: number, text: string): string[] {
  return [`   > ${line} | ${text}`];
}

function excerptLines({ excerpt, line }: Frame): string[] {
  if (excerpt === undefined) return [];
  const width = String(excerpt.firstLine + excerpt.lines.length).length;
  return excerpt.lines.map((text, i) => {
    const number = excerpt.firstLine + i;
    return `   ${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`;
  });
}

/** Only the user's own calls, with the library calls between them folded. */
function stackLines(frames: readonly Frame[]): string[] {
  if (frames.length < 2) return [];
  const lines: string[] = [];
  let folded = 0;
  const flush = () => {
    if (folded > 0) lines.push(`     … ${folded} library ${folded === 1 ? 'call' : 'calls'}`);
    folded = 0;
  };
  for (const frame of frames) {
    if (!frame.isUser) {
      folded++;
      continue;
    }
    flush();
    lines.push(`     ${location(frame)}${frame.text === null ? '' : `: ${frame.text}`}`);
  }
  flush();
  const shown = lines.slice(-maxFrames);
  return ['   calls, outermost first:', ...(shown.length < lines.length ? ['     …'] : []), ...shown];
}

function statsLine({ name, shape, dtype, min, max, mean, absMin, absMax, nan, posInf, negInf }: TensorStats): string {
  const values = Object.entries({
    min,
    max,
    mean,
    'abs min': absMin,
    'abs max': absMax,
    NaN: nan,
    '+Inf': posInf,
    '−Inf': negInf,
  })
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key} ${numberText(value ?? 0)}`);
  return [name ?? 'tensor', shape === null ? '' : `[${shape.join(', ')}]`, dtype ?? '', values.join(', ')]
    .filter((part) => part !== '')
    .join(' ');
}

function isWorthShowing({ name, values }: Series): boolean {
  return /loss|grad|cost/i.test(name) || !values.every(Number.isFinite);
}

function seriesLine({ name, steps, values, total }: Series): string {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  const count = total ?? values.length;
  const head = `${name}: ${count} ${count === 1 ? 'reading' : 'readings'}`;
  if (bad < 0) return `${head}, all finite, last ${numberText(values.at(-1) ?? 0)}`;
  const before = bad === 0 ? '' : `, ${numberText(values[bad - 1] ?? 0)} before`;
  return `${head}, ${numberText(values[bad] ?? 0)} from ${steps[bad] ?? bad}${before}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '−Inf';
  return Number.isInteger(value) && Math.abs(value) < 1e15
    ? String(value)
    : value.toPrecision(4).replace(/\.?0+(?=e|$)/, '');
}

function leftOut(lines: string[], count: number, what: string): void {
  if (count > 0) lines.push('', `… and ${count} more ${what}${count === 1 ? '' : 's'}`);
}

const unprintable = /\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Nothing of the artefact may steer the terminal. */
function printable(line: string): string {
  return line.replace(unprintable, (character) => (character === '\t' ? '  ' : '�'));
}
