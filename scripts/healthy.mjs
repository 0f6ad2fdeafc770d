// Checks large healthy repositories, draws findings at random for somebody to read, and writes bench/healthy.md.
//
//   node scripts/healthy.mjs FOLDER [SEED]
//
// FOLDER holds one folder for each repository, named owner+name, with an optional file COMMIT. They are other people's
// code and no part of this project. bench/healthy-verdicts.json holds what the reader said of each finding drawn.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundles.mjs';
import { measuredCommit } from './commit.mjs';
import { byRule, measure, perThousand, tableCell } from './repositories.mjs';
import { runMain, Trouble } from './setup/report.mjs';

const DRAWN = 100;
const VERDICTS = path.join(root, 'bench/healthy-verdicts.json');

/** Numbers in [0, 1) that are the same for the same seed: mulberry32. */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function draw(findings, seed) {
  const next = randomNumbers(seed);
  return findings
    .map((finding) => ({ finding, key: next() }))
    .sort((a, b) => a.key - b.key)
    .slice(0, DRAWN)
    .map(({ finding }) => finding)
    .sort((a, b) => (a.place < b.place ? -1 : 1));
}

function report(repositories, drawn, verdicts) {
  const all = repositories.flatMap(({ findings }) => findings);
  const lines = repositories.reduce((sum, repository) => sum + repository.lines, 0);
  const read = drawn.filter(({ place }) => verdicts[place]);
  const right = read.filter(({ place }) => verdicts[place].verdict === 'right');
  return [
    '# Healthy code',
    '',
    `Written by \`node scripts/healthy.mjs\` at commit ${measuredCommit()}, with the default settings: what is proven or likely.`,
    'Training code of large repositories, their tests left out. A line is one that is not blank.',
    '',
    '| repository | commit | files | lines | warnings | in 1,000 lines | by rule |',
    '|---|---|--:|--:|--:|--:|---|',
    ...repositories.map(
      ({ name, commit, files, lines: own, findings }) =>
        `| ${name} | ${commit.slice(0, 11)} | ${files} | ${own} | ${findings.length} | ${perThousand(findings.length, own)} | ${byRule(findings).join(', ')} |`,
    ),
    `| all | | ${repositories.reduce((sum, { files }) => sum + files, 0)} | ${lines} | ${all.length} | ${perThousand(all.length, lines)} | ${byRule(all).join(', ')} |`,
    '',
    `## ${drawn.length} of them, drawn at random and read`,
    '',
    'Right: a careful reviewer would want the guard, or would want to know. Wrong: the value cannot get there, or nothing',
    'comes of it. Each was read with the code around it, not run.',
    '',
    `Right: **${right.length} of ${read.length}**${read.length < drawn.length ? `; ${drawn.length - read.length} are not read yet` : ''}.`,
    '',
    '| where | verdict | why |',
    '|---|---|---|',
    ...drawn.map(({ place }) => {
      const { verdict = '**not read**', reason = '' } = verdicts[place] ?? {};
      return `| ${tableCell(place)} | ${verdict} | ${tableCell(reason)} |`;
    }),
    '',
  ].join('\n');
}

await runMain(async () => {
  const [folder, seed = '1'] = process.argv.slice(2);
  if (!folder || !existsSync(folder)) throw new Trouble('usage: node scripts/healthy.mjs FOLDER [SEED]');
  const repositories = measure(path.resolve(folder), ['.py']);
  const drawn = draw(
    repositories.flatMap(({ findings }) => findings),
    Number(seed),
  );
  const verdicts = existsSync(VERDICTS) ? JSON.parse(readFileSync(VERDICTS, 'utf8')) : {};
  writeFileSync(path.join(root, 'bench/healthy.md'), report(repositories, drawn, verdicts));
  for (const finding of drawn)
    if (!verdicts[finding.place])
      process.stdout.write(`${finding.place}\t${path.resolve(finding.path)}\t${finding.message}\n`);
});
