// One record of a metrics file, names and values in any nesting: which of them say where in the run it is, and which are metrics.

import type { FlatRecord } from './flat-records';
import { isGradientName, isLossName } from './log/metric-line';
import type { MetricValue } from './metric-story';
import { parsePythonNumber } from './python-number';

export interface RecordPlace {
  readonly step: number | null;
  readonly epoch: number | null;
  readonly batch: number | null;
  readonly rank: number | null;
}

export interface MetricRecord extends RecordPlace {
  readonly values: readonly MetricValue[];
}

/** In order of preference: a trainer's own count before that of the tool that logged it. */
const stepNames = [
  'step',
  'global_step',
  'trainer/global_step',
  'train/global_step',
  'train_step',
  'train/step',
  'current_step',
  'iteration',
  'iter',
  'iters',
  'num_updates',
  'update',
  'updates',
  'num_steps',
  'total_steps',
  'timestep',
  'num_timesteps',
  '_step',
];
const epochNames = ['epoch', 'train/epoch', 'trainer/epoch', 'current_epoch', 'epochs'];
const batchNames = ['batch', 'batch_idx', 'batch_index', 'batch_nb'];
const rankNames = ['rank', 'global_rank', 'process_index', 'process_rank'];
/** Times, sizes and settings: where they are not numbers, no run is broken. */
const noiseNames =
  /^_?(?:timestamp|runtime|wall_?time|time|date|datetime|ts|created_at|elapsed\w*|eta\w*|seed|pid|version|duration|\w+_(?:time|seconds?|secs?|runtime)|time_\w+)$|(?:^|\/)(?:_timestamp|_runtime|_wandb)(?:$|\/)|^_wandb/i;

const maxDepth = 3;
const maxValues = 2000;
const maxNameLength = 300;
const maxKnownNames = 10_000;

/** Which of a file's names are places; for files whose names stand in a header. */
export type NameRole = 'step' | 'epoch' | 'batch' | 'rank' | 'noise' | 'metric';

export function roleOfName(name: string): NameRole {
  const plain = plainName(name);
  if (stepNames.includes(plain)) return 'step';
  if (epochNames.includes(plain)) return 'epoch';
  if (batchNames.includes(plain)) return 'batch';
  if (rankNames.includes(plain)) return 'rank';
  return noiseNames.test(plain) ? 'noise' : 'metric';
}

/** Smaller is preferred where a record counts its steps in several ways. */
export function stepPreference(name: string): number {
  return stepNames.indexOf(plainName(name));
}

function plainName(name: string): string {
  return name.trim().toLowerCase().replaceAll(' ', '_');
}

/** Reads the records of one file. Names repeat from record to record, so what each means is found out once. */
export class RecordReader {
  private readonly known = new Map<string, Meaning>();
  private latestKeys: readonly string[] = [];
  private latestNames: readonly Meaning[] = [];

  /** The numbers of one parsed record. Texts such as `"nan"` are numbers too: JSON has no other way to write them. */
  read(record: object): MetricRecord {
    const found = nothingFound();
    this.object(record, '', 0, found);
    return found;
  }

  /** The same of a flat record whose numbers are known already. */
  readFlat({ keys, values, isNumber }: FlatRecord): MetricRecord {
    const found = nothingFound();
    const names = this.namesOf(keys);
    for (let i = 0; i < names.length; i++) {
      const value = values[i];
      const meaning = names[i];
      if (isNumber[i] === 1 && value !== undefined && meaning !== undefined) take(meaning, value, found);
    }
    return found;
  }

  /** Lines of one shape share their list of keys. */
  private namesOf(keys: readonly string[]): readonly Meaning[] {
    if (this.latestKeys !== keys) {
      this.latestKeys = keys;
      this.latestNames = keys.map((key) => this.meaningOf(key.slice(0, maxNameLength)));
    }
    return this.latestNames;
  }

  private object(record: object, prefix: string, depth: number, found: Found): void {
    for (const [key, value] of Object.entries(record)) {
      if (found.values.length >= maxValues) return;
      const name = prefix === '' ? key : `${prefix}/${key}`;
      if (typeof value === 'object') {
        if (value !== null && !Array.isArray(value) && depth < maxDepth) this.object(value, name, depth + 1, found);
        continue;
      }
      const number = typeof value === 'string' ? numberOfText(value) : value;
      if (typeof number === 'number') take(this.meaningOf(name.slice(0, maxNameLength)), number, found);
    }
  }

  private meaningOf(name: string): Meaning {
    let meaning = this.known.get(name);
    if (meaning === undefined) {
      meaning = { name, role: roleOfName(name), preference: stepPreference(name) };
      if (this.known.size < maxKnownNames) this.known.set(name, meaning);
    }
    return meaning;
  }
}

interface Meaning {
  readonly name: string;
  readonly role: NameRole;
  readonly preference: number;
}

function nothingFound(): Found {
  return { step: null, epoch: null, batch: null, rank: null, values: [], preference: Number.POSITIVE_INFINITY };
}

function take({ name, role, preference }: Meaning, value: number, found: Found): void {
  if (role === 'metric') found.values.push({ name, value });
  else if (!Number.isFinite(value)) return;
  else if (role === 'step' && preference < found.preference) {
    found.preference = preference;
    found.step = value;
  } else if (role === 'epoch') found.epoch ??= value;
  else if (role === 'batch') found.batch ??= value;
  else if (role === 'rank' && Number.isSafeInteger(value) && value >= 0) found.rank ??= value;
}

interface Found extends MetricRecord {
  step: number | null;
  epoch: number | null;
  batch: number | null;
  rank: number | null;
  readonly values: MetricValue[];
  preference: number;
}

/** Short texts only, and none with letters but those of NaN and infinity: a date or a hash is no number. */
export function numberOfText(text: string): number | null {
  return text.length <= 32 ? parsePythonNumber(text) : null;
}

/** A metrics record has numbers, and says where in the run they are or that they are losses; a structured log has a message. */
export function isMetricRecord(record: object): boolean {
  const { step, epoch, batch, values } = new RecordReader().read(record);
  if (
    ['log', 'msg', 'message', 'event', 'levelname', 'severity'].some(
      (key) => typeof Reflect.get(record, key) === 'string',
    )
  ) {
    return false;
  }
  const isPlaced = step !== null || epoch !== null || batch !== null;
  return values.some(({ name }) => isPlaced || isLossName(name) || isGradientName(name));
}
