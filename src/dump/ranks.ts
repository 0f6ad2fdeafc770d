// The dumps of several processes of one run and step as one: the guilty process first, the others folded behind it.

import type { Anomaly, AnomalyRole, DumpProblem, ReadResult, Recording, Verdict } from './model';

/** What a dump's name says: `<run>/step-<n>.rank-<r>.nandump.json`. */
export interface RankName {
  /** The same for all ranks of a run and step. */
  readonly key: string;
  readonly step: number;
  readonly rank: number;
}

/** A dump with the path or name that it was read from. */
export interface NamedDump {
  readonly path: string;
  readonly result: ReadResult;
}

const NAME = /^(.*?)step-(\d{1,15})\.rank-(\d{1,9})\.nandump\.json$/s;
/** Of each folded rank its first anomaly is kept; more of them than this help nobody. */
const MAX_FOLDED = 1000;
/** The recorder's words for a gradient that was finite until the processes exchanged theirs. */
const FROM_ANOTHER = /\b(?:an)?other (?:rank|process)(?:es|s)?\b|\bcame from rank \d+\b/i;

/** Null for a file that is not one rank's dump by its name. */
export function rankName(path: string): RankName | null {
  const match = NAME.exec(path.replaceAll('\\', '/'));
  if (!match) return null;
  const [, before = '', step = '', rank = ''] = match;
  return { key: `${before}step-${Number(step)}`, step: Number(step), rank: Number(rank) };
}

/** Dumps of one run and step become one, in the place of the first of them; all else stays as it is. */
export function mergeByStep(dumps: readonly NamedDump[]): readonly NamedDump[] {
  const groups = new Map<string, NamedDump[]>();
  for (const dump of dumps) {
    const name = dump.result.dump.format === 'nandump' ? rankName(dump.path) : null;
    const key = name === null ? `file ${dump.path}` : `step ${name.key}`;
    groups.set(key, [...(groups.get(key) ?? []), dump]);
  }
  return [...groups.values()].map(mergeRanks);
}

/** What one process has to say. */
interface Voice {
  readonly rank: number;
  readonly named: NamedDump;
  readonly lead: Anomaly;
  /** Its gradients were finite until the processes exchanged theirs. */
  readonly isReceived: boolean;
}

/**
 * One dump of all of them. Its path is that of the guilty rank. Dumps that name no anomaly only add their problems.
 *
 * @param dumps at least one, of one run and step
 */
export function mergeRanks(dumps: readonly NamedDump[]): NamedDump {
  const [only] = dumps;
  if (only === undefined) throw new RangeError('there is nothing to merge');
  const voices = dumps.flatMap((named): Voice[] => {
    const [lead] = named.result.dump.anomalies;
    if (!lead) return [];
    const rank = lead.rank ?? rankName(named.path)?.rank ?? 0;
    return [{ rank, named, lead, isReceived: isReceived(named.result, lead, rank) }];
  });
  voices.sort(byGuilt);
  const [guilty, ...others] = voices;
  if (dumps.length === 1 || !guilty) return only;
  const { result } = guilty.named;
  const roles = new Map(others.map((voice) => [voice, roleBeside(guilty, voice)]));
  const folded = others.slice(0, MAX_FOLDED).map((voice) => foldedLead(voice, roles.get(voice) ?? 'secondary'));
  const own = result.dump.anomalies.map((anomaly, i) => ({
    ...anomaly,
    rank: anomaly.rank ?? guilty.rank,
    role: i === 0 ? ('first' as const) : anomaly.role,
  }));
  const ranks = [
    { rank: guilty.rank, role: 'first' as const, step: guilty.lead.step },
    ...others.map((voice) => ({
      rank: voice.rank,
      role: roles.get(voice) ?? ('secondary' as const),
      step: voice.lead.step,
    })),
  ];
  const recording = result.dump.recording && withRanks(result.dump.recording, ranks, dumps);
  return {
    path: guilty.named.path,
    result: {
      dump: {
        ...result.dump,
        verdict: verdictOfAll(result.dump.verdict, guilty, others, roles),
        anomalies: [...own, ...folded],
        ...(recording ? { recording } : {}),
      },
      problems: problemsOfAll(dumps, guilty, ranks),
    },
  };
}

/** Whether the recorder says so, of its own rank or in words. */
function isReceived({ dump }: ReadResult, lead: Anomaly, rank: number): boolean {
  const own = dump.recording?.ranks.find((one) => one.rank === rank);
  return own?.role === 'consequence' || (lead.kind === 'grad-nonfinite' && FROM_ANOTHER.test(lead.message));
}

/** Who made it before who received it, who knows its line before who does not, then time, then rank. */
function byGuilt(a: Voice, b: Voice): number {
  return (
    Number(a.isReceived) - Number(b.isReceived) ||
    Number(a.lead.source === null) - Number(b.lead.source === null) ||
    stepOf(a) - stepOf(b) ||
    a.rank - b.rank
  );
}

function stepOf({ lead, named }: Voice): number {
  return lead.step ?? rankName(named.path)?.step ?? Number.POSITIVE_INFINITY;
}

/** What a rank received, or met only after the step that broke, follows from it; anything else is its own. */
function roleBeside(guilty: Voice, voice: Voice): AnomalyRole {
  if (voice.lead.role === 'benign') return 'benign';
  if (voice.isReceived || voice.lead.source === null || stepOf(voice) > stepOf(guilty)) return 'consequence';
  return 'secondary';
}

function foldedLead({ lead, rank }: Voice, role: AnomalyRole): Anomaly {
  return { ...lead, rank: lead.rank ?? rank, role };
}

function withRanks(recording: Recording, ranks: Recording['ranks'], dumps: readonly NamedDump[]): Recording {
  const all = new Map<number, Recording['ranks'][number]>();
  // What a dump says of ranks that left none themselves.
  for (const { result } of dumps) for (const one of result.dump.recording?.ranks ?? []) all.set(one.rank, one);
  for (const [rank, one] of all) if (one.role === 'first') all.set(rank, { ...one, role: 'secondary' });
  for (const one of ranks) all.set(one.rank, one);
  return { ...recording, ranks: [...all.values()].sort((a, b) => a.rank - b.rank) };
}

function verdictOfAll(
  verdict: Verdict,
  guilty: Voice,
  others: readonly Voice[],
  roles: ReadonlyMap<Voice, AnomalyRole>,
): Verdict {
  const ranksWith = (role: AnomalyRole) => others.filter((voice) => roles.get(voice) === role).map(({ rank }) => rank);
  const received = ranksWith('consequence');
  const separate = ranksWith('secondary');
  const sentences = [withRank(verdict.sentence, guilty.rank)];
  if (guilty.isReceived) sentences.push('Every rank here received it: the rank where it began has left no dump.');
  else if (received.length > 0) sentences.push(`${rankWords(received)} received it.`);
  if (separate.length > 0)
    sentences.push(`${rankWords(separate)} met one of ${separate.length === 1 ? 'its' : 'their'} own.`);
  const isCertain = verdict.confidence === 'certain' && !guilty.isReceived;
  return {
    sentence: sentences.join(' '),
    confidence: verdict.confidence === 'certain' && !isCertain ? 'likely' : verdict.confidence,
  };
}

/** `Step 237, rank 3, backward: …`. */
export function withRank(sentence: string, rank: number): string {
  if (/\brank \d/i.test(sentence)) return sentence;
  const step = /^step \d+/i.exec(sentence)?.[0];
  return step === undefined ? `Rank ${rank}: ${sentence}` : `${step}, rank ${rank}${sentence.slice(step.length)}`;
}

/** `Rank 2`, `Ranks 0, 1 and 4`, `Ranks 0, 1, 2, 3 and 60 more`. */
export function rankWords(ranks: readonly number[]): string {
  const sorted = [...ranks].sort((a, b) => a - b);
  if (sorted.length === 1) return `Rank ${sorted[0]}`;
  const shown = sorted.length > 6 ? sorted.slice(0, 4) : sorted.slice(0, -1);
  const last = sorted.length > 6 ? `${sorted.length - 4} more` : sorted.at(-1);
  return `Ranks ${shown.join(', ')} and ${last}`;
}

function problemsOfAll(
  dumps: readonly NamedDump[],
  guilty: Voice,
  ranks: readonly { readonly rank: number }[],
): DumpProblem[] {
  const problems: DumpProblem[] = [...guilty.named.result.problems];
  for (const { path, result } of dumps) {
    if (result === guilty.named.result) continue;
    const rank = result.dump.anomalies[0]?.rank ?? rankName(path)?.rank;
    for (const { message } of result.problems)
      problems.push({ message: `rank ${rank ?? '?'}: ${message}`, line: null });
  }
  const worldSize = guilty.named.result.dump.recording?.run.worldSize ?? null;
  const heard = new Set(ranks.map(({ rank }) => rank));
  const silent = (worldSize ?? 0) - heard.size;
  if (worldSize !== null && silent > 0) {
    const message = `${silent} of ${worldSize} ranks ${silent === 1 ? 'has' : 'have'} no dump here that could be read.`;
    problems.push({ message, line: null });
  }
  return problems;
}
