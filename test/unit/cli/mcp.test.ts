// `nanlens mcp` as agents meet it: the bundled program as a process, spoken to by the protocol's own client.

import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { version } from '../../../package.json';
import { bundleCli } from './bundled';
import { Workspace } from './harness';

const LOG = [
  'import torch',
  '',
  'def entropy(logits):',
  '    p = torch.softmax(logits, dim=-1)',
  '    return -(p * torch.log(p)).sum(-1)',
  '',
].join('\n');
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

const TABLE = '[tool.nanlens]\nbaseline = "known.json"\n';

let folder = '';
let program = '';

before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'nanlens-mcp-'));
  program = bundleCli(folder);
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  readonly isError: boolean;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: each tool answers in a form of its own
  readonly data: any;
}

type Call = (name: string, args?: Record<string, unknown>) => Promise<Answer>;

interface Session {
  readonly call: Call;
  readonly client: Client;
  readonly workspace: Workspace;
}

/** A server over the files, and a client that has listed its tools, so that it checks answers against their schemas. */
function withServer(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (session: Session) => Promise<void>,
  folders: readonly string[] = [],
): Promise<void> {
  return Workspace.with(files, async (workspace) => {
    const client = new Client({ name: 'test', version: '1' });
    const args = [program, 'mcp', ...folders];
    const transport = new StdioClientTransport({ command: process.execPath, args, cwd: workspace.folder });
    await client.connect(transport);
    try {
      await client.listTools();
      const call: Call = async (name, given = {}) => {
        const { content, isError, structuredContent } = await client.callTool({ name, arguments: given });
        const [only] = content as { text: string }[];
        const text = only?.text ?? '';
        if (isError !== true) assert.deepEqual(JSON.parse(text), structuredContent);
        return { isError: isError === true, text, data: structuredContent };
      };
      await use({ call, client, workspace });
    } finally {
      await client.close();
    }
  });
}

async function refused(answer: Promise<Answer>, words: RegExp): Promise<void> {
  const { isError, text } = await answer;
  assert.ok(isError, text);
  assert.match(text, words);
  assert.doesNotMatch(text, /^\s+at |fault of its own/m);
}

describe('nanlens mcp', () => {
  it('introduces itself and its tools', () =>
    withServer({}, async ({ client }) => {
      assert.deepEqual(client.getServerVersion(), { name: 'nanlens', title: 'NaN Lens', version });
      const { tools } = await client.listTools();
      const writing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name);
      assert.deepEqual(writing, ['apply_fix']);
      for (const { name, description, inputSchema, outputSchema } of tools) {
        assert.match(name, /^[a-z_]+$/);
        assert.ok((description ?? '').length > 40 && outputSchema !== undefined, name);
        for (const parameter of Object.values(inputSchema.properties ?? {})) {
          assert.ok('description' in parameter, name);
        }
      }
    }));

  it('checks a file as the command line does, and a text that is on no disk', () =>
    withServer({ 'loss.py': LOG }, async ({ call, workspace }) => {
      const { data } = await call('check_file', { path: 'loss.py' });
      const [finding] = data.findings;
      assert.deepEqual([finding.code, finding.path, finding.cell, finding.start.line], ['NAN101', 'loss.py', null, 5]);
      assert.deepEqual([data.version, data.total, data.nextOffset, data.files.checked], [1, 1, null, 1]);
      assert.ok(finding.fixes.length > 0);
      const absolute = await call('check_file', { path: workspace.at('loss.py') });
      assert.deepEqual(absolute.data, data);
      const unsaved = await call('check_file', { path: 'loss.py', source: `\n${LOG}` });
      assert.equal(unsaved.data.findings[0].start.line, 6);
      assert.equal((await call('check_file', { source: 'import torch\n' })).data.total, 0);
      const cell = { cell_type: 'code', metadata: {}, outputs: [], source: LOG };
      const notebook = JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 });
      const inCell = await call('check_file', { path: 'new.ipynb', source: notebook });
      assert.equal(inCell.data.findings[0].cell, 1);
    }));

  it('is silent about what the baseline of the project knows, and mends none of it', () =>
    withServer({ 'loss.py': LOG, 'pyproject.toml': TABLE }, async ({ call, workspace }) => {
      const lacking = await call('check_file', { path: 'loss.py' });
      assert.equal(lacking.data.total, 1);
      assert.equal((await workspace.run(['check', '--no-baseline', '--write-baseline', 'known.json'])).code, 0);
      assert.equal((await call('check_file', { path: 'loss.py' })).data.total, 0);
      assert.equal((await call('check_folder', {})).data.total, 0);
      await refused(call('apply_fix', { path: 'loss.py', line: 5, code: 'NAN101' }), /NAN101|no finding/i);
      await workspace.write('loss.py', `${LOG}\nloss = torch.log(torch.zeros(3))\n`);
      assert.equal((await call('check_file', { path: 'loss.py' })).data.findings[0].start.line, 7);
      await workspace.write('known.json', '[]');
      await refused(call('check_file', { path: 'loss.py' }), /baseline .*known\.json/);
    }));

  it('checks a folder page by page, under the settings of the project', () =>
    withServer(
      {
        'many.py': `import torch\n${LOG.replace('import torch\n', '').repeat(7)}`,
        'sub/late.py': LATE_CLIP,
        'old/loss.py': LOG,
        'pyproject.toml': '[tool.nanlens]\nexclude = ["old"]\n',
      },
      async ({ call, workspace }) => {
        const first = (await call('check_folder', { limit: 5 })).data;
        assert.deepEqual([first.findings.length, first.total, first.nextOffset], [5, 8, 5]);
        assert.match(first.notes.join(), /3 more findings follow/);
        const second = (await call('check_folder', { limit: 5, offset: first.nextOffset })).data;
        assert.deepEqual([second.findings.length, second.nextOffset], [3, null]);
        assert.equal((await call('check_folder', { select: ['NAN401'] })).data.total, 1);
        await refused(call('check_folder', { select: ['NAN999'] }), /No rule is called "NAN999"/);
        // The project's settings may change while the server runs.
        await workspace.write('pyproject.toml', '[tool.nanlens]\nselect = "NAN401"\n');
        await refused(call('check_folder'), /tool\.nanlens\.select must be a list/);
      },
    ));

  it('reads dumps, and folders of them', () =>
    withServer({}, async ({ call, workspace }) => {
      const dump = 'transfer_learning.step-233.rank-0.nandump.json';
      copyFileSync('examples/runs/char_rnn.log', workspace.at('char_rnn.log'));
      const other = 'focal_loss.step-5.rank-0.nandump.json';
      await workspace.write(`runs/a/${other}`, readFileSync(`examples/runs/${other}`));
      await workspace.write(`runs/b/${dump}`, readFileSync(`examples/runs/${dump}`));
      const { data } = await call('read_dump', { path: 'char_rnn.log' });
      assert.equal(data.dumps.length, 1);
      assert.equal(data.dumps[0].anomalies[0].role, 'first');
      assert.match(data.dumps[0].verdict.sentence, /./);
      const all = (await call('read_dump', { path: 'runs' })).data;
      assert.deepEqual(
        all.dumps.map(({ path: shown, format }: { path: string; format: string }) => [shown, format]),
        [
          [`runs/a/${other}`, 'nandump'],
          [`runs/b/${dump}`, 'nandump'],
        ],
      );
      await workspace.write('empty/notes.txt', 'nothing\n');
      await refused(call('read_dump', { path: 'empty' }), /holds no log or dump/);
      await refused(call('read_dump', { path: 'missing.log' }), /no such file/);
    }));

  it('bounds what a hostile log can say', () =>
    withServer({}, async ({ call, workspace }) => {
      const line = `step 1 loss nan ${'x'.repeat(100_000)}\n`;
      await workspace.write('huge.log', line.repeat(300));
      const { text } = await call('read_dump', { path: 'huge.log' });
      assert.ok(text.length < 200_000, `${text.length}`);
    }));

  it('explains rules by code and by name', () =>
    withServer({}, async ({ call }) => {
      const { rules } = (await call('list_rules')).data;
      assert.ok(rules.length > 20);
      const byCode = (await call('explain_rule', { rule: 'nan101' })).data;
      assert.match(byCode.page, /^# NAN101 /);
      assert.deepEqual((await call('explain_rule', { rule: byCode.name })).data, byCode);
      await refused(call('explain_rule', { rule: 'NAN999' }), /No rule is called "NAN999"/);
    }));

  it('shows a fix before it applies it', () =>
    withServer({ 'late.py': LATE_CLIP.replaceAll('\n', '\r\n') }, async ({ call, workspace }) => {
      const fix = { path: 'late.py', code: 'NAN401', line: 10 };
      const before = await workspace.read('late.py');
      const dry = (await call('apply_fix', fix)).data;
      assert.deepEqual([dry.isApplied, dry.safety], [false, 'safe']);
      assert.match(dry.diff, /^--- late\.py\n\+\+\+ late\.py\n@@ /);
      assert.equal(await workspace.read('late.py'), before);
      const done = (await call('apply_fix', { ...fix, dryRun: false })).data;
      assert.deepEqual([done.isApplied, done.diff], [true, dry.diff]);
      assert.match(await workspace.read('late.py'), /clip_grad_norm_.*\r\n +optimizer\.step\(\)\r\n$/);
      assert.equal((await call('check_file', { path: 'late.py' })).data.total, 0);
      await refused(call('apply_fix', fix), /no finding of NAN401 in this file/);
    }));

  it('applies an unsafe fix only where that is allowed', () =>
    withServer({ 'loss.py': LOG }, async ({ call, workspace }) => {
      const [finding] = (await call('check_file', { path: 'loss.py' })).data.findings;
      const unsafe = finding.fixes.filter(({ safety }: { safety: string }) => safety === 'unsafe');
      assert.ok(unsafe.length > 0);
      const fix = { path: 'loss.py', code: finding.name, line: 5, title: unsafe[0].title, dryRun: false };
      await refused(call('apply_fix', fix), /Only unsafe fixes .* allowUnsafe/);
      await refused(call('apply_fix', { ...fix, line: 2, allowUnsafe: true }), /no finding of .* at line 2; .* line 5/);
      await refused(call('apply_fix', { ...fix, title: 'Pray', allowUnsafe: true }), /No fix there is called "Pray"/);
      assert.equal(await workspace.read('loss.py'), LOG);
      const { data } = await call('apply_fix', { ...fix, allowUnsafe: true });
      assert.equal(data.safety, 'unsafe');
      assert.notEqual(await workspace.read('loss.py'), LOG);
    }));

  it('touches nothing outside of its folders', () =>
    withServer(
      { 'in/a.py': LOG, 'also/b.py': LOG, 'out/c.py': LATE_CLIP, 'out/run.log': 'loss nan\n' },
      async ({ call, workspace }) => {
        symlinkSync(workspace.at('out/c.py'), workspace.at('in/link.py'));
        symlinkSync(workspace.at('out'), workspace.at('in/linked'));
        assert.equal((await call('check_file', { path: 'a.py' })).data.total, 1);
        assert.equal((await call('check_file', { path: workspace.at('also/b.py') })).data.total, 1);
        const outside = /outside of what this server may touch/;
        for (const given of ['../out/c.py', workspace.at('out/c.py'), 'link.py', 'linked/c.py', '/etc/passwd', '..']) {
          await refused(call('check_file', { path: given }), outside);
          await refused(call('read_dump', { path: given }), outside);
          await refused(call('apply_fix', { path: given, code: 'NAN401', line: 10, dryRun: false }), outside);
        }
        await refused(call('check_folder', { path: '..' }), outside);
        await refused(call('check_folder', { path: 'linked' }), outside);
        await refused(call('check_file', { path: '../gone.py' }), outside);
        const all = (await call('check_folder')).data;
        assert.deepEqual([all.total, all.files.failed.length], [1, 1]);
        assert.match(all.files.failed[0].message, /link to outside/);
        assert.equal(await workspace.read('out/c.py'), LATE_CLIP);
      },
      ['in', 'also'],
    ));

  it('answers bad input in words, and lives on', () =>
    withServer({ 'binary.py': new Uint8Array([0xff, 0xfe, 0, 1]), 'a.ipynb': '{', 'a.py': LOG }, async ({ call }) => {
      await refused(call('check_everything'), /no tool "check_everything"; there are check_file/);
      await refused(call('check_file', {}), /Say which file/);
      await refused(call('check_file', { path: 7 }), /"path" must be text/);
      await refused(call('check_file', { path: 'a.py', limit: 0 }), /"limit" must be a whole number from 1 to/);
      await refused(call('check_file', { path: 'a.py', depth: 3 }), /"depth" is not known; there are path/);
      await refused(call('check_file', { path: 'a\0.py' }), /null character/);
      await refused(call('check_file', { path: 'binary.py' }), /binary\.py/);
      await refused(call('check_file', { path: 'a.ipynb' }), /a\.ipynb/);
      await refused(call('check_file', { path: '.' }), /is a folder/);
      await refused(call('check_folder', { path: 'a.py' }), /is a file/);
      await refused(call('apply_fix', { path: 'a.py' }), /"code" is missing; "line" is missing/);
      await refused(call('explain_rule', { rule: '__proto__' }), /No rule is called/);
      assert.equal((await call('check_file', { path: 'a.py', limit: null })).data.total, 1);
    }));

  it('answers many calls at once', () =>
    withServer({ 'loss.py': LOG, 'late.py': LATE_CLIP }, async ({ call }) => {
      const calls = Array.from({ length: 40 }, (_, i) => call('check_file', { path: i % 2 ? 'loss.py' : 'late.py' }));
      for (const [i, { data }] of (await Promise.all(calls)).entries()) {
        assert.deepEqual(
          data.findings.map(({ code }: { code: string }) => code),
          [i % 2 ? 'NAN101' : 'NAN401'],
        );
      }
    }));

  it('says that a huge file is not analysed', () =>
    withServer({ 'big.py': `import torch\n${'x = 1\n'.repeat(600_000)}` }, async ({ call }) => {
      assert.match((await call('check_file', { path: 'big.py' })).data.notes.join(), /not analysed/);
    }));

  it('stops a call that is cancelled', () =>
    withServer(
      Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`m${i}.py`, LOG + LATE_CLIP.repeat(20)])),
      async ({ client, call }) => {
        const abort = new AbortController();
        const long = client.callTool({ name: 'check_folder', arguments: {} }, undefined, { signal: abort.signal });
        setTimeout(() => abort.abort(), 50);
        await assert.rejects(long);
        const started = performance.now();
        await call('list_rules');
        assert.ok(performance.now() - started < 10_000);
      },
    ));
});

/** The bare process, for what a client of good manners would not do. */
class RawServer {
  private output = '';
  private constructor(
    readonly process: ChildProcessWithoutNullStreams,
    readonly ended: Promise<unknown[]>,
  ) {
    process.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.output += chunk;
    });
    process.stderr.resume();
  }

  static start(cwd: string, ...argv: readonly string[]): RawServer {
    const child = spawn(process.execPath, [program, 'mcp', ...argv], { cwd });
    return new RawServer(child, once(child, 'close'));
  }

  send(...messages: readonly object[]): void {
    this.process.stdin.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  }

  /** Messages of the server, once the process is gone; nothing else may be on standard output. */
  // biome-ignore lint/suspicious/noExplicitAny: any message of the protocol
  async messages(): Promise<any[]> {
    await this.ended;
    return this.output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}

const hello = (protocolVersion: string): object => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});
const READY = { jsonrpc: '2.0', method: 'notifications/initialized' };
const callOf = (id: number, name: string, given: object): object => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: given },
});

describe('the protocol of nanlens mcp', () => {
  it('agrees on the version that the client asks for, or offers the newest it knows', () =>
    Workspace.with({}, async ({ folder: cwd }) => {
      for (const [asked, agreed] of [
        ['2024-11-05', '2024-11-05'],
        ['2025-06-18', '2025-06-18'],
        ['1999-01-01', '2025-11-25'],
      ] as const) {
        const server = RawServer.start(cwd);
        server.send(hello(asked));
        server.process.stdin.end();
        const [answer] = await server.messages();
        assert.equal(answer.result.protocolVersion, agreed);
      }
    }));

  it('answers what is under way when standard input ends, and exits with 0', () =>
    Workspace.with({ 'loss.py': LOG }, async ({ folder: cwd }) => {
      const server = RawServer.start(cwd);
      server.send(hello('2025-06-18'), READY, callOf(2, 'check_file', { path: 'loss.py' }));
      server.process.stdin.end();
      const answers = await server.messages();
      assert.deepEqual(
        answers.map(({ id }) => id),
        [1, 2],
      );
      assert.equal(answers[1].result.structuredContent.total, 1);
      assert.deepEqual(await server.ended, [0, null]);
    }));

  it('survives what is no message, and one that is too long', () =>
    Workspace.with({}, async ({ folder: cwd }) => {
      const server = RawServer.start(cwd);
      server.process.stdin.write('hello?\n{"jsonrpc":"2.0"}\n\n[]\n');
      server.send(hello('2025-06-18'), READY);
      server.send(callOf(2, 'check_file', { source: 'x'.repeat(17 * 2 ** 20) }));
      server.send(callOf(3, 'list_rules', {}));
      server.process.stdin.end();
      const answers = await server.messages();
      assert.ok(answers.some(({ error }) => /16 MB at most/.test(error?.message ?? '')));
      assert.ok(answers.some(({ id, result }) => id === 3 && result.structuredContent.rules.length > 0));
    }));

  it('ends when it is told to', () =>
    Workspace.with({}, async ({ folder: cwd }) => {
      const server = RawServer.start(cwd);
      server.send(hello('2025-06-18'));
      await once(server.process.stdout, 'data');
      server.process.kill('SIGTERM');
      const [code, signal] = await server.ended;
      assert.ok(signal === 'SIGTERM' || code === 143, `${code} ${signal}`);
    }));

  it('does not start on what is no folder, or without its protocol', () =>
    Workspace.with({ 'a.py': '' }, async (workspace) => {
      for (const [given, words] of [
        ['a.py', /a\.py is not a folder/],
        ['gone', /gone: no such file or folder/],
      ] as const) {
        const child = spawn(process.execPath, [program, 'mcp', given], { cwd: workspace.folder });
        let told = '';
        child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
          told += chunk;
        });
        const [code] = await once(child, 'close');
        assert.equal(code, 2);
        assert.match(told, words);
      }
      copyFileSync(program, workspace.at('cli.js'));
      const alone = spawn(process.execPath, [workspace.at('cli.js'), 'mcp'], { cwd: workspace.folder });
      let told = '';
      alone.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        told += chunk;
      });
      const [code] = await once(alone, 'close');
      assert.equal(code, 2);
      assert.match(told, /needs the file mcp\.js beside the program/);
    }));
});
