// How long what is very long takes to open, and how much memory: a log of 2 GB beside `grep -c nan` on the same file, metrics of 1 GB.
// node bench/large-logs.mjs [--gigabytes 2] [--keep]   builds nothing: measures dist/cli.js and writes bench/large-logs.md
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/bundles.mjs';

const { values: options } = parseArgs({
  options: { gigabytes: { type: 'string', default: '2' }, keep: { type: 'boolean', default: false } },
});
const gigabyte = 2 ** 30;
const logSize = Number(options.gigabytes) * gigabyte;
const rounds = 3;
const cli = path.join(root, 'dist/cli.js');
const folder = mkdtempSync(path.join(os.tmpdir(), 'nanlens-large-'));

/** Repeatable numbers from 0 to 1. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Writes pieces of text until the file has the size. @param text gives the next piece and is told how far the file is */
function write(name, size, text) {
  const file = path.join(folder, name);
  const handle = openSync(file, 'w');
  let written = 0;
  while (written < size) written += writeSync(handle, text(written / size));
  closeSync(handle);
  return file;
}

function clock(second) {
  const two = (value) => String(value).padStart(2, '0');
  const minutes = Math.floor(second / 60);
  return `2026-11-${two(2 + (Math.floor(minutes / 1440) % 27))} ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}:${two(second % 60)}`;
}

const words = ['prefetch', 'shard', 'bucket', 'token', 'worker', 'cache', 'queue', 'rank', 'window', 'batch'];

/** A run that logs its loss every few lines among what its workers say. @param brokenFrom share of the file from which the loss is NaN */
function writeLog(name, brokenFrom) {
  const random = randomFrom(17);
  let step = 0;
  return write(name, logSize, (share) => {
    const lines = [];
    const isBroken = share >= brokenFrom;
    for (let i = 0; i < 2000; i++) {
      step++;
      const now = clock(step >> 2);
      const loss = isBroken ? 'nan' : (1.7 + 3 / Math.sqrt(step) + random() / 10).toFixed(4);
      const norm = isBroken ? 'nan' : (0.4 + random()).toFixed(3);
      lines.push(
        `${now} INFO train: step ${step} | loss ${loss} | grad_norm ${norm} | lr 2.97e-04 | 41${step % 1000} tok/s`,
      );
      for (let k = 0; k < 5; k++) {
        const word = words[(step + k) % words.length];
        const other = words[(step * 7 + k) % words.length];
        lines.push(
          `${now} DEBUG data: ${word} ${step * 5 + k} of ${other} took ${(random() * 900).toFixed(1)} ms, ${Math.floor(random() * 4096)} left`,
        );
      }
    }
    return `${lines.join('\n')}\n`;
  });
}

function writeMetrics(name, size, brokenFrom) {
  const random = randomFrom(23);
  let step = 0;
  return write(name, size, (share) => {
    const lines = [];
    for (let i = 0; i < 5000; i++) {
      step++;
      const loss = share >= brokenFrom ? 'NaN' : (1.7 + 3 / Math.sqrt(step) + random() / 10).toFixed(6);
      lines.push(
        `{"step": ${step}, "epoch": ${(step / 90_000).toFixed(4)}, "loss": ${loss}, "grad_norm": ${(0.4 + random()).toFixed(6)}, "lr": 0.000297, "tokens_per_second": ${41_000 + (step % 1000)}}`,
      );
    }
    return `${lines.join('\n')}\n`;
  });
}

/** Seconds of wall clock, seconds of processor, and the most memory that was resident, in MB. */
function measured(command, given, environment = {}) {
  const format = ['-f', '%e %U %S %M'];
  const out = path.join(folder, 'time.txt');
  const { status, stdout } = spawnSync('/usr/bin/time', ['-o', out, ...format, command, ...given], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const [wall, user, system, resident] = (readFileSync(out, 'utf8').trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return { wall, processor: user + system, resident: resident / 1024, status, stdout };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function compare(file) {
  measured('grep', ['-c', 'nan', file], { LC_ALL: 'C.UTF-8' });
  const runs = Array.from({ length: rounds }, () => ({
    grep: measured('grep', ['-c', 'nan', file], { LC_ALL: 'C.UTF-8' }),
    dump: measured(process.execPath, [cli, 'dump', '--output-format', 'json', file]),
  }));
  const { verdict } = JSON.parse(runs[0].dump.stdout);
  return {
    size: statSync(file).size / gigabyte,
    grep: median(runs.map(({ grep }) => grep.wall)),
    dump: median(runs.map(({ dump }) => dump.wall)),
    processor: median(runs.map(({ dump }) => dump.processor)),
    ratio: median(runs.map(({ grep, dump }) => dump.wall / grep.wall)),
    resident: Math.max(...runs.map(({ dump }) => dump.resident)),
    sentence: verdict.sentence,
  };
}

const kinds = [
  ['log, healthy', () => writeLog('healthy.log', 2)],
  ['log, NaN in its last hundredth', () => writeLog('end.log', 0.99)],
  ['log, NaN from 30 % on', () => writeLog('early.log', 0.3)],
  ['JSON lines, NaN in their last hundredth', () => writeMetrics('metrics.jsonl', gigabyte, 0.99)],
];
const rows = [];
try {
  for (const [title, make] of kinds) {
    const file = make();
    const row = compare(file);
    rows.push([title, row]);
    console.log(title, row);
    if (!options.keep) rmSync(file);
  }
} finally {
  if (!options.keep) rmSync(folder, { recursive: true, force: true });
}

const text = `# Very long logs

\`nanlens dump\` beside \`LC_ALL=C.UTF-8 grep -c nan\` on the same file, one after the other in turns; medians of ${rounds}, files in the
system's cache. Machine: ${os.cpus().length} × ${os.cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}.
Made by \`node bench/large-logs.mjs\`, which makes the files, measures and removes them.

| What | Size | grep | nanlens dump | of it processor | Ratio | Resident at most |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows
  .map(
    ([title, { size, grep, dump, processor, ratio, resident }]) =>
      `| ${title} | ${size.toFixed(1)} GB | ${grep.toFixed(2)} s | ${dump.toFixed(2)} s | ${processor.toFixed(2)} s | ${ratio.toFixed(1)} | ${resident.toFixed(0)} MB |`,
  )
  .join('\n')}

What it says of each:

${rows.map(([title, { sentence }]) => `- ${title}: ${sentence}`).join('\n')}
`;
writeFileSync(path.join(root, 'bench/large-logs.md'), text);
