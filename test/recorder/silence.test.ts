// Healthy runs: the recorder reports nothing, prints nothing, and the training is the same to the last bit.

import assert from 'node:assert/strict';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { recorderTests, runWatched, scriptsIn, type Tool, type WatchedRun } from './forked-runs';

const models = ['gpt2', 'bert', 't5'].map((name) => `transformers.models.${name}.modeling_${name}`);
const scripts = scriptsIn(path.join(recorderTests, 'silence'));
let runs: readonly WatchedRun[] = [];

before(async () => {
  runs = await runWatched(scripts, ['none', 'nanlens'], models);
});

function runOf(script: string, tool: Tool): WatchedRun {
  const run = runs.find((each) => each.script === script && each.tool === tool);
  assert.ok(run, `${script} was not run`);
  return run;
}

/** The hashes of weights and losses that a script prints last. */
function fingerprint(run: WatchedRun): string {
  const last = run.stdout.trim().split('\n').at(-1) ?? '';
  assert.match(last, /^\{"weights": "[0-9a-f]{64}", "losses": "[0-9a-f]{64}", "steps": \d+\}$/, run.stderr);
  return last;
}

for (const script of scripts) {
  describe(path.basename(script, '.py'), () => {
    test('is healthy without the recorder', () => {
      const run = runOf(script, 'none');
      assert.equal(run.exit, 0, run.stderr);
      fingerprint(run);
    });

    test('gives no report and no word', () => {
      const run = runOf(script, 'nanlens');
      assert.equal(run.exit, 0, run.stderr);
      assert.deepEqual(run.dumps, []);
      const usual = new Set(runOf(script, 'none').stderr.split('\n'));
      assert.deepEqual(
        run.stderr.split('\n').filter((line) => !usual.has(line)),
        [],
      );
    });

    test('is trained to the same bits', () => {
      assert.equal(fingerprint(runOf(script, 'nanlens')), fingerprint(runOf(script, 'none')));
    });
  });
}
