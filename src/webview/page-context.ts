// What every part of the page needs: the texts, the way to the host, and the little that is remembered while hidden.

import type { Channel } from '../protocol/channel';
import type { HostMethods, PageMethods, PageSetup } from '../protocol/messages';
import { english, fill, type StringKey, type Strings } from '../protocol/strings';

/** Kept by VS Code while the page is hidden and thrown away. */
export interface RememberedState {
  readonly scroll: number;
  /** Keys of the folds that stand open. */
  readonly open: readonly string[];
  /** Per series name. */
  readonly charts: Readonly<Record<string, RememberedChart>>;
  /** Row of the table of operations that was chosen; null where none was. */
  readonly row: number | null;
  /** Tensor that was chosen for the map; null where none was. */
  readonly tensor: number | null;
}

export interface RememberedChart {
  readonly logScale: boolean | null;
  /** First and last x shown; null for all. */
  readonly range: readonly [number, number] | null;
}

const nothingRemembered: RememberedState = { scroll: 0, open: [], charts: {}, row: null, tensor: null };

/** Where `RememberedState` is put: VS Code's own store, or a stand-in. */
export interface StateStore {
  getState(): unknown;
  setState(state: unknown): void;
}

export class PageContext {
  private strings: Strings = english;
  private remembered: RememberedState;
  language = 'en';
  private rules: Readonly<Record<string, string>> = {};

  constructor(
    readonly host: Channel<HostMethods, PageMethods>,
    private readonly store: StateStore,
  ) {
    this.remembered = restore(store.getState());
  }

  use({ strings, language, rules }: PageSetup): void {
    this.strings = strings;
    this.language = language;
    this.rules = rules;
  }

  /** The name of a rule that the host can explain. */
  ruleName(code: string): string | undefined {
    return Object.hasOwn(this.rules, code) ? this.rules[code] : undefined;
  }

  text(key: StringKey, ...values: readonly (string | number)[]): string {
    return fill(this.strings[key], ...values);
  }

  get state(): RememberedState {
    return this.remembered;
  }

  remember(change: Partial<RememberedState>): void {
    this.remembered = { ...this.remembered, ...change };
    this.store.setState(this.remembered);
  }

  rememberChart(name: string, change: Partial<RememberedChart>): void {
    const before = this.chart(name);
    this.remember({ charts: { ...this.remembered.charts, [name]: { ...before, ...change } } });
  }

  chart(name: string): RememberedChart {
    const known = Object.hasOwn(this.remembered.charts, name) ? this.remembered.charts[name] : undefined;
    return known ?? { logScale: null, range: null };
  }

  isOpen(key: string): boolean {
    return this.remembered.open.includes(key);
  }

  setOpen(key: string, open: boolean): void {
    if (this.isOpen(key) === open) return;
    const others = this.remembered.open.filter((one) => one !== key);
    this.remember({ open: open ? [...others, key] : others });
  }
}

/** An older version of the page may have left something else there. */
function restore(state: unknown): RememberedState {
  if (typeof state !== 'object' || state === null) return nothingRemembered;
  const { scroll, open, charts, row, tensor } = state as Record<string, unknown>;
  return {
    scroll: typeof scroll === 'number' ? scroll : 0,
    open: Array.isArray(open) ? open.filter((key): key is string => typeof key === 'string') : [],
    charts: restoreCharts(charts),
    row: typeof row === 'number' ? row : null,
    tensor: typeof tensor === 'number' ? tensor : null,
  };
}

function restoreCharts(charts: unknown): Record<string, RememberedChart> {
  if (typeof charts !== 'object' || charts === null) return {};
  const restored: [string, RememberedChart][] = [];
  for (const [name, chart] of Object.entries(charts)) {
    if (typeof chart !== 'object' || chart === null) continue;
    const { logScale, range } = chart as Record<string, unknown>;
    const [from, to] = Array.isArray(range) ? range : [];
    restored.push([
      name,
      {
        logScale: typeof logScale === 'boolean' ? logScale : null,
        range: typeof from === 'number' && typeof to === 'number' && from < to ? [from, to] : null,
      },
    ]);
  }
  return Object.fromEntries(restored);
}
