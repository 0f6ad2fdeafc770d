// Measures how long parsing, analysis and an edit take on real files, and writes bench/results.md.
// With --print it only prints; NANLENS_BENCH_ROUNDS sets the number of rounds.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { nodeBundle, root } from './bundles.mjs';
import { measuredCommit } from './commit.mjs';

const ANALYSIS_AIM = 3;
const EDIT_AIM_MS = 20;
const EDIT_AIM_SIZE = 3000;

const ms = (value) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
const times = (value) => `${value.toFixed(2)} ×`;
// Below a megabyte the collector's own bookkeeping is larger than what is measured.
const megabytes = (bytes) => (bytes < 1024 ** 2 ? 'under 1 MB' : `${(bytes / 1024 ** 2).toFixed(1)} MB`);

function aims(files) {
  const slow = files.filter((file) => file.analysis / file.bare > ANALYSIS_AIM);
  const middle = files.find((file) => file.size === EDIT_AIM_SIZE);
  const held = (yes) => (yes ? 'met' : '**not met**');
  return [
    `- Whole analysis at most ${ANALYSIS_AIM} × the bare parse: ${held(slow.length === 0)}${slow.length > 0 ? ` (${slow.map((file) => `${file.size} lines: ${times(file.analysis / file.bare)}`).join(', ')})` : ''}.`,
    `- An edit in one function of the ${EDIT_AIM_SIZE}-line file at most ${EDIT_AIM_MS} ms: ${held(middle !== undefined && middle.slowestEdit <= EDIT_AIM_MS)} (median ${ms(middle?.edit ?? Number.NaN)}, slowest place ${ms(middle?.slowestEdit ?? Number.NaN)}).`,
  ];
}

function report({ rounds, files, peak }) {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${[
    '# What parsing, analysis and an edit cost',
    '',
    `Written by \`npm run bench\` at commit ${measuredCommit()}: Node ${process.version}, ${cpu}, ${os.cpus().length} cores.`,
    `Medians of ${rounds} rounds in one process; in each round every measurement is made once, on a text that no cache has seen.`,
    'The ratios are to the bare tree-sitter parse of the same file in the same rounds. An edit inserts one statement into a',
    'function of a file that has been analysed; its time is that of the whole answer, every rule on and `possible` shown.',
    '',
    '| file | lines | bare parse | our parse | whole analysis | an edit | slowest edit | findings | kept in memory |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...files.map(
      (f) =>
        `| ${f.name} | ${f.lines} | ${ms(f.bare)} | ${ms(f.parse)} (${times(f.parse / f.bare)}) | ${ms(f.analysis)} (${times(f.analysis / f.bare)}) | ${ms(f.edit)} | ${ms(f.slowestEdit)} | ${f.findings} | ${megabytes(f.kept)} |`,
    ),
    '',
    ...aims(files),
    `- The whole process, parser, all files and all their versions included, took ${megabytes(peak)} at most.`,
  ].join('\n')}\n`;
}

const outfile = path.join(root, 'dist/bench.cjs');
await esbuild.build({ ...nodeBundle, entryPoints: ['bench/measure.ts'], outfile });
const run = spawnSync(process.execPath, ['--expose-gc', outfile], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (run.status !== 0) process.exit(run.status ?? 1);
const text = report(JSON.parse(run.stdout));
if (!process.argv.includes('--print')) writeFileSync(path.join(root, 'bench/results.md'), text);
console.log(text);
