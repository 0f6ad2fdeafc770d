// Mended copies of proof cases: what `check --fix --unsafe-fixes` makes of them, and what each single fix on offer does.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProofCase } from './cases';
import { groupBy } from './group-by';
import { applyFix, type CheckReport, check, type ReportedFinding } from './nanlens-cli';

/** A fix never needs more rounds than this to mend a case; more means that it does not converge. */
const MAX_ROUNDS = 10;

export interface Variant {
  readonly of: ProofCase;
  /** '--fix --unsafe-fixes', or the title of the fix that was taken wherever it was on offer. */
  readonly how: string;
  /** The mended script. */
  readonly file: string;
  /** What is still found in it. */
  readonly findings: readonly ReportedFinding[];
}

export interface Mended {
  /** What was found in the cases as they stand, by the case's name. */
  readonly found: ReadonlyMap<string, readonly ReportedFinding[]>;
  readonly variants: readonly Variant[];
  /** Deletes the copies. */
  dispose(): void;
}

/** Checks and mends all cases, a rule at a time; the copies lie in a folder of their own outside the repository. */
export function mendAll(cases: readonly ProofCase[]): Mended {
  const folder = mkdtempSync(path.join(tmpdir(), 'nanlens-proofs-'));
  const found = new Map<string, readonly ReportedFinding[]>();
  const variants: Variant[] = [];
  for (const code of new Set(cases.map((proof) => proof.code))) {
    const ofRule = cases.filter((proof) => proof.code === code);
    const home = path.join(folder, code);
    const whole = path.join(home, 'whole');
    mkdirSync(whole, { recursive: true });
    for (const proof of ofRule) cpSync(proof.file, path.join(whole, `${proof.name}.py`));
    const first = byFile(checkFolder(whole, code));
    for (const proof of ofRule) found.set(proof.name, first.get(`${proof.name}.py`) ?? []);
    check(whole, '--select', code, '--fix', '--unsafe-fixes', '.');
    const left = byFile(checkFolder(whole, code));
    for (const proof of ofRule) {
      const file = path.join(whole, `${proof.name}.py`);
      variants.push({ of: proof, how: '--fix --unsafe-fixes', file, findings: left.get(`${proof.name}.py`) ?? [] });
    }
    variants.push(...mendSingly(ofRule, code, path.join(home, 'single'), found));
  }
  return { found, variants, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

function checkFolder(folder: string, code: string): CheckReport {
  const report = check(folder, '--select', code, '.');
  if (report.failed.length) throw new Error(`nanlens check failed on ${JSON.stringify(report.failed)}`);
  return report;
}

function byFile(report: CheckReport): Map<string, ReportedFinding[]> {
  return groupBy(report.findings, (finding) => path.basename(finding.path));
}

/** One copy for each title among the fixes of a case; in it that fix is taken wherever it is on offer, else the first. */
function mendSingly(
  cases: readonly ProofCase[],
  code: string,
  folder: string,
  found: ReadonlyMap<string, readonly ReportedFinding[]>,
): Variant[] {
  mkdirSync(folder, { recursive: true });
  const copies = cases.flatMap((proof) => {
    const titles = new Set((found.get(proof.name) ?? []).flatMap((finding) => finding.fixes.map((fix) => fix.title)));
    return [...titles].map((title, index) => ({ proof, title, name: `${proof.name}.${index}.py` }));
  });
  for (const { proof, name } of copies) writeFileSync(path.join(folder, name), proof.source);
  let open = byFile(checkFolder(folder, code));
  for (let round = 0; round < MAX_ROUNDS && open.size > 0; round++) {
    let changed = false;
    for (const { title, name } of copies) {
      const file = path.join(folder, name);
      const source = readFileSync(file, 'utf8');
      const findings = open.get(name) ?? [];
      const withTitle = findings.flatMap((finding) => finding.fixes.filter((fix) => fix.title === title));
      const fix = withTitle[0] ?? findings.find((finding) => finding.fixes.length > 0)?.fixes[0];
      if (!fix) continue;
      const mended = applyFix(source, fix);
      if (mended === source) continue;
      writeFileSync(file, mended);
      changed = true;
    }
    if (!changed) break;
    open = byFile(checkFolder(folder, code));
  }
  return copies.map(({ proof, title, name }) => ({
    of: proof,
    how: title,
    file: path.join(folder, name),
    findings: open.get(name) ?? [],
  }));
}
