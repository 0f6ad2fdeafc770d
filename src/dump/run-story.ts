// What the artefacts of one run tell, as one story: the first cause over all of them, the other processes folded, every series, and which file says what.

import { baseName } from './folder';
import type { Anomaly, Dump, DumpProblem, ReadResult, Series } from './model';
import { rankWords, withRank } from './ranks';
import type { ReadPart } from './run-groups';

const maxAnomalies = 1000;
const maxNamedFiles = 3;

/** What one artefact says first. */
interface Voice {
  readonly part: ReadPart;
  readonly lead: Anomaly;
}

/** @param parts at least one; one alone stays as it is but for the process that its path names */
export function mergeRun(parts: readonly ReadPart[]): ReadResult {
  const [only] = parts;
  if (only === undefined) throw new RangeError('there is nothing to merge');
  const isSingle = parts.length === 1;
  const voices = parts.flatMap((part): Voice[] => {
    const lead = part.result.dump.anomalies.find(isCause);
    return lead ? [{ part, lead }] : [];
  });
  const guilty = guiltyOf(voices);
  if (isSingle) return withRankOfPath(only);
  const problems = parts.flatMap(problemsOf);
  const sources = parts.map(({ path, result: { dump } }) => ({
    path: path || '.',
    format: dump.format,
    sentence: dump.verdict.sentence,
  }));
  const series = joinSeries(parts);
  const chief = guilty?.part ?? parts.find(({ result }) => result.dump.anomalies.length > 0) ?? only;
  const { dump } = chief.result;
  const operations = dump.operations ?? parts.find(({ result }) => result.dump.operations)?.result.dump.operations;
  const recording = dump.recording ?? parts.find(({ result }) => result.dump.recording)?.result.dump.recording;
  return {
    dump: {
      format: dump.format,
      framework:
        dump.framework ?? parts.find(({ result }) => result.dump.framework !== null)?.result.dump.framework ?? null,
      verdict: guilty === null ? verdictWithout(chief, parts, series) : verdictOfRun(guilty, voices),
      anomalies: joinAnomalies(chief, guilty, parts),
      series,
      ...(operations === undefined ? {} : { operations }),
      ...(recording === undefined ? {} : { recording }),
      sources,
    },
    problems,
  };
}

function isCause({ kind, role }: Anomaly): boolean {
  return kind !== 'warning' && role !== 'benign';
}

/**
 * Earlier before later; in one step, what names a line before what names an operation before what only names a value.
 * What names no step can only be compared by that.
 */
function guiltyOf(voices: readonly Voice[]): Voice | null {
  const placed = voices.filter(({ lead }) => lead.step !== null).sort(byTime)[0];
  const unplaced = voices.filter(({ lead }) => lead.step === null).sort(bySpecificity)[0];
  if (placed === undefined || unplaced === undefined) return placed ?? unplaced ?? null;
  return specificity(unplaced.lead) > specificity(placed.lead) ? unplaced : placed;
}

function byTime(a: Voice, b: Voice): number {
  return (
    (a.part.attempt ?? 0) - (b.part.attempt ?? 0) || (a.lead.step ?? 0) - (b.lead.step ?? 0) || bySpecificity(a, b)
  );
}

function bySpecificity(a: Voice, b: Voice): number {
  return (
    (a.part.attempt ?? 0) - (b.part.attempt ?? 0) ||
    specificity(b.lead) - specificity(a.lead) ||
    (rankOf(a) ?? 0) - (rankOf(b) ?? 0) ||
    (a.part.path < b.part.path ? -1 : 1)
  );
}

function specificity({ op, source, module }: Anomaly): number {
  return (source === null ? 0 : 4) + (op === null ? 0 : 2) + (module === null ? 0 : 1);
}

function rankOf({ part, lead }: Voice): number | null {
  return lead.rank ?? part.rank;
}

function joinAnomalies(chief: ReadPart, guilty: Voice | null, parts: readonly ReadPart[]): Anomaly[] {
  const first = guilty?.lead ?? chief.result.dump.anomalies[0];
  const kept: Anomaly[] = [];
  const add = (part: ReadPart, anomaly: Anomaly): void => {
    const placed = { ...anomaly, rank: anomaly.rank ?? part.rank, ...fileOf(part) };
    if (kept.length >= maxAnomalies || kept.some((one) => isSame(one, placed))) return;
    const isFirst = anomaly === first && guilty !== null;
    const later = anomaly.kind === first?.kind ? 'secondary' : 'consequence';
    kept.push({ ...placed, role: isFirst ? 'first' : anomaly.role === 'first' ? later : anomaly.role });
  };
  if (first !== undefined) add(chief, first);
  for (const anomaly of chief.result.dump.anomalies) if (anomaly !== first) add(chief, anomaly);
  const chiefRank = guilty === null ? chief.rank : rankOf(guilty);
  for (const part of parts) {
    if (part === chief) continue;
    const { anomalies } = part.result.dump;
    // Of another process only its first: the rest follows from a failure that is not its own.
    const isOther = part.rank !== null && part.rank !== chiefRank;
    for (const anomaly of isOther ? anomalies.slice(0, 1) : anomalies) add(part, anomaly);
  }
  return kept;
}

/** A dump of many files in the folder itself has no path. */
function fileOf({ path }: ReadPart): { file?: string } {
  return path === '' ? {} : { file: path };
}

/** Whether two files tell of the same event. */
function isSame(a: Anomaly, b: Anomaly): boolean {
  return (
    a.file !== b.file &&
    a.kind === b.kind &&
    a.step === b.step &&
    a.rank === b.rank &&
    (a.op === b.op || a.op === null || b.op === null) &&
    (a.source === null ||
      b.source === null ||
      (a.source.line === b.source.line && baseName(a.source.path) === baseName(b.source.path))) &&
    (a.step !== null || a.op !== null) &&
    metricName(a) === metricName(b)
  );
}

/** `train/loss` of an event file is `loss` of a log. */
function metricName({ metric }: Anomaly): string | null {
  return metric === null ? null : (metric.split('/').at(-1) ?? metric).toLowerCase();
}

function verdictOfRun(guilty: Voice, voices: readonly Voice[]): Dump['verdict'] {
  const { verdict } = guilty.part.result.dump;
  const own = rankOf(guilty);
  const others = voices.filter((voice) => voice !== guilty);
  const otherRanks = new Set(others.flatMap((voice) => rankOf(voice) ?? []));
  if (own !== null) otherRanks.delete(own);
  const sentences = [own === null || guilty.lead.rank !== null ? verdict.sentence : withRank(verdict.sentence, own)];
  if (otherRanks.size > 0) sentences.push(`${rankWords([...otherRanks])} followed.`);
  const files = others.filter((voice) => rankOf(voice) === null || rankOf(voice) === own);
  if (files.length > 0) sentences.push(`Seen as well in ${fileWords(files)}.`);
  return { sentence: sentences.join(' '), confidence: verdict.confidence };
}

/** `metrics.csv (step 107), events.out.tfevents.1 and 2 more files`. */
function fileWords(voices: readonly Voice[]): string {
  const names = voices.map(
    ({ part, lead }) => `${baseName(part.path)}${lead.step === null ? '' : ` (step ${lead.step})`}`,
  );
  const more = names.length - maxNamedFiles;
  const shown = more > 0 ? [...names.slice(0, maxNamedFiles), `${more} more ${more === 1 ? 'file' : 'files'}`] : names;
  return shown.length === 1 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** Nothing is wrong, or nothing that is sure to be. */
function verdictWithout(chief: ReadPart, parts: readonly ReadPart[], series: readonly Series[]): Dump['verdict'] {
  if (chief.result.dump.anomalies.length > 0) return chief.result.dump.verdict;
  const readings = series.reduce((sum, { total, values }) => sum + (total ?? values.length), 0);
  const isKnown = parts.some(({ result }) => result.dump.verdict.confidence !== 'unknown');
  return {
    sentence: `No NaN or Inf in these ${parts.length} files of a run: all ${readings} recorded values are finite.`,
    confidence: isKnown && readings > 0 ? 'likely' : 'unknown',
  };
}

function joinSeries(parts: readonly ReadPart[]): Series[] {
  const users = new Map<string, number>();
  for (const { result } of parts) {
    for (const name of new Set(result.dump.series.map((one) => one.name))) users.set(name, (users.get(name) ?? 0) + 1);
  }
  const hasRanks = new Set(parts.map(({ rank }) => rank)).size > 1;
  return parts.flatMap(({ path, rank, result }) =>
    result.dump.series.map((one) => {
      if (users.get(one.name) === 1) return one;
      return {
        ...one,
        name: rank !== null && hasRanks ? `${one.name} [rank ${rank}]` : `${one.name} [${baseName(path)}]`,
      };
    }),
  );
}

function problemsOf({ path, result }: ReadPart): DumpProblem[] {
  return result.problems.map(({ message, line }) => ({ message: path === '' ? message : `${path}: ${message}`, line }));
}

function withRankOfPath({ rank, result }: ReadPart): ReadResult {
  const { dump, problems } = result;
  if (rank === null || dump.anomalies.length === 0 || dump.anomalies.some((anomaly) => anomaly.rank !== null))
    return result;
  const anomalies = dump.anomalies.map((anomaly) => ({ ...anomaly, rank }));
  const verdict = { ...dump.verdict, sentence: withRank(dump.verdict.sentence, rank) };
  return { dump: { ...dump, anomalies, verdict }, problems };
}
