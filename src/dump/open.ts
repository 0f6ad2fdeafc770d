// Opens any artefact of a run: picks the reader and never fails for what the bytes hold.

import { type GzipFacts, gunzipped, isGzip } from './gzip';
import type { ByteSource, OnPartial, ReadResult } from './model';
import { chooseReader } from './registry';

const headLength = 1 << 16;

/**
 * Reads a dump, a log or whatever else a reader knows.
 * What could not be read is told in `problems`; `format` is `unknown` where nothing could.
 * Rejects only when `signal` is aborted.
 * @param onPartial told what is known while a long file is still being read
 */
export async function openDump(source: ByteSource, signal: AbortSignal, onPartial?: OnPartial): Promise<ReadResult> {
  signal.throwIfAborted();
  try {
    const head = await source.read(0, headLength);
    signal.throwIfAborted();
    if (isGzip(head)) {
      const facts: GzipFacts = { problem: null };
      const result = await openPlain(gunzipped(source, facts), signal, onPartial);
      return facts.problem === null ? result : withProblem(result, facts.problem);
    }
    return await openPlain(source, signal, onPartial, head);
  } catch (error) {
    signal.throwIfAborted();
    return unreadable(`The file could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function openPlain(
  source: ByteSource,
  signal: AbortSignal,
  onPartial?: OnPartial,
  known?: Uint8Array,
): Promise<ReadResult> {
  const head = known ?? (await source.read(0, headLength));
  signal.throwIfAborted();
  if (isZip(head))
    return unreadable('This is a zip archive (a checkpoint of PyTorch is one too). Unpack it and open what is in it.');
  const reader = chooseReader(head, source.name);
  if (reader === null) return unreadable('This is neither text nor a dump that NaN Lens knows.');
  const { dump, problems } = await reader.read(source, signal, onPartial);
  return { dump, problems };
}

function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/** What was read before may name a NaN, but it can never clear a run of one. */
function withProblem({ dump, problems }: ReadResult, message: string): ReadResult {
  const verdict = dump.anomalies.length > 0 ? dump.verdict : { sentence: message, confidence: 'unknown' as const };
  return { dump: { ...dump, verdict }, problems: [{ message, line: null }, ...problems] };
}

function unreadable(message: string): ReadResult {
  return {
    dump: {
      format: 'unknown',
      framework: null,
      verdict: { sentence: message, confidence: 'unknown' },
      anomalies: [],
      series: [],
    },
    problems: [{ message, line: null }],
  };
}
