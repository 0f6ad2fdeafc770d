// Reads untrusted objects field by field: what is missing or wrong becomes a problem and a default, never a failure of the whole.

import * as v from 'valibot';
import type { DumpProblem } from './model';

export interface Field<T> {
  readonly schema: v.GenericSchema<unknown, T>;
  /** What stands in for a field that is missing or wrong. */
  readonly absent: T;
  readonly isRequired: boolean;
}

export type Fields<T> = { readonly [K in keyof T]: Field<T[K]> };

export function required<T>(schema: v.GenericSchema<unknown, T>, absent: T): Field<T> {
  return { schema, absent, isRequired: true };
}

export function optional<T>(schema: v.GenericSchema<unknown, T>): Field<T | null> {
  return { schema: v.nullable(schema), absent: null, isRequired: false };
}

/** Collects problems, up to a bound: a hostile file could hold millions. */
export class FieldReader {
  readonly problems: DumpProblem[] = [];
  private uncounted = 0;

  constructor(private readonly maxProblems = 100) {}

  problem(path: string, message: string): void {
    if (this.problems.length < this.maxProblems) this.problems.push({ message: `${path}: ${message}`, line: null });
    else this.uncounted++;
  }

  allProblems(): DumpProblem[] {
    if (this.uncounted === 0) return this.problems;
    return [...this.problems, { message: `${this.uncounted} more fields are missing or wrong.`, line: null }];
  }

  /** @returns null where `value` is no object. */
  object<T>(value: unknown, path: string, fields: Fields<T>): T | null {
    if (!isObject(value)) {
      this.problem(path, value === undefined ? 'is missing.' : `is ${kindOf(value)} where an object is expected.`);
      return null;
    }
    const result: Partial<T> = {};
    for (const key in fields) result[key] = this.field(value[key], `${path}.${key}`, fields[key]);
    // Every key of T is a key of `fields`, so nothing is missing now.
    return result as T;
  }

  field<T>(value: unknown, path: string, { schema, absent, isRequired }: Field<T>): T {
    if (value === undefined) {
      if (isRequired) this.problem(path, 'is missing.');
      return absent;
    }
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return parsed.output;
    const [issue] = parsed.issues;
    this.problem(path, `${issue?.message.slice(0, 200).replace(/\.?$/, '') ?? 'is not understood'}; it is left out.`);
    return absent;
  }

  /** Items that are wrong are left out. @returns an empty array where `value` is none. */
  array<T>(value: unknown, path: string, limit: number, item: (value: unknown, path: string) => T | null): T[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.problem(path, `is ${kindOf(value)} where a list is expected.`);
      return [];
    }
    if (value.length > limit) this.problem(path, `has ${value.length} entries; only the first ${limit} are read.`);
    const items: T[] = [];
    value.slice(0, limit).forEach((one: unknown, i) => {
      const read = item(one, `${path}[${i}]`);
      if (read !== null) items.push(read);
    });
    return items;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
