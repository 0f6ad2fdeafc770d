// What the proofs of debugging share: a script, its planned breakpoints, and a session of the real debugpy under them.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { Analyzer } from '../../src/analyzer/analyzer';
import { type Description, describeExpression, readDescription } from '../../src/analyzer/breakpoints/condition';
import { type BreakpointPlan, type PlanOptions, watchedBy } from '../../src/analyzer/breakpoints/plan';
import { DebugAdapter, type Stop } from '../harness/debug-adapter';
import { binaries } from '../unit/syntax/python-parser';

export const python = process.env.NANLENS_VENV_PYTHON ?? '';

let analyzer: Analyzer;
let folder: string;

/** Called once by each test file. */
export function prepare(): void {
  before(async () => {
    assert.ok(existsSync(python), 'run this through node scripts/proofs.mjs');
    analyzer = await Analyzer.create(binaries);
    folder = mkdtempSync(path.join(tmpdir(), 'nanlens-debugging-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
}

let scripts = 0;

export function write(source: string): string {
  const place = path.join(folder, `run-${scripts++}`);
  mkdirSync(place);
  writeFileSync(path.join(place, 'train.py'), source);
  return path.join(place, 'train.py');
}

type Options = Partial<Omit<PlanOptions, 'kindOf'>>;

export function planFor(source: string, options: Options = {}): BreakpointPlan {
  return analyzer.planBreakpoints(source, {
    target: { kind: 'everything' },
    infinities: false,
    taken: [],
    ...options,
  });
}

/** Runs the script under its planned breakpoints until the first stop or to its end. */
export async function debug<T>(
  source: string,
  options: Options,
  look: (stop: Stop | undefined, session: DebugAdapter, plan: BreakpointPlan) => Promise<T>,
): Promise<T> {
  const plan = planFor(source, options);
  assert.ok(plan.breakpoints.length > 0, 'nothing was planned');
  const session = new DebugAdapter(python);
  try {
    const set = await session.launch(
      write(source),
      plan.breakpoints.map(({ line, condition }) => ({ line, condition })),
    );
    assert.deepEqual(
      set.map(({ line }) => line),
      plan.breakpoints.map(({ line }) => line),
      'a breakpoint was moved to another line: the one that was planned has no code',
    );
    return await look(await session.stop(), session, plan);
  } finally {
    await session.close();
  }
}

export async function describeStop(stop: Stop, session: DebugAdapter, plan: BreakpointPlan): Promise<Description> {
  const planned = plan.breakpoints.find(({ line }) => line === stop.line);
  assert.ok(planned, `stopped at line ${stop.line}, where nothing was planned`);
  const madeOf = planned.values.flatMap((value) => value.madeOf);
  const shown = await session.evaluate(
    describeExpression(watchedBy(planned.values), madeOf),
    stop.frameId,
    'clipboard',
  );
  const description = readDescription(shown);
  assert.ok(description, shown);
  return description;
}
