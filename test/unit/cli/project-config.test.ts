// What the command line makes of `[tool.nanlens]`: nearest file, precedence, and what it refuses.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Workspace } from './harness';

async function found(workspace: Workspace, ...argv: string[]): Promise<string[]> {
  const { out } = await workspace.run(['check', '--output-format', 'json', ...argv]);
  return JSON.parse(out).findings.map(
    (finding: { path: string; code: string; severity: string }) =>
      `${finding.path} ${finding.code} ${finding.severity}`,
  );
}

const FILES = { 'a.py': 'log(p)\nping()\n', 'sub/b.py': 'log(p)\n', 'sub/deep/c.py': 'softmax(x).log()\n' };
const EVERYTHING = [
  'a.py NAN101 warning',
  'a.py NAN401 error',
  'sub/b.py NAN101 warning',
  'sub/deep/c.py NAN101 warning',
];

function settings(toml: string): string {
  return `[project]\nname = "x"\n\n[tool.nanlens]\n${toml}`;
}

describe('pyproject.toml', () => {
  it('is not needed, and may say nothing of NaN Lens', async () => {
    await Workspace.with(FILES, async (workspace) => assert.deepEqual(await found(workspace), EVERYTHING));
    await Workspace.with({ ...FILES, 'pyproject.toml': '[tool.ruff]\nbroken' }, async (workspace) =>
      assert.deepEqual(await found(workspace), EVERYTHING),
    );
  });

  it('changes severity, ignores rules in some files, and excludes others', () =>
    Workspace.with(
      {
        ...FILES,
        'pyproject.toml': settings(
          'exclude = ["deep"]\n[tool.nanlens.severity]\nNAN101 = "error"\nNAN401 = "off"\n[tool.nanlens.per-file-ignores]\n"sub/*" = ["NAN1"]\n',
        ),
      },
      async (workspace) => {
        assert.deepEqual(await found(workspace), ['a.py NAN101 error']);
        // A file named outright is checked all the same; what the project ignores in it stays ignored.
        assert.deepEqual(await found(workspace, 'sub/deep/c.py'), []);
        const { out } = await workspace.run(['check', '--output-format', 'json', 'sub/deep/c.py']);
        assert.equal(JSON.parse(out).files.checked, 1);
      },
    ));

  it('gives way to the command line', () =>
    Workspace.with(
      { ...FILES, 'pyproject.toml': settings('ignore = ["NAN1"]\nmin-confidence = "proven"\n') },
      async (workspace) => {
        assert.deepEqual(await found(workspace, 'a.py'), ['a.py NAN401 error']);
        assert.deepEqual(await found(workspace, '--ignore', 'NAN401'), []);
        const selected = await found(workspace, '--select', 'NAN101');
        assert.deepEqual(selected, ['a.py NAN101 warning', 'sub/b.py NAN101 warning']);
        assert.equal((await found(workspace, '--select', 'NAN101', '--min-confidence', 'likely')).length, 3);
      },
    ));

  it('counts where it is nearest, also for standard input', () =>
    Workspace.with(
      {
        ...FILES,
        'pyproject.toml': settings('ignore = ["ALL"]\n'),
        'sub/pyproject.toml': settings('ignore = ["ALL"]\nextend-select = ["NAN101"]\n'),
      },
      async (workspace) => {
        assert.deepEqual(await found(workspace), ['sub/b.py NAN101 warning', 'sub/deep/c.py NAN101 warning']);
        const piped = await workspace.run(['check', '-', '--stdin-filename', 'sub/x.py'], 'log(p)');
        assert.equal(piped.code, 1);
        assert.equal((await workspace.run(['check', '-', '--stdin-filename', 'x.py'], 'log(p)')).code, 0);
      },
    ));

  const faults: readonly (readonly [toml: string, words: RegExp])[] = [
    ['select = "NAN101"', /pyproject\.toml:5:10: tool\.nanlens\.select must be a list of strings, but is a string/],
    ['ignore = [1]', /tool\.nanlens\.ignore must be a list of strings/],
    ['min-confidence = "sure"', /min-confidence must be one of possible, likely, proven/],
    ['severity = 1', /severity must be a table/],
    ['severity = { NAN101 = "warn" }', /pyproject\.toml:5:23: .*severity\.NAN101 .* \(did you mean "warning"\?\)/],
    ['per-file-ignores = { "a" = 1 }', /per-file-ignores\.a must be a list of strings/],
    ['select = [', /pyproject\.toml:\d+:\d+: /],
  ];
  for (const [toml, words] of faults) {
    it(`refuses ${toml}`, () =>
      Workspace.with({ ...FILES, 'pyproject.toml': settings(toml) }, async (workspace) => {
        const { code, err } = await workspace.run(['check']);
        assert.equal(code, 2);
        assert.match(err, words);
      }));
  }

  it('tells every fault at once, and where each stands', () =>
    Workspace.with({ ...FILES, 'pyproject.toml': settings('select = 1\nignore = 2\n') }, async (workspace) => {
      const { code, err } = await workspace.run(['check']);
      assert.equal(code, 2);
      assert.match(err, /pyproject\.toml:5:10: .*select[\s\S]*pyproject\.toml:6:10: .*ignore/);
    }));

  it('goes on where it names what does not exist', () =>
    Workspace.with(
      { ...FILES, 'pyproject.toml': settings('selct = []\nignore = ["NAN101", "clip-after-stop"]\n') },
      async (workspace) => {
        const { code, err } = await workspace.run(['check']);
        assert.equal(code, 1);
        assert.match(err, /pyproject\.toml:5:1: tool\.nanlens\.selct is not known \(did you mean "select"\?\)/);
        assert.match(err, /:6:21: no rule is called "clip-after-stop" \(did you mean "clip-after-step"\?\)/);
      },
    ));
});
