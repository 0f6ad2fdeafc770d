// Reads a text log once, shows every line to the detectors of all formats, and joins what they found into one story.

import type { Anomaly, ByteSource, Dump, DumpProblem, DumpReader, ReadResult, Series } from '../model';
import { detectTextEncoding } from '../text-encoding';
import { verdictOf } from '../verdict';
import type { LineSpan, LogContext, LogEvidence, LogFormat, Sighting } from './detector';
import { LauncherReport } from './launcher-report';
import { newTextFacts, type RawLine, type TextFacts } from './lines';
import { isLossName } from './metric-line';
import { cleanLine, type LogLine, noHints, type PrefixHints, sniffPrefixHints } from './prefix';
import { nowhere, Progress, placeAfter } from './progress';
import { PytestReport } from './pytest-report';
import { RichLayout } from './rich-layout';
import { newSkimFacts, type SkimFacts, type SkimLimits, skimLines } from './skim';
import { StackCollector } from './stack';

const maxAnomalies = 1000;
const linesForHints = 200;

/** @param formats the first is preferred where two claim a log equally; the last is the fallback and must always claim. */
export function createLogReader(formats: readonly LogFormat[]): DumpReader {
  return {
    id: 'text-log',
    sniff: (head) => (detectTextEncoding(head) === null ? 0 : 0.1),
    read: (source, signal) => readLog(source, signal, formats),
  };
}

/** Which formats claim a log, the strongest first. */
export interface Claim {
  readonly format: string;
  readonly claim: number;
}

export async function readLog(
  source: ByteSource,
  signal: AbortSignal,
  formats: readonly LogFormat[],
  limits?: SkimLimits,
): Promise<ReadResult & { readonly claims: readonly Claim[] }> {
  const scan = new LogScan(formats);
  const facts = { ...newTextFacts(), ...newSkimFacts() };
  let failure: DumpProblem | null = null;
  try {
    for await (const { lines, afterGap } of skimLines(source, facts, signal, limits)) {
      if (afterGap) scan.gap();
      scan.batch(lines);
    }
  } catch (error) {
    signal.throwIfAborted();
    failure = {
      message: `Reading stopped: ${error instanceof Error ? error.message : String(error)}`,
      line: facts.lines,
    };
  }
  const result = scan.finish(facts);
  if (failure === null) return result;
  const { dump, problems, claims } = result;
  // What was read before the failure may name a NaN, but it can never clear a log of one.
  const verdict: Dump['verdict'] =
    dump.anomalies.length > 0
      ? dump.verdict
      : { sentence: 'The log could not be read to its end; nothing was found before.', confidence: 'unknown' };
  return { dump: { ...dump, verdict }, problems: [failure, ...problems], claims };
}

class LogScan {
  private hints: PrefixHints | null = null;
  private lineCount = 0;
  private readonly progress = new Progress();
  private writer: LogLine | null = null;
  private readonly rich = new RichLayout();
  private readonly pytest = new PytestReport();
  private readonly launcher = new LauncherReport();
  private readonly detectors;
  private readonly stacks;

  constructor(formats: readonly LogFormat[]) {
    const scan = this;
    const context: LogContext = {
      progress: this.progress,
      get lineCount() {
        return scan.lineCount;
      },
      get rootRank() {
        return scan.launcher.rootRank;
      },
    };
    this.detectors = formats.map((format) => ({ format, detector: format.detect(context) }));
    this.stacks = new StackCollector((stack) => {
      for (const { detector } of this.detectors) detector.onStack?.(stack);
    });
  }

  /** Lines were passed over: no stack goes on behind them. */
  gap(): void {
    this.flush();
  }

  private flush(): void {
    for (const plain of this.rich.end()) for (const one of this.pytest.push(plain)) this.line(one);
    for (const one of this.pytest.end()) this.line(one);
    this.stacks.end();
  }

  batch(lines: readonly RawLine[]): void {
    this.hints ??= sniffPrefixHints(lineStarts(lines.slice(0, linesForHints)));
    for (const raw of lines) {
      this.lineCount = raw.number;
      for (const line of cleanLine(raw.number, raw.text, raw.endsLine, this.hints ?? noHints)) this.laidOut(line);
    }
  }

  /** What is drawn for the eye becomes the lines that Python itself would print. */
  private laidOut(drawn: LogLine): void {
    const line = this.withWriter(drawn);
    for (const plain of this.rich.push(line)) for (const one of this.pytest.push(plain)) this.line(one);
  }

  /** A bar that is redrawn within a line bears the line's prefix once. */
  private withWriter(line: LogLine): LogLine {
    const { writer } = this;
    if (writer?.number === line.number && line.channel === '' && writer.channel !== '') {
      return { ...line, channel: writer.channel, rank: line.rank ?? writer.rank };
    }
    this.writer = line;
    return line;
  }

  private line(line: LogLine): void {
    if (line.text.length === 0) return;
    const isFrame = this.stacks.line(line);
    this.launcher.line(line);
    const metric = isFrame ? null : this.progress.observe(line);
    for (const { detector } of this.detectors) detector.onLine(line, metric);
  }

  finish(facts: TextFacts & SkimFacts): ReadResult & { claims: readonly Claim[] } {
    this.flush();
    const found = withoutRepeats(
      this.detectors.map(({ format, detector }) => ({ id: format.id, evidence: detector.finish() })),
    );
    const claims = found
      .map(({ id, evidence }) => ({ format: id, claim: evidence.claim }))
      .sort((a, b) => b.claim - a.claim);
    const chosen = found.find(({ id }) => id === claims[0]?.format) ?? found.at(-1);
    const sightings = inOrder(
      found.flatMap(({ evidence }) => evidence.sightings),
      this.launcher.rootRank,
    );
    // Skips of a loss scale that settles are a part of a failed run's story, and no failure of a healthy run.
    const isHealthy = sightings.every(({ role }) => role === 'benign');
    const anomalies = isHealthy ? [] : sightings.slice(0, maxAnomalies).map(settle);
    const problems = [...found.flatMap(({ evidence }) => evidence.problems).sort(byLine), ...this.textProblems(facts)];
    if (sightings.length > maxAnomalies) {
      problems.push({ message: `${sightings.length - maxAnomalies} more events are not listed.`, line: null });
    }
    const evidences = found.map(({ evidence }) => evidence);
    const operations =
      chosen?.evidence.operations ?? evidences.find((evidence) => evidence.operations !== undefined)?.operations;
    const dump: Dump = {
      format: chosen?.id ?? 'unknown',
      framework: frameworkOf(evidences, chosen?.evidence),
      verdict: this.verdict(sightings, anomalies, evidences, facts),
      anomalies,
      series: [...this.progress.allSeries(), ...evidences.flatMap(({ series }) => series ?? [])],
      ...(operations === undefined ? {} : { operations }),
    };
    return { dump, problems, claims };
  }

  private verdict(
    sightings: readonly Sighting[],
    anomalies: readonly Anomaly[],
    evidences: readonly LogEvidence[],
    facts: TextFacts & SkimFacts,
  ): Dump['verdict'] {
    const [first] = anomalies;
    const [sighting] = sightings;
    if (first !== undefined && sighting !== undefined) {
      const { count, epoch } = sighting.after ?? { count: null, epoch: null };
      const lastPrinted = count === null || sighting.at !== null ? null : { step: count, epoch };
      const growth = first.kind === 'warning' ? null : explosion(this.progress.allSeries(), first);
      return verdictOf({ first, confidence: sighting.confidence, why: sighting.why, note: growth, lastPrinted });
    }
    if (facts.lines === 0) return { sentence: 'The file is empty.', confidence: 'unknown' };
    const allClear = evidences.find((evidence) => evidence.allClear !== undefined)?.allClear;
    if (allClear !== undefined) return { sentence: allClear, confidence: 'certain' };
    const readings = this.progress.allSeries().reduce((sum, series) => sum + (series.total ?? series.values.length), 0);
    const mentionedAt = evidences.find((evidence) => typeof evidence.mentionedAt === 'number')?.mentionedAt;
    const mention = mentionedAt
      ? `; the word stands in line ${mentionedAt}, where it reports nothing that is understood`
      : '';
    if (facts.isCutShort) {
      return {
        sentence: 'No NaN or Inf is reported in what was read; too many places of this log could speak of one.',
        confidence: 'unknown',
      };
    }
    if (readings === 0) {
      return {
        sentence: `No NaN or Inf is reported in this log, which holds no training values that could show one${mention}.`,
        confidence: 'unknown',
      };
    }
    if (facts.skipped > 0) {
      return {
        sentence: `No NaN or Inf in this log: nothing in its ${facts.lines} lines reports one${mention}.`,
        confidence: 'likely',
      };
    }
    return {
      sentence: `No NaN or Inf in this log: ${readings === 1 ? 'the one printed value is' : `all ${readings} printed values are`} finite${mention}.`,
      confidence: 'likely',
    };
  }

  private textProblems(facts: TextFacts & SkimFacts): DumpProblem[] {
    const problems: DumpProblem[] = [];
    if (facts.skipped > 0) {
      problems.push({
        message: `The log is long: only its head, its end and what may speak of a failure were read in full${facts.isCutShort ? ', and of the latter only the first places' : ''}. The curves are drawn from samples.`,
        line: null,
      });
    }
    if (facts.undecodable > 0) {
      problems.push({
        message: `${facts.undecodable} characters are not valid ${facts.encoding.toUpperCase()}; each is read as “�”.`,
        line: null,
      });
    }
    if (facts.cutLines > 0) {
      problems.push({
        message: `${facts.cutLines === 1 ? 'One line is' : `${facts.cutLines} lines are`} longer than 65,536 characters; the rest of ${facts.cutLines === 1 ? 'it' : 'each'} was not read.`,
        line: facts.firstCutLine,
      });
    }
    if (this.progress.leftOut > 0) {
      problems.push({
        message: 'The log prints values under more than 128 names; the series of the later ones are not kept.',
        line: null,
      });
    }
    return problems;
  }
}

/** A bar that is redrawn bears its prefix at the line's start alone. */
function lineStarts(lines: readonly RawLine[]): string[] {
  return lines.filter((_, i) => i === 0 || lines[i - 1]?.endsLine).map(({ text }) => text);
}

interface Found {
  readonly id: string;
  readonly evidence: LogEvidence;
}

/** What the fallback, the last, says of lines that another format knows better is dropped. */
function withoutRepeats(found: readonly Found[]): readonly Found[] {
  const fallback = found.at(-1);
  if (fallback === undefined) return found;
  const others = found.slice(0, -1);
  const spans = others.flatMap(({ evidence }) => evidence.understood ?? []);
  if (spans.length === 0) return found;
  const isUnderstood = coverage(spans);
  const sightings = fallback.evidence.sightings.filter(
    ({ anomaly }) => anomaly.span === null || !isUnderstood(anomaly.span.lastLine),
  );
  return [...others, { ...fallback, evidence: { ...fallback.evidence, sightings } }];
}

/** Whether a line lies in one of the spans, each question answered in logarithmic time. */
function coverage(spans: readonly LineSpan[]): (line: number) => boolean {
  const sorted = [...spans].sort((a, b) => a.firstLine - b.firstLine);
  const ends: number[] = [];
  for (const { lastLine } of sorted) ends.push(Math.max(lastLine, ends.at(-1) ?? 0));
  return (line) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.firstLine ?? 0) <= line) low = middle + 1;
      else high = middle;
    }
    return low > 0 && (ends[low - 1] ?? 0) >= line;
  };
}

/** First cause first: the earliest that is no benign one, but the rank that the launcher blames goes before its followers. */
function inOrder(sightings: readonly Sighting[], rootRank: number | null): Sighting[] {
  const sorted = [...sightings].sort((a, b) => a.order - b.order);
  const real = sorted.filter(
    ({ role, anomaly, isCause }) =>
      role !== 'benign' && role !== 'secondary' && (anomaly.kind !== 'warning' || isCause === true),
  );
  // A warning goes before values that were printed later, but not before an error that names its operation.
  const named = real.find(({ anomaly }) => anomaly.kind !== 'warning' && anomaly.op !== null);
  let first =
    (real[0]?.anomaly.kind === 'warning' ? named : undefined) ??
    real[0] ??
    sorted.find(({ role }) => role !== 'benign');
  if (rootRank !== null && first !== undefined && first.anomaly.rank !== null && first.anomaly.rank !== rootRank) {
    first = real.find(({ anomaly }) => anomaly.rank === rootRank) ?? first;
  }
  return first === undefined ? sorted : [first, ...sorted.filter((one) => one !== first)];
}

function settle(sighting: Sighting, index: number, all: readonly Sighting[]): Anomaly {
  const { anomaly, after, at } = sighting;
  const place = at ?? (after === null ? nowhere : placeAfter(after));
  const isFirst = index === 0 && sighting.role !== 'benign' && sighting.role !== 'secondary';
  const later = anomaly.kind === all[0]?.anomaly.kind ? 'secondary' : 'consequence';
  return { ...anomaly, ...place, role: isFirst ? 'first' : (sighting.role ?? later) };
}

/** A loss that grew by orders of magnitude before the end is evidence of its own. */
export function explosion(series: readonly Series[], first: Anomaly): string | null {
  const loss = series.find(({ name }) => isLossName(name) && (first.metric === null || name.startsWith(first.metric)));
  if (loss === undefined) return null;
  const bad = loss.values.findIndex((value) => !Number.isFinite(value));
  const before = (bad < 0 ? loss.values : loss.values.slice(0, bad)).map(Math.abs);
  const [start] = before;
  const last = before.at(-1);
  if (start === undefined || last === undefined || start === 0 || last < explosionFactor * start) return null;
  return `before it, ${loss.name} had grown from ${start.toPrecision(3)} to ${last.toPrecision(3)}: the run was diverging`;
}

const explosionFactor = 1000;

function frameworkOf(evidences: readonly LogEvidence[], chosen: LogEvidence | undefined): Dump['framework'] {
  if (chosen?.framework) return chosen.framework;
  return evidences.find(({ claim, framework }) => claim > 0 && framework !== null)?.framework ?? null;
}

function byLine(a: DumpProblem, b: DumpProblem): number {
  return (a.line ?? Number.POSITIVE_INFINITY) - (b.line ?? Number.POSITIVE_INFINITY) || 0;
}
