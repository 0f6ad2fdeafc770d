// Standard output and standard error of one process, kept in two files: the error tells what broke, the output how far the run had come.

import type { ByteSource, ReadResult } from './model';

/** The file with the standard output beside one with the standard error; null for any other file. */
export function outputBeside(path: string): string | null {
  const at = path.lastIndexOf('/') + 1;
  const name = path.slice(at);
  const other = name.replace(/stderr/i, 'stdout').replace(/\.err$/i, '.out');
  return other === name ? null : path.slice(0, at) + other;
}

const lineFeed = Uint8Array.of(10);

/** What a terminal would have shown at the end: the output, then the error. */
export function joinedSource(output: ByteSource, error: ByteSource): ByteSource {
  const pieces = async function* () {
    yield* output.stream();
    yield lineFeed;
    yield* error.stream();
  };
  return {
    name: error.name,
    stream: pieces,
    async read(from, to) {
      const length = output.size ?? (await lengthOf(output));
      if (to <= length) return output.read(from, to);
      // Only the beginning is ever asked for, to tell what it is.
      const whole = new Uint8Array(Math.max(0, to - from));
      const head = await output.read(from, length);
      const tail = await error.read(Math.max(0, from - length - 1), to - length - 1);
      whole.set(head);
      whole.set(lineFeed, head.length);
      whole.set(tail, head.length + 1);
      return whole.subarray(0, head.length + 1 + tail.length);
    },
  };
}

async function lengthOf(source: ByteSource): Promise<number> {
  let length = 0;
  for await (const piece of source.stream()) length += piece.length;
  return length;
}

/** Whether the error names a failure and not where in the run it was. */
export function lacksPlace({ dump }: ReadResult): boolean {
  const [first] = dump.anomalies;
  return first !== undefined && first.step === null && first.batch === null && first.epoch === null;
}

/** `own` with the places in the run that the reading of both streams knows, where that tells of the same failure. */
export function withPlaceOf(own: ReadResult, both: ReadResult): ReadResult {
  const [first] = own.dump.anomalies;
  const [joined] = both.dump.anomalies;
  if (first === undefined || joined === undefined || !isSame(first, joined)) return own;
  const anomalies = own.dump.anomalies.map((anomaly) => {
    const placed = both.dump.anomalies.find((one) => isSame(one, anomaly));
    return placed === undefined ? anomaly : { ...anomaly, step: placed.step, epoch: placed.epoch, batch: placed.batch };
  });
  return { dump: { ...own.dump, anomalies, verdict: both.dump.verdict }, problems: own.problems };
}

type Found = ReadResult['dump']['anomalies'][number];

function isSame(a: Found, b: Found): boolean {
  return a.kind === b.kind && a.op === b.op && a.message === b.message && a.rank === b.rank;
}
