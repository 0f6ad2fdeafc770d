// Turns a dump into what the page shows: bounded in number and length, whatever a hostile file holds.

import type { Anomaly, Frame, ReadResult, TensorStats } from '../../../dump/model';
import type { AnomalyView, DumpView, FrameView, TensorStatsView, TextExcerpt } from '../../../protocol/dump-view';
import { toWireOrNull } from '../../../protocol/wire-number';
import { type OrderedSeries, orderSeries, seriesView } from './series-window';

export const limits = {
  anomalies: 300,
  frames: 150,
  stats: 500,
  rules: 10,
  series: 60,
  problems: 200,
  excerptLines: 60,
  /** Characters of one text. */
  text: 4000,
  shortText: 500,
} as const;

const ruleCode = /^[A-Z]{2,8}\d{1,4}$/;

export interface ViewModel {
  readonly view: DumpView;
  /** The whole series behind `view.series`, index by index. */
  readonly series: readonly OrderedSeries[];
}

export function buildViewModel(name: string, result: ReadResult): ViewModel {
  const { dump, problems } = result;
  const ordered = [...dump.series].map(orderSeries).sort(bySalience);
  const series = ordered.slice(0, limits.series);
  const anomalies = dump.anomalies.slice(0, limits.anomalies);
  const failureStep = dump.anomalies.find(({ role }) => role !== 'benign')?.step ?? null;
  return {
    series,
    view: {
      name: shortText(name),
      format: shortText(dump.format),
      framework: dump.framework,
      verdict: { sentence: longText(dump.verdict.sentence), confidence: dump.verdict.confidence },
      anomalies: anomalies.map(anomalyView),
      anomaliesLeftOut: dump.anomalies.length - anomalies.length,
      series: series.map((one) => ({ ...seriesView(one, failureStep), name: shortText(one.name) })),
      seriesLeftOut: ordered.length - series.length,
      problems: problems.slice(0, limits.problems).map(({ message, line }) => ({ message: longText(message), line })),
      problemsLeftOut: Math.max(0, problems.length - limits.problems),
    },
  };
}

/** Losses first, then gradient norms, then whatever has something to show, then the rest as it came. */
function bySalience(a: OrderedSeries, b: OrderedSeries): number {
  return salience(a) - salience(b);
}

function salience({ name, values }: OrderedSeries): number {
  const lower = name.toLowerCase();
  if (lower === 'loss') return 0;
  if (lower.includes('loss') && !lower.includes('scale')) return 1;
  if (lower.includes('grad')) return 2;
  return values.every(Number.isFinite) ? 4 : 3;
}

function anomalyView(anomaly: Anomaly): AnomalyView {
  const { frames, blamed, leftOut } = framesOf(anomaly);
  return {
    kind: anomaly.kind,
    value: anomaly.value,
    role: anomaly.role,
    op: shortTextOrNull(anomaly.op),
    outputIndex: anomaly.outputIndex,
    module: shortTextOrNull(anomaly.module),
    param: shortTextOrNull(anomaly.param),
    metric: shortTextOrNull(anomaly.metric),
    step: anomaly.step,
    epoch: anomaly.epoch,
    batch: anomaly.batch,
    rank: anomaly.rank,
    message: longText(anomaly.message),
    frames,
    framesLeftOut: leftOut,
    blamed,
    stats: (anomaly.stats ?? []).slice(0, limits.stats).map(statsView),
    rules: anomaly.rules.filter((code) => ruleCode.test(code)).slice(0, limits.rules),
    hasText: anomaly.span !== null,
  };
}

/** The frames to show, the blamed one always among them. */
function framesOf(anomaly: Anomaly): { frames: FrameView[]; blamed: number | null; leftOut: number } {
  const { source } = anomaly;
  // The innermost calls say most, so it is the outermost that give way.
  const kept = anomaly.frames.slice(-limits.frames);
  const frames = kept.map(frameView);
  const leftOut = anomaly.frames.length - kept.length;
  if (source === null) return { frames, blamed: null, leftOut };
  const found = kept.findLastIndex((frame) => frame.path === source.path && frame.line === source.line);
  if (found >= 0) return { frames, blamed: found, leftOut };
  frames.push(frameView({ ...source, isUser: true }));
  return { frames, blamed: frames.length - 1, leftOut };
}

function frameView(frame: Frame): FrameView {
  return {
    path: longText(frame.path),
    line: frame.line,
    function: shortTextOrNull(frame.function),
    isUser: frame.isUser,
    excerpt: recordedExcerpt(frame),
  };
}

function recordedExcerpt({ excerpt, line, text }: Frame): TextExcerpt | null {
  const marked = { first: line, last: line };
  if (excerpt && excerpt.lines.length > 0) {
    const skipped = Math.max(
      0,
      Math.min(line - excerpt.firstLine - (limits.excerptLines >> 1), excerpt.lines.length - 1),
    );
    const lines = excerpt.lines.slice(skipped, skipped + limits.excerptLines);
    return { firstLine: excerpt.firstLine + skipped, lines: lines.map(shortText), marked };
  }
  if (text === null) return null;
  return { firstLine: line, lines: [shortText(text)], marked };
}

function statsView(stats: TensorStats): TensorStatsView {
  return {
    name: shortTextOrNull(stats.name),
    shape: stats.shape === null ? null : stats.shape.slice(0, 16),
    dtype: shortTextOrNull(stats.dtype),
    nan: stats.nan,
    posInf: stats.posInf,
    negInf: stats.negInf,
    min: toWireOrNull(stats.min),
    max: toWireOrNull(stats.max),
    mean: toWireOrNull(stats.mean),
    absMin: toWireOrNull(stats.absMin),
    absMax: toWireOrNull(stats.absMax),
  };
}

/** Cuts on a character, never inside a surrogate pair, and says that it cut. */
export function clip(text: string, limit: number): string {
  const whole = visible(text.length > 4 * limit ? text.slice(0, 4 * limit) : text);
  if (whole.length <= limit) return whole;
  const end = limit - 1;
  const code = whole.charCodeAt(end - 1);
  const splitsPair = code >= 0xd800 && code <= 0xdbff;
  return `${whole.slice(0, splitsPair ? end - 1 : end)}…`;
}

/** Spells out what would change how the text around it reads: order marks, control characters, halves of pairs. */
export function visible(text: string): string {
  return text.replace(hidden, (character) => {
    const code = character.charCodeAt(0);
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

const hidden = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\p{Surrogate}]|(?![\t\n\r])\p{Cc}/gu;

function longText(text: string): string {
  return clip(text, limits.text);
}

function shortText(text: string): string {
  return clip(text, limits.shortText);
}

function shortTextOrNull(text: string | null): string | null {
  return text === null ? null : shortText(text);
}
