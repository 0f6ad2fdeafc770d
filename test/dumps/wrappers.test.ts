// Whatever surrounds a run's lines (a launcher, a container, a CI service, a terminal) changes nothing of what they say.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { globSync } from 'tinyglobby';
import { bytesSource } from '../../src/dump/byte-source';
import type { Dump } from '../../src/dump/model';
import { openDump } from '../../src/dump/open';
import { logFormats } from '../../src/dump/registry';

type Wrapper = (text: string) => string;

const eachLine =
  (change: (line: string, i: number) => string): Wrapper =>
  (text) => {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    const changed = lines.map(change);
    return [...changed, last === '' ? '' : change(last, lines.length)].join('\n');
  };
const before = (prefix: string | ((i: number) => string)): Wrapper =>
  eachLine((line, i) => (typeof prefix === 'string' ? prefix : prefix(i)) + line);
const twoDigits = (i: number) => String(i % 60).padStart(2, '0');
const time = (i: number) => `2026-11-22T15:${twoDigits(Math.floor(i / 60))}:${twoDigits(i)}`;
const esc = '\u001b';

/** What a launcher writes before each line. */
const launchers: Record<string, Wrapper> = {
  'torch.distributed ranks': before('[rank0]: '),
  'torchrun --tee': before('[default0]:'),
  'srun --label': before('0: '),
  'mpirun --tag-output': before('[1,0]<stderr>:'),
  ray: before('(RayTrainWorker pid=4242, ip=10.0.0.7) '),
  'ray with rank': before('(RayTrainWorker rank=0, pid=4242) '),
};

/** What a terminal shows. */
const terminals: Record<string, Wrapper> = {
  '256 colours': eachLine((line) => `${esc}[38;5;208m${line}${esc}[0m`),
  'colours of Python 3.13': (text) =>
    text.replace(
      /^( *)File (".+?"), line (\d+), in (.+)$/gm,
      (_, indent, file, line, name) =>
        `${indent}File ${esc}[35m${file}${esc}[0m, line ${esc}[35m${line}${esc}[0m, in ${esc}[35m${name}${esc}[0m`,
    ),
  links: (text) =>
    text.replace(/(\/home\/ada\/[\w./-]+)/g, (file) => `${esc}]8;id=7;file://${file}${esc}\\${file}${esc}]8;;${esc}\\`),
};

/** What keeps a log. */
const keepers: Record<string, Wrapper> = {
  'GitHub Actions': before((i) => `${time(i)}.1234567Z `),
  'gh run view': before((i) => `train\tRun the training\t${time(i)}.1234567Z `),
  'GitLab CI': before((i) => `${time(i)}.123456Z 01O `),
  'docker json-file': eachLine(
    (line, i) => `${JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: `${time(i)}.123Z` })}`,
  ),
  'JSON lines of a writer that sets blanks': eachLine(
    (line) => `{"log": ${JSON.stringify(`${line}\n`)}, "stream": "stdout", "time": "2026-11-22T15:36:43.763Z"}`,
  ),
  'docker compose': before('trainer-1  | '),
  SageMaker: before('algo-1-x7k2p  | '),
  kubectl: before('[pod/train-worker-0/main] '),
  'CRI-O': before((i) => `${time(i)}.123456789+00:00 stderr F `),
  journald: before((i) => `Nov 22 15:36:${twoDigits(i)} node07 python[4242]: `),
  ts: before((i) => `[2026-11-22 15:36:${twoDigits(i)}] `),
  'Windows line ends': (text) => text.replaceAll('\n', '\r\n'),
};

const downloads: Wrapper = (text) =>
  text
    .split('\n')
    .map((line, i) => (i % 5 === 2 ? `Downloading: 45%|####5     | 450M/1.00G [00:05<00:06, 90.1MB/s]\n${line}` : line))
    .join('\n');
const installed: Wrapper = (text) =>
  `${Array.from({ length: 120 }, (_, i) => `Collecting package-${i}==0.${i} (from -r requirements.txt)`).join('\n')}\n${text}`;
const onWindows = (rest: string) => `C:\\Users\\Käthe Ada\\nan hunt\\${rest.replaceAll('/', '\\')}`;
const windowsPaths: Wrapper = (text) =>
  text
    .replace(/\/home\/ada\/project\/([\w./-]+)/g, (_, rest: string) => onWindows(rest))
    // TensorFlow shows the last 50 characters.
    .replace(/\.\.\.[\w/]*\/(tf-check-numerics\/[\w./-]+)/g, (_, rest: string) => `...${onWindows(rest).slice(-50)}`);

const single = { ...launchers, ...terminals, ...keepers, downloads, installed, 'paths of Windows': windowsPaths };
const pairs = Object.entries({ ...launchers, ...terminals }).flatMap(([innerName, inner]) =>
  Object.entries(keepers).map(([outerName, outer]) => ({
    name: `${innerName} in ${outerName}`,
    wrap: (text: string) => outer(inner(text)),
  })),
);
const pairsPerCase = 9;

const folder = path.resolve('test/dumps');
/** These are wrapped already, in what does not nest or by which rank is told from rank. */
const wrapped = /\/(?:labelled-tasks|docker-json-lines|coloured-ci|powershell-utf16|torchrun\w*|cut-\w+|rank\w*)\//;
const cases = globSync('*/*/input.log', { cwd: folder })
  .filter((file) => logFormats.some(({ id }) => file.startsWith(`${id}/`)) && !wrapped.test(`/${file}`))
  .sort();

const told = ({ anomalies }: Dump) => {
  const [first] = anomalies;
  if (first === undefined) return null;
  const { kind, value, op, source, step, epoch, batch } = first;
  return { kind, value, op, line: source?.line ?? null, code: source?.text ?? null, step, epoch, batch };
};

async function open(text: string | Uint8Array): Promise<Dump> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return (await openDump(bytesSource('x', bytes), new AbortController().signal)).dump;
}

function utf16(text: string): Uint8Array {
  const units = Uint16Array.from(`\uFEFF${text}`, (_, i) => `\uFEFF${text}`.charCodeAt(i));
  return new Uint8Array(units.buffer);
}

assert.ok(cases.length > 40, 'the cases are there');

cases.forEach((file, at) => {
  test(`${path.dirname(file)}: says the same in every wrapping`, async () => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const expected = told(await open(text));
    for (const [name, wrap] of Object.entries(single)) {
      // Longer paths would have been broken elsewhere.
      if (wrap === windowsPaths && file.includes('rich-')) continue;
      assert.deepEqual(told(await open(wrap(text))), expected, name);
    }
    assert.deepEqual(told(await open(utf16(text))), expected, 'UTF-16');
    for (let i = 0; i < pairsPerCase; i++) {
      const pair = pairs[(at * pairsPerCase + i) % pairs.length];
      if (pair) assert.deepEqual(told(await open(pair.wrap(text))), expected, pair.name);
    }
  });
});
