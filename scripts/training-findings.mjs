// Checks training code of other people with the rules of the training step, and writes what is loud, with what its reader
// said of it, to bench/training.md.
//
//   node scripts/training-findings.mjs FOLDER
//
// FOLDER holds one folder for each repository, named owner+name, with an optional file COMMIT. They are other people's
// code and no part of this project. bench/training-verdicts.json holds what the reader said of each finding.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundles.mjs';
import { measuredCommit } from './commit.mjs';
import { byRule, measure, tableCell } from './repositories.mjs';
import { runMain, Trouble } from './setup/report.mjs';

const VERDICTS = path.join(root, 'bench/training-verdicts.json');
const RULES = ['--select', 'NAN4,NAN5,NAN6,NAN7'];

const rightOf = (findings, verdicts) => findings.filter(({ place }) => verdicts[place]?.verdict === 'right').length;

function report(repositories, verdicts) {
  const all = repositories.flatMap(({ findings }) => findings);
  const read = all.filter(({ place }) => verdicts[place]);
  const right = read.filter(({ place }) => verdicts[place].verdict === 'right');
  return [
    '# The training step, precision, losses, labels and data on code that nobody here wrote',
    '',
    `Written by \`node scripts/training-findings.mjs\` at commit ${measuredCommit()}: every finding of NAN401 to NAN705 that is`,
    'a warning (hints and information are left out) in training code and notebooks, tests left out.',
    '',
    '| repository | commit | files | lines | warnings | right | by rule |',
    '|---|---|--:|--:|--:|--:|---|',
    ...repositories.map(
      ({ name, commit, files, lines, findings }) =>
        `| ${name} | ${commit.slice(0, 11)} | ${files} | ${lines} | ${findings.length} | ${rightOf(findings, verdicts)} | ${byRule(findings).join(', ')} |`,
    ),
    `| all | | ${repositories.reduce((sum, { files }) => sum + files, 0)} | ${repositories.reduce((sum, { lines }) => sum + lines, 0)} | ${all.length} | ${right.length} | ${byRule(all).join(', ')} |`,
    '',
    '## Each of them, read',
    '',
    'Right: what the finding says is true of the code, and a careful reviewer would want to know it. Each was read with the',
    'code around it, not run.',
    '',
    `Right: **${right.length} of ${read.length}**${read.length < all.length ? `; ${all.length - read.length} are not read yet` : ''}.`,
    '',
    '| where | verdict | why |',
    '|---|---|---|',
    ...all.map(({ place }) => {
      const { verdict = '**not read**', reason = '' } = verdicts[place] ?? {};
      return `| ${tableCell(place)} | ${verdict} | ${tableCell(reason)} |`;
    }),
    '',
  ].join('\n');
}

await runMain(async () => {
  const [folder] = process.argv.slice(2);
  if (!folder || !existsSync(folder)) throw new Trouble('usage: node scripts/training-findings.mjs FOLDER');
  const repositories = measure(path.resolve(folder), ['.py', '.ipynb'], RULES).filter(({ files }) => files > 0);
  const verdicts = existsSync(VERDICTS) ? JSON.parse(readFileSync(VERDICTS, 'utf8')) : {};
  writeFileSync(path.join(root, 'bench/training.md'), report(repositories, verdicts));
  for (const finding of repositories.flatMap(({ findings }) => findings))
    if (!verdicts[finding.place])
      process.stdout.write(`${finding.place}\t${path.resolve(finding.path)}\t${finding.message}\n`);
});
