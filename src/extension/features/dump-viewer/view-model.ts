// Turns a dump into what the page shows: bounded in number and length, whatever a hostile file holds.

import type { Anomaly, Frame, ReadResult } from '../../../dump/model';
import type { AnomalyView, DumpView, FrameView, TextExcerpt } from '../../../protocol/dump-view';
import { OperationRows } from './operation-rows';
import { rankRows, recordingView } from './recording-view';
import { type OrderedSeries, orderSeries, seriesView } from './series-window';
import { longText, shortText, shortTextOrNull } from './shown-text';
import { statsView } from './stats-view';

export const limits = {
  anomalies: 300,
  frames: 150,
  stats: 500,
  rules: 10,
  series: 60,
  problems: 200,
  excerptLines: 60,
} as const;

const ruleCode = /^[A-Z]{2,8}\d{1,4}$/;

export interface ViewModel {
  readonly view: DumpView;
  /** The whole series behind `view.series`, index by index. */
  readonly series: readonly OrderedSeries[];
  /** The whole table behind `view.operations`. */
  readonly operations: OperationRows;
}

export function buildViewModel(name: string, result: ReadResult): ViewModel {
  const { dump, problems } = result;
  const ordered = [...dump.series].map(orderSeries).sort(bySalience);
  const series = ordered.slice(0, limits.series);
  const anomalies = dump.anomalies.slice(0, limits.anomalies);
  const failureStep = dump.anomalies.find(({ role }) => role !== 'benign')?.step ?? null;
  const operations = new OperationRows(dump);
  return {
    series,
    operations,
    view: {
      name: shortText(name),
      format: shortText(dump.format),
      framework: dump.framework,
      verdict: { sentence: longText(dump.verdict.sentence), confidence: dump.verdict.confidence },
      anomalies: anomalies.map(anomalyView),
      anomaliesLeftOut: dump.anomalies.length - anomalies.length,
      series: series.map((one) => ({ ...seriesView(one, failureStep), name: shortText(one.name) })),
      seriesLeftOut: ordered.length - series.length,
      operations: operations.view(),
      recording: dump.recording ? recordingView(dump.recording) : null,
      ranks: rankRows(dump),
      problems: problems.slice(0, limits.problems).map(({ message, line }) => ({ message: longText(message), line })),
      problemsLeftOut: Math.max(0, problems.length - limits.problems),
    },
  };
}

/** Losses, gradient norms, what broke, loss scales, learning rates, the rest as it came, then what was said but once. */
function bySalience(a: OrderedSeries, b: OrderedSeries): number {
  return salience(a) - salience(b);
}

function salience({ name, values }: OrderedSeries): number {
  const lower = name.toLowerCase();
  const isWhole = values.every(Number.isFinite);
  if (values.length < 2 && isWhole) return 7;
  if (lower === 'loss') return 0;
  if (lower.includes('loss') && !lower.includes('scale')) return 1;
  if (/grad|gnorm/.test(lower)) return 2;
  if (!isWhole) return 3;
  if (lower.includes('scale')) return 4;
  return /\blr\b|learning[ _-]?rate/.test(lower.replaceAll('_', ' ')) ? 5 : 6;
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
    file: shortTextOrNull(anomaly.file ?? null),
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
