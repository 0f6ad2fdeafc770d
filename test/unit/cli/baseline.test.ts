// `nanlens check` with baselines: written, honoured, and told of where they no longer fit.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Workspace } from './harness';

const FILES = { 'a.py': 'y = log(p)\n', 'sub/b.py': 'log(p)\nping()\n' };
const TABLE = '[tool.nanlens]\nbaseline = "known.json"\n';

describe('nanlens check --write-baseline', () => {
  it('writes what is found, which then is not reported until it changes', () =>
    Workspace.with(FILES, async (workspace) => {
      const written = await workspace.run(['check', '--write-baseline', 'known.json']);
      assert.equal(written.code, 0);
      assert.match(written.out, /^Wrote 3 findings to .*known\.json\.\n$/);
      const text = await readFile(path.join(workspace.folder, 'known.json'), 'utf8');
      assert.deepEqual(Object.keys(JSON.parse(text).findings), ['a.py', 'sub/b.py']);
      const checked = await workspace.run(['check', '--baseline', 'known.json']);
      assert.deepEqual([checked.code, checked.err], [0, '']);
      await workspace.write('a.py', '\n\n# moved\ny = log(p)\nz = log(p)\n');
      const { code, out } = await workspace.run(['check', '--output-format', 'json', '--baseline', 'known.json']);
      assert.equal(code, 1);
      assert.deepEqual(
        JSON.parse(out).findings.map(({ path, start }: { path: string; start: { line: number } }) => [
          path,
          start.line,
        ]),
        [['a.py', 5]],
      );
    }));

  it('keeps what it knows of files that were not checked, and overwrites nothing else', () =>
    Workspace.with(FILES, async (workspace) => {
      await workspace.run(['check', '--write-baseline', 'known.json']);
      await workspace.write('a.py', 'pass\n');
      assert.equal((await workspace.run(['check', 'a.py', '--write-baseline', 'known.json'])).code, 0);
      const text = await readFile(path.join(workspace.folder, 'known.json'), 'utf8');
      assert.deepEqual(Object.keys(JSON.parse(text).findings), ['sub/b.py']);
      const refused = await workspace.run(['check', '--write-baseline', 'a.py']);
      assert.equal(refused.code, 2);
      assert.match(refused.err, /the baseline .*a\.py is no valid JSON/);
      assert.equal(await readFile(path.join(workspace.folder, 'a.py'), 'utf8'), 'pass\n');
      assert.equal((await workspace.run(['check', '--write-baseline', 'no/folder.json'])).code, 2);
      await workspace.write('bad.py', new Uint8Array([0xff, 0xfe, 0x41]));
      const failed = await workspace.run(['check', '--write-baseline', 'known.json']);
      assert.equal(failed.code, 2);
      assert.equal(await readFile(path.join(workspace.folder, 'known.json'), 'utf8'), text);
    }));
});

describe('a baseline', () => {
  it('that the project names counts, also for fixes, unless it is not wanted', () =>
    Workspace.with({ ...FILES, 'pyproject.toml': TABLE, 'c.py': 'softmax(x).log()\n' }, async (workspace) => {
      const missing = await workspace.run(['check']);
      assert.equal(missing.code, 1);
      assert.match(missing.err, /there is no .*known\.json, which pyproject\.toml names as baseline/);
      await workspace.run(['check', '--write-baseline', 'known.json']);
      assert.equal((await workspace.run(['check'])).code, 0);
      assert.equal((await workspace.run(['check', '--no-baseline'])).code, 1);
      assert.equal((await workspace.run(['check', '--fix'])).code, 0);
      assert.equal(await readFile(path.join(workspace.folder, 'c.py'), 'utf8'), 'softmax(x).log()\n');
      assert.equal((await workspace.run(['check', 'sub/b.py'])).code, 0);
    }));

  it('that holds what is no longer there is told of in one line', () =>
    Workspace.with({ ...FILES, 'pyproject.toml': TABLE }, async (workspace) => {
      await workspace.run(['check', '--write-baseline', 'known.json']);
      await workspace.write('a.py', 'pass\n');
      await rm(path.join(workspace.folder, 'sub/b.py'));
      const { code, err } = await workspace.run(['check']);
      assert.equal(code, 0);
      assert.match(err, /^\S* ?3 findings are in .*known\.json but no longer in the code; .*--write-baseline.*\n$/);
      assert.equal((await workspace.run(['check', '--select', 'NAN401'])).err, '');
    }));

  it('that cannot be used stops the run', () =>
    Workspace.with({ ...FILES, 'known.json': '{"version": 7, "findings": {}}' }, async (workspace) => {
      for (const [argv, words] of [
        [['--baseline', 'known.json'], /known\.json has version 7/],
        [['--baseline', 'none.json'], /there is no baseline .*none\.json/],
        [['--baseline', 'known.json', '--no-baseline'], /contradict/],
        [['--write-baseline', 'x.json', '--fix'], /cannot go with --fix/],
        [['-', '--write-baseline', 'x.json'], /standard input/],
      ] as const) {
        const { code, err } = await workspace.run(['check', ...argv]);
        assert.equal(code, 2, argv.join(' '));
        assert.match(err, words);
      }
    }));
});
