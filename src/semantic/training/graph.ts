// The graph of a training step: its events and the paths between them within one iteration.

import type { CallEvent, EventKind, GradientEventKind, TrainingEvent } from './events';
import type { BranchGuards, Guard } from './guards';

interface Edge {
  readonly to: number;
  /** The loop whose next iteration begins here. */
  readonly back: number | undefined;
  readonly guards: readonly Guard[];
}

interface GraphNode {
  readonly event: TrainingEvent | undefined;
  readonly next: Edge[];
}

/** What a path has assumed of the conditions on its way. */
type Assumptions = ReadonlyMap<string, Guard>;

const NO_ASSUMPTIONS: Assumptions = new Map();
/** Beyond this many states conditions are no longer told apart: more paths, as if each `if` were a coin. */
const MAX_STATES = 5000;

/** The events of one function (or the top level of a segment) and the paths between them. */
export class TrainingGraph {
  private readonly nodes: GraphNode[] = [];
  readonly events: TrainingEvent[] = [];
  private readonly positions = new Map<TrainingEvent, number>();
  private readonly uses = new Map<string, number>();
  private readonly changed = new Map<number, ReadonlySet<string>>();

  add(event?: TrainingEvent): number {
    this.nodes.push({ event, next: [] });
    if (event) {
      this.events.push(event);
      this.positions.set(event, this.nodes.length - 1);
    }
    return this.nodes.length - 1;
  }

  get size(): number {
    return this.nodes.length;
  }

  link(from: number | undefined, to: number, back?: number, guards: readonly Guard[] = []): void {
    if (from !== undefined) this.nodes[from]?.next.push({ to, back, guards });
  }

  /** A test on whose branches these conditions are known: only what is asked twice tells paths apart. */
  declareTest({ whenTrue, whenFalse }: BranchGuards): void {
    for (const key of new Set([...whenTrue, ...whenFalse].map((guard) => guard.key)))
      this.uses.set(key, (this.uses.get(key) ?? 0) + 1);
  }

  branch(from: number, guards: readonly Guard[]): number {
    const to = this.add();
    this.link(from, to, undefined, guards);
    return to;
  }

  /** Names that an iteration of the loop gives new values. */
  declareLoop(loop: number, changed: ReadonlySet<string>): void {
    this.changed.set(loop, changed);
  }

  /** Names that get another value within the loop. */
  changedIn(loop: number): ReadonlySet<string> {
    return this.changed.get(loop) ?? new Set();
  }

  of(kind: Exclude<EventKind, GradientEventKind>): CallEvent[];
  of(kind: EventKind): TrainingEvent[];
  of(kind: EventKind): TrainingEvent[] {
    return this.events.filter((event) => event.kind === kind);
  }

  /**
   * Whether `to` can come after `from` within one iteration of every loop that holds both, with nothing between them
   * for which `stop` holds.
   */
  reaches(from: TrainingEvent, to: TrainingEvent, stop: (event: TrainingEvent) => boolean): boolean {
    const common = new Set(from.loops.filter((loop) => to.loops.includes(loop)));
    return this.search(from, to, stop, (loop) => common.has(loop));
  }

  /** The same, where iterations may end and begin in between. */
  reachesAgain(from: TrainingEvent, to: TrainingEvent, stop: (event: TrainingEvent) => boolean): boolean {
    return this.search(from, to, stop, () => false);
  }

  private search(
    from: TrainingEvent,
    to: TrainingEvent,
    stop: (event: TrainingEvent) => boolean,
    isClosed: (loop: number) => boolean,
  ): boolean {
    const start = this.positions.get(from);
    const goal = this.positions.get(to);
    if (start === undefined || goal === undefined) return false;
    const tracked = [...this.uses].some(([, count]) => count > 1);
    const seen = new Set<string | number>();
    const assumedAtStart = tracked
      ? (this.assume(NO_ASSUMPTIONS, from.guards, undefined) ?? NO_ASSUMPTIONS)
      : NO_ASSUMPTIONS;
    const work: { at: number; assumed: Assumptions }[] = [{ at: start, assumed: assumedAtStart }];
    for (let state = work.pop(); state; state = work.pop()) {
      for (const { to: next, back, guards } of this.nodes[state.at]?.next ?? []) {
        if (back !== undefined && isClosed(back)) continue;
        const assumed = tracked && seen.size < MAX_STATES ? this.assume(state.assumed, guards, back) : NO_ASSUMPTIONS;
        if (!assumed) continue;
        if (next === goal) return true;
        const key = assumed.size === 0 ? next : `${next}|${keyOf(assumed)}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const event = this.nodes[next]?.event;
        if (!event || !stop(event)) work.push({ at: next, assumed });
      }
    }
    return false;
  }

  /** undefined where the branch contradicts what the path has assumed already. */
  private assume(before: Assumptions, guards: readonly Guard[], back: number | undefined): Assumptions | undefined {
    let after = before;
    if (back !== undefined && before.size > 0) {
      const changed = this.changedIn(back);
      after = new Map([...before].filter(([, guard]) => ![...guard.names].some((name) => changed.has(name))));
    }
    for (const guard of guards) {
      if ((this.uses.get(guard.key) ?? 0) < 2) continue;
      const known = after.get(guard.key);
      if (known && known.holds !== guard.holds) return undefined;
      if (!known) after = new Map(after).set(guard.key, guard);
    }
    return after;
  }
}

function keyOf(assumed: Assumptions): string {
  return [...assumed.values()]
    .map((guard) => `${guard.holds ? '+' : '-'}${guard.key}`)
    .sort()
    .join('|');
}
