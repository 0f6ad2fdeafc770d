// What a recorder's dump holds beyond a log, and what each process saw, as the page shows them: bounded in number and length.

import type { Anomaly, Dump, Recording } from '../../../dump/model';
import type { BatchView, IndexRange, RankRow, RecordingView } from '../../../protocol/dump-view';
import { toWireOrNull } from '../../../protocol/wire-number';
import { longText, shortText, shortTextOrNull } from './shown-text';
import { statsView } from './stats-view';

const mostTensors = 200;
const mostSamples = 1000;
const mostRanges = 200;
const mostNotes = 50;
const mostRanks = 512;

export function recordingView({ run, batch, fidelity, tensorsFile }: Recording): RecordingView {
  return {
    run: {
      ...run,
      id: shortTextOrNull(run.id),
      startedAt: shortTextOrNull(run.startedAt),
      script: shortTextOrNull(run.script),
      python: shortTextOrNull(run.python),
      frameworkVersion: shortTextOrNull(run.frameworkVersion),
      device: shortTextOrNull(run.device),
    },
    batch: batch && batchView(batch),
    fidelity: fidelity && {
      bitIdentical: fidelity.bitIdentical,
      lossThen: toWireOrNull(fidelity.lossThen),
      lossReplayed: toWireOrNull(fidelity.lossReplayed),
      notes: fidelity.notes.slice(0, mostNotes).map(longText),
    },
    tensorsFile: shortTextOrNull(tensorsFile),
  };
}

function batchView({ index, badRows, sampleIndices, tensors }: NonNullable<Recording['batch']>): BatchView {
  const bad = new Set(badRows);
  const rows = bad.size > 0 ? [...bad].sort((a, b) => a - b) : [...sampleIndices.keys()];
  const samples = rows.flatMap((row) => {
    const sample = sampleIndices[row];
    return sample === undefined ? [] : [{ row, sample, isBad: bad.has(row) }];
  });
  return {
    index,
    badRows: joinNeighbours(badRows).slice(0, mostRanges),
    badRowCount: bad.size,
    tensors: tensors.slice(0, mostTensors).map(statsView),
    samples: samples.slice(0, mostSamples),
    samplesLeftOut: Math.max(0, samples.length - mostSamples),
  };
}

export function joinNeighbours(numbers: readonly number[]): IndexRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range && number === range.last + 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges;
}

/** Empty where fewer than two processes are told of. The guilty one first. */
export function rankRows({ anomalies, recording }: Pick<Dump, 'anomalies' | 'recording'>): RankRow[] {
  const firstOf = new Map<number, { readonly anomaly: Anomaly; readonly index: number }>();
  for (const [index, anomaly] of anomalies.entries()) {
    if (anomaly.rank !== null && !firstOf.has(anomaly.rank)) firstOf.set(anomaly.rank, { anomaly, index });
  }
  const told = new Map((recording?.ranks ?? []).map((one) => [one.rank, one]));
  const ranks = new Set([...told.keys(), ...firstOf.keys()]);
  if (ranks.size < 2) return [];
  const rows = [...ranks].map((rank): RankRow => {
    const own = told.get(rank);
    const event = firstOf.get(rank);
    const source = event?.anomaly.source;
    return {
      rank,
      role: own?.role ?? event?.anomaly.role ?? null,
      step: own?.step ?? event?.anomaly.step ?? null,
      kind: event?.anomaly.kind ?? null,
      op: shortTextOrNull(event?.anomaly.op ?? null),
      place: source ? shortText(`${source.path.split(/[\\/]/).at(-1)}:${source.line}`) : null,
      anomaly: event?.index ?? null,
    };
  });
  return rows.sort((a, b) => guilt(a) - guilt(b) || a.rank - b.rank).slice(0, mostRanks);
}

function guilt({ role }: RankRow): number {
  return role === null ? 4 : ['first', 'consequence', 'secondary', 'benign'].indexOf(role);
}
