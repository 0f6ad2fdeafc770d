// The bundled command line as a process of its own, with the real analyser: what a shell and a CI job see of it.

import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { version } from '../../../package.json';
import { bundleCli } from './bundled';
import { Workspace } from './harness';

const LATE_CLIP = [
  'import torch',
  '',
  'def train(model, optimizer, loader, loss_fn, debug=False):',
  '    with torch.autograd.set_detect_anomaly(debug):',
  '        for x, y in loader:',
  '            optimizer.zero_grad()',
  '            loss = loss_fn(model(x), y)',
  '            loss.backward()',
  '            optimizer.step()',
  '            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)',
  '',
].join('\n');
const CLIPPED = LATE_CLIP.replace(
  /( +optimizer\.step\(\)\n)( +torch\.nn\.utils\.clip.*\n)/,
  (_, step: string, clip: string) => clip + step,
);
const LOG = [
  'import torch',
  '',
  'def entropy(logits):',
  '    p = torch.softmax(logits, dim=-1)',
  '    return -(p * torch.log(p)).sum(-1)',
  '',
].join('\n');

/** No answer may take longer, however strange the file. */
const TIME_LIMIT = 60_000;

let folder = '';
let program = '';

before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nanlens-cli-'));
  program = bundleCli(folder);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function nanlens(
  cwd: string,
  argv: readonly string[],
  options: { readonly input?: string | Uint8Array; readonly env?: Readonly<Record<string, string>> } = {},
): SpawnSyncReturns<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...plain } = process.env;
  const result = spawnSync(process.execPath, [program, ...argv], {
    cwd,
    encoding: 'utf8',
    input: options.input ?? '',
    env: { ...plain, ...options.env },
    timeout: TIME_LIMIT,
    maxBuffer: 2 ** 28,
  });
  assert.equal(result.error, undefined);
  assert.doesNotMatch(result.stderr, /^\s+at .*cli\.js/m, 'a stack trace reached the user');
  return result;
}

describe('the process', () => {
  it('says its version, and lists rules that it explains', () => {
    assert.equal(nanlens(folder, ['--version']).stdout, `nanlens ${version}\n`);
    const { rules } = JSON.parse(nanlens(folder, ['rules', '--output-format', 'json']).stdout);
    assert.ok(rules.length >= 5);
    for (const { code, name, url } of [rules.at(0), rules.at(-1)]) {
      const page = nanlens(folder, ['explain', code]);
      assert.equal(page.status, 0);
      assert.ok(page.stdout.startsWith(`${code} ${name}\n`) && page.stdout.endsWith(`${url}\n`));
      assert.doesNotMatch(page.stdout, /```|\*\*/);
    }
  });

  it('exits with 0, 1 or 2', () =>
    Workspace.with({ 'clean.py': 'import torch\n', 'late.py': LATE_CLIP }, async ({ folder: cwd }) => {
      assert.equal(nanlens(cwd, ['check', 'clean.py']).status, 0);
      const found = nanlens(cwd, ['check']);
      assert.equal(found.status, 1);
      assert.match(found.stdout, /^late\.py:10:13: NAN401 /);
      assert.match(found.stdout, /\n 9 \|.*optimizer\.step\(\)\n10 \|.*clip_grad_norm_.*\n +\| {13}\^{55}\n/);
      assert.equal(nanlens(cwd, ['check', '--exit-zero']).status, 0);
      assert.equal(nanlens(cwd, ['check', 'missing.py']).status, 2);
      assert.equal(nanlens(cwd, ['check', '--bogus']).status, 2);
      assert.equal(nanlens(cwd, []).status, 2);
    }));

  it('mends a file on disk, from standard input, and as a patch', () =>
    Workspace.with({ 'late.py': LATE_CLIP, 'crlf.py': LATE_CLIP.replaceAll('\n', '\r\n') }, async (workspace) => {
      const cwd = workspace.folder;
      const patch = nanlens(cwd, ['check', '--diff', 'late.py']);
      assert.match(patch.stdout, /^--- late\.py\n\+\+\+ late\.py\n@@ /);
      assert.equal(await workspace.read('late.py'), LATE_CLIP);
      assert.equal(nanlens(cwd, ['check', '-', '--fix'], { input: LATE_CLIP }).stdout, CLIPPED);
      const fixed = nanlens(cwd, ['check', '--fix']);
      assert.equal(fixed.status, 0, fixed.stdout + fixed.stderr);
      assert.equal(await workspace.read('late.py'), CLIPPED);
      assert.equal(await workspace.read('crlf.py'), CLIPPED.replaceAll('\n', '\r\n'));
    }));

  it('finds across cells, and mends inside one', () => {
    const source = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+/g) ?? [];
    const notebook = (last: string): string => {
      const cells = ['%matplotlib inline\nimport torch', 'p = torch.softmax(torch.randn(3), dim=-1)', last];
      const code = cells.map((cell) => ({ cell_type: 'code', metadata: {}, outputs: [], source: source(cell) }));
      return JSON.stringify({ cells: code, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1);
    };
    const last = '%%time\n!ls\nloss = -torch.log(p).mean()\n';
    return Workspace.with({ 'n.ipynb': notebook(last) }, async (workspace) => {
      const report = nanlens(workspace.folder, ['check', '--output-format', 'json', '--select', 'NAN101']);
      const [finding] = JSON.parse(report.stdout).findings;
      assert.deepEqual([finding.code, finding.cell, finding.start.line], ['NAN101', 3, 3]);
      nanlens(workspace.folder, ['check', '--fix', '--unsafe-fixes', '--select', 'NAN101']);
      const text = await workspace.read('n.ipynb');
      const mended = JSON.parse(text).cells[2].source.join('');
      assert.match(mended, /^%%time\n!ls\nloss = -torch\.log(?:_softmax)?\(.+\)\.mean\(\)\n$/);
      assert.notEqual(mended, last);
      assert.equal(text, notebook(mended));
    });
  });

  it('honours suppressions', () =>
    Workspace.with(
      {
        'line.py': LOG.replace('.sum(-1)', '.sum(-1)  # nanlens: ignore[NAN101] p is a mixture'),
        'noqa.py': LOG.replace('.sum(-1)', '.sum(-1)  # noqa: NAN101'),
        'file.py': `# nanlens: ignore-file[NAN1]\n${LOG}`,
        'other.py': LOG.replace('.sum(-1)', '.sum(-1)  # nanlens: ignore[NAN401]'),
      },
      async ({ folder: cwd }) => {
        const { findings } = JSON.parse(nanlens(cwd, ['check', '--output-format', 'json']).stdout);
        const paths = new Set(findings.map((finding: { path: string }) => finding.path));
        assert.deepEqual([...paths], ['other.py']);
      },
    ));

  it('colours when told to, and never into a pipe by itself', () =>
    Workspace.with({ 'late.py': LATE_CLIP }, async ({ folder: cwd }) => {
      assert.ok(!nanlens(cwd, ['check']).stdout.includes('\u001b'));
      assert.ok(nanlens(cwd, ['check'], { env: { FORCE_COLOR: '1' } }).stdout.includes('\u001b['));
    }));

  it('ends quietly when nobody reads on', () =>
    Workspace.with({ 'many.py': LOG.repeat(400) }, async ({ folder: cwd }) => {
      const child = spawn(process.execPath, [program, 'check'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        errors += chunk;
      });
      child.stdout.once('data', () => child.stdout.destroy());
      const status = await new Promise((resolve) => child.on('close', resolve));
      assert.equal(errors, '');
      assert.ok(status === 141 || status === 1, `${status}`);
    }));

  it('is one file that runs wherever it is copied', async () => {
    await Workspace.with({}, async (workspace) => {
      await copyFile(program, workspace.at('cli.js'));
      const result = spawnSync(process.execPath, [workspace.at('cli.js'), 'check', '-'], {
        encoding: 'utf8',
        input: 'import torch\n\n\ndef f(x):\n    return torch.log(torch.sigmoid(x))\n',
      });
      assert.equal(result.stderr, '');
      assert.match(result.stdout, /NAN101/);
      assert.equal(result.status, 1);
    });
  });
});

describe('files that are hardly Python', () => {
  const garbage = Array.from({ length: 20_000 }, (_, i) => '([{\'"#\\\n:=%xλ\t*'[(i * i * 31 + i) % 16] ?? ' ').join(
    '',
  );
  const files: Readonly<Record<string, string | Uint8Array>> = {
    'empty.py': '',
    'garbage.py': garbage,
    'binary.py': Uint8Array.from({ length: 10_000 }, (_, i) => (i * 197 + (i >> 3)) & 255),
    'nul.py': LOG.replace('def', '\0def'),
    'nul-only.py': '\0'.repeat(1000),
    'surrogate.py': Buffer.concat([Buffer.from('x = "'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"\n')]),
    'python2.py': 'import torch\nprint "loss", loss\nexec "x"\nexcept E, e:\nraise V, "m"\nx <> 0777L\n',
    'errors.py': Array.from({ length: 50 }, (_, i) => `def f${i}(x:\n    return log(x\n\n`).join(''),
    'deep.py': `x = ${'('.repeat(20_000)}1${')'.repeat(20_000)}\n`,
    'deep-blocks.py': Array.from({ length: 150 }, (_, i) => `${' '.repeat(i)}if x:\n`).join(''),
    'long-line.py': `x = [${'0.1, '.repeat(200_000)}]\n`,
    'mac.py': LOG.replaceAll('\n', '\r'),
    'unclosed.py': `${LOG}"""never closed`,
    'lone.ipynb': '{"cells":[{"cell_type":"code","source":["x = \\"\\ud800\\"\\n"]}],"nbformat":4}',
  };

  it('get an answer or a clear problem, and stay as they are where nothing is fixed', () =>
    Workspace.with(files, async (workspace) => {
      const before = new Map(
        await Promise.all(Object.keys(files).map(async (name) => [name, await workspace.bytes(name)] as const)),
      );
      const report = nanlens(workspace.folder, ['check', '--output-format', 'json']);
      const { files: counts, findings } = JSON.parse(report.stdout);
      assert.equal(report.status, 2);
      assert.deepEqual(counts.failed.map((failure: { path: string }) => failure.path).sort(), [
        'binary.py',
        'surrogate.py',
      ]);
      assert.equal(counts.checked, Object.keys(files).length - 2);
      for (const name of ['garbage.py', 'nul.py', 'python2.py', 'errors.py', 'unclosed.py']) {
        assert.match(report.stderr, new RegExp(`warning: ${name}:\\d+:\\d+: .*could not be parsed`), name);
      }
      assert.doesNotMatch(report.stderr, /(?:empty|mac)\.py/);
      const flagged = new Set(findings.map((finding: { path: string }) => finding.path));
      for (const name of before.keys()) {
        assert.deepEqual(await workspace.bytes(name), before.get(name), name);
      }
      nanlens(workspace.folder, ['check', '--fix', '--unsafe-fixes']);
      for (const [name, bytes] of before) {
        if (!flagged.has(name)) assert.deepEqual(await workspace.bytes(name), bytes, name);
      }
    }));

  it('of 5 MB are answered', () =>
    Workspace.with({ 'big.py': `${LOG}\n`.repeat(Math.ceil(5e6 / LOG.length)) }, async ({ folder: cwd }) => {
      const started = performance.now();
      const report = nanlens(cwd, ['check', '--output-format', 'json']);
      assert.ok(report.status === 0 || report.status === 1, report.stderr);
      // Either it was analysed, or the user is told that it was not.
      assert.ok(JSON.parse(report.stdout).findings.length > 0 || /big\.py.*characters/.test(report.stderr));
      assert.ok(performance.now() - started < TIME_LIMIT);
    }));
});

describe('the package of npm', () => {
  it('holds what the command line runs on, the recorder too', () =>
    Workspace.with({ 'train.py': LATE_CLIP }, async (workspace) => {
      const tree = path.join(folder, 'tree');
      mkdirSync(path.join(tree, 'dist'), { recursive: true });
      for (const name of ['cli.js', 'mcp.js']) await copyFile(path.join(folder, name), path.join(tree, 'dist', name));
      for (const name of ['package.json', '.npmignore', 'README.md', 'CHANGELOG.md', 'LICENSE', 'media', 'src/text']) {
        cpSync(name, path.join(tree, name), { recursive: true });
      }
      const run = (command: string, argv: readonly string[], cwd: string) => {
        const result = spawnSync(command, argv, { cwd, encoding: 'utf8', timeout: TIME_LIMIT });
        assert.equal(result.status, 0, result.stderr);
        return result.stdout;
      };
      const archive = run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], tree).trim();
      run('tar', ['-xzf', archive], folder);
      const root = path.join(folder, 'package');
      const files = run('tar', ['-tzf', archive], folder).trim().split('\n');
      assert.deepEqual(files.filter((file) => !/^package\/[\w.]+$/.test(file)).sort(), [
        'package/dist/cli.js',
        'package/dist/mcp.js',
      ]);
      const empty = path.join(folder, 'empty');
      mkdirSync(empty);
      run(
        'npm',
        ['install', '--offline', '--no-audit', '--no-fund', '--prefix', empty, path.resolve(folder, archive)],
        empty,
      );
      const installed = path.join(empty, 'node_modules/.bin/nanlens');
      assert.equal(run(installed, ['--version'], empty), `nanlens ${version}\n`);
      assert.match(run(installed, ['check', '--exit-zero'], workspace.folder), /^train\.py:10:13: NAN401 /);
      const cli = path.join(root, 'dist/cli.js');
      assert.match(
        run(process.execPath, [cli, 'recorder', '--insert', 'train.py'], workspace.folder),
        /^Wrote nanlens\.py/,
      );
      assert.deepEqual(await workspace.bytes('nanlens.py'), readFileSync('media/recorder/nanlens.py'));
      assert.match(await workspace.read('train.py'), /in rec\.watch\(loader\):/);
    }));
});
