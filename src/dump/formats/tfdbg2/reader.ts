// A dump folder of TensorFlow's debugger (tfdbg2): the first operation that made NaN or Inf, and the source line that created it. Needs no TensorFlow.

import { explainForward } from '../../forward-op';
import { isUserPath, sourceOf } from '../../frames';
import type { Anomaly, ByteSource, DumpProblem, Frame, ReadResult, RecordedOperation } from '../../model';
import { newRecordFacts, type RecordFacts, readRecords } from '../../tfrecord';
import { verdictOf } from '../../verdict';
import { healthWords, statsOf, type TensorHealth } from './health';
import { type BadGraphOp, Executions, opKey, TraceScan } from './origin';
import {
  type DebugEvent,
  type Execution,
  type Graph,
  kindOfEvent,
  type OpCreation,
  readEvent,
  readExecution,
  readGraph,
  readOp,
  readSourceFile,
  readStackFrame,
  readTrace,
  type StackFrame,
} from './records';

/** What the names of the files of one dump end in. */
export const tfdbg2Parts = [
  'metadata',
  'source_files',
  'stack_frames',
  'graphs',
  'execution',
  'graph_execution_traces',
] as const;
export type Tfdbg2Part = (typeof tfdbg2Parts)[number];
export type Tfdbg2Files = { readonly [part in Tfdbg2Part]?: ByteSource };

const maxOps = 500_000;
const maxFrames = 500_000;
const maxSourceFiles = 100_000;
const maxSourceLines = 200_000;
const excerptLines = 3;
/** The debugger keeps the last so many events unless it is told otherwise. */
const circularBuffer = 1000;
const smallestBuffer = 20;

const backward = /(?:^|\/)gradient_tape\/|(?:^|\/)gradients(?:_\d+)?\/|_grad(?:_\d+)?(?:\/|$)/;

/** Reads the files of one dump; those that are missing leave gaps, told in words. */
export async function readTfdbg2(files: Tfdbg2Files, signal: AbortSignal): Promise<ReadResult> {
  return new Tfdbg2Dump(files, signal).read();
}

class Tfdbg2Dump {
  private readonly problems: DumpProblem[] = [];
  private readonly ops = new Map<string, OpCreation>();
  private readonly graphs = new Map<string, Graph>();
  private readonly frames = new Map<string, StackFrame>();
  private readonly sources: { path: string; lines: readonly string[] }[] = [];

  constructor(
    private readonly files: Tfdbg2Files,
    private readonly signal: AbortSignal,
  ) {}

  async read(): Promise<ReadResult> {
    const executions = new Executions();
    const executed = await this.events('execution', kindOfEvent.execution, ({ time, data }) =>
      executions.add(readExecution(time, data)),
    );
    await this.events('graphs', null, (event) => this.graphEvent(event));
    const scan = new TraceScan(this.ops, this.graphs, executions);
    const traced = await this.events('graph_execution_traces', kindOfEvent.trace, ({ time, data }) => {
      if (!scan.isDone) scan.add(readTrace(time, data));
    });
    await this.readSources();
    const inGraph = scan.finish();
    const { firstBad: eager, firstBadCall } = executions;
    // Both buffers have the same size: two that are equally long were most likely full.
    const areFull = executed.records === traced.records && executed.records >= smallestBuffer;
    const isCut = executed.breaksOff || traced.breaksOff;
    if (isCut)
      this.problem('The dump breaks off in the middle of an event; how often a function was called is not sure.');
    const hasLostCalls = mayHaveLost(executed) || areFull || scan.missesCalls || isCut;
    if (inGraph !== null && (eager === null || inGraph.trace.time <= eager.time)) {
      return this.ofGraphOp(inGraph, scan, hasLostCalls, areFull || mayHaveLost(traced) || inGraph.isEarlierMissing);
    }
    const execution = eager ?? firstBadCall;
    if (execution !== null) return this.ofExecution(execution, hasLostCalls);
    return this.healthy(executed.records + traced.records, hasLostCalls || mayHaveLost(traced));
  }

  /** Hands over every event of one file, decoded; what is no event is counted. */
  private async events(part: Tfdbg2Part, kind: number | null, take: (event: DebugEvent) => void): Promise<RecordFacts> {
    const facts = newRecordFacts();
    const source = this.files[part];
    if (source === undefined) {
      this.problem(`The dump has no file “.${part}”.`);
      return facts;
    }
    let broken = 0;
    try {
      for await (const records of readRecords(source, facts, this.signal)) {
        for (const record of records) {
          try {
            const event = readEvent(record);
            if (event !== null && (kind === null || event.kind === kind)) take(event);
          } catch {
            broken++;
          }
        }
      }
    } catch (error) {
      this.signal.throwIfAborted();
      this.problem(`Reading “.${part}” stopped: ${error instanceof Error ? error.message : String(error)}`);
    }
    for (const { message } of facts.problems) this.problem(`.${part}: ${message}`);
    if (broken > 0) this.problem(`.${part}: ${broken} events could not be understood and were left out.`);
    return facts;
  }

  private graphEvent({ kind, data }: DebugEvent): void {
    if (kind === kindOfEvent.graph) {
      const graph = readGraph(data);
      if (this.graphs.size < maxOps) this.graphs.set(graph.id, graph);
    } else if (kind === kindOfEvent.op) {
      const op = readOp(data);
      if (this.ops.size < maxOps) this.ops.set(opKey(op.graphId, op.opName), op);
    }
  }

  private async readSources(): Promise<void> {
    await this.events('stack_frames', kindOfEvent.stackFrame, ({ data }) => {
      const frame = readStackFrame(data);
      if (this.frames.size < maxFrames) this.frames.set(frame.id, frame);
    });
    let lines = 0;
    await this.events('source_files', kindOfEvent.sourceFile, ({ data }) => {
      if (this.sources.length >= maxSourceFiles) return;
      // Frames name a file by its place here; the libraries' text is of no use.
      const file = readSourceFile(data, (path) => lines < maxSourceLines && isUserPath(path));
      lines += file.lines.length;
      this.sources.push(file);
    });
  }

  private ofGraphOp(bad: BadGraphOp, scan: TraceScan, hasLostCalls: boolean, hasLostTraces: boolean): ReadResult {
    const { trace, op, functionName, call, inputs, isInput } = bad;
    const { opName, slot, health } = trace;
    const opType = op?.opType ?? opName;
    const isBackward = backward.test(opName);
    const frames = this.stack(op?.frameIds ?? []);
    const evidence = inputs.map(({ name, health: of }) => ({
      name,
      size: of?.size ?? null,
      zeros: of?.zero ?? null,
      negatives: of?.negative ?? null,
      min: of?.min ?? null,
      max: of?.max ?? null,
    }));
    const { rules, why } = isInput ? { rules: [], why: null } : explainForward(opType, evidence);
    const first: Anomaly = {
      ...base(kindOf(health, isBackward, isInput), health),
      op: opType,
      outputIndex: isBackward ? null : slot,
      step: hasLostCalls ? null : call,
      source: sourceOf(frames),
      frames,
      message: `${opType} (${opName}:${slot})${functionName ? ` in ${functionName}` : ''}: ${healthWords(health)}`,
      stats: [
        statsOf(`output ${opName}:${slot}`, health),
        ...inputs.flatMap((one) => (one.health === null ? [] : [statsOf(`input ${one.name}`, one.health)])),
      ],
      rules,
    };
    if (hasLostTraces) this.sayLost();
    else if (hasLostCalls) this.problem('The step is not known: not all calls have left a record.');
    const entries = scan.traces.map((one) => this.operation(one));
    return {
      dump: {
        format: 'tfdbg2',
        framework: 'tensorflow',
        verdict: verdictOf({ first, confidence: hasLostTraces ? 'likely' : 'certain', why }),
        anomalies: [first],
        series: [],
        ...(entries.length === 0
          ? {}
          : { operations: { order: 'execution' as const, entries, total: entries.length } }),
      },
      problems: this.problems,
    };
  }

  private ofExecution(bad: Execution, hasLostCalls: boolean): ReadResult {
    const { opType, outputs, frameIds } = bad;
    const slot = outputs.findIndex(({ isBad }) => isBad);
    const health = outputs[slot];
    const frames = this.stack(frameIds);
    const first: Anomaly = {
      ...base(health === undefined ? 'nan-forward' : kindOf(health, false, false), health),
      op: opType,
      outputIndex: slot,
      source: sourceOf(frames),
      frames,
      message: `${opType} (eager): ${health === undefined ? 'not finite' : healthWords(health)}`,
      stats: health === undefined ? null : [statsOf(`output ${slot}`, health)],
    };
    if (hasLostCalls) this.sayLost();
    return {
      dump: {
        format: 'tfdbg2',
        framework: 'tensorflow',
        verdict: verdictOf({ first, confidence: hasLostCalls ? 'likely' : 'certain', why: null }),
        anomalies: [first],
        series: [],
      },
      problems: this.problems,
    };
  }

  private healthy(events: number, hasLost: boolean): ReadResult {
    if (hasLost) this.sayLost();
    const isWhole = this.problems.length === 0 && events > 0;
    const sentence =
      events === 0
        ? 'This dump holds no executed operation.'
        : `No NaN or Inf in this dump: none of the ${events} recorded results is known to hold one.`;
    return {
      dump: {
        format: 'tfdbg2',
        framework: 'tensorflow',
        verdict: { sentence, confidence: isWhole ? 'likely' : 'unknown' },
        anomalies: [],
        series: [],
      },
      problems: this.problems,
    };
  }

  private operation({ graphId, opName, slot, health }: TraceOf): RecordedOperation {
    const op = this.ops.get(opKey(graphId, opName));
    const source = op === undefined ? null : sourceOf(this.stack(op.frameIds));
    return {
      name: op?.opType ?? opName,
      phase: backward.test(opName) ? 'backward' : 'forward',
      module: null,
      source: source && { path: source.path, line: source.line, function: source.function },
      inputs: [],
      outputs: [statsOf(`${opName}:${slot}`, health)],
      parameters: [],
      nonFinite: health.isBad,
    };
  }

  /** Outermost call first, as the debugger keeps them. */
  private stack(ids: readonly string[]): Frame[] {
    return ids.flatMap((id): Frame[] => {
      const frame = this.frames.get(id);
      const file = frame === undefined ? undefined : this.sources[frame.fileIndex];
      if (frame === undefined || file === undefined) return [];
      const { path, lines } = file;
      const { line } = frame;
      const text = lines[line - 1]?.trim() ?? null;
      const firstLine = Math.max(1, line - excerptLines);
      const excerpt =
        text === null ? {} : { excerpt: { firstLine, lines: lines.slice(firstLine - 1, line + excerptLines) } };
      return [{ path, line, function: frame.function || null, text, isUser: isUserPath(path), ...excerpt }];
    });
  }

  private sayLost(): void {
    this.problem(
      `The debugger keeps only the latest events (${circularBuffer} by default), and earlier ones are gone: the first NaN may be among them.`,
    );
  }

  private problem(message: string): void {
    if (this.problems.length < 100) this.problems.push({ message, line: null });
  }
}

type TraceOf = BadGraphOp['trace'];

/** A buffer that is exactly full has most likely run over; each flush of it adds as many again. */
function mayHaveLost({ records }: RecordFacts): boolean {
  return records > 0 && records % circularBuffer === 0;
}

function kindOf({ nan, posInf, negInf }: TensorHealth, isBackward: boolean, isInput: boolean): Anomaly['kind'] {
  if (isInput) return 'input-nan';
  const isInfOnly = nan === 0 && (posInf ?? 0) + (negInf ?? 0) > 0;
  if (isBackward) return isInfOnly ? 'grad-nonfinite' : 'nan-backward';
  return isInfOnly ? 'inf-forward' : 'nan-forward';
}

function base(kind: Anomaly['kind'], health: TensorHealth | undefined): Anomaly {
  const { nan, posInf, negInf } = health ?? { nan: null, posInf: null, negInf: null };
  // Modes that only say that something is wrong do not say what.
  const value = nan ? 'nan' : posInf ? 'inf' : negInf ? '-inf' : 'nonfinite';
  return {
    kind,
    value,
    role: 'first',
    op: null,
    outputIndex: null,
    module: null,
    param: null,
    metric: null,
    step: null,
    epoch: null,
    batch: null,
    rank: null,
    source: null,
    frames: [],
    message: '',
    stats: null,
    rules: [],
    span: null,
  };
}
