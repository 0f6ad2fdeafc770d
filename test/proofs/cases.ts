// A proof case: a Python script, the lines that it marks as hazards, and what it promises to show.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface ProofCase {
  /** "NAN101-softmax-function". */
  readonly name: string;
  /** "NAN101". */
  readonly code: string;
  readonly file: string;
  readonly source: string;
  /** 1-based lines of the marked hazards in ascending order, a line as often as it has findings. */
  readonly hazards: readonly number[];
  /** What a run of the script must report, or die of, before it is mended. */
  readonly expected: RegExp;
  /** How far the numbers of a mended run may be from the old ones, relative to their size. */
  readonly tolerance: number;
  /** False where the case says why nothing can be offered ("Fix: none, …"). */
  readonly fixable: boolean;
  /** NAN405 only: what a run with the debug switch must say. */
  readonly named: RegExp | undefined;
  /** Top-level modules of the frameworks that the script imports. */
  readonly frameworks: readonly string[];
}

const FRAMEWORKS = ['torch', 'jax', 'tensorflow', 'keras', 'numpy'] as const;
const MARK = /# hazard(?:: (\d+))?\s*$/;

export const proofsFolder = path.resolve('test/proofs');

/**
 * Every script below test/proofs/cases whose name begins with one of the words in NANLENS_PROOFS (all where there is
 * none), sorted by name. Throws where one lacks a mark or its promise.
 */
export function readCases(): ProofCase[] {
  const folder = path.join(proofsFolder, 'cases');
  const wanted = (process.env.NANLENS_PROOFS ?? '').split(' ').filter((part) => part !== '');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.py') && (wanted.length === 0 || wanted.some((part) => name.startsWith(part))))
    .sort()
    .map((name) => readCase(path.join(folder, name)));
}

function readCase(file: string): ProofCase {
  const source = readFileSync(file, 'utf8');
  const name = path.basename(file, '.py');
  const code = /^NAN\d{3}(?=-)/.exec(name)?.[0];
  const expected = /^Expected: (.+)$/m.exec(source)?.[1];
  const tolerance = Number(/^Tolerance: (\S+),/m.exec(source)?.[1] ?? 1e-4);
  const named = /^Named: (.+)$/m.exec(source)?.[1];
  const hazards = source.split('\n').flatMap((line, index) => {
    const mark = MARK.exec(line);
    return mark ? Array<number>(Number(mark[1] ?? 1)).fill(index + 1) : [];
  });
  if (!code || !expected || hazards.length === 0) {
    throw new Error(`${name}: a case is named by its code, says "Expected: …" and marks a line with "# hazard"`);
  }
  return {
    name,
    code,
    file,
    source,
    hazards,
    expected: new RegExp(expected),
    fixable: !/^Fix: none, \S/m.test(source),
    tolerance,
    named: named === undefined ? undefined : new RegExp(named),
    frameworks: FRAMEWORKS.filter((module) => new RegExp(`^(?:import|from) ${module}\\b`, 'm').test(source)),
  };
}
