// What transformers' DebugUnderflowOverflow prints: modules in the order in which they finished, with the extremes of what went in and came out.

import { sourceOf } from '../frames';
import type { LineSpan, LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import type { LogLine } from '../log/prefix';
import type { ProgressPoint } from '../log/progress';
import type { Stack } from '../log/stack';
import type { NonFinite, RecordedOperation, TensorStats } from '../model';
import { parsePythonNumber } from '../python-number';

export const hfUnderflowOverflow: LogFormat = {
  id: 'hf-underflow-overflow',
  detect: (context) => new UnderflowOverflowDetector(context),
};

/** A trace of every batch has no end; what is shown of it has. */
const maxOperations = 20_000;
const maxStatsOfFrame = 200;
const maxReports = 50;
const maxChannels = 64;
/** How many lines below its last statistics a report's exception may stand, blank ones and progress bars among them. */
const linesToException = 40;

const value = String.raw`nan|inf|\d\.\d\de[+-]\d{2,3}`;
const statistics = new RegExp(String.raw`^ *(${value}) +(${value}) (\S+)$`);
const noStatistics = /^ *(?:None|not a tensor) ((?:input|output)(?:\[\d+\])*|\w+)$/;
const heading = /^ {17} (?:([\w.]*) )?([A-Za-z_]\w*)$/;
const detection = /Detected inf\/nan during batch_number=(\d+)/;
const starting = /^ +\*\*\* Starting batch number=(\d+) \*\*\*$/;
const hasNonFinite = /(?:^|[\s\]])((?:input|output)(?:\[\d+\])*|[a-z_]\w*) has (nans|infs)$/;
const aborted = /DebugUnderflowOverflow: inf\/nan detected, aborting/;

interface Call {
  readonly module: string | null;
  readonly className: string;
  readonly batch: number | null;
  readonly firstLine: number;
  lastLine: number;
  /** The first of its lines that shows a bad value. */
  badText: string | null;
  readonly parameters: TensorStats[];
  readonly inputs: TensorStats[];
  readonly outputs: TensorStats[];
}

interface Report {
  readonly message: string;
  /** Null where the report's beginning is lost. */
  readonly batch: number | null;
  readonly rank: number | null;
  readonly firstLine: number;
  lastLine: number;
  readonly calls: Call[];
  /** Whether the producer says that something is not finite, whatever the statistics below show. */
  readonly isStated: boolean;
  readonly after: ProgressPoint;
  stack: Stack | null;
  values: ReadonlySet<string>;
}

/** What one process has printed last. */
interface Reading {
  report: Report | null;
  batch: number | null;
  firstValueLine: number | null;
  values: Set<string>;
}

class UnderflowOverflowDetector implements LogDetector {
  private readonly readings = new Map<string, Reading>();
  private readonly reports: Report[] = [];
  private callCount = 0;
  private leftOut = 0;

  constructor(private readonly context: LogContext) {}

  onLine(line: LogLine): void {
    const { text } = line;
    if (text.length > 400) return;
    if (text.endsWith(' has nans') || text.endsWith(' has infs')) this.valueLine(line);
    else if (text.includes('batch')) this.batchLine(line);
    else if (text.startsWith('                 ')) this.headingLine(line);
    else {
      const match = statistics.exec(text);
      if (match !== null) this.statisticsLine(line, match);
    }
  }

  onStack(stack: Stack): void {
    if (stack.exception === null || !aborted.test(stack.exception)) return;
    const open = this.readings.get(stack.channel)?.report;
    if (open && open.stack === null && stack.firstLine - open.lastLine <= linesToException) {
      open.stack = stack;
      open.lastLine = stack.lastLine;
    } else if (this.reports.length < maxReports) {
      // Only the end of the report is there.
      const report = this.begin(this.reading(stack.channel), stack.exception, null, stack.rank, stack.firstLine, true);
      report.stack = stack;
      report.lastLine = stack.lastLine;
    }
  }

  /** `output has nans`, at times behind a progress bar in the same line. */
  private valueLine(line: LogLine): void {
    const match = hasNonFinite.exec(line.text);
    if (match === null) return;
    const reading = this.reading(line.channel);
    reading.firstValueLine ??= line.number;
    reading.values.add(match[2] ?? '');
  }

  private batchLine(line: LogLine): void {
    const detected = detection.exec(line.text);
    const reading = this.readings.get(line.channel);
    if (detected !== null) {
      const message = line.text.slice(detected.index).trim();
      this.begin(this.reading(line.channel), message, Number(detected[1]), line.rank, line.number, true);
      return;
    }
    const started = starting.exec(line.text);
    if (started === null) return;
    const now = reading ?? this.reading(line.channel);
    now.batch = Number(started[1]);
    if (now.report === null) this.begin(now, line.text.trim(), null, line.rank, line.number, false);
  }

  private headingLine(line: LogLine): void {
    // `             None output` has the same shape.
    if (noStatistics.test(line.text)) return;
    const match = heading.exec(line.text);
    if (match === null) return;
    const reading = this.readings.get(line.channel);
    // A report shows calls; without one, only statistics below tell that this line is one of them.
    const report = reading?.report ?? null;
    if (reading === undefined || report === null || line.number - report.lastLine > linesToException) {
      this.reading(line.channel).report = null;
      this.pending = { channel: line.channel, line, match };
      return;
    }
    this.addCall(report, reading, line, match);
  }

  /** A heading outside of any report, whose next line decides what it is. */
  private pending: { channel: string; line: LogLine; match: RegExpExecArray } | null = null;

  private statisticsLine(line: LogLine, match: RegExpExecArray): void {
    const reading = this.reading(line.channel);
    const { pending } = this;
    if (pending !== null && pending.channel === line.channel && line.number === pending.line.number + 1) {
      const cut = 'abs min  abs max  metadata (the beginning of the report is cut off)';
      const report = this.begin(reading, cut, null, line.rank, pending.line.number, false);
      this.addCall(report, reading, pending.line, pending.match);
    }
    this.pending = null;
    const call = reading.report?.calls.at(-1);
    if (call === undefined || reading.report === null || line.number - call.lastLine > linesToException) return;
    const name = match[3] ?? '';
    const side = name.startsWith('input') ? call.inputs : name.startsWith('output') ? call.outputs : call.parameters;
    const read = stats(name, match[1] ?? '', match[2] ?? '');
    if (side.length < maxStatsOfFrame) side.push(read);
    if (isBad(read)) call.badText ??= line.text.trim();
    call.lastLine = line.number;
    reading.report.lastLine = line.number;
  }

  private addCall(report: Report, reading: Reading, line: LogLine, match: RegExpExecArray): void {
    report.lastLine = line.number;
    if (this.callCount >= maxOperations) {
      this.leftOut++;
      return;
    }
    this.callCount++;
    report.calls.push({
      module: match[1] || null,
      className: match[2] ?? '',
      batch: report.batch ?? reading.batch,
      firstLine: line.number,
      lastLine: line.number,
      badText: null,
      parameters: [],
      inputs: [],
      outputs: [],
    });
  }

  private begin(
    reading: Reading,
    message: string,
    batch: number | null,
    rank: number | null,
    line: number,
    isStated: boolean,
  ): Report {
    const firstLine = Math.min(line, isStated ? (reading.firstValueLine ?? line) : line);
    const after = this.context.progress.point(rank);
    const values = new Set(isStated ? reading.values : []);
    const report: Report = {
      message,
      batch,
      rank,
      firstLine,
      lastLine: line,
      calls: [],
      isStated,
      after,
      stack: null,
      values,
    };
    if (isStated) {
      reading.values.clear();
      reading.firstValueLine = null;
    }
    reading.report = report;
    if (this.reports.length < maxReports) this.reports.push(report);
    return report;
  }

  private reading(channel: string): Reading {
    let reading = this.readings.get(channel);
    if (reading === undefined) {
      if (this.readings.size >= maxChannels) this.readings.clear();
      reading = { report: null, batch: null, firstValueLine: null, values: new Set() };
      this.readings.set(channel, reading);
    }
    return reading;
  }

  finish(): LogEvidence {
    const sightings = this.reports.flatMap((report) => sightingOf(report) ?? []);
    const calls = this.reports.flatMap((report) => report.calls);
    const understood: LineSpan[] = this.reports.map(({ firstLine, lastLine }) => ({ firstLine, lastLine }));
    if (this.reports.every((report) => report.calls.length === 0 && !report.isStated)) {
      return { claim: 0, framework: null, sightings: [], problems: [] };
    }
    return {
      claim: 1,
      framework: 'transformers',
      sightings,
      problems: [],
      understood,
      operations: { order: 'completion', entries: calls.map(operationOf), total: calls.length + this.leftOut },
      ...(sightings.length > 0
        ? {}
        : { allClear: `No NaN or Inf: the ${calls.length} module calls that were traced are all finite.` }),
    };
  }
}

function sightingOf(report: Report): Sighting | null {
  const bad = report.calls.find(isNonFinite) ?? (report.isStated ? report.calls.at(-1) : undefined);
  if (bad === undefined && !report.isStated) return null;
  const frames = report.stack?.frames ?? [];
  const found = bad === undefined ? statedValue(report) : (nonFiniteValue(bad) ?? statedValue(report));
  // The counter has gone on by the time that the model as a whole, the last to finish, is looked at.
  const isRoot = bad !== undefined && bad.module === null;
  const batch = report.batch === null ? (bad?.batch ?? null) : report.batch - (isRoot && report.batch > 0 ? 1 : 0);
  const badParameter = bad?.parameters.find(isBad);
  return {
    anomaly: {
      kind: found === 'inf' ? 'inf-forward' : 'nan-forward',
      value: found,
      op: null,
      outputIndex: null,
      module: bad === undefined ? null : (bad.module ?? bad.className),
      param: badParameter?.name ?? null,
      metric: null,
      rank: report.rank,
      source: sourceOf(frames),
      frames,
      message: report.isStated ? report.message : (bad?.badText ?? report.message),
      stats: bad === undefined ? null : [...bad.parameters, ...bad.inputs, ...bad.outputs],
      rules: [],
      span: { firstLine: report.firstLine, lastLine: report.lastLine },
    },
    after: report.after,
    at: batch === null ? null : { step: null, epoch: null, batch },
    order: bad?.firstLine ?? report.firstLine,
    confidence: 'certain',
    why: bad === undefined ? null : why(bad),
  };
}

/** What the numbers say of where it came from. */
function why(call: Call): string | null {
  const parameter = call.parameters.find(isBad);
  if (parameter !== undefined) return `its ${parameter.name} is not finite itself, so the step before has broken it`;
  const input = call.inputs.find(isBad);
  if (input !== undefined) {
    return `its ${input.name} is not finite already, and no module before it gave that: it was made between the modules, or came with the data`;
  }
  const given = [...call.inputs, ...call.parameters];
  if (!call.outputs.some(isBad) || given.length === 0) return null;
  const largest = given.reduce((a, b) => ((a.absMax ?? 0) >= (b.absMax ?? 0) ? a : b));
  const reach = largest.absMax ?? 0;
  return `its inputs and parameters are still finite${reach < threatening ? '' : `, but reach ${reach.toPrecision(3)} in ${largest.name}`}`;
}

/** Squares of larger values leave the range of float16. */
const threatening = 256;

function isNonFinite(call: Call): boolean {
  return call.outputs.some(isBad) || call.inputs.some(isBad) || call.parameters.some(isBad);
}

function isBad({ absMax, absMin }: TensorStats): boolean {
  return !Number.isFinite(absMax) || !Number.isFinite(absMin);
}

function nonFiniteValue(call: Call): NonFinite | null {
  const side = [call.outputs, call.inputs, call.parameters].find((one) => one.some(isBad));
  if (side === undefined) return null;
  return side.some(({ absMax }) => Number.isNaN(absMax)) ? 'nan' : 'inf';
}

function statedValue({ values }: Report): NonFinite {
  return values.has('nans') ? 'nan' : values.has('infs') ? 'inf' : 'nonfinite';
}

function operationOf(call: Call): RecordedOperation {
  const { module, className, inputs, outputs, parameters } = call;
  return {
    name: className,
    phase: 'forward',
    module: module ?? className,
    source: null,
    inputs,
    outputs,
    parameters,
    nonFinite: outputs.some(isBad),
  };
}

function stats(name: string, absMin: string, absMax: string): TensorStats {
  return {
    name,
    shape: null,
    dtype: null,
    min: null,
    max: null,
    mean: null,
    absMin: parsePythonNumber(absMin),
    absMax: parsePythonNumber(absMax),
    nan: null,
    posInf: null,
    negInf: null,
  };
}
