// Analyses every file of large installed packages, and writes bench/installed.md: what was thrown, what took long, and
// whether every fix on offer leaves a file that Python can parse.
//
//   node scripts/installed.mjs [NAME=FOLDER ...]
//
// The standard library and the frameworks of the environment in which the proofs run, and the packages that are named.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as esbuild from 'esbuild';
import { nodeBundle, root } from './bundles.mjs';
import { measuredCommit } from './commit.mjs';
import { runMain, Trouble } from './setup/report.mjs';

const SLOW_MS = 2000;
const LARGE_BYTES = 300e6;
/** So many of the slowest and of the longest files are checked again, each in a process of its own. */
const ALONE = 5;
const python = path.join(root, '.cache/venv/bin/python');

function defaultPackages() {
  const script = "import sysconfig; p = sysconfig.get_paths(); print(p['stdlib']); print(p['purelib'])";
  const [stdlib, site] = spawnSync(python, ['-c', script], { encoding: 'utf8' }).stdout.trim().split('\n');
  const packages = ['torch', 'tensorflow', 'keras', 'jax', 'optax', 'numpy', 'scipy', 'transformers'];
  return [['Python standard library', stdlib], ...packages.map((name) => [name, path.join(site, name)])].filter(
    ([, folder]) => existsSync(folder),
  );
}

async function analyse(folder, bundle) {
  const analysis = spawn(process.execPath, [bundle, folder], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const parser = spawn(python, [path.join(root, 'bench/parses.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const files = [];
  const fixes = [];
  const parsed = (async () => {
    for await (const line of createInterface({ input: parser.stdout })) fixes.push(JSON.parse(line));
  })();
  for await (const line of createInterface({ input: analysis.stdout })) {
    const record = JSON.parse(line);
    if (record.kind === 'file') files.push(record);
    else parser.stdin.write(`${line}\n`);
  }
  parser.stdin.end();
  await parsed;
  if (files.length === 0) throw new Trouble(`${folder} holds no Python file`);
  return { files, fixes };
}

/** Seconds and bytes of the whole command line on one file. */
function alone(file) {
  const script = `
import resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)`;
  const command = [process.execPath, path.join(root, 'dist/cli.js'), 'check', '--exit-zero', '--select', 'ALL', file];
  const run = spawnSync(python, ['-c', script, ...command], { encoding: 'utf8' });
  const [seconds, bytes] = run.stdout.trim().split(' ').map(Number);
  return { file, seconds, bytes };
}

const largest = (items, key) => [...items].sort((a, b) => key(b) - key(a)).slice(0, ALONE);

await runMain(async () => {
  const given = process.argv.slice(2).map((argument) => argument.split('='));
  const packages = [...defaultPackages(), ...given];
  const bundle = path.join(root, 'dist/installed.cjs');
  await esbuild.build({ ...nodeBundle, entryPoints: ['bench/installed.ts'], outfile: bundle });
  const rows = [];
  const failures = [];
  const all = [];
  for (const [name, folder] of packages) {
    const { files, fixes } = await analyse(folder, bundle);
    const short = (file) => `${name}: ${path.relative(folder, file)}`;
    const failed = files.filter(({ failure }) => failure);
    const broken = fixes.filter(({ failure }) => failure);
    failures.push(...failed.map((file) => `- ${short(file.path)}: ${file.failure.split('\n')[0]}`));
    failures.push(...broken.map((fix) => `- ${short(fix.path)}: ${fix.code} “${fix.title}”: ${fix.failure}`));
    all.push(...files.map((file) => ({ ...file, name: short(file.path) })));
    const lines = files.reduce((sum, file) => sum + file.lines, 0);
    const slowest = Math.max(...files.map((file) => file.milliseconds));
    const findings = files.reduce((sum, file) => sum + file.findings, 0);
    rows.push(
      `| ${name} | ${files.length} | ${lines} | ${failed.length} | ${findings} | ${fixes.length} | ${broken.length} | ${Math.round(slowest)} ms |`,
    );
    process.stdout.write(`${rows.at(-1)}\n`);
  }
  const chosen = new Map(
    [...largest(all, (file) => file.milliseconds), ...largest(all, (file) => file.lines)].map((file) => [
      file.path,
      file,
    ]),
  );
  const measured = [...chosen.values()].map((file) => ({ ...file, ...alone(file.path) }));
  const over = measured.filter(({ seconds, bytes }) => seconds * 1000 > SLOW_MS || bytes > LARGE_BYTES);
  const text = [
    '# Every file of large packages',
    '',
    `Written by \`node scripts/installed.mjs\` at commit ${measuredCommit()}, with every rule on and \`possible\` shown.`,
    'A fix counts as broken where the file parses in Python and no longer does with that one fix applied.',
    '',
    '| package | files | lines | failures | findings, possible ones included | fixes | broken fixes | slowest file |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...rows,
    '',
    failures.length > 0 ? '## What failed' : 'Nothing failed.',
    '',
    ...failures,
    ...(failures.length > 0 ? [''] : []),
    '## The slowest and the longest files, alone',
    '',
    'The whole command line on one file, the start of Node and of the parser included.',
    '',
    '| file | lines | seconds | memory |',
    '|---|--:|--:|--:|',
    ...measured.map(
      ({ name, lines, seconds, bytes }) =>
        `| ${name} | ${lines} | ${seconds.toFixed(2)} | ${Math.round(bytes / 1e6)} MB |`,
    ),
    '',
    over.length === 0
      ? `None takes more than ${SLOW_MS / 1000} s or ${LARGE_BYTES / 1e6} MB.`
      : `Over ${SLOW_MS / 1000} s or ${LARGE_BYTES / 1e6} MB: **${over.map(({ name }) => name).join(', ')}**.`,
    '',
  ].join('\n');
  writeFileSync(path.join(root, 'bench/installed.md'), text);
  if (failures.length > 0) throw new Trouble(`${failures.length} failures, see bench/installed.md`);
});
