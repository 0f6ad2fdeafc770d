// Goes through what TensorFlow's debugger traced and finds the operation that made the first NaN or Inf out of finite inputs.

import type { TensorHealth } from './health';
import type { Execution, Graph, OpCreation, Trace } from './records';

/** Values come in through these and are not computed by them. */
const sources = /^(?:Placeholder\w*|_?Arg|ReadVariableOp|VarHandleOp|IteratorGetNext|Const|ResourceGather)$/;
const maxTracesOfCall = 50_000;
const maxCalls = 1_000_000;
const maxTensors = 1_000_000;

export interface BadGraphOp {
  readonly trace: Trace;
  readonly op: OpCreation | null;
  /** Of the outermost function that was called. */
  readonly functionName: string | null;
  /** Which call of it this was, from 0; null where no call was recorded. */
  readonly call: number | null;
  /** What went into it in that call; null for what was not traced. */
  readonly inputs: readonly { readonly name: string; readonly health: TensorHealth | null }[];
  /** Whether the value came in from outside: a batch, a variable. */
  readonly isInput: boolean;
  /** Whether an earlier call of the same operation has left no trace. */
  readonly isEarlierMissing: boolean;
}

/** Calls of functions, and single operations that ran eagerly. */
export class Executions {
  /** When each call of a function had ended, by the function's graph. */
  readonly ends = new Map<string, number[]>();
  /** An operation of its own before a function that only hands on what is wrong inside it. */
  firstBad: Execution | null = null;
  firstBadCall: Execution | null = null;
  private calls = 0;
  private readonly badTensors = new Map<number, { hasNaN: boolean }>();

  add(execution: Execution): void {
    const { time, graphId, inputIds, outputIds, outputs } = execution;
    if (graphId !== '' && this.calls++ < maxCalls) {
      const ends = this.ends.get(graphId);
      if (ends) ends.push(time);
      else this.ends.set(graphId, [time]);
    }
    const bad = outputs.filter(({ isBad }) => isBad);
    if (bad.length === 0) return;
    const inputs = inputIds.flatMap((id) => this.badTensors.get(id) ?? []);
    outputs.forEach(({ isBad, nan }, i) => {
      const id = outputIds[i];
      if (isBad && id !== undefined && this.badTensors.size < maxTensors) {
        this.badTensors.set(id, { hasNaN: nan !== null && nan > 0 });
      }
    });
    if (graphId !== '') this.firstBadCall ??= execution;
    else if (bad.some((one) => isOrigin(one, inputs))) this.firstBad ??= execution;
  }
}

/** Shown each traced tensor in order. */
export class TraceScan {
  firstBad: BadGraphOp | null = null;
  /** The first that is not finite, though something that went into it was not either. */
  private firstTainted: BadGraphOp | null = null;
  private current: { key: string; traces: Trace[]; byName: Map<string, TensorHealth> } | null = null;
  private readonly seen = new Map<string, number>();
  /** Whether calls have left traces but no record of themselves: then they cannot be counted. */
  missesCalls = false;
  /** Whether the call in which it happened has been traced to its end. */
  isDone = false;

  constructor(
    private readonly ops: ReadonlyMap<string, OpCreation>,
    private readonly graphs: ReadonlyMap<string, Graph>,
    private readonly executions: Executions,
  ) {}

  /** The traces of the call in which it happened. */
  get traces(): readonly Trace[] {
    return this.firstBad === null ? [] : (this.current?.traces ?? []);
  }

  add(trace: Trace): void {
    if (this.isDone) return;
    const rootId = this.rootOf(trace.graphId);
    const ends = rootId === null ? undefined : this.executions.ends.get(rootId);
    const call = ends === undefined ? null : endedBefore(ends, trace.time);
    const key = `${rootId} ${call}`;
    if (this.current?.key !== key) {
      if (this.firstBad !== null) {
        this.isDone = true;
        return;
      }
      this.current = { key, traces: [], byName: new Map() };
    }
    const { traces, byName } = this.current;
    // Loops run in graphs of their own: what the function itself does twice in one call was two calls.
    if (trace.graphId === rootId && byName.has(opKey(trace.graphId, `${trace.opName}:${trace.slot}`))) {
      this.missesCalls = true;
    }
    if (traces.length < maxTracesOfCall) {
      traces.push(trace);
      byName.set(opKey(trace.graphId, `${trace.opName}:${trace.slot}`), trace.health);
    }
    const seenBefore = this.countOf(trace);
    if (trace.health.isBad && this.firstBad === null) this.judge(trace, rootId, call, seenBefore, byName);
  }

  /** Nothing had only finite inputs: then the first bad value is all that is known. */
  finish(): BadGraphOp | null {
    return this.firstBad ?? this.firstTainted;
  }

  private judge(
    trace: Trace,
    rootId: string | null,
    call: number | null,
    seenBefore: number,
    byName: ReadonlyMap<string, TensorHealth>,
  ): void {
    const op = this.ops.get(opKey(trace.graphId, trace.opName)) ?? null;
    const { nan, posInf, negInf } = trace.health;
    // A constant of −Inf is how attention masks are made.
    if (op?.opType === 'Const' && nan === 0 && (posInf ?? 0) + (negInf ?? 0) > 0) return;
    const inputs = (op?.inputs ?? []).map((name) => ({
      name,
      health: byName.get(opKey(trace.graphId, name.includes(':') ? name : `${name}:0`)) ?? null,
    }));
    const bad = inputs.flatMap(({ health }) =>
      health?.isBad ? [{ hasNaN: health.nan === null || health.nan > 0 }] : [],
    );
    const found: BadGraphOp = {
      trace,
      op,
      functionName: rootId === null ? null : (this.graphs.get(rootId)?.name ?? null),
      call,
      inputs,
      isInput: op !== null && sources.test(op.opType),
      isEarlierMissing: call !== null && seenBefore < call,
    };
    if (isOrigin(trace.health, bad)) this.firstBad = found;
    else this.firstTainted ??= found;
  }

  private countOf({ graphId, opName, slot }: Trace): number {
    const key = opKey(graphId, `${opName}:${slot}`);
    const before = this.seen.get(key) ?? 0;
    if (before > 0 || this.seen.size < maxTensors) this.seen.set(key, before + 1);
    return before;
  }

  /** The outermost graph that was called as a function: loops and branches have graphs of their own inside it. */
  private rootOf(graphId: string): string | null {
    let root: string | null = null;
    const visited = new Set<string>();
    for (let id = graphId; id !== '' && !visited.has(id); id = this.graphs.get(id)?.outerId ?? '') {
      visited.add(id);
      if (this.executions.ends.has(id)) root = id;
    }
    return root;
  }
}

export function opKey(graphId: string, name: string): string {
  return `${graphId} ${name}`;
}

/** NaN out of mere infinities is made here too. */
function isOrigin(output: TensorHealth, badInputs: readonly { hasNaN: boolean }[]): boolean {
  if (badInputs.length === 0) return true;
  return output.nan !== null && output.nan > 0 && badInputs.every(({ hasNaN }) => !hasNaN);
}

/** How many of the growing `times` are before `time`. */
function endedBefore(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
