// `nanlens check` from arguments to output, exit code and changed files, with findings that the test foretells.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, lstat, readdir, stat, symlink } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Workspace } from './harness';

const CLEAN = 'x = 1\n';
const UNSAFE = 'import torch\n\ny = log(p)\n';
const SAFE = 'y = softmax(x).log()\n';
const SAFE_FIXED = 'import torch.nn.functional as F\ny = F.log_softmax(x)\n';

function notebook(...sources: readonly (string | string[])[]): string {
  const cells = sources.map((source) => ({
    cell_type: 'code',
    execution_count: null,
    metadata: {},
    outputs: [],
    source,
  }));
  const markdown = { cell_type: 'markdown', metadata: {}, source: ['text'] };
  const metadata = { language_info: { name: 'python' } };
  return `${JSON.stringify({ cells: [markdown, ...cells], metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

describe('exit codes', () => {
  const cases: readonly (readonly [name: string, argv: readonly string[], code: number])[] = [
    ['clean', ['check', 'clean.py'], 0],
    ['findings', ['check', '.'], 1],
    ['findings, but told to exit with 0', ['check', '.', '--exit-zero'], 0],
    ['a missing file beside findings', ['check', '.', 'missing.py', '--exit-zero'], 2],
    ['every finding ignored', ['check', '.', '--ignore', 'NAN101'], 0],
    ['no Python file', ['check', 'empty'], 0],
    ['nothing sure enough', ['check', 'safe.py', '--min-confidence', 'proven'], 0],
    ['fixed', ['check', 'safe.py', '--fix'], 0],
    ['not safely fixable', ['check', 'unsafe.py', '--fix'], 1],
    ['a diff', ['check', 'safe.py', '--diff'], 1],
    ['no diff', ['check', 'clean.py', '--diff'], 0],
    ['a diff as JSON', ['check', 'clean.py', '--diff', '--output-format', 'json'], 2],
    ['standard input beside files', ['check', '-', 'clean.py'], 2],
    ['a name for standard input that is not read', ['check', 'clean.py', '--stdin-filename', 'x.py'], 2],
  ];
  for (const [name, argv, code] of cases) {
    it(`${code}: ${name}`, () =>
      Workspace.with(
        { 'clean.py': CLEAN, 'unsafe.py': UNSAFE, 'safe.py': SAFE, 'empty/x.txt': '' },
        async (workspace) => {
          const outcome = await workspace.run(argv);
          assert.equal(outcome.code, code, outcome.out + outcome.err);
        },
      ));
  }
});

describe('text output', () => {
  it('shows place, code, message, source, carets, evidence, fixes and a summary', () =>
    Workspace.with({ 'a/loss.py': UNSAFE, 'b.py': CLEAN }, async (workspace) => {
      const { out, err } = await workspace.run(['check']);
      assert.equal(err, '');
      assert.equal(
        out,
        [
          'a/loss.py:3:5: NAN101 log(p) can be NaN: 100%',
          '  |',
          '1 | import torch',
          '2 |',
          '3 | y = log(p)',
          '  |     ^^^^^^',
          '  = note: a/loss.py:3:5: because, so: it is',
          '  = unsafe fix: Write log(p + 1e-6)',
          '  = warning, proven: log-of-possible-zero https://example.org/NAN101',
          '',
          'Found 1 problem (1 warning) in 1 of 2 files.',
          'Fixable: 1 with --fix --unsafe-fixes.',
          '',
        ].join('\n'),
      );
    }));

  it('says what was fixed', () =>
    Workspace.with({ 'a.py': SAFE, 'b.py': SAFE + UNSAFE }, async (workspace) => {
      const { out } = await workspace.run(['check', '--fix']);
      assert.match(out, /Applied 2 fixes in 2 files\. Found 1 problem \(1 warning\) in 1 of 2 files\./);
      const again = await workspace.run(['check', '--fix', '--unsafe-fixes']);
      assert.match(again.out, /Applied 1 fix in 1 file\. Checked 2 files: nothing left to report\./);
    }));

  it('tells problems of a file on standard error, a few of many', () =>
    Workspace.with({ 'a.py': '??? 1\n', 'b.ipynb': notebook('x', '???') }, async (workspace) => {
      const { err, code } = await workspace.run(['check']);
      assert.match(err, /warning: a\.py:1:1: syntax error\n/);
      assert.match(err, /warning: b\.ipynb:cell 3:1:1: syntax error\n/);
      assert.equal(code, 0);
    }));

  it('warns of a switch that does nothing, and of a folder without Python', () =>
    Workspace.with({}, async (workspace) => {
      const { err } = await workspace.run(['check', '--unsafe-fixes']);
      assert.match(err, /--unsafe-fixes does nothing without --fix or --diff/);
      assert.match(err, /no Python file or notebook was found in \./);
    }));
});

describe('fixing files', () => {
  it('keeps line ends, byte order mark, encoding and permissions', () =>
    Workspace.with(
      {
        'crlf.py': Buffer.from('\ufeff# é\r\ny = softmax(x).log()\r\n'),
        'latin.py': Buffer.from('# coding: latin-1\n# \xe9\ny = log(p)', 'latin1'),
      },
      async (workspace) => {
        await chmod(workspace.at('latin.py'), 0o751);
        const { code } = await workspace.run(['check', '--fix', '--unsafe-fixes']);
        assert.equal(code, 0);
        assert.equal(
          await workspace.read('crlf.py'),
          '\ufeffimport torch.nn.functional as F\n# é\r\ny = F.log_softmax(x)\r\n',
        );
        const latin = Buffer.from(await workspace.bytes('latin.py')).toString('latin1');
        assert.equal(latin, '# coding: latin-1\n# \xe9\ny = log(p + 1e-6)');
        assert.equal((await stat(workspace.at('latin.py'))).mode & 0o777, 0o751);
      },
    ));

  it('writes through a symbolic link, and leaves nothing behind', () =>
    Workspace.with({ 'real/a.py': SAFE }, async (workspace) => {
      await symlink(workspace.at('real/a.py'), workspace.at('link.py'));
      await workspace.run(['check', 'link.py', '--fix']);
      assert.equal(await workspace.read('real/a.py'), SAFE_FIXED);
      assert.equal((await lstat(workspace.at('link.py'))).isSymbolicLink(), true);
      assert.deepEqual(await readdir(workspace.at('real')), ['a.py']);
    }));

  it('refuses a read-only file in words, and still reports it', () =>
    Workspace.with({ 'a.py': SAFE, 'b.py': SAFE }, async (workspace) => {
      await chmod(workspace.at('a.py'), 0o444);
      const { code, out, err } = await workspace.run(['check', '--fix']);
      assert.equal(code, 2);
      assert.match(err, /error: a\.py is read-only, so it was left as it is/);
      assert.match(out, /a\.py:1:5: NAN101/);
      assert.equal(await workspace.read('a.py'), SAFE);
      assert.equal(await workspace.read('b.py'), SAFE_FIXED);
      await chmod(workspace.at('a.py'), 0o644);
    }));

  it('touches no file that cannot be decoded or encoded, and says which', () =>
    Workspace.with(
      {
        'bad.py': Buffer.from([0x78, 0xff, 0x0a]),
        'kanji.py': Buffer.concat([
          Buffer.from('# coding: shift_jis\n#'),
          Buffer.from([0x93, 0xfa]),
          Buffer.from('\nlog(p)'),
        ]),
        'good.py': SAFE,
      },
      async (workspace) => {
        const before = await Promise.all(['bad.py', 'kanji.py'].map((name) => workspace.bytes(name)));
        const { code, out, err } = await workspace.run(['check', '--fix', '--unsafe-fixes', '--output-format', 'json']);
        assert.equal(code, 2);
        assert.match(err, /bad\.py is not valid UTF-8 \(line 1\)/);
        assert.match(err, /kanji\.py is stored as shift.jis, which can be read here but not written/);
        const { files, findings } = JSON.parse(out);
        assert.deepEqual(
          files.failed.map(({ path }: { path: string }) => path),
          ['bad.py', 'kanji.py'],
        );
        assert.equal(files.checked, 2);
        assert.deepEqual(
          findings.map(({ path }: { path: string }) => path),
          ['kanji.py'],
        );
        assert.deepEqual(await Promise.all(['bad.py', 'kanji.py'].map((name) => workspace.bytes(name))), before);
        assert.equal(await workspace.read('good.py'), SAFE_FIXED);
      },
    ));

  it('fixes the cells of a notebook and leaves every other byte', () => {
    const sources = [['import torch\n', 'é = 1'], 'y = log(p)\n', ['a = log(p)\n', '%time log(q)']] as const;
    return Workspace.with({ 'n.ipynb': notebook(...sources.map((s) => s as string | string[])) }, async (workspace) => {
      const { code, out } = await workspace.run(['check', '--fix', '--unsafe-fixes']);
      assert.equal(code, 0, out);
      const expected = notebook([...sources[0]], 'y = log(p + 1e-6)\n', ['a = log(p + 1e-6)\n', '%time log(q)']);
      assert.equal(await workspace.read('n.ipynb'), expected);
    });
  });

  it('does not write a file in which nothing is fixed', () =>
    Workspace.with({ 'a.py': UNSAFE, 'n.ipynb': notebook('log(p)') }, async (workspace) => {
      const times = async (): Promise<number[]> =>
        Promise.all(['a.py', 'n.ipynb'].map(async (name) => (await stat(workspace.at(name))).ino));
      const before = await times();
      await workspace.run(['check', '--fix']);
      assert.deepEqual(await times(), before);
    }));

  it('shows a patch that gives the same files as --fix', () => {
    const files = {
      'a.py': SAFE,
      'sub/b c.py': 'log(p)', // no final line end
      'crlf.py': 'x = 1\r\ny = log(p)\r\n',
      'n.ipynb': notebook('x', ['log(p)\n', 'y']),
    };
    return Workspace.with(files, async (patched) =>
      Workspace.with(files, async (fixed) => {
        const diff = await patched.run(['check', '--diff', '--unsafe-fixes']);
        assert.match(diff.err, /Would apply 4 fixes in 4 files; nothing would be left\./);
        assert.equal(diff.code, 1);
        for (const [name, content] of Object.entries(files)) assert.equal(await patched.read(name), content);
        await fixed.run(['check', '--fix', '--unsafe-fixes']);
        execFileSync('git', ['apply', '-p0', '--whitespace=nowarn', '-'], { cwd: patched.folder, input: diff.out });
        for (const name of Object.keys(files)) assert.equal(await patched.read(name), await fixed.read(name), name);
      }),
    );
  });
});

describe('standard input', () => {
  it('is checked under the name given', () =>
    Workspace.with({}, async (workspace) => {
      const plain = await workspace.run(['check', '-'], UNSAFE);
      assert.match(plain.out, /^-:3:5: NAN101/);
      const named = await workspace.run(['check', '-', '--stdin-filename', 'src/a.py'], UNSAFE);
      assert.match(named.out, /^src\/a\.py:3:5: NAN101/);
      const cells = await workspace.run(['check', '-', '--stdin-filename', 'a.ipynb'], notebook('log(p)'));
      assert.match(cells.out, /^a\.ipynb:cell 2:1:1: NAN101/);
    }));

  it('comes out fixed, byte for byte where nothing is to fix', () =>
    Workspace.with({}, async (workspace) => {
      const fixed = await workspace.run(['check', '-', '--fix'], SAFE);
      assert.equal(fixed.out, SAFE_FIXED);
      assert.match(fixed.err, /Applied 1 fix in 1 file/);
      const bytes = Buffer.from('\ufeffx = 1\r\n');
      assert.equal((await workspace.run(['check', '-', '--fix'], bytes)).out, bytes.toString());
      const broken = await workspace.run(['check', '-', '--fix'], Buffer.from([0xff]));
      assert.equal(broken.code, 2);
    }));

  it('shows a patch', () =>
    Workspace.with({}, async (workspace) => {
      const { out } = await workspace.run(['check', '-', '--diff', '--stdin-filename', 'a.py'], SAFE);
      assert.match(out, /^--- a\.py\n\+\+\+ a\.py\n@@ -1,1 \+1,2 @@\n/);
    }));
});

describe('notebooks', () => {
  it('in another language are skipped, not failed', () =>
    Workspace.with({ 'r.ipynb': notebook('log(p)').replace('"python"', '"R"') }, async (workspace) => {
      const { out, code } = await workspace.run(['check', '--output-format', 'json']);
      assert.deepEqual([code, JSON.parse(out).files], [0, { checked: 0, skipped: 1, failed: [] }]);
    }));

  it('that are none fail in words', () =>
    Workspace.with({ 'a.ipynb': '{"cells": [', 'b.ipynb': '', 'c.ipynb': '[]' }, async (workspace) => {
      const { err, code } = await workspace.run(['check']);
      assert.equal(code, 2);
      assert.match(err, /a\.ipynb is not valid JSON: line 1, column 12: expected a value, found the end of the file/);
      assert.match(err, /b\.ipynb is not a notebook/);
    }));
});
