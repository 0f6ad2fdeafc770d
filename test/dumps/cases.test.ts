// What every dump format is held to, for every case below this folder: the snapshot, the blamed line, and what may never break.
// NANLENS_UPDATE=1 writes the snapshots anew; read the difference before committing it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { globSync } from 'tinyglobby';
import { dumpToText } from '../../src/cli/dump-text';
import { bytesSource } from '../../src/dump/byte-source';
import { type DumpJson, dumpToJson } from '../../src/dump/json';
import { readLog } from '../../src/dump/log/log-reader';
import type { ReadResult } from '../../src/dump/model';
import { openDump } from '../../src/dump/open';
import { logFormats, readers } from '../../src/dump/registry';

const folder = path.resolve('test/dumps');
const cases = globSync('*/*/input.*', { cwd: folder }).sort();
const prefixSamples = 24;

function read(bytes: Uint8Array, name: string): Promise<ReadResult> {
  return openDump(bytesSource(name, bytes), new AbortController().signal);
}

/** 1-based lines of the case's script that say `# blamed`. */
function blamedLines(caseFolder: string): number[] {
  const derived = path.join(folder, caseFolder, 'derived-from');
  const origin = existsSync(derived) ? readFileSync(derived, 'utf8').trim() : caseFolder;
  const script = path.join(folder, origin, 'script.py');
  if (!existsSync(script)) return [];
  return readFileSync(script, 'utf8')
    .split('\n')
    .flatMap((line, i) => (line.includes('# blamed') ? [i + 1] : []));
}

assert.ok(cases.length > 30, 'the cases are there');

for (const file of cases) {
  const caseFolder = path.dirname(file);
  const format = caseFolder.split('/')[0] ?? '';
  const bytes = new Uint8Array(readFileSync(path.join(folder, file)));
  const snapshot = path.join(folder, caseFolder, 'expected.json');

  test(`${caseFolder}: reads as the snapshot says`, async () => {
    const json: DumpJson = dumpToJson(await read(bytes, path.basename(file)));
    const text = `${JSON.stringify(json, null, 1)}\n`;
    if (process.env.NANLENS_UPDATE === '1') writeFileSync(snapshot, text);
    assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(snapshot, 'utf8')));
    assert.equal(json.format, format);
  });

  const blamed = blamedLines(caseFolder);
  if (blamed.length > 0 && !caseFolder.endsWith('cut-tail') && !caseFolder.endsWith('notebook')) {
    test(`${caseFolder}: blames the line that the script marks`, async () => {
      const { dump } = await read(bytes, 'x');
      assert.ok(
        blamed.includes(dump.anomalies[0]?.source?.line ?? 0),
        `${dump.anomalies[0]?.source?.line} of ${blamed}`,
      );
    });
  }

  test(`${caseFolder}: the bytes decide, not the name`, async () => {
    const { dump, problems } = await read(bytes, path.basename(file));
    assert.deepEqual(await read(bytes, 'unknown.bin'), { dump, problems });
  });

  test(`${caseFolder}: one reader, or one format of text, claims it above all others`, async () => {
    const claiming = readers.filter((reader) => reader.sniff(bytes, 'unknown') > 0.5).map(({ id }) => id);
    const own = file.endsWith('.ipynb') ? 'notebook' : format;
    if (readers.some(({ id }) => id === own)) {
      assert.deepEqual(claiming, [own]);
      return;
    }
    assert.deepEqual(claiming, []);
    const { claims } = await readLog(bytesSource('x', bytes), new AbortController().signal, logFormats);
    const strongest = Math.max(...claims.map(({ claim }) => claim));
    assert.deepEqual(
      claims.filter(({ claim }) => claim === strongest).map((one) => one.format),
      [format],
    );
    if (format !== 'plain-log') assert.ok(strongest > 0.5);
  });

  test(`${caseFolder}: every prefix is read, and says no more than the whole`, async () => {
    const whole = await read(bytes, 'x');
    for (let i = 0; i <= prefixSamples; i++) {
      const part = bytes.subarray(0, Math.floor((bytes.length * i) / prefixSamples));
      const result = await read(part, 'x');
      assert.ok(result.dump.verdict.sentence.length > 0);
      assert.doesNotThrow(() => JSON.stringify(dumpToJson(result)));
      assert.ok(dumpToText('x', result).endsWith('\n'));
      if (whole.dump.anomalies.length === 0) continue;
      const steps = new Set(whole.dump.anomalies.map(({ step }) => step).concat(null));
      for (const { step } of result.dump.anomalies) assert.ok(steps.has(step), `step ${step} is invented`);
    }
  });
}
