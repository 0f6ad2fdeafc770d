// Each rule's proofs: the marked line really breaks in the real framework, and every fix on offer really mends it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type ProofCase, readCases } from './cases';
import { groupBy } from './group-by';
import type { ReportedFinding } from './nanlens-cli';
import { runScripts, type ScriptRun } from './python-runs';
import { type Mended, mendAll, type Variant } from './variants';

/** Where a number is 0, or as good as, a mended script's may differ by this much. */
const ABSOLUTE = 1e-6;

const cases = readCases();

interface Results {
  readonly mended: Mended;
  readonly original: ReadonlyMap<string, ScriptRun>;
  readonly mendedRuns: ReadonlyMap<string, ScriptRun>;
  /** Mended scripts run with the debug switch that NAN405 adds. */
  readonly switched: ReadonlyMap<string, ScriptRun>;
}

/** Everything is checked, mended and run once, in few processes; the tests below look at the results. */
let made: Results | undefined;

before(async () => {
  const original = runAll(cases.map((proof) => ({ proof, file: proof.file })));
  const mended = mendAll(cases);
  made = {
    mended,
    original: await original,
    mendedRuns: await runAll(mended.variants.map((variant) => ({ proof: variant.of, file: variant.file }))),
    switched: await runSwitched(mended.variants),
  };
});
after(() => made?.mended.dispose());

function results(): Results {
  assert.ok(made, 'the cases could not be run');
  return made;
}

for (const proof of cases) {
  describe(proof.name, () => {
    test('really fails', () => {
      const run = runOf(results().original, proof.file);
      assert.ok(!run.outcome?.sound, `the script found nothing wrong: ${run.seen}`);
      assert.match(run.seen, proof.expected, run.stderr);
    });

    test('is found, where it is marked and nowhere else', () => {
      const findings = results().mended.found.get(proof.name) ?? [];
      assert.deepEqual(
        findings.map((finding) => finding.start.line),
        proof.hazards,
        findings.map(describeFinding).join('\n'),
      );
      for (const { fixes, ...finding } of findings) {
        assert.equal(fixes.length > 0, proof.fixable, `${fixes.length} fixes for ${finding.message}`);
      }
    });

    if (!proof.fixable) return;
    test('is mended by --fix --unsafe-fixes and by every single fix', async (context) => {
      const variants = results().mended.variants.filter((variant) => variant.of === proof);
      assert.ok(variants.length >= 2, 'no fix was on offer');
      for (const variant of variants) {
        await context.test(variant.how, () => {
          const text = readFileSync(variant.file, 'utf8');
          assert.notEqual(text, proof.source, 'nothing was changed');
          assert.deepEqual(variant.findings.map(describeFinding), [], text);
          if (proof.named) provesSwitch(proof, proof.named, variant, text);
          else provesMended(proof, variant, text);
        });
      }
    });
  });
}

function provesMended(proof: ProofCase, variant: Variant, text: string): void {
  const run = runOf(results().mendedRuns, variant.file);
  assert.ok(run.outcome?.sound, `still broken: ${run.seen}\n${run.stderr}\n${text}`);
  assertAgreement(proof, run, text);
}

/** NAN405 mends nothing: it makes the failing run say where it failed, and costs nothing when it is off. */
function provesSwitch(proof: ProofCase, named: RegExp, variant: Variant, text: string): void {
  const plain = runOf(results().mendedRuns, variant.file);
  const variable = switchOf(text);
  if (variable === undefined) {
    assert.notEqual(plain.exit, 0, `the run went on with NaN\n${text}`);
    assert.match(plain.stderr, /FloatingPointError: .*\bnan\b/, text);
    return;
  }
  assertAgreement(proof, plain, text);
  assert.doesNotMatch(plain.stderr, named);
  const run = runOf(results().switched, variant.file);
  assert.notEqual(run.exit, 0, `${variable}=1 did not stop the run\n${text}`);
  assert.match(run.stderr, named, text);
}

/** The environment variable that a mended script asks for, if any. */
function switchOf(text: string): string | undefined {
  return /environ(?:\.get\(|\[)\s*["'](\w+)["']/.exec(text)?.[1];
}

function assertAgreement(proof: ProofCase, now: ScriptRun, text: string): void {
  const old = runOf(results().original, proof.file);
  if (!old.outcome) return;
  assert.ok(now.outcome, `${now.seen}\n${text}`);
  assert.equal(now.outcome.agree.length, old.outcome.agree.length, text);
  for (const [index, value] of old.outcome.agree.entries()) {
    const other = now.outcome.agree[index];
    if (!Number.isFinite(value)) continue;
    const near = other !== undefined && Math.abs(other - value) <= proof.tolerance * Math.abs(value) + ABSOLUTE;
    assert.ok(near, `number ${index} was ${value} and is ${other}\n${text}`);
  }
}

/**
 * One interpreter a framework: what is imported before the fork is paid for once. Copies of one text, which several
 * fixes lead to, run once and share the result.
 */
async function runAll(
  scripts: readonly { proof: ProofCase; file: string }[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Map<string, ScriptRun>> {
  const copies = groupBy(scripts, ({ file }) => readFileSync(file, 'utf8'));
  const unique = [...copies.values()].flatMap((group) => group.slice(0, 1));
  const groups = groupBy(unique, ({ proof }) => interpreterOf(proof));
  const runs = await Promise.all(
    [...groups].map(([modules, group]) =>
      runScripts(
        group.map(({ file }) => file),
        modules.split(' '),
        environment,
      ),
    ),
  );
  const byFile = new Map(runs.flatMap((part) => [...part]));
  return new Map(
    [...copies.values()].flatMap((group) => {
      const run = byFile.get(group[0]?.file ?? '');
      return run ? group.map(({ file }) => [file, run] as const) : [];
    }),
  );
}

function interpreterOf({ frameworks }: ProofCase): string {
  if (frameworks.includes('tensorflow')) return 'tensorflow';
  // What a script or its framework imports at first use takes longer than any of the scripts: Optax, torch._dynamo for
  // torch.optim, TensorFlow for Keras' random seed.
  if (frameworks.includes('jax')) return 'jax optax';
  return frameworks.includes('keras') ? 'torch torch._dynamo keras tensorflow' : 'torch torch._dynamo';
}

async function runSwitched(variants: readonly Variant[]): Promise<Map<string, ScriptRun>> {
  const withSwitch = variants.flatMap((variant) => {
    const variable = variant.of.named && switchOf(readFileSync(variant.file, 'utf8'));
    return variable ? [{ proof: variant.of, file: variant.file, variable }] : [];
  });
  const groups = groupBy(withSwitch, ({ variable }) => variable);
  const runs = await Promise.all([...groups].map(([variable, group]) => runAll(group, { [variable]: '1' })));
  return new Map(runs.flatMap((part) => [...part]));
}

function runOf(runs: ReadonlyMap<string, ScriptRun>, file: string): ScriptRun {
  const run = runs.get(file);
  assert.ok(run, `${file} was not run`);
  return run;
}

function describeFinding({ path, start, code, message }: ReportedFinding): string {
  return `${path}:${start.line}:${start.column} ${code} ${message}`;
}
