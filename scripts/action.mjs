// What the step of the GitHub action runs: one check, told as annotations or as SARIF, and failed where the workflow says.
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../dist/cli.js');
/** The lowest exit code that fails the step. */
const thresholds = { findings: 1, error: 2, never: Number.POSITIVE_INFINITY };
const wrongUse = 2;

function linesOf(name) {
  const lines = (process.env[name] ?? '').split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

function run() {
  const failOn = process.env.NANLENS_FAIL_ON || 'findings';
  if (!Object.hasOwn(thresholds, failOn)) {
    console.log(`::error::fail-on cannot be "${failOn}"; it is one of ${Object.keys(thresholds).join(', ')}`);
    return wrongUse;
  }
  const sarif = process.env.NANLENS_SARIF_FILE || '';
  const format = sarif === '' ? 'github' : 'sarif';
  const words = [cli, 'check', ...linesOf('NANLENS_PATHS'), '--output-format', format, ...linesOf('NANLENS_ARGS')];
  if (sarif !== '') mkdirSync(path.dirname(path.resolve(sarif)), { recursive: true });
  const output = sarif === '' ? 'inherit' : openSync(sarif, 'w');
  const { status, error } = spawnSync(process.execPath, words, { stdio: ['ignore', output, 'inherit'] });
  if (output !== 'inherit') closeSync(output);
  if (error) console.log(`::error::NaN Lens did not run: ${error.message}`);
  const code = status ?? wrongUse;
  if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, `exit-code=${code}\n`);
  if (sarif !== '' && code === 1) console.log(`Findings are in ${sarif}.`);
  return code >= thresholds[failOn] ? code : 0;
}

process.exitCode = run();
