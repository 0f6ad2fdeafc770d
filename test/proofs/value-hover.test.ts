// What hovers tell of values is so: each value of real runs lies in the range that is told of its expression.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Analyzer } from '../../src/analyzer/analyzer';
import { binaries } from '../unit/syntax/python-parser';
import { proofsFolder, readCases } from './cases';
import { runScripts } from './python-runs';
import { randomProgram, VOCABULARIES } from './random-programs';
import { factsOf } from './value-facts';

const scratch = mkdtempSync(path.join(tmpdir(), 'nanlens-told-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

let analyzer: Analyzer;
before(async () => {
  analyzer = await Analyzer.create(binaries);
});

interface Comparison {
  readonly name: string;
  /** Expressions of which something is told and that had a value. */
  readonly seen: number;
  readonly wrong: readonly string[];
}

let files = 0;

/** Runs scripts with each told expression watched. */
async function compare(scripts: ReadonlyMap<string, string>, imports: readonly string[]): Promise<Comparison[]> {
  const watched = new Map<string, string>();
  for (const [file, source] of scripts) {
    const facts = path.join(scratch, `facts-${files}.json`);
    writeFileSync(facts, JSON.stringify(factsOf(analyzer, source)));
    const runner = path.join(scratch, `run-${files++}.py`);
    writeFileSync(runner, `import told\ntold.run(${JSON.stringify(file)}, ${JSON.stringify(facts)})\n`);
    watched.set(runner, file);
  }
  const runs = await runScripts([...watched.keys()], imports);
  return [...watched].map(([runner, file]) => {
    const run = runs.get(runner);
    const last = run?.stdout.trim().split('\n').at(-1) ?? '';
    assert.ok(last.startsWith('{"seen"'), `${file}: ${run?.stderr}`);
    const { seen, wrong } = JSON.parse(last) as { seen: number; wrong: string[] };
    return { name: path.basename(file), seen, wrong };
  });
}

function assertTrue(comparisons: readonly Comparison[], leastSeen: number): void {
  const wrong = comparisons.flatMap(({ name, wrong }) => wrong.map((words) => `${name}: ${words}`));
  assert.equal(wrong.length, 0, `${wrong.length} times something else was told:\n${wrong.slice(0, 80).join('\n')}`);
  const seen = comparisons.reduce((sum, one) => sum + one.seen, 0);
  assert.ok(seen >= leastSeen, `only ${seen} expressions were compared`);
}

for (const [framework, vocabulary] of Object.entries(VOCABULARIES)) {
  test(`random programs of ${framework}`, async () => {
    const programs = new Map<string, string>();
    for (let seed = 1; seed <= 12; seed++) {
      const file = path.join(scratch, `${framework}-${seed}.py`);
      const source = randomProgram(vocabulary, seed, 150);
      writeFileSync(file, source);
      programs.set(file, source);
    }
    assertTrue(await compare(programs, [framework]), 2000);
  });
}

describe('the scripts of the proofs', () => {
  for (const framework of process.env.HC ? [] : (['torch', 'jax', 'tensorflow', 'numpy'] as const)) {
    test(framework, async () => {
      const cases = readCases().filter(
        ({ frameworks }, at) => (frameworks[0] ?? 'numpy') === framework && at % 10 === 0,
      );
      assertTrue(await compare(new Map(cases.map(({ file, source }) => [file, source])), [framework]), 10);
    });
  }
});

test('the examples', async () => {
  const folder = path.resolve(proofsFolder, '../../examples');
  const names = readdirSync(folder).filter((name) => name.endsWith('.py') && !/^(?:ddp|keras)_/.test(name));
  const sources = names
    .map((name) => path.join(folder, name))
    .map((file) => [file, readFileSync(file, 'utf8')] as const);
  assertTrue(await compare(new Map(sources), ['torch']), 60);
});
