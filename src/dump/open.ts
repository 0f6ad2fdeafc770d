// Opens any artefact of a run: picks the reader and never fails for what the bytes hold.

import type { ByteSource, ReadResult } from './model';
import { chooseReader } from './registry';

const headLength = 1 << 16;

/**
 * Reads a dump, a log or whatever else a reader knows.
 * What could not be read is told in `problems`; `format` is `unknown` where nothing could.
 * Rejects only when `signal` is aborted.
 */
export async function openDump(source: ByteSource, signal: AbortSignal): Promise<ReadResult> {
  signal.throwIfAborted();
  try {
    const head = await source.read(0, headLength);
    signal.throwIfAborted();
    const reader = chooseReader(head, source.name);
    if (reader === null) return unreadable('This is neither text nor a dump that NaN Lens knows.');
    const { dump, problems } = await reader.read(source, signal);
    return { dump, problems };
  } catch (error) {
    signal.throwIfAborted();
    return unreadable(`The file could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
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
