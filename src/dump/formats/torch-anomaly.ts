// What torch.autograd's anomaly mode leaves in a log: a warning with the forward stack, and the RuntimeError that names the node.

import { explainNode, forwardName } from '../autograd-node';
import { blamedFrame, fileName, sourceOf } from '../frames';
import type { LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import type { LogLine } from '../log/prefix';
import type { ProgressPoint } from '../log/progress';
import type { Stack } from '../log/stack';
import type { Anomaly, DumpProblem, Frame, Verdict } from '../model';

export const torchAnomaly: LogFormat = { id: 'torch-anomaly', detect: (context) => new TorchAnomalyDetector(context) };

/** More failures than this are counted, not kept: a loop that catches each of them writes without end. */
const maxFailures = 500;
/** The longest line of anomaly mode itself is a path and a sentence. */
const maxLineLength = 8000;

interface Warning {
  /** Null where the log begins after the name, and in the words of PyTorch before 1.5. */
  readonly node: string | null;
  readonly message: string;
  readonly firstLine: number;
  readonly rank: number | null;
  readonly channel: string;
  readonly after: ProgressPoint;
  stack: Stack | null;
  readonly parents: Parent[];
  lastLine: number;
  /** Whether a failure was tied to it. */
  isUsed: boolean;
}

/** The operation whose backward pass made the failing one, where a gradient is taken of a gradient. */
interface Parent {
  readonly node: string;
  stack: Stack | null;
}

interface Failure {
  readonly node: string;
  readonly outputIndex: number;
  readonly message: string;
  readonly rank: number | null;
  readonly line: number;
  firstLine: number;
  lastLine: number;
  stack: Stack | null;
  readonly after: ProgressPoint;
  /** The forward stack, where the exception's own text brings it. */
  warning: Warning | null;
}

const nanReturned = /((?:[A-Za-z_][\w.]*: )?)Function '([^']+)' returned nan values in its (\d+)th output[^\n]*/;
const errorDetected =
  /Error detected in ([^\s].*?)\. (Traceback of forward call|No forward pass information available)/;
const oldWarning = /Warning: Traceback of forward call that caused the error:\s*$/;
const induced =
  /Previous calculation was induced by ([^\s].*?)\. (?:Traceback of forward call|No forward pass information available)/;
const connectionLost = /Connection (?:closed|reset|refused)|NCCL|DistBackendError|Gloo|Broken pipe|SIGTERM|Heartbeat/i;
const inPlace = /modified by an inplace operation/;
const runsBackward = /(?:^|[/\\])torch[/\\]autograd[/\\]/;

class TorchAnomalyDetector implements LogDetector {
  private readonly warnings: Warning[] = [];
  private readonly failures: Failure[] = [];
  /** Exceptions of a backward pass that are not about NaN: what an unused warning may belong to. */
  private readonly others: Stack[] = [];
  private leftOut = 0;

  constructor(private readonly context: LogContext) {}

  onLine(line: LogLine): void {
    const { text } = line;
    if (text.length > maxLineLength) return;
    if (text.includes('returned nan values')) this.failureLine(line);
    if (text.includes('Error detected in') || oldWarning.test(text)) this.warningLine(line);
    else if (text.includes('was induced by')) this.inducedLine(line);
  }

  onStack(stack: Stack): void {
    if (stack.kind === 'exception') this.exceptionStack(stack);
    else if (stack.kind !== 'creation') this.forwardStack(stack);
  }

  private warningLine(line: LogLine): void {
    if (this.warnings.length >= 2 * maxFailures) return;
    const match = errorDetected.exec(line.text);
    if (match === null && !oldWarning.test(line.text)) return;
    const at = line.text.search(/Error detected in|Traceback of forward call/);
    const warning: Warning = {
      node: match?.[1] ?? null,
      message: line.text.slice(Math.max(0, at)).trim(),
      firstLine: line.number,
      rank: line.rank,
      channel: line.channel,
      after: this.context.progress.point(line.rank),
      stack: null,
      parents: [],
      lastLine: line.number,
      isUsed: false,
    };
    this.warnings.push(warning);
    // The newer text stands inside the exception's message, under its first line.
    const latest = this.failures.at(-1);
    if (latest && latest.warning === null && latest.node === warning.node && line.number - latest.line <= 2) {
      latest.warning = warning;
      warning.isUsed = true;
    }
  }

  private inducedLine(line: LogLine): void {
    const node = induced.exec(line.text)?.[1];
    const warning = this.warnings.at(-1);
    if (node === undefined || warning === undefined || warning.parents.length >= 50) return;
    warning.parents.push({ node, stack: null });
    warning.lastLine = line.number;
  }

  /** A forward stack belongs to the warning whose line opened it. */
  private forwardStack(stack: Stack): void {
    if (stack.heading === null) {
      this.headlessStack(stack);
      return;
    }
    const warning = this.warnings.findLast(
      ({ firstLine, channel }) => firstLine <= stack.firstLine && channel === stack.channel,
    );
    if (warning === undefined) return;
    if (stack.kind === 'forward') {
      if (warning.stack !== null || warning.firstLine !== stack.firstLine) return;
      warning.stack = stack;
    } else {
      const parent = warning.parents.find((one) => one.stack === null);
      if (parent) parent.stack = stack;
    }
    warning.lastLine = Math.max(warning.lastLine, stack.lastLine);
  }

  /** The log begins inside the forward stack: the warning's own line is lost. */
  private headlessStack(stack: Stack): void {
    const { firstLine, lastLine, rank, channel } = stack;
    const after = this.context.progress.point(rank);
    const message = 'Traceback of forward call that caused the error (its first line is cut off)';
    this.warnings.push({
      node: null,
      message,
      firstLine,
      lastLine,
      rank,
      channel,
      after,
      stack,
      parents: [],
      isUsed: false,
    });
  }

  private exceptionStack(stack: Stack): void {
    const match = stack.exception === null ? null : nanReturned.exec(stack.exception);
    if (match !== null) {
      this.failure(match, stack.exception ?? '', stack.lastLine, stack.rank, stack);
    } else if (stack.frames.some(({ path }) => runsBackward.test(path)) && this.others.length < maxFailures) {
      this.others.push(stack);
    }
  }

  private failureLine(line: LogLine): void {
    const match = nanReturned.exec(line.text);
    if (match === null) return;
    const latest = this.failures.at(-1);
    if (latest !== undefined) {
      if (latest.line === line.number && latest.stack !== null) return;
      // The same failure is often told twice: by a logger and by the traceback, or by a launcher at the end.
      const isSame =
        latest.node === match[2] && (line.rank === null || latest.rank === null || latest.rank === line.rank);
      const isNewWarning = (this.warnings.at(-1)?.firstLine ?? 0) > latest.line;
      if (isSame && !isNewWarning) return;
    }
    this.failure(match, match[0], line.number, line.rank, null);
  }

  private failure(
    match: RegExpExecArray,
    message: string,
    line: number,
    rank: number | null,
    stack: Stack | null,
  ): void {
    const node = match[2] ?? '';
    const latest = this.failures.at(-1);
    if (stack !== null && latest?.node === node && latest.rank === rank) {
      const isNewWarning = (this.warnings.at(-1)?.firstLine ?? 0) > latest.line;
      // Raised again by a handler, or printed by one before the traceback came.
      if (!isNewWarning && (stack.isChained || latest.stack === null)) {
        latest.stack ??= stack;
        latest.lastLine = line;
        return;
      }
    }
    if (this.failures.length >= maxFailures) {
      this.leftOut++;
      return;
    }
    this.failures.push({
      node,
      outputIndex: Number(match[3]),
      message: message.trim(),
      rank,
      line,
      firstLine: stack?.firstLine ?? line,
      lastLine: line,
      stack,
      after: this.context.progress.point(rank),
      warning: null,
    });
  }

  finish(): LogEvidence {
    const problems: DumpProblem[] = [];
    this.tieWarnings();
    const sightings = this.failures.map((failure) => this.sightingOf(failure, problems));
    const unused = this.warnings.filter((warning) => !warning.isUsed);
    let allClear: string | undefined;
    for (const warning of unused) {
      const other = this.otherExceptionOf(warning);
      if (other !== undefined) {
        allClear ??= notNan(warning, other);
        problems.push({ message: notNan(warning, other), line: warning.firstLine });
      } else sightings.push(this.lonelyWarning(warning, problems));
    }
    if (this.leftOut > 0) {
      problems.push({ message: `${this.leftOut} more failures of anomaly mode are not listed.`, line: null });
    }
    const claim = this.failures.length > 0 || this.warnings.length > 0 ? 1 : 0;
    return { claim, framework: 'pytorch', sightings, problems, ...(allClear === undefined ? {} : { allClear }) };
  }

  private tieWarnings(): void {
    for (const failure of this.failures) {
      if (failure.warning !== null) continue;
      const before = this.warnings.filter((warning) => !warning.isUsed && warning.firstLine < failure.line);
      const sameRank = before.filter(({ rank }) => rank === null || failure.rank === null || rank === failure.rank);
      const warning =
        sameRank.find(({ node }) => node === failure.node) ??
        sameRank.find(({ node }) => node === null) ??
        this.laterWarning(failure);
      failure.warning = warning;
      if (warning === null) continue;
      warning.isUsed = true;
      // A recomputing node (a checkpoint) reports the exception that passes through it once more.
      for (const other of sameRank) {
        if (other.firstLine > warning.firstLine && isPassedThrough(other.node)) other.isUsed = true;
      }
    }
  }

  /** pytest shows warnings at its end, and so does a stream that is written late. */
  private laterWarning({ node, line, rank }: Failure): Warning | null {
    const later = this.warnings.find(
      (warning) =>
        !warning.isUsed &&
        warning.firstLine > line &&
        warning.node === node &&
        (rank === null || warning.rank === rank),
    );
    if (later === undefined) return null;
    const isOfAnother = this.failures.some((one) => one.node === node && one.line > later.firstLine);
    return isOfAnother ? null : later;
  }

  private otherExceptionOf(warning: Warning): Stack | undefined {
    return this.others.find(
      ({ exception, firstLine }) =>
        firstLine > warning.firstLine && exception !== null && !connectionLost.test(exception),
    );
  }

  private sightingOf(failure: Failure, problems: DumpProblem[]): Sighting {
    const { warning, stack, node } = failure;
    const forward = warning?.stack ?? null;
    const frames = forward !== null && forward.frames.length > 0 ? forward.frames : (stack?.frames ?? []);
    const isForward = frames === forward?.frames;
    const firstLine = Math.min(failure.firstLine, warning?.firstLine ?? failure.firstLine);
    if (!isForward) {
      problems.push({
        message: `The forward call of ${node} was not recorded${warning === null ? ' here' : ': anomaly detection was not on during the forward pass'}; the line shown is the one that called backward.`,
        line: failure.line,
      });
    } else if (forward !== null && !forward.isComplete && forward.firstLine < failure.line) {
      problems.push(
        forward.heading === null
          ? { message: 'The log begins inside the forward stack: outer calls are missing.', line: forward.firstLine }
          : { message: 'The forward stack is cut short: deeper calls may be missing.', line: forward.lastLine },
      );
    }
    const rank = failure.rank ?? warning?.rank ?? null;
    return this.sighting({
      kind: 'nan-backward',
      node,
      outputIndex: failure.outputIndex,
      frames,
      isForward,
      rank,
      message: failure.message,
      firstLine,
      lastLine: Math.max(failure.lastLine, warning?.lastLine ?? 0),
      after: warning !== null && warning.rank === rank ? warning.after : failure.after,
      confidence: 'certain',
      parent: warning?.parents[0] ?? null,
    });
  }

  /** A warning that no exception follows: the log ends there, or something swallowed the exception. */
  private lonelyWarning(warning: Warning, problems: DumpProblem[]): Sighting {
    const end = warning.stack?.lastLine ?? warning.firstLine;
    // The two lines that Python's warnings add under the stack belong to it.
    const isCut = this.context.lineCount <= Math.max(end, warning.lastLine) + 3;
    problems.push({
      message: isCut
        ? 'The log ends inside or right after the warning: deeper calls and the error itself may be missing.'
        : 'No error follows this warning, so it is not known whether it was about NaN: anomaly mode warns of any exception in backward.',
      line: warning.firstLine,
    });
    const frames = warning.stack?.frames ?? [];
    return this.sighting({
      kind: isCut ? 'nan-backward' : 'warning',
      node: warning.node,
      outputIndex: null,
      frames,
      isForward: frames.length > 0,
      rank: warning.rank,
      message: warning.message,
      firstLine: warning.firstLine,
      lastLine: Math.max(warning.lastLine, end),
      after: warning.after,
      confidence: isCut ? 'likely' : 'unknown',
      parent: warning.parents[0] ?? null,
    });
  }

  private sighting(found: {
    kind: Anomaly['kind'];
    node: string | null;
    outputIndex: number | null;
    frames: readonly Frame[];
    isForward: boolean;
    rank: number | null;
    message: string;
    firstLine: number;
    lastLine: number;
    after: ProgressPoint;
    confidence: Verdict['confidence'];
    parent: Parent | null;
  }): Sighting {
    const { node, frames, isForward } = found;
    const blamed = isForward ? blamedFrame(frames) : null;
    const calls = blamed === null ? [] : frames.slice(frames.indexOf(blamed) + 1).map((frame) => frame.function ?? '');
    const explanation = node === null ? { rules: [], why: null } : explainNode(node, blamed?.text ?? null, calls);
    return {
      anomaly: {
        kind: found.kind,
        value: found.kind === 'warning' ? null : 'nan',
        op: node,
        outputIndex: found.outputIndex,
        module: null,
        param: null,
        metric: null,
        rank: found.rank,
        source: sourceOf(frames),
        frames,
        message: found.message,
        stats: null,
        rules: found.kind === 'warning' ? [] : explanation.rules,
        span: { firstLine: found.firstLine, lastLine: found.lastLine },
      },
      after: found.after,
      at: null,
      order: found.firstLine,
      confidence: found.confidence,
      why: found.kind === 'warning' ? null : joinClauses(explanation.why, parentClause(found.parent)),
    };
  }
}

function isPassedThrough(node: string | null): boolean {
  return node !== null && /CheckpointFunction|CompiledFunction/.test(node);
}

function parentClause(parent: Parent | null): string | null {
  if (parent === null || isPassedThrough(parent.node)) return null;
  const frame = blamedFrame(parent.stack?.frames ?? []);
  const at = frame === null ? '' : ` at ${fileName(frame.path)}:${frame.line}`;
  return `it is itself a part of the gradient of \`${forwardName(parent.node)}\`${at}`;
}

function joinClauses(...clauses: readonly (string | null)[]): string | null {
  return clauses.filter((clause) => clause !== null).join('; ') || null;
}

function notNan(warning: Warning, other: Stack): string {
  const exception = other.exception ?? 'another exception';
  const reason = inPlace.test(exception)
    ? 'a tensor that its gradient needs was changed in place'
    : `it was stopped by ${exception.slice(0, 160).replace(/[.?!]+$/, '')}`;
  return `The backward pass of ${warning.node ?? 'an operation'} failed, but not because of NaN: ${reason}.`;
}
