// Repositories that are no part of this project: their Python files, their lines, and what is loud in them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundles.mjs';
import { Trouble } from './setup/report.mjs';

const LOUD = new Set(['warning', 'error']);

function* programs(folder, extensions) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* programs(full, extensions);
    else if (entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension))) yield full;
  }
}

function check(folder, options) {
  const command = [
    path.join(root, 'dist/cli.js'),
    'check',
    '--output-format',
    'json',
    '--exit-zero',
    ...options,
    folder,
  ];
  const run = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 1 << 30 });
  // A file that cannot be read (a notebook that is cut off, say) is told beside the findings.
  if (!run.stdout.startsWith('{')) throw new Trouble(`nanlens check failed: ${run.stderr.slice(-300)}`);
  return JSON.parse(run.stdout).findings.filter(({ severity }) => LOUD.has(severity));
}

/**
 * Each folder in `folder` (owner+name, with an optional file COMMIT) as a repository: its files of these extensions, its
 * lines that are not blank, and its loud findings under the options of the command line.
 */
export function measure(folder, extensions, options = []) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => {
      const home = path.join(folder, entry.name);
      const name = entry.name.replace('+', '/');
      let lines = 0;
      let files = 0;
      for (const file of programs(home, extensions)) {
        files++;
        lines += readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line.trim()).length;
      }
      const findings = check(home, options).map((finding) => ({
        ...finding,
        place: `${name} ${path.relative(home, path.resolve(finding.path))}:${finding.cell ? `cell ${finding.cell}:` : ''}${finding.start.line}:${finding.start.column} ${finding.code}`,
      }));
      const commit = path.join(home, 'COMMIT');
      return { name, commit: existsSync(commit) ? readFileSync(commit, 'utf8').trim() : '', files, lines, findings };
    });
}

export const perThousand = (count, lines) => ((1000 * count) / lines).toFixed(2);

export function byRule(findings) {
  const counts = new Map();
  for (const { code } of findings) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, count]) => `${code} ${count}`);
}

export const tableCell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
