// msprobe's dumps: a single dump.json, the file that its own overflow check leaves, and whole folders of steps and ranks.

import { readAll } from '../../byte-source';
import { isObject } from '../../field-reader';
import type { Anomaly, ByteSource, Dump, DumpProblem, DumpReader, ReadResult } from '../../model';
import { detectTextEncoding } from '../../text-encoding';
import { readJson } from '../../tolerant-json';
import { verdictOf } from '../../verdict';
import { callAnomaly, explanationOf, type MsprobeFindings, readFrames, readMsprobe } from './dump-file';
import { badValue, readCall } from './statistics';

const maxBytes = 256 * 1024 * 1024;
const maxAnalysed = 1000;
const analysisHead = /^\uFEFF?\s*\{\s*"rank_\d+"\s*:\s*\[/;

export const msprobe: DumpReader = {
  id: 'msprobe',
  sniff(head) {
    if (detectTextEncoding(head) !== 'utf-8') return 0;
    const text = new TextDecoder().decode(head.subarray(0, 8192));
    if (analysisHead.test(text)) return /"(?:op_name|data_info)"\s*:/.test(text) ? 0.95 : 0;
    return /^\uFEFF?\s*\{\s*"task"\s*:/.test(text) && /"level"\s*:/.test(text) && /"dump_data_dir"\s*:/.test(text)
      ? 0.95
      : 0;
  },
  async read(source, signal) {
    const text = await readText(source, signal);
    if (text === null) return tooLarge;
    if (analysisHead.test(text)) return readAnalysis(text);
    return resultOf(readMsprobe({ dump: text, stack: null, construct: null }), null);
  },
};

/** One process of one step. */
export interface MsprobePart {
  /** For problems. */
  readonly path: string;
  readonly step: number | null;
  readonly rank: number | null;
  /** Opened only when it is their turn. */
  open(name: 'dump' | 'stack' | 'construct'): Promise<{ source: ByteSource; close(): Promise<void> } | null>;
}

/** The steps in order until one is bad; of that one all ranks. */
export async function readMsprobeFolder(parts: readonly MsprobePart[], signal: AbortSignal): Promise<ReadResult> {
  const sorted = [...parts].sort((a, b) => (a.step ?? -1) - (b.step ?? -1) || (a.rank ?? -1) - (b.rank ?? -1));
  const problems: DumpProblem[] = [];
  const found: { findings: MsprobeFindings; part: MsprobePart }[] = [];
  let latest: MsprobeFindings | null = null;
  for (const part of sorted) {
    const badStep = found[0]?.part.step;
    if (badStep !== undefined && part.step !== badStep) break;
    const dump = await readPart(part, 'dump', signal);
    if (dump === null) {
      problems.push({ message: `${part.path}: dump.json is missing or larger than 256 MB.`, line: null });
      continue;
    }
    const findings = readMsprobe({
      dump,
      stack: await readPart(part, 'stack', signal),
      construct: await readPart(part, 'construct', signal),
    });
    for (const { message, line } of findings.problems) problems.push({ message: `${part.path}: ${message}`, line });
    latest = findings;
    if (findings.anomalies.length > 0) found.push({ findings, part });
  }
  // A rank that made its NaN itself goes before one whose inputs held it already.
  found.sort((a, b) => Number(isReceived(a.findings)) - Number(isReceived(b.findings)));
  const [guilty] = found;
  if (guilty === undefined) {
    const result = resultOf(latest ?? nothing, null);
    return { dump: result.dump, problems };
  }
  const { step, rank } = guilty.part;
  const own = guilty.findings.anomalies.map((anomaly) => ({ ...anomaly, step, rank }));
  const others = found.slice(1).flatMap(({ findings, part }): Anomaly[] => {
    const [lead] = findings.anomalies;
    return lead ? [{ ...lead, step: part.step, rank: part.rank, role: 'secondary' }] : [];
  });
  const { dump } = resultOf({ ...guilty.findings, anomalies: [...own, ...others] }, null);
  // What could not be read may hold an earlier one.
  const { sentence } = dump.verdict;
  return { dump: problems.length === 0 ? dump : { ...dump, verdict: { sentence, confidence: 'likely' } }, problems };
}

const nothing: MsprobeFindings = {
  framework: null,
  anomalies: [],
  why: null,
  operations: { order: 'execution', entries: [], total: 0 },
  problems: [],
};

function isReceived({ anomalies }: MsprobeFindings): boolean {
  return anomalies[0]?.kind === 'input-nan';
}

async function readPart(
  part: MsprobePart,
  name: 'dump' | 'stack' | 'construct',
  signal: AbortSignal,
): Promise<string | null> {
  const opened = await part.open(name);
  if (opened === null) return null;
  try {
    return await readText(opened.source, signal);
  } finally {
    await opened.close();
  }
}

async function readText(source: ByteSource, signal: AbortSignal): Promise<string | null> {
  const bytes = await readAll(source, maxBytes, signal);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

function resultOf(
  { framework, anomalies, why, operations, problems }: MsprobeFindings,
  note: string | null,
): ReadResult {
  const [first] = anomalies;
  const verdict: Dump['verdict'] =
    first !== undefined
      ? verdictOf({ first, confidence: 'certain', why, note })
      : operations.total === 0
        ? { sentence: 'This dump records no call.', confidence: 'unknown' }
        : {
            sentence: `No NaN or Inf in this dump: the recorded outputs of all ${operations.total} calls are finite.`,
            confidence: problems.length > 0 ? 'unknown' : 'likely',
          };
  return { dump: { format: 'msprobe', framework, verdict, anomalies, series: [], operations }, problems };
}

/** `{rank_0: [{op_name, data_info, construct_info, stack_info}]}`: msprobe has looked for the first bad call itself. */
function readAnalysis(text: string): ReadResult {
  const { value, problem } = readJson(text);
  const problems = problem === null ? [] : [problem];
  const entries = isObject(value) ? Object.entries(value) : [];
  const found = entries.flatMap(([key, calls]) => {
    const rank = /^rank_(\d+)$/.exec(key)?.[1];
    if (rank === undefined || !Array.isArray(calls)) return [];
    return calls.slice(0, maxAnalysed).flatMap((call: unknown) => {
      if (!isObject(call) || typeof call.op_name !== 'string') return [];
      return [{ rank: Number(rank), call: readCall(call.op_name, call.data_info), raw: call }];
    });
  });
  const first = found[0];
  const anomalies = found.map(({ rank, call, raw }, i): Anomaly => {
    const chain = Array.isArray(raw.construct_info) ? raw.construct_info : [];
    const module: unknown = chain.findLast((one: unknown) => typeof one === 'string' && one !== call.api);
    const isInput = call.inputs.some((one) => badValue(one) !== null);
    const frames = Array.isArray(raw.stack_info) ? readFrames(raw.stack_info) : [];
    const place = { isInput, index: i, frames, module: typeof module === 'string' ? module : null };
    return { ...callAnomaly(call, place), rank };
  });
  const why = first === undefined ? null : explanationOf(first.call).why;
  const [lead] = anomalies;
  const verdict: Dump['verdict'] =
    lead === undefined
      ? { sentence: 'The overflow check names no call.', confidence: 'unknown' }
      : verdictOf({ first: lead, confidence: 'certain', why: lead.kind === 'input-nan' ? null : why });
  return { dump: { format: 'msprobe', framework: null, verdict, anomalies, series: [] }, problems };
}

const tooLarge: ReadResult = {
  dump: {
    format: 'msprobe',
    framework: null,
    verdict: { sentence: 'The dump is larger than 256 MB and was not read.', confidence: 'unknown' },
    anomalies: [],
    series: [],
  },
  problems: [{ message: 'The dump is larger than 256 MB and was not read.', line: null }],
};
