// The machine-readable outputs keep their contracts: JSON, SARIF 2.1.0, GitHub workflow commands.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import type { Log } from 'sarif';
import { workflowCommand } from '../../../src/cli/report-github';
import { Workspace } from './harness';
import { sarifSchema } from './sarif-schema';

const SOURCE = 'import torch\n\ny = log(p)\nz = softmax(x).log()\n';
const NOTEBOOK = `${JSON.stringify(
  {
    cells: [
      { cell_type: 'markdown', metadata: {}, source: [] },
      { cell_type: 'code', metadata: {}, outputs: [], source: ['s = "\\n"\n', 'y = "\\t", log(p)'] },
    ],
    metadata: {},
    nbformat: 4,
  },
  null,
  1,
)}\n`;

async function output(
  format: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  ...argv: string[]
): Promise<string> {
  let out = '';
  await Workspace.with(files, async (workspace) => {
    out = (await workspace.run(['check', '--output-format', format, ...argv])).out;
  });
  return out;
}

describe('JSON', () => {
  it('is the contract, with places counted from one', async () => {
    const report = JSON.parse(await output('json', { 'src/loss.py': SOURCE, 'x.py': '' }, '--ignore', 'NAN401'));
    assert.deepEqual(Object.keys(report), ['version', 'findings', 'files']);
    assert.equal(report.version, 1);
    assert.deepEqual(report.files, { checked: 2, skipped: 0, failed: [] });
    assert.equal(report.findings.length, 2);
    assert.deepEqual(report.findings[0], {
      code: 'NAN101',
      name: 'log-of-possible-zero',
      severity: 'warning',
      confidence: 'proven',
      path: 'src/loss.py',
      cell: null,
      start: { line: 3, column: 5 },
      end: { line: 3, column: 11 },
      message: 'log(p) can be\nNaN: 100%',
      url: 'https://example.org/NAN101',
      related: [
        {
          path: 'src/loss.py',
          start: { line: 3, column: 5 },
          end: { line: 3, column: 6 },
          message: 'because, so: it is',
        },
      ],
      fixes: [
        {
          title: 'Write log(p + 1e-6)',
          safety: 'unsafe',
          edits: [{ start: { line: 3, column: 5 }, end: { line: 3, column: 11 }, newText: 'log(p + 1e-6)' }],
        },
      ],
    });
  });

  it('names cells, with lines inside the cell', async () => {
    const [finding] = JSON.parse(await output('json', { 'n.ipynb': NOTEBOOK })).findings;
    assert.deepEqual([finding.cell, finding.start], [2, { line: 2, column: 11 }]);
  });

  it('is written even where files failed and nothing was found', async () => {
    const report = JSON.parse(await output('json', { 'a.py': new Uint8Array([0xff]) }));
    assert.deepEqual(report.findings, []);
    assert.equal(report.files.failed[0].path, 'a.py');
  });
});

describe('SARIF', () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(sarifSchema);
  const parse = (text: string): Log => {
    const log = JSON.parse(text) as unknown;
    assert.ok(validate(log), JSON.stringify(validate.errors, null, 1));
    return JSON.parse(text) as Log;
  };

  it('is valid, and tells rules, places, evidence and fixes', async () => {
    const [run] = parse(await output('sarif', { 'src/a b#.py': SOURCE })).runs;
    assert.deepEqual(
      run?.tool.driver.rules?.map(({ id }) => id),
      ['NAN101', 'NAN401'],
    );
    const [result] = run?.results ?? [];
    assert.equal(run?.results?.length, 2);
    assert.deepEqual([result?.ruleId, result?.ruleIndex, result?.level], ['NAN101', 0, 'warning']);
    const place = result?.locations?.[0]?.physicalLocation;
    assert.equal(place?.artifactLocation?.uri, 'src/a%20b%23.py');
    assert.deepEqual(place?.region, { startLine: 3, startColumn: 5, endLine: 3, endColumn: 11 });
    assert.equal(result?.relatedLocations?.length, 1);
    assert.equal(result?.fixes?.[0]?.artifactChanges[0]?.replacements[0]?.insertedContent?.text, 'log(p + 1e-6)');
    assert.ok(run?.originalUriBaseIds && place?.artifactLocation?.uriBaseId);
    assert.ok(place.artifactLocation.uriBaseId in run.originalUriBaseIds);
    assert.equal(run.invocations?.[0]?.executionSuccessful, true);
  });

  it('is valid for a run without findings, with failures, and with problems', async () => {
    parse(await output('sarif', { 'a.py': '' }));
    const log = parse(await output('sarif', { 'a.py': '???', 'b.py': new Uint8Array([0xff]) }));
    const [invocation] = log.runs[0]?.invocations ?? [];
    assert.equal(invocation?.executionSuccessful, false);
    assert.deepEqual(
      invocation?.toolExecutionNotifications?.map(({ level }) => level),
      ['error', 'warning'],
    );
  });

  it("points into the notebook's own text", async () => {
    const [run] = parse(await output('sarif', { 'n.ipynb': NOTEBOOK })).runs;
    const region = run?.results?.[0]?.locations?.[0]?.physicalLocation?.region;
    const line = NOTEBOOK.split('\n')[(region?.startLine ?? 0) - 1] ?? '';
    assert.equal(line.slice((region?.startColumn ?? 0) - 1, (region?.endColumn ?? 0) - 1), 'log(p)');
    assert.equal(run?.results?.[0]?.fixes, undefined);
  });

  it('keeps the fingerprint of a finding that moved, and tells equal ones apart', async () => {
    const prints = async (source: string): Promise<(string | undefined)[]> =>
      (parse(await output('sarif', { 'a.py': source })).runs[0]?.results ?? []).map(
        ({ partialFingerprints }) => partialFingerprints?.['flaggedText/v1'],
      );
    const two = await prints('log(p)\nlog(p)\n');
    assert.equal(new Set(two).size, 2);
    assert.deepEqual(await prints('\n\nx = 1\nlog(p)\nlog(p)\n'), two);
  });

  it('the schema refuses what SARIF does not allow', () => {
    for (const log of [
      {},
      { version: '2.0.0', runs: [] },
      { version: '2.1.0', runs: [{}] },
      { version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results: [{ message: {} }] }] },
      {
        version: '2.1.0',
        runs: [{ tool: { driver: { name: 'x' } }, results: [{ message: { text: 'm' }, level: 'bad' }] }],
      },
      { version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, unknown: 1 }] },
    ]) {
      assert.equal(validate(log), false, JSON.stringify(log));
    }
  });
});

describe('GitHub', () => {
  it('writes one command a finding, with everything escaped', async () => {
    const lines = (await output('github', { 'a,b:c%.py': 'log(p)\nx = [\nping()]' })).trimEnd().split('\n');
    assert.deepEqual(lines, [
      '::warning title=NAN101 (log-of-possible-zero),file=a%2Cb%3Ac%25.py,line=1,endLine=1,col=1,endColumn=7::log(p) can be%0ANaN: 100%25%0Ahttps://example.org/NAN101',
      '::error title=NAN401 (clip-after-step),file=a%2Cb%3Ac%25.py,line=3,endLine=3,col=1,endColumn=7::ping() can be%0ANaN: 100%25%0Ahttps://example.org/NAN401',
    ]);
  });

  it('stays on one line whatever the text is, and can be read back', () => {
    const unescaped = (text: string): string =>
      text
        .replaceAll('%3A', ':')
        .replaceAll('%2C', ',')
        .replaceAll('%0D', '\r')
        .replaceAll('%0A', '\n')
        .replaceAll('%25', '%');
    const pieces = ['%', '25', '\r', '\n', ':', ',', '::', 'a', '%0A', ' ', '='];
    let state = 11;
    for (let round = 0; round < 300; round++) {
      let text = '';
      for (let i = 0; i < 8; i++) {
        state = (state * 48271) % 2147483647;
        text += pieces[state % pieces.length];
      }
      const command = workflowCommand('error', { title: text, file: 'f' }, text);
      const parts = /^::error title=([^,:\r\n]*),file=f::([^\r\n]*)$/.exec(command);
      assert.ok(parts, command);
      assert.deepEqual([unescaped(parts[1] ?? ''), unescaped(parts[2] ?? '')], [text, text]);
    }
  });

  it('marks files that could not be checked, and lines of the notebook file', async () => {
    const failed = await output('github', { 'a.py': new Uint8Array([0xff]) });
    assert.match(failed, /^::error title=NaN Lens could not check this file,file=a\.py::a\.py is not valid UTF-8/);
    const cell = await output('github', { 'n.ipynb': NOTEBOOK });
    const line = Number(/line=(\d+)/.exec(cell)?.[1]);
    assert.match(NOTEBOOK.split('\n')[line - 1] ?? '', /log\(p\)/);
    assert.match(cell, /\(cell 2\)/);
  });
});
