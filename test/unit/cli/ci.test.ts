// What CI is given: the hooks of pre-commit, the action's steps run as a runner runs them, and the examples in the docs.

import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { parseArguments } from '../../../src/cli/arguments';
import { CHECK } from '../../../src/cli/check';
import { Workspace } from './harness';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly language: string;
  readonly types_or: readonly string[];
}

const action = parse(readFileSync('action.yml', 'utf8')) as Action;
const hooks = parse(readFileSync('.pre-commit-hooks.yaml', 'utf8')) as readonly Hook[];
const docs = readFileSync('docs/ci.md', 'utf8');
const examples = [...docs.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => parse(text));

const LOG = 'import torch\n\n\ndef f(x):\n    return torch.log(torch.sigmoid(x))\n';

describe('the hooks of pre-commit', () => {
  it('run commands that there are', () => {
    assert.deepEqual(
      hooks.map(({ id }) => id),
      ['nanlens', 'nanlens-fix'],
    );
    const { bin, scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const { entry, language, types_or } of hooks) {
      const [program = '', command, ...argv] = entry.split(' ');
      assert.ok(program in bin, program);
      assert.equal(command, CHECK.name);
      parseArguments(CHECK, [...argv, 'a.py']);
      assert.equal(language, 'node');
      assert.deepEqual(types_or, ['python', 'jupyter']);
    }
    // npm builds a package of a repository by this script alone.
    assert.equal(scripts.prepare, 'node scripts/prepare.mjs');
  });

  it('are named in the docs as they are', () => {
    const named = examples.flatMap(({ repos = [] }) =>
      repos.flatMap(({ hooks: used }: { hooks: Partial<Hook>[] }) => used),
    );
    assert.ok(named.length >= 2);
    for (const { id, entry } of named)
      assert.ok(hooks.some((hook) => hook.id === id && (entry ?? hook.entry) === hook.entry));
  });
});

describe('the GitHub action', () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'nanlens-action-'));
    for (const name of ['src', 'scripts', 'media', 'package.json']) {
      cpSync(name, path.join(folder, name), { recursive: true });
    }
    symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a step as a runner does, with the inputs put in where they stand. */
  function runStep(name: string, cwd: string, given: Readonly<Record<string, string>> = {}): SpawnSyncReturns<string> {
    const step = action.runs.steps.find((each) => each.name === name);
    assert.ok(step?.run !== undefined && step.shell === 'bash', name);
    const expand = (text: string): string =>
      text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, input: string) => {
        assert.ok(input in action.inputs, input);
        return given[input] ?? action.inputs[input]?.default ?? '';
      });
    const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([key, value]) => [key, expand(value)]));
    const { NO_COLOR: _, FORCE_COLOR: __, ...plain } = process.env;
    return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', expand(step.run)], {
      cwd,
      encoding: 'utf8',
      env: { ...plain, ...env, GITHUB_ACTION_PATH: folder, GITHUB_OUTPUT: path.join(cwd, 'output.txt') },
    });
  }

  it('builds, checks, and fails where it is told to', () =>
    Workspace.with({ 'a b/loss.py': LOG, 'clean.py': 'import torch\n' }, async (workspace) => {
      const cwd = workspace.folder;
      const built = runStep('Build NaN Lens', cwd);
      assert.equal(built.status, 0, built.stderr);
      const found = runStep('Check', cwd);
      assert.equal(found.status, 1, found.stderr);
      assert.match(found.stdout, /^::warning .*file=a b\/loss\.py,line=5/m);
      assert.equal(await workspace.read('output.txt'), 'exit-code=1\n');
      assert.equal(runStep('Check', cwd, { paths: 'clean.py\n' }).status, 0);
      assert.equal(runStep('Check', cwd, { paths: 'clean.py\na b' }).status, 1);
      assert.equal(runStep('Check', cwd, { args: '--ignore\nNAN101' }).status, 0);
      assert.equal(runStep('Check', cwd, { 'fail-on': 'error' }).status, 0);
      assert.equal(runStep('Check', cwd, { 'fail-on': 'error', paths: 'gone.py' }).status, 2);
      assert.equal(runStep('Check', cwd, { 'fail-on': 'never', paths: 'gone.py' }).status, 0);
      const wrong = runStep('Check', cwd, { 'fail-on': 'always' });
      assert.match(wrong.stdout, /::error::fail-on cannot be "always"/);
      assert.equal(wrong.status, 2);
    }));

  it('writes SARIF for the upload, and takes no input for a command', () =>
    Workspace.with({ 'loss.py': LOG }, async (workspace) => {
      const cwd = workspace.folder;
      const given = { 'sarif-file': 'out/nanlens.sarif', 'fail-on': 'error', paths: 'loss.py\n$(touch evil.txt)' };
      assert.equal(runStep('Check', cwd, given).status, 2);
      const { runs } = JSON.parse(await workspace.read('out/nanlens.sarif'));
      assert.equal(runs[0].results[0].ruleId, 'NAN101');
      await assert.rejects(workspace.read('evil.txt'));
    }));

  it('takes the inputs that the docs give', () => {
    const steps = examples.flatMap(({ jobs = {} }) =>
      Object.values<{ steps: Step[] }>(jobs).flatMap(({ steps: own }) => own),
    );
    const own = steps.filter(({ uses }) => uses?.startsWith('nanlens/'));
    assert.equal(own.length, 2);
    for (const input of own.flatMap((step) => Object.keys(step.with ?? {}))) assert.ok(input in action.inputs, input);
    for (const input of Object.keys(action.inputs)) assert.ok(docs.includes(`| \`${input}\` |`), input);
  });
});
