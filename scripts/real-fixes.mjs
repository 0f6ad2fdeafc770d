// Scores the command line on real NaN fixes, and writes bench/real-fixes.md.
//
//   node scripts/real-fixes.mjs PAIRS
//
// PAIRS is a folder with labels.json and, for each label, the file before and after its fix. They are other people's
// code and no part of this project. bench/real-fixes-missed.json says why a hazard is missed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundles.mjs';
import { measuredCommit } from './commit.mjs';
import { runMain, Trouble } from './setup/report.mjs';

const LOUD = new Set(['warning', 'error']);
const FILES_A_RUN = 200;

/** The loud findings of each file, by its absolute path. */
function findings(files) {
  const found = new Map();
  for (let i = 0; i < files.length; i += FILES_A_RUN) {
    const command = [path.join(root, 'dist/cli.js'), 'check', '--output-format', 'json', '--exit-zero'];
    const run = spawnSync(process.execPath, [...command, ...files.slice(i, i + FILES_A_RUN)], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0) throw new Trouble(`nanlens check failed: ${run.stderr.slice(-300)}`);
    for (const finding of JSON.parse(run.stdout).findings) {
      if (!LOUD.has(finding.severity)) continue;
      const file = path.resolve(finding.path);
      found.set(file, [...(found.get(file) ?? []), finding]);
    }
  }
  return found;
}

const overlapping = (found, [first, last]) =>
  found.filter(({ start, end }) => start.line <= last && end.line >= first).map(({ code }) => code);

/** A label's name in public: where the line was before the fix. */
const placeOf = ({ repo, fix_commit, path: file, line_before }) =>
  `${repo}@${fix_commit.slice(0, 7)}^ ${file}:${line_before}`;

function score(folder) {
  const labels = JSON.parse(readFileSync(path.join(folder, 'labels.json'), 'utf8'));
  const fileOf = (label, side) => path.resolve(folder, label[side]);
  const found = findings(labels.flatMap((label) => [fileOf(label, 'before'), fileOf(label, 'after')]));
  const seen = new Set();
  let lines = 0;
  let loud = 0;
  for (const label of labels) {
    const name = `${label.repo} ${label.path}`;
    if (seen.has(name)) continue;
    seen.add(name);
    const after = fileOf(label, 'after');
    lines += readFileSync(after, 'utf8')
      .split('\n')
      .filter((line) => line.trim()).length;
    loud += found.get(after)?.length ?? 0;
  }
  const rows = labels
    .filter(({ visible }) => visible === 'yes')
    .map((label) => ({
      ...label,
      place: placeOf(label),
      hits: overlapping(found.get(fileOf(label, 'before')) ?? [], label.stmt_before),
      isCounted: label.after_clean === 'yes',
      still: label.after_clean === 'yes' ? overlapping(found.get(fileOf(label, 'after')) ?? [], label.stmt_after) : [],
    }));
  return { rows, density: (1000 * loud) / lines };
}

const percent = (part, whole) => (whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`);

function tally(rows, key) {
  const sorted = [...grouped(rows, key)].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  return sorted.map(([name, group]) => {
    const hits = group.filter((row) => row.hits.length > 0).length;
    const repaired = group.filter((row) => row.isCounted).length;
    const still = group.filter((row) => row.still.length > 0).length;
    return `| ${name} | ${hits} of ${group.length} | ${percent(hits, group.length)} | ${still} of ${repaired} |`;
  });
}

function grouped(rows, key) {
  const groups = new Map();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}

const cell = (text) => text.replaceAll('|', '\\|');

function report({ rows, density }, reasons) {
  const hits = rows.filter((row) => row.hits.length > 0);
  const missed = rows.filter((row) => row.hits.length === 0);
  const counted = rows.filter((row) => row.isCounted);
  const still = rows.filter((row) => row.still.length > 0);
  const heading = '| hazards found | | repairs still flagged |\n|---|--:|--:|--:|';
  return `${[
    '# Real fixes',
    '',
    `Written by \`node scripts/real-fixes.mjs\` at commit ${measuredCommit()}.`,
    '',
    'Places where a public repository mended a cause of NaN, Inf or a division by zero: the file before the fix must have',
    'a warning on the statement that was mended, the file after it none on the mended statement. Only places that one',
    'file can show are counted; repairs that leave another hazard on the line are not.',
    '',
    `- hazards found: **${hits.length} of ${rows.length} (${percent(hits.length, rows.length)})**`,
    `- repairs still flagged: **${still.length} of ${counted.length} (${percent(still.length, counted.length)})**`,
    `- warnings in 1,000 non-blank lines of the mended files: **${density.toFixed(2)}**`,
    '',
    '## By kind',
    '',
    `| kind ${heading}`,
    ...tally(rows, (row) => row.kind),
    '',
    '## By repository',
    '',
    `| repository ${heading}`,
    ...tally(rows, (row) => row.repo),
    '',
    '## Missed, and why',
    '',
    '| where, before the fix | kind | what it was | why it is missed |',
    '|---|---|---|---|',
    ...missed.map(
      (row) =>
        `| ${cell(row.place)} | ${row.kind} | ${cell(row.note)} | ${cell(reasons[row.place] ?? '**not looked into**')} |`,
    ),
    '',
    '## Still flagged, and why',
    '',
    '| where, before the fix | rule | why |',
    '|---|---|---|',
    ...still.map(
      (row) =>
        `| ${cell(row.place)} | ${row.still.join(', ')} | ${cell(reasons[row.place] ?? '**not looked into**')} |`,
    ),
    '',
  ].join('\n')}`;
}

await runMain(async () => {
  const [folder] = process.argv.slice(2);
  if (!folder || !existsSync(path.join(folder, 'labels.json'))) {
    throw new Trouble('usage: node scripts/real-fixes.mjs PAIRS, a folder with labels.json');
  }
  const reasons = JSON.parse(readFileSync(path.join(root, 'bench/real-fixes-missed.json'), 'utf8'));
  const result = score(folder);
  writeFileSync(path.join(root, 'bench/real-fixes.md'), report(result, reasons));
  process.stdout.write(
    `bench/real-fixes.md: ${result.rows.filter((row) => row.hits.length > 0).length} of ${result.rows.length} found\n`,
  );
});
