// One process and step of an msprobe dump: dump.json with its stack.json and construct.json, and the first call that made NaN or Inf.

import { isObject } from '../../field-reader';
import { explainForward } from '../../forward-op';
import { isUserPath, sourceOf } from '../../frames';
import type { Anomaly, Dump, DumpProblem, Frame, NonFinite, OperationTable, TensorStats } from '../../model';
import { readJson } from '../../tolerant-json';
import { badValue, type RecordedCall, readCall } from './statistics';

/** The texts of one process and step. */
export interface MsprobeTexts {
  readonly dump: string;
  readonly stack: string | null;
  readonly construct: string | null;
}

export interface MsprobeFindings {
  readonly framework: Dump['framework'];
  /** In the order of execution; the first is where it began. */
  readonly anomalies: readonly Anomaly[];
  /** Why the first happened: a clause without a full stop. */
  readonly why: string | null;
  readonly operations: OperationTable;
  readonly problems: readonly DumpProblem[];
}

const maxCalls = 50_000;
const maxAnomalies = 20;

export function readMsprobe({ dump, stack, construct }: MsprobeTexts): MsprobeFindings {
  const problems: DumpProblem[] = [];
  const root = objectOf(dump, 'dump.json', problems);
  const data = isObject(root.data) ? Object.entries(root.data) : [];
  if (data.length === 0 && problems.length === 0) problems.push({ message: 'The dump records no call.', line: null });
  const calls = data.slice(0, maxCalls).map(([api, value]) => readCall(api, value));
  if (data.length > calls.length) {
    problems.push({ message: `${data.length - calls.length} more calls are not read.`, line: null });
  }
  const stacks =
    stack === null ? new Map<string, readonly Frame[]>() : readStacks(objectOf(stack, 'stack.json', problems));
  const parents = construct === null ? {} : objectOf(construct, 'construct.json', problems);
  const { bad, isReceived } = badCalls(calls);
  const anomalies = bad.slice(0, maxAnomalies).map((call, i) =>
    callAnomaly(call, {
      isInput: i === 0 && isReceived,
      index: i,
      frames: stacks.get(call.api) ?? [],
      module: call.isModule ? call.api : parentOf(parents, call.api),
    }),
  );
  const [origin] = bad;
  return {
    framework: root.framework === 'pytorch' ? 'pytorch' : null,
    anomalies,
    why: origin === undefined || isReceived ? null : explanationOf(origin).why,
    operations: {
      order: 'execution',
      total: data.length,
      entries: calls.map((call) => ({
        name: call.api,
        phase: call.phase,
        module: parentOf(parents, call.api),
        source: sourceOfCall(stacks.get(call.api)),
        inputs: call.inputs,
        outputs: call.outputs,
        parameters: call.parameters,
        nonFinite: call.outputs.length === 0 ? null : call.outputs.some((one) => badValue(one) !== null),
      })),
    },
    problems,
  };
}

/** Attention masks are made of −Inf on purpose. */
const maskMakers = /^_*(?:masked_fill|fill|full|full_like|new_full|where|triu|tril|fill_diagonal|masked_scatter)_*$/;

/** The calls from the one on where it began, and whether what went into that one was bad already. */
function badCalls(calls: readonly RecordedCall[]): { bad: readonly RecordedCall[]; isReceived: boolean } {
  const bad = calls.filter(({ outputs }) => outputs.some(badValue));
  let hasMasks = false;
  const start = bad.findIndex(({ name, inputs, outputs, parameters }) => {
    const makesNaN = outputs.some((one) => badValue(one) === 'nan');
    const received = [...inputs, ...parameters].flatMap((one) => badValue(one) ?? []);
    if (!makesNaN && maskMakers.test(name)) {
      hasMasks = true;
      return false;
    }
    // A mask that is passed on is still a mask; NaN out of it is not.
    return received.length === 0 || makesNaN || received.includes('nan') || !hasMasks;
  });
  if (start < 0) return { bad: [], isReceived: false };
  const [first] = bad.slice(start);
  const received = [...(first?.inputs ?? []), ...(first?.parameters ?? [])].flatMap((one) => badValue(one) ?? []);
  const makesNaN = first?.outputs.some((one) => badValue(one) === 'nan') ?? false;
  const isReceived = received.length > 0 && (received.includes('nan') || !makesNaN);
  return { bad: bad.slice(start), isReceived };
}

/** What is known of a call beside its statistics. */
export interface CallPlace {
  readonly isInput: boolean;
  readonly index: number;
  readonly frames: readonly Frame[];
  readonly module: string | null;
}

export function callAnomaly(call: RecordedCall, { isInput, index, frames, module }: CallPlace): Anomaly {
  const at = call.outputs.findIndex(badValue);
  const output = call.outputs[at];
  const value = output === undefined ? null : badValue(output);
  const isBackward = call.phase === 'backward';
  return {
    kind: isInput ? 'input-nan' : kindOf(value, isBackward),
    value,
    role: index === 0 ? 'first' : 'consequence',
    op: call.api,
    outputIndex: isBackward || at < 0 ? null : at,
    module,
    param: null,
    metric: null,
    step: null,
    epoch: null,
    batch: null,
    rank: null,
    source: sourceOf(frames),
    frames,
    message: output === undefined ? call.api : `${call.api}: ${output.name} Max ${output.max}, Min ${output.min}`,
    stats: index === 0 ? [...call.outputs, ...call.inputs, ...call.parameters] : null,
    rules: index === 0 && !isInput ? explanationOf(call).rules : [],
    span: null,
  };
}

export function explanationOf({ name, phase, inputs }: RecordedCall) {
  return phase === 'forward' ? explainForward(name, inputs.map(evidenceOf)) : { rules: [], why: null };
}

function evidenceOf({ name, shape, min, max }: TensorStats) {
  const size = shape === null ? null : shape.reduce((product, one) => product * one, 1);
  return { name, size, zeros: null, negatives: null, min, max };
}

function kindOf(value: NonFinite | null, isBackward: boolean): Anomaly['kind'] {
  if (isBackward) return value === 'nan' ? 'nan-backward' : 'grad-nonfinite';
  return value === 'nan' ? 'nan-forward' : 'inf-forward';
}

function parentOf(parents: Readonly<Record<string, unknown>>, api: string): string | null {
  const parent = parents[api];
  // Newer versions write [parent, the call before].
  const name: unknown = Array.isArray(parent) ? parent[0] : parent;
  return typeof name === 'string' ? name : null;
}

function objectOf(text: string, name: string, problems: DumpProblem[]): Readonly<Record<string, unknown>> {
  const { value, problem } = readJson(text);
  if (problem !== null) problems.push({ message: `${name}: ${problem.message}`, line: problem.line });
  return isObject(value) ? value : {};
}

/** `{id: [[apis], [frames]]}`, and in older versions `{api: [frames]}`. */
function readStacks(root: Readonly<Record<string, unknown>>): Map<string, readonly Frame[]> {
  const stacks = new Map<string, readonly Frame[]>();
  for (const [key, value] of Object.entries(root)) {
    if (!Array.isArray(value)) continue;
    const [apis, frames]: unknown[] = value;
    if (Array.isArray(apis) && Array.isArray(frames)) {
      const read = readFrames(frames);
      for (const api of apis) if (typeof api === 'string') stacks.set(api, read);
    } else stacks.set(key, readFrames(value));
  }
  return stacks;
}

const framePattern = /^File (.+), line (\d+), in ([^,\n]+),?\s*(?:\n([\s\S]*))?$/;

/** msprobe writes the innermost call first. @returns the outermost first */
export function readFrames(lines: readonly unknown[]): Frame[] {
  return lines
    .flatMap((line): Frame[] => {
      const match = typeof line === 'string' && line.length < 10_000 ? framePattern.exec(line) : null;
      if (match === null) return [];
      const [, path = '', number = '', name = '', code] = match;
      return [{ path, line: Number(number), function: name, text: code?.trim() || null, isUser: isUserPath(path) }];
    })
    .reverse();
}

function sourceOfCall(frames: readonly Frame[] | undefined) {
  const source = sourceOf(frames ?? []);
  return source && { path: source.path, line: source.line, function: source.function };
}
