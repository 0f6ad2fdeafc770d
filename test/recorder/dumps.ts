// What a run left on disk: dumps against their schema, tensors in the real safetensors package, histories line by line.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { type Ended, recorderTests, runForked } from './forked-runs';

interface Location {
  readonly path: string;
  readonly line: number;
  readonly function?: string | null;
}

export interface Tensor {
  readonly name?: string | null;
  readonly shape?: readonly number[] | null;
  readonly nan?: number | null;
}

export interface Anomaly {
  readonly kind: string;
  readonly role: string;
  readonly metric?: string | null;
  readonly op?: string | null;
  readonly rank?: number | null;
  readonly source?: Location | null;
  readonly tensors?: readonly Tensor[];
  readonly message: string;
}

export interface Operation {
  readonly name: string;
  readonly source?: Location | null;
  readonly nonFinite?: boolean | null;
  readonly outputs?: readonly Tensor[];
}

export interface Dump {
  readonly run: { readonly id: string; readonly script: string | null; readonly worldSize: number };
  readonly verdict: { readonly sentence: string; readonly confidence: string };
  readonly anomalies: readonly Anomaly[];
  readonly operations: readonly Operation[];
  readonly operationCount: number;
  readonly ranks: readonly { readonly rank: number; readonly role: string; readonly step: number | null }[];
  readonly tensorsFile: string | null;
}

export interface DumpFile {
  readonly file: string;
  readonly text: string;
  readonly dump: Dump;
}

/** What the real package reads of one file: its metadata, and each tensor. */
export interface Tensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly dtype: string; readonly first: readonly string[] }>
  >;
}

const validate = new Ajv2020({ allErrors: true }).compile(
  JSON.parse(readFileSync('media/recorder/nandump.schema.json', 'utf8')),
);

export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** The dumps below a folder, each valid by the schema; fails where one is not. */
export function validDumps(folder: string): DumpFile[] {
  return filesBelow(folder)
    .filter((file) => file.endsWith('.nandump.json'))
    .map((file) => {
      const text = readFileSync(file, 'utf8');
      const dump: unknown = JSON.parse(text);
      assert.ok(validate(dump), `${file}: ${JSON.stringify(validate.errors)}`);
      return { file, text, dump: dump as Dump };
    });
}

/** Opens every .safetensors below the folders with the package itself; the answer is keyed by the file. */
export async function openTensors(...folders: readonly string[]): Promise<Map<string, Tensors>> {
  const [ended] = await runForked([{ script: path.join(recorderTests, 'open_tensors.py'), arguments: folders }]);
  assert.equal(ended?.exit, 0, ended?.stderr);
  return new Map(Object.entries(JSON.parse(ended?.stdout ?? '') as Record<string, Tensors>));
}

/** Fails where a line of a history is no JSON; the last one may be cut. */
export function readHistory(file: string): Readonly<Record<string, number | string>>[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, number | string>);
}

/** Which files a crash may leave beside the whole ones: hidden ones. */
export function strayFiles(folder: string): string[] {
  const own = /^(step-\d+\.rank-\d+\.(nandump\.json|safetensors)|history(\.rank-\d+)?\.jsonl)$/;
  return filesBelow(folder)
    .map((file) => path.basename(file))
    .filter((name) => !own.test(name) && !name.startsWith('.'));
}

/** The lines of a script that a comment marks as the cause, 1-based. */
export function causeLines(script: string): number[] {
  const lines = readFileSync(script, 'utf8').split('\n');
  const marked = lines.flatMap((line, index) => (line.endsWith('# cause') ? [index + 1] : []));
  assert.ok(marked.length > 0, script);
  return marked;
}

/** The JSON object that a script prints last. */
export function lastJson<T>(ended: Ended | undefined): T {
  assert.equal(ended?.exit, 0, ended?.stderr);
  return JSON.parse(ended?.stdout.trim().split('\n').at(-1) ?? '') as T;
}
